using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;
using Limpid.Tests.Adapters;

namespace Limpid.Tests.Scenarios;

public sealed class MemoryVersionedLakeTests : VersionedLakeTests
{
    private protected override Task<ScenarioWorld> OpenAsync(string yaml) => Task.FromResult<ScenarioWorld>(new MemoryWorld(yaml, versioned: true));
}

[Collection(Processes.Name)]
public sealed class AwsVersionedLakeTests(Dynalite dynalite) : VersionedLakeTests, IClassFixture<Dynalite>
{
    private protected override async Task<ScenarioWorld> OpenAsync(string yaml) => await AwsWorld.StartAsync(yaml, dynalite, versioned: true);
}

/// <summary>Whole requests on lakes that keep old versions: the person goes from all of them, and nobody else's data without its being said.</summary>
public abstract class VersionedLakeTests
{
    private const string Key = "reviews/15";

    private protected static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", Reviews);

    private protected static CancellationToken Stop => ScenarioWorld.Stop;

    private protected abstract Task<ScenarioWorld> OpenAsync(string yaml);

    private protected static void Suspend(ScenarioWorld world, bool suspended) => VersionedWorlds.Suspend(world, suspended);

    private protected static void Lock(ScenarioWorld world, ObjectInfo version, DateTimeOffset until) => VersionedWorlds.Lock(world, version, until);

    private protected static string Row(int customer, string text = "x") => $"{{\"CustomerId\":{customer},\"Text\":\"{text}\"}}\n";

    [Fact]
    public async Task F45_A_person_goes_from_all_versions_and_the_current_one_stays_where_it_does_not_name_them()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put(Key, Row(1) + Row(2));
        world.Put(Key, Row(1) + Row(2) + Row(3));
        world.Put(Key, Row(3) + Row(1));
        world.Put("reviews/other", Row(1));
        ObjectInfo current = (await VersionsAsync(world, Key))[0];

        ErasureRequest request = await world.EraseAsync("customer=2");

        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal([current], await VersionsAsync(world, Key));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((1, 2, 2L, 1L), (certificate.ObjectsErased, certificate.RowsErased, certificate.VersionsRemoved, certificate.SecondPass.Versions));
        Assert.Empty(await world.FoundAsync("customer=2"));
        DatasetPlan plan = (await world.PlanAsync(request.Id)).Datasets[0];
        Assert.Equal((1, 2L, 2, 0), (plan.Objects, plan.OldVersions, plan.Rows, plan.OthersRowsInHistory));
    }

    [Fact]
    public async Task F45_What_a_rewrite_replaced_goes_too()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put(Key, Row(1) + Row(2));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal([Row(1)], await ContentsAsync(world, Key));
        ItemOutcome outcome = Assert.Single(await world.OutcomesAsync(request.Id));
        Assert.Single(outcome.Removed!);
        Assert.NotNull(outcome.SurvivorsDigest);
    }

    [Fact]
    public async Task Rows_of_others_that_stand_only_in_old_versions_are_counted_shown_and_covered_by_the_approval()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 24h", Reviews));
        world.Put(Key, Row(1) + Row(2) + Row(4) + "{broken\n");
        world.Put(Key, Row(1) + Row(1) + Row(2) + Row(4) + Row(5));
        world.Put(Key, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();

        // Row 4 stands in both, once; row 1 twice in one and once in the current one; 5 and the broken row once.
        Plan plan = await world.PlanAsync(id);
        Assert.Equal((2L, 4), (plan.Datasets[0].OldVersions, plan.Datasets[0].OthersRowsInHistory));
        string link = world.LinkOf(ScenarioWorld.Dpo, id);
        string page = (await new ShowApproval(world.Ports).HandleAsync(new PageRequest("GET", $"/approvals/{link}", new Dictionary<string, string>(), new Dictionary<string, string>()), Stop)).Body;
        Assert.Contains("4 rows of other people", page, StringComparison.Ordinal);
        Assert.Contains("2 of 3 versions, current ones counted", page, StringComparison.Ordinal);
        string mail = world.Mails().Last(m => m.To == ScenarioWorld.Dpo).Text;
        Assert.Contains("Other people's rows that stand only in these and go too: 4", mail, StringComparison.Ordinal);
        await world.AnswerAsync();
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal([Row(1)], await ContentsAsync(world, Key));
    }

    [Fact]
    public async Task An_old_version_that_would_take_more_of_others_with_it_than_was_approved_waits_for_a_plan_of_its_own()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 24h", Reviews));
        world.Put(Key, Row(1) + Row(2) + Row(4));
        world.Put(Key, Row(1) + Row(4));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        Assert.Equal(0, (await world.PlanAsync(id)).Datasets[0].OthersRowsInHistory);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.AnswerAsync();
        world.Put(Key, Row(1));
        world.Decides = _ => null;
        world.Clock.Advance(TimeSpan.FromHours(24));
        await world.RunAsync();

        // Row 4 stands in a version that does not name the person, too, but no longer in the current one.
        Assert.Equal(2, (await world.RequestAsync(id)).Plan!.Number);
        Assert.Equal(1, (await world.PlanAsync(id, 2)).Datasets[0].OthersRowsInHistory);
        Assert.Equal(3, (await ContentsAsync(world, Key)).Count);
        world.Decides = _ => ("approve", "");
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal([Row(1), Row(1) + Row(4)], await ContentsAsync(world, Key));
    }

    [Fact]
    public async Task Versions_that_came_on_top_after_the_approval_go_with_it_while_the_persons_rows_are_those_that_were_approved()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 24h", Reviews));
        world.Put(Key, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        for (int hour = 3; hour < 7; hour++)
        {
            world.Clock.Advance(TimeSpan.FromHours(1));
            world.Put(Key, world.Text(Key) + Row(hour));
        }
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal([Row(1) + Row(3) + Row(4) + Row(5) + Row(6)], await ContentsAsync(world, Key));
        Assert.Equal(2, (await world.CertificateAsync(id)).Plans.Count);
    }

    [Fact]
    public async Task A_version_that_came_on_top_with_other_rows_of_the_person_waits_for_a_plan_of_its_own()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 24h", Reviews));
        world.Put(Key, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        world.Clock.Advance(TimeSpan.FromHours(1));
        world.Put(Key, Row(1) + Row(2, "another"));
        world.Put(Key, Row(1));
        await world.AnswerAsync();
        world.Decides = _ => null;
        await world.RunAsync();
        world.Clock.Advance(TimeSpan.FromHours(25));
        await world.RunAsync();
        Assert.Equal([Row(1), Row(1) + Row(2, "another")], await ContentsAsync(world, Key));
        Assert.Equal(2, (await world.RequestAsync(id)).Plan!.Number);
        world.Decides = _ => ("approve", "");
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal([Row(1)], await ContentsAsync(world, Key));
    }

    [Fact]
    public async Task F45_The_second_pass_lists_the_versions_again_and_looks_into_each()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put(Key, Row(3));
        world.Put(Key, Row(1) + Row(2));
        bool came = false;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "verify-erasure" && !came)
            {
                world.Put(Key, Row(1) + Row(2, "back"));
                world.Put(Key, Row(1) + Row(4));
            }
            came |= function == "verify-erasure";
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        ItemOutcome first = Assert.Single(await world.OutcomesAsync(request.Id));
        Assert.Equal((ItemStatus.Changed, "the second pass found rows of the person in an old version"), (first.Status, first.Reason));
        Assert.Equal([Row(1) + Row(4), Row(1), Row(3)], await ContentsAsync(world, Key));
        Assert.Equal(3, Assert.Single(await world.OutcomesAsync(request.Id, 2)).VersionsRead);
    }

    [Fact]
    public async Task F50_Below_a_delete_marker_the_person_goes_and_nothing_comes_back()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put(Key, Row(1) + Row(2));
        world.Put("reviews/16", Row(2));
        world.Put("reviews/16", Row(3));
        world.Remove(Key);
        world.Remove("reviews/16");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Empty(world.Lake());
        // A marker under which nothing is left goes as well; one that still hides something stays.
        Assert.Empty(await VersionsAsync(world, Key));
        Assert.Equal([Row(3)], await ContentsAsync(world, "reviews/16"));
        Assert.Equal(1, (await world.PlanAsync(request.Id)).Datasets[0].OthersRowsInHistory);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F44_What_is_deleted_whole_lets_no_older_version_take_its_place(bool older)
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml(
            "grace: 0", ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: delete")));
        if (older)
            world.Put(Key, Row(1));
        world.Put(Key, Row(2));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Null(world.Content(Key));
        Assert.Equal(older ? [Row(1)] : [], await ContentsAsync(world, Key));
        Assert.Equal(older ? 2 : 0, (await VersionsAsync(world, Key)).Count);
    }

    [Fact]
    public async Task F46_The_versions_of_a_neighbour_by_prefix_are_left_alone()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        foreach (string key in new[] { "reviews/1", Key, "reviews/150", "reviews/15/a" })
        {
            world.Put(key, Row(key == Key ? 2 : 3));
            world.Put(key, Row(4));
        }
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal([Row(4)], await ContentsAsync(world, Key));
        foreach (string key in new[] { "reviews/1", "reviews/150", "reviews/15/a" })
            Assert.Equal([Row(4), Row(3)], await ContentsAsync(world, key));
    }

    [Fact]
    public async Task F49_A_locked_version_is_an_exception_with_its_day_and_the_others_go()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put(Key, Row(2) + Row(1));
        world.Put(Key, Row(2) + Row(1) + Row(3));
        world.Put(Key, Row(2) + Row(1) + Row(3) + Row(4));
        ObjectInfo locked = (await VersionsAsync(world, Key))[1];
        Lock(world, locked, ScenarioWorld.Start.AddYears(5));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal([Row(1) + Row(3) + Row(4), Row(2) + Row(1) + Row(3)], await ContentsAsync(world, Key));
        BlockedObject exception = Assert.Single((await world.CertificateAsync(request.Id)).Exceptions);
        Assert.Equal((Key, locked.Version, "it is locked until 2031-03-10 (Object Lock, COMPLIANCE)"), (exception.Key, exception.Version, exception.Reason));
        Assert.Empty((await world.CertificateAsync(request.Id)).Resurfaced);
    }

    [Fact]
    public async Task F49_A_lock_that_came_after_the_approval_is_an_exception_too()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 24h", Reviews));
        world.Put(Key, Row(2) + Row(1));
        world.Put(Key, Row(1));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        Lock(world, (await VersionsAsync(world, Key))[1], ScenarioWorld.Start.AddYears(5));
        // What is true of a bucket is asked again every few minutes.
        world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(RequestStatus.CertifiedWithExceptions, (await world.FinishAsync(id)).Status);
        Assert.Contains("2031-03-10", Assert.Single((await world.CertificateAsync(id)).Exceptions).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block", true)]
    [InlineData("block", false)]
    [InlineData("erase", false)]
    [InlineData("mask", false)]
    [InlineData("mask", true)]
    public async Task Shared_rows_in_old_versions_go_by_what_the_dataset_says_of_them(string shared, bool hasOwn)
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset(
            "reviews", "ndjson", $"subjects: [{{kind: customer, field: from}}, {{kind: customer, field: to}}], erase: drop, shared: {shared}{(shared == "mask" ? ", fields: [from, to]" : "")}")));
        world.Put(Key, "{\"from\":2,\"to\":3}\n" + (hasOwn ? "{\"from\":2,\"to\":2}\n" : ""));
        world.Put(Key, "{\"from\":4,\"to\":4}\n");
        ErasureRequest request = await world.EraseAsync("customer=2");
        DatasetPlan plan = (await world.PlanAsync(request.Id)).Datasets[0];
        if (shared == "block" && !hasOwn)
        {
            // Nothing in it may be taken away, so that it stays, as it would if it were the current one.
            Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
            Assert.Equal("1 row names somebody else as well", Assert.Single((await world.CertificateAsync(request.Id)).Exceptions).Reason);
            Assert.Equal(2, (await ContentsAsync(world, Key)).Count);
            return;
        }
        Assert.Equal(RequestStatus.Certified, request.Status);
        // Masking a row would have left the others what is theirs in it; with the version it goes as a whole.
        Assert.Equal(shared == "erase" ? 0 : 1, plan.OthersRowsInHistory);
        Assert.Equal(shared == "erase" ? 1 : 0, plan.SharedRows);
        Assert.Single(await ContentsAsync(world, Key));
    }

    [Fact]
    public async Task What_others_keep_in_a_row_that_is_masked_is_not_lost_with_old_versions_and_what_stands_only_there_is_announced()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 24h\nlimits: {rows: 3, share: 100%}", ScenarioWorld.Dataset(
            "reviews", "ndjson", "subjects: [{kind: customer, field: from}, {kind: customer, field: to}], erase: drop, shared: mask, fields: [from, to]")));
        const string Kept = "{\"from\":2,\"to\":3}\n", Lost = "{\"from\":2,\"to\":4}\n";
        world.Put(Key, Kept + Lost);
        world.Put(Key, Kept);
        string id = await world.SubmitAsync(ScenarioWorld.Asking("customer=2") with { BeyondLimits = true });
        await world.RunAsync();

        Plan plan = await world.PlanAsync(id);
        Assert.Equal((1, "3 rows, and 1 of other people that stand only in old versions, are more than the limit of 3"), (plan.Datasets[0].OthersRowsInHistory, plan.BeyondLimits));
        Assert.Contains("Other people's rows that stand only in these and go too: 1", world.Mails().Last(m => m.To == ScenarioWorld.Dpo).Text, StringComparison.Ordinal);
        await world.AnswerAsync();
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal(["{\"from\":null,\"to\":3}\n"], await ContentsAsync(world, Key));
        // Nobody had to be asked again: the approval covers what the masked row leaves of the version that it replaced.
        Assert.Equal(2, (await world.CertificateAsync(id)).Plans.Count);
    }

    [Fact]
    public async Task Where_the_name_is_the_person_nothing_bears_it_any_more()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset(
            "letters", "csv", "subjects: [{kind: customer, fileName: '^(?<id>[^-]+)-'}], erase: delete")));
        world.Put("letters/15-a", "t\n1\n");
        world.Put("letters/15-a", "t\n2\n");
        world.Put("letters/15-b", "t\n3\n");
        world.Remove("letters/15-b");
        world.Put("letters/150-a", "t\n4\n");
        world.Put("letters/150-a", "t\n5\n");
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=15")).Status);
        Assert.Empty(await VersionsAsync(world, "letters/15-a"));
        Assert.Empty(await VersionsAsync(world, "letters/15-b"));
        Assert.Equal(2, (await ContentsAsync(world, "letters/150-a")).Count);
    }

    [Fact]
    public async Task Old_versions_of_a_metadata_file_go_with_the_person_whom_they_name()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset(
            "docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete")));
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":2,\"v\":1}");
        world.Put("docs/a.meta.json", "{\"owner\":2,\"v\":2}");
        world.Put("docs/b", "{\"t\":2}\n");
        world.Put("docs/b.meta.json", "{\"owner\":2}");
        world.Put("docs/b.meta.json", "{\"owner\":3}");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Empty(await VersionsAsync(world, "docs/a"));
        Assert.Empty(await VersionsAsync(world, "docs/a.meta.json"));
        Assert.Equal(["{\"owner\":3}"], await ContentsAsync(world, "docs/b.meta.json"));
        Assert.Equal(["{\"t\":2}\n"], await ContentsAsync(world, "docs/b"));
    }

    [Fact]
    public async Task F45_An_old_version_of_a_time_when_its_metadata_file_named_somebody_else_is_never_passed_over()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset(
            "docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete")));
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        world.Put("docs/a", "{\"t\":2}\n");
        world.Put("docs/a.meta.json", "{\"owner\":3}");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(
            [("docs/a", "its name, tag or metadata file names somebody else as well"), ("docs/a.meta.json", "it says whose an old version is that stays")],
            (await world.CertificateAsync(request.Id)).Exceptions.Select(e => (e.Key, e.Reason)));
        Assert.Equal("{\"t\":2}\n", world.Text("docs/a"));
    }

    [Fact]
    public async Task Versions_from_before_versioning_and_from_while_it_was_suspended_go_as_well()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        Suspend(world, true);
        world.Put(Key, Row(2) + Row(1));
        world.Put("reviews/16", Row(2) + Row(1));
        Suspend(world, false);
        world.Put(Key, Row(2) + Row(1) + Row(3));
        world.Remove("reviews/16");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal([Row(1) + Row(3)], await ContentsAsync(world, Key));
        Assert.Empty(await VersionsAsync(world, "reviews/16"));
    }

    [Fact]
    public async Task While_versioning_is_suspended_what_would_lose_another_version_is_an_exception()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        Suspend(world, true);
        world.Put(Key, Row(3));
        world.Put("reviews/16", Row(2) + Row(1));
        Suspend(world, false);
        world.Put(Key, Row(2) + Row(1));
        Suspend(world, true);
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        BlockedObject exception = Assert.Single((await world.CertificateAsync(request.Id)).Exceptions);
        Assert.Equal((Key, true), (exception.Key, exception.Reason.Contains("suspended", StringComparison.Ordinal)));
        Assert.Equal([Row(2) + Row(1), Row(3)], await ContentsAsync(world, Key));
        Assert.Equal([Row(1)], await ContentsAsync(world, "reviews/16"));
    }

    [Fact]
    public async Task A_history_that_would_take_too_much_with_it_stops_until_it_is_asked_for()
    {
        await using ScenarioWorld world = await OpenAsync(ScenarioWorld.Yaml("grace: 0\nlimits: {rows: 10, share: 100%}", Reviews));
        world.Put(Key, Row(2) + string.Concat(Enumerable.Range(10, 12).Select(i => Row(i))));
        world.Put(Key, Row(1));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Stopped, request.Status);
        Assert.Equal("1 rows, and 12 of other people that stand only in old versions, are more than the limit of 10", request.Reason);
        Assert.Equal(2, (await ContentsAsync(world, Key)).Count);
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync(ScenarioWorld.Asking("customer=2") with { BeyondLimits = true })).Status);
        Assert.Equal([Row(1)], await ContentsAsync(world, Key));
    }

    private protected static Task<List<ObjectInfo>> VersionsAsync(ScenarioWorld world, string key) => VersionedWorlds.VersionsAsync(world, key);

    private protected static Task<List<string>> ContentsAsync(ScenarioWorld world, string key) => VersionedWorlds.ContentsAsync(world, key);
}
