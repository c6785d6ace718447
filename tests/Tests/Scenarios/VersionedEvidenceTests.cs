using System.Globalization;
using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;
using Limpid.Tests.Adapters;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>What is recorded of old versions, whatever came in between: neither too little nor too much.</summary>
[Collection(Processes.Name)]
public sealed class VersionedEvidenceTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    private const string Key = "reviews/15";

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task What_was_removed_before_others_got_in_the_way_is_recorded_with_the_rest()
    {
        await using MemoryWorld world = Open("drop");
        foreach (int other in new[] { 3, 4, 5 })
            world.Put(Key, Row(2) + Row(other));
        world.Put(Key, Row(3) + Row(4) + Row(5));
        int removals = 0;
        world.Objects.OnStep = call => call is { Method: nameof(IObjectStore.DeleteAsync), Step: StoreStep.Before, Key: Key } && ++removals == 3
            ? throw new ObjectChangedException("Somebody was faster.")
            : Task.CompletedTask;
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((1, 3, 3L), (certificate.ObjectsErased, certificate.RowsErased, certificate.VersionsRemoved));
    }

    [Fact]
    public async Task What_others_keep_changing_until_it_is_given_up_is_recorded_as_far_as_it_came()
    {
        await using MemoryWorld world = Open("drop");
        world.Put(Key, Row(2) + Row(3));
        world.Put(Key, Row(2) + Row(4));
        int removals = 0;
        world.Objects.OnStep = call => call is { Method: nameof(IObjectStore.DeleteAsync), Step: StoreStep.Before, Key: Key } && ++removals is > 1 and < 10
            ? throw new ObjectChangedException("Somebody was faster.")
            : Task.CompletedTask;
        ErasureRequest request = await world.EraseAsync("customer=2");
        ItemOutcome first = Assert.Single(await world.OutcomesAsync(request.Id));
        Assert.Equal((ItemStatus.Changed, 2, 1), (first.Status, first.RowsErased, first.Removed?.Count));
        Assert.NotNull(first.SurvivorsDigest);
        Certificate certificate = await world.CertificateAsync(request.Id);
        // The row of the version that was replaced stood in the current one, and is counted there.
        Assert.Equal((RequestStatus.Certified, 3, 2L), (certificate.Outcome, certificate.RowsErased, certificate.VersionsRemoved));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F16_What_is_gone_because_the_answer_to_its_removal_was_lost_was_erased(bool versioned)
    {
        await using AwsWorld world = await AwsWorld.StartAsync(Yaml("delete"), dynalite, versioned);
        Assert.SkipUnless(S3Lab.IsWire, "another endpoint loses no answers on demand");
        world.Put(Key, Row(2));
        bool isLost = false;
        world.S3.Server!.LoseAnswer = (operation, bucket, key) => operation == "DeleteObject" && bucket == world.S3.LakeName && key == Key && !isLost && (isLost = true);
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.True(isLost);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((1, 1), (certificate.ObjectsErased, certificate.RowsErased));
        Assert.Equal(ItemStatus.Erased, Assert.Single(await world.OutcomesAsync(request.Id)).Status);
    }

    [Fact]
    public async Task What_was_erased_before_the_kill_switch_was_thrown_stays_on_record()
    {
        await using MemoryWorld world = Open("drop");
        world.Put(Key, Row(2) + Row(3));
        world.Objects.OnStep = call =>
        {
            if (call is not { Method: nameof(IObjectStore.DeleteAsync), Step: StoreStep.Before, Key: Key })
                return Task.CompletedTask;
            world.ThrowKillSwitch(true);
            throw new IOException("the store is away");
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Stopped, request.Status);
        ItemOutcome outcome = Assert.Single(await world.OutcomesAsync(request.Id));
        Assert.Equal((ItemStatus.Stopped, "the kill switch is on", 1), (outcome.Status, outcome.Reason, outcome.RowsErased));
    }

    [Fact]
    public async Task F24_Of_ten_thousand_old_versions_each_is_removed_and_recorded()
    {
        const int Versions = 10_000;
        await using MemoryWorld world = Open("drop", "limits: {rows: 100000, share: 100%}");
        for (int version = 0; version < Versions; version++)
            world.Put(Key, string.Create(CultureInfo.InvariantCulture, $"{{\"CustomerId\":2,\"Text\":\"{version}\"}}\n"));
        world.Put(Key, Row(3));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal((RequestStatus.Certified, null), (request.Status, request.Reason));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((1, Versions, (long)Versions), (certificate.ObjectsErased, certificate.RowsErased, certificate.VersionsRemoved));
        ItemOutcome outcome = Assert.Single(await world.OutcomesAsync(request.Id));
        Assert.Equal(Versions, outcome.Removed!.Distinct().Count());
        Assert.Equal(await new EvidenceFiles(world.Ports.Evidence).ReadAsync(Certificate.ItemsKeyOf(certificate.ItemsDigest), Stop), Line(outcome));
        Assert.InRange(world.State.All.Max(item => item.Json.Length), 0, 210 * 1024);
        Assert.Equal([Row(3)], await VersionedWorlds.ContentsAsync(world, Key));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_versioning_is_suspended_a_delete_marker_that_bears_the_persons_name_is_an_exception(bool aws)
    {
        string yaml = ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("letters", "csv", "subjects: [{kind: customer, fileName: '^(?<id>[^-]+)-'}], erase: delete"));
        await using ScenarioWorld world = aws ? await AwsWorld.StartAsync(yaml, dynalite, versioned: true) : new MemoryWorld(yaml, versioned: true);
        VersionedWorlds.Suspend(world, true);
        world.Put("letters/15-a", "t\n1\n");
        ErasureRequest request = await world.EraseAsync("customer=15");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.True(Assert.Single(await VersionedWorlds.VersionsAsync(world, "letters/15-a")).IsDeleteMarker);
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((1, 1), (certificate.ObjectsErased, certificate.RowsErased));
        Assert.StartsWith("a delete marker that bears its name stays: its bucket's versioning is suspended", Assert.Single(certificate.Exceptions).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_planned_version_that_names_the_person_no_more_is_left_to_the_next_plan()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 24h", ScenarioWorld.Dataset(
            "docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete")), versioned: true);
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        world.Put("docs/a", "{\"t\":2}\n");
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        // Somebody says that it never was theirs, in every version of what said so.
        world.Remove("docs/a");
        world.Objects.RemoveVersion("docs/a.meta.json", world.Objects.Versions("docs/a.meta.json")[0].Version);
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(2, (await VersionedWorlds.ContentsAsync(world, "docs/a")).Count);
        ItemOutcome outcome = Assert.Single(await world.OutcomesAsync(id));
        Assert.Equal(ItemStatus.Changed, outcome.Status);
        Assert.EndsWith("it does not name the person as it did when it was approved", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal((RequestStatus.Certified, 0), (request.Status, (await world.CertificateAsync(id)).ObjectsErased));
    }

    [Theory]
    [InlineData("block")]
    [InlineData("erase")]
    public async Task An_old_version_of_an_object_that_is_somebody_elses_too_stays_under_delete_whatever_its_rows_say(string shared)
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset(
            "docs", "ndjson", $"subjects: [{{kind: customer, sidecar: '{{key}}.meta.json', field: owner}}, {{kind: customer, field: CustomerId}}], erase: delete, shared: {shared}")), versioned: true);
        world.Put("docs/a", Row(2));
        world.Put("docs/a", Row(4));
        world.Put("docs/a.meta.json", "{\"owner\":[2,3]}");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal([Row(4), Row(2)], await VersionedWorlds.ContentsAsync(world, "docs/a"));
    }

    [Fact]
    public async Task F04_A_version_that_somebody_put_another_one_on_while_the_lake_was_listed_is_indexed_all_the_same()
    {
        await using MemoryWorld world = Open("drop");
        world.Put(Key, Row(2));
        bool isListed = false;
        world.Objects.OnStep = call =>
        {
            if (isListed && call is { Method: nameof(IObjectStore.HeadAsync), Step: StoreStep.Before, Key: Key } && world.Objects.Versions(Key).Count == 1)
                world.Put(Key, Row(3));
            return Task.CompletedTask;
        };
        isListed = true;
        await world.ReconcileAsync();
        Assert.Equal(2, world.Objects.Versions(Key).Count);
        Assert.Equal([Key], await world.FoundAsync("customer=2"));
        Assert.Equal([Key], await world.FoundAsync("customer=3"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_became_of_old_versions_says_nothing_of_the_current_one_and_the_other_way_round(bool currentFirst)
    {
        await using MemoryWorld world = Open("drop");
        PlanItem current = Item() with { Version = "v2", ETag = "e2", Rows = 1 };
        PlanItem blocked = Item() with { Version = "v2", ETag = "e2", Blocked = "it is locked" };
        PlanItem old = Item() with { IsOldOnly = true, Old = [new OldVersion { Version = "v1", ETag = "e1", Rows = 1 }] };
        await PutAsync(world, 1, currentFirst ? blocked : old, currentFirst ? Outcome(1, ItemStatus.Blocked) with { Version = "v2" } : Outcome(1, ItemStatus.Failed));
        await PutAsync(world, 2, currentFirst ? old : current, Outcome(2, ItemStatus.Erased) with { Removed = currentFirst ? ["v1"] : null, Version = currentFirst ? null : "v3", VerifiedAt = ScenarioWorld.Start });

        using var lines = new MemoryStream();
        Outcomes read = await Outcomes.ReadAsync(world.Ports, "r-1", 2, lines, Stop);

        // The exception stays an exception, and what failed stays open.
        Assert.Equal((currentFirst ? 1 : 0, currentFirst ? 0 : 1), (read.ExceptionCount, read.Open));
        Assert.Equal(1, read.Erased);
    }

    [Fact]
    public async Task What_could_not_be_touched_as_the_current_version_is_no_exception_any_more_once_it_went_as_an_old_one()
    {
        await using MemoryWorld world = Open("drop");
        await PutAsync(world, 1, Item() with { Version = "v1", ETag = "e1", Blocked = "it is locked" }, Outcome(1, ItemStatus.Blocked));
        await PutAsync(world, 2, Item() with { IsOldOnly = true, Old = [new OldVersion { Version = "v1", ETag = "e1" }] },
            Outcome(2, ItemStatus.Erased) with { Removed = ["v1"], VerifiedAt = ScenarioWorld.Start });
        using var lines = new MemoryStream();
        Assert.Equal(0, (await Outcomes.ReadAsync(world.Ports, "r-1", 2, lines, Stop)).ExceptionCount);
    }

    [Fact]
    public async Task An_old_version_that_an_approver_refused_stays_an_exception_after_a_later_plan_erased_the_object()
    {
        await using MemoryWorld world = Open("drop");
        world.Put(Key, Row(2) + Row(3));
        string refused = "";
        world.BeforeFunction = (function, _) =>
        {
            if (function != "verify-erasure" || refused.Length > 0)
                return Task.CompletedTask;
            refused = world.Objects.Put(Key, Encoding.UTF8.GetBytes(Row(2) + Row(4)));
            world.Put(Key, Row(2) + Row(5));
            return Task.CompletedTask;
        };
        world.Decides = question => question.Plan == 2 ? ("reject", "it is a contract") : ("approve", "");
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        await world.RunAsync();
        Assert.Equal(2, (await world.RequestAsync(id)).Plan!.Number);
        // While the approver thinks: the current version of the plan that is refused is an old one of the next.
        world.Put(Key, Row(2) + Row(6));

        ErasureRequest request = await world.FinishAsync(id);

        Assert.Equal([Row(6), Row(2) + Row(4), Row(3)], await VersionedWorlds.ContentsAsync(world, Key));
        Assert.Equal((RequestStatus.CertifiedWithExceptions, 3), (request.Status, request.Plan!.Number));
        Certificate certificate = await world.CertificateAsync(id);
        BlockedObject exception = Assert.Single(certificate.Exceptions);
        Assert.Equal((Key, refused, "an approver said no to it: it is a contract"), (exception.Key, exception.Version, exception.Reason));
        // It is explained, and did not come back.
        Assert.Empty(certificate.Resurfaced);
    }

    [Fact]
    public async Task Of_what_was_left_alone_only_old_versions_that_no_later_plan_removed_are_exceptions_of_their_own()
    {
        const string Sidecar = Key + ".meta.json";
        await using MemoryWorld world = Open("drop");
        await PutAsync(world, 1, Item() with
        {
            Version = "v3",
            ETag = "e3",
            Rows = 1,
            Old = [new OldVersion { Version = "v1", ETag = "e1" }, new OldVersion { Version = "v2", ETag = "e2" }],
            Sidecars = [new SidecarVersion { Object = Sidecar, Version = "s1", ETag = "f1" }, new SidecarVersion { Object = Sidecar, Version = "s2", ETag = "f2", IsCurrent = true }],
        }, Outcome(1, ItemStatus.Blocked) with { OldLeftAlone = true, Reason = "no" });
        await PutAsync(world, 2, Item() with { Version = "v3", ETag = "e3", Rows = 1, Old = [new OldVersion { Version = "v1", ETag = "e1" }] },
            Outcome(2, ItemStatus.Erased) with { Removed = ["v1"], Version = "v4", VerifiedAt = ScenarioWorld.Start });
        using var lines = new MemoryStream();
        Outcomes read = await Outcomes.ReadAsync(world.Ports, "r-1", 2, lines, Stop);
        Assert.Equal([(Key, "v2", "no"), (Sidecar, "s1", "no")], read.Exceptions.Select(e => (e.Key, e.Version, e.Reason)));
    }

    private static async Task PutAsync(MemoryWorld world, int number, PlanItem item, ItemOutcome outcome)
    {
        var plans = new Plans(world.Ports.Evidence);
        string chunk = await plans.PutChunkAsync("r-1", [item], Stop);
        await plans.PutAsync(new Plan
        {
            RequestId = "r-1",
            Number = number,
            Subject = [],
            LakeDigest = "",
            AsOf = ScenarioWorld.Start,
            ListedFrom = ScenarioWorld.Start,
            ListedTo = ScenarioWorld.Start,
            Datasets = [],
            ChunkDigests = [chunk],
            Items = 1,
            Digest = "",
        }, Stop);
        await new Requests(world.Ports.State).PutItemAsync("r-1", outcome, Stop);
    }

    private static PlanItem Item() => new() { Number = 0, Dataset = "reviews", Object = Key, Erase = Core.Lake.EraseMode.Drop };

    private static ItemOutcome Outcome(int plan, ItemStatus status) => new() { Plan = plan, Item = 0, Dataset = "reviews", Object = Key, Status = status };

    private static byte[] Line(ItemOutcome outcome) =>
        [.. System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(outcome, Functions.Records.Default.ItemOutcome), (byte)'\n'];

    private static MemoryWorld Open(string erase, string settings = "") => new(Yaml(erase, settings), versioned: true);

    private static string Yaml(string erase, string settings = "") =>
        ScenarioWorld.Yaml($"grace: 0\n{settings}", ScenarioWorld.Dataset("reviews", "ndjson", $"subjects: [{{kind: customer, field: CustomerId}}], erase: {erase}"));

    private static string Row(int customer) => $"{{\"CustomerId\":{customer},\"Text\":\"x\"}}\n";
}
