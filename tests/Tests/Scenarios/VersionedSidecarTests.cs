using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Tests.Adapters;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// Metadata files where old versions are kept: whose an old version is, only they may say, so that they go behind all versions of
/// the object that they speak of, by one item of the plan, or stay with what stays.
/// </summary>
[Collection(Processes.Name)]
public sealed class VersionedSidecarTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    private const string Key = "docs/a", Sidecar = "docs/a.meta.json", Two = "{\"owner\":2}", Text = "{\"t\":1}\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F45_An_object_and_its_metadata_file_both_below_delete_markers_go_in_whatever_order_the_items_run(bool aws)
    {
        await using ScenarioWorld world = await OpenAsync("delete", aws);
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        world.Remove(Key);
        world.Remove(Sidecar);
        bool isFirst = true;
        // The first item waits for its next try while any others run.
        world.FailsBefore = function => function == "erase-rows" && isFirst && !(isFirst = false);

        ErasureRequest request = await world.EraseAsync("customer=2");

        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Empty(await VersionsAsync(world, Key));
        Assert.Empty(await VersionsAsync(world, Sidecar));
        Assert.Equal((1, 1L), ((await world.PlanAsync(request.Id)).Items, (await world.PlanAsync(request.Id)).Datasets[0].Objects));
        Assert.Equal(2, (await world.CertificateAsync(request.Id)).VersionsRemoved);
        Assert.Empty(await world.FoundAsync("customer=2"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Old_versions_of_a_metadata_file_that_stands_alone_go_by_an_item_of_their_own(bool aws)
    {
        await using ScenarioWorld world = await OpenAsync("delete", aws);
        world.Put(Sidecar, Two);
        world.Remove(Sidecar);
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Empty(await VersionsAsync(world, Sidecar));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F49_While_a_locked_version_stays_so_do_the_metadata_files_that_say_whose_it_is(bool aws)
    {
        await using ScenarioWorld world = await OpenAsync("delete", aws);
        world.Put(Key, Text);
        world.Put(Key, Text + Text);
        world.Put(Sidecar, "{\"owner\":2,\"v\":1}");
        world.Put(Sidecar, Two);
        Lock(world, (await VersionsAsync(world, Key))[1]);

        ErasureRequest request = await world.EraseAsync("customer=2");

        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Null(world.Content(Key));
        Assert.Equal([Text], await ContentsAsync(world, Key));
        Assert.Equal([Two, "{\"owner\":2,\"v\":1}"], await ContentsAsync(world, Sidecar));
        IReadOnlyList<BlockedObject> exceptions = (await world.CertificateAsync(request.Id)).Exceptions;
        Assert.Equal([Key, Sidecar, Sidecar], exceptions.Select(e => e.Key));
        Assert.Contains("locked until 2031", exceptions[0].Reason, StringComparison.Ordinal);
        Assert.All(exceptions.Skip(1), e => Assert.Contains("says whose", e.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("delete", RequestStatus.CertifiedWithExceptions)]
    [InlineData("drop", RequestStatus.Certified)]
    public async Task F43_A_metadata_file_that_a_rival_puts_there_while_the_object_is_erased_is_not_removed_with_it(string erase, RequestStatus status)
    {
        await using var world = new MemoryWorld(Yaml(erase, grace: "0"), versioned: true);
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        const string Rival = "{\"owner\":2,\"by\":\"a rival\"}";
        bool came = false;
        world.Objects.OnStep = call =>
        {
            if (call is { Step: StoreStep.After, Key: Key, Method: nameof(IObjectStore.DeleteAsync) or nameof(IObjectStore.ReplaceAsync) } && !came && (came = true))
            {
                // Later than the plan knows of: under a key that it knew.
                world.Clock.Advance(TimeSpan.FromMinutes(1));
                world.Put(Sidecar, Rival);
            }
            return Task.CompletedTask;
        };
        world.Decides = question => question.Plan == 1 ? ("approve", "") : null;
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        await world.RunAsync();
        Assert.True(came);
        Assert.Equal(Rival, world.Text(Sidecar));
        Assert.Equal(ItemStatus.Changed, Assert.Single(await world.OutcomesAsync(id)).Status);

        world.Decides = _ => ("approve", "");
        Assert.Equal(status, (await world.FinishAsync(id)).Status);
        // Beside the object it goes by the next plan; without it, it is said to be there.
        Assert.Equal(erase == "drop" ? [] : [Rival], await ContentsAsync(world, Sidecar));
    }

    [Fact]
    public async Task A_metadata_file_that_changed_after_the_approval_is_shown_to_the_approvers_first()
    {
        await using var world = new MemoryWorld(Yaml("delete", grace: "24h"));
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        world.Put(Sidecar, "{\"owner\":2,\"v\":2}");
        world.Decides = _ => null;
        world.Clock.Advance(TimeSpan.FromHours(25));
        await world.RunAsync();
        Assert.Equal(Text, world.Text(Key));
        Assert.Equal(2, (await world.RequestAsync(id)).Plan!.Number);
        world.Decides = _ => ("approve", "");
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Empty(world.Lake());
    }

    [Fact]
    public async Task Old_versions_of_a_metadata_file_in_a_plan_that_is_turned_down_are_exceptions_and_are_not_asked_for_again()
    {
        await using var world = new MemoryWorld(Yaml("delete", grace: "0"), versioned: true);
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        bool came = false;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "verify-erasure" && !came && (came = true))
            {
                world.Put(Key, Text + Text);
                world.Put(Sidecar, "{\"owner\":2,\"v\":1}");
                world.Put(Sidecar, Two);
            }
            return Task.CompletedTask;
        };
        world.Decides = question => question.Plan == 1 ? ("approve", "") : ("reject", "it is a contract");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal((RequestStatus.CertifiedWithExceptions, 2), (request.Status, request.Plan!.Number));
        Assert.Equal([Two, "{\"owner\":2,\"v\":1}"], await ContentsAsync(world, Sidecar));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal([Key, Sidecar], certificate.Exceptions.Select(e => e.Key).Distinct());
        Assert.Contains((await VersionsAsync(world, Sidecar))[1].Version, certificate.Exceptions.Select(e => e.Version));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F45_No_old_version_goes_while_a_metadata_file_that_may_name_somebody_else_cannot_be_read(bool aws)
    {
        await using ScenarioWorld world = await OpenAsync("delete", aws);
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        world.Put(Sidecar, "no JSON");
        world.Put(Key, Text + Text);
        world.Put(Sidecar, Two);
        world.Remove(Key);
        world.Remove(Sidecar);
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal([Text + Text, Text], await ContentsAsync(world, Key));
        Assert.Equal(
            ["its metadata file is not JSON", "its metadata file is not JSON"],
            (await world.CertificateAsync(request.Id)).Exceptions.Where(e => e.Key == Key).Select(e => e.Reason));
    }

    [Fact]
    public async Task No_object_goes_while_one_of_its_metadata_files_cannot_be_read()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 24h", ScenarioWorld.Dataset(
            "docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}, {kind: customer, sidecar: '{key}.more.json', field: owner}], erase: delete")), versioned: true);
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        world.Put("docs/a.more.json", "no JSON");
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(Text, world.Text(Key));
        Assert.Equal("its metadata file is not JSON", Assert.Single((await world.CertificateAsync(id)).Exceptions).Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_versioning_is_suspended_a_metadata_file_goes_with_its_object(bool aws)
    {
        await using ScenarioWorld world = await OpenAsync("delete", aws);
        Suspend(world);
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal((RequestStatus.Certified, null), (request.Status, request.Reason));
        Assert.Empty(world.Lake());
        Assert.Empty(await ContentsAsync(world, Sidecar));
    }

    [Fact]
    public async Task A_metadata_file_that_cannot_be_removed_keeps_nothing_of_what_was_erased_out_of_the_certificate()
    {
        await using var world = new MemoryWorld(Yaml("drop", grace: "0"), versioned: true);
        world.Put(Key, Text);
        world.Put(Sidecar, Two);
        world.Objects.OnStep = call =>
        {
            if (call is { Step: StoreStep.After, Key: Key, Method: nameof(IObjectStore.ReplaceAsync) })
                world.Objects.Block(Sidecar, "it is locked");
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((1, 1, 1L), (certificate.ObjectsErased, certificate.RowsErased, certificate.VersionsRemoved));
        Assert.Equal(
            [(Key, "its metadata file could not be removed: it is locked"), (Sidecar, "it is locked")],
            certificate.Exceptions.Select(e => (e.Key, e.Reason)));
    }

    private static string Yaml(string erase, string grace) => ScenarioWorld.Yaml($"grace: {grace}", ScenarioWorld.Dataset(
        "docs", "ndjson", $"subjects: [{{kind: customer, sidecar: '{{key}}.meta.json', field: owner}}], erase: {erase}"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_object_that_is_only_named_like_a_metadata_file_is_read_by_rows_in_its_old_versions_too(bool aws)
    {
        await using ScenarioWorld world = await OpenMixedAsync(aws);
        world.Put(Sidecar, "{\"customer\":2}\n{\"customer\":3}\n");
        await world.ReconcileAsync();
        world.Put(Sidecar, "{\"customer\":3}\n");

        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);

        Assert.Equal(["{\"customer\":3}\n"], await ContentsAsync(world, Sidecar));
        Assert.Empty(await world.FoundAsync("customer=2"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_metadata_file_whose_object_is_gone_keeps_a_certificate_from_being_clean(bool aws)
    {
        await using ScenarioWorld world = await OpenMixedAsync(aws);
        world.Put(Key, "{\"customer\":3}\n");
        world.Put(Sidecar, Two);
        await world.ReconcileAsync();
        world.Remove(Key);

        Assert.Equal(RequestStatus.CertifiedWithExceptions, (await world.EraseAsync("customer=2")).Status);
    }

    private async Task<ScenarioWorld> OpenMixedAsync(bool aws)
    {
        string yaml = ScenarioWorld.Yaml(
            "grace: 0", ScenarioWorld.Dataset("docs", "ndjson", "subjects: [{kind: customer, field: customer}, {kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: drop"));
        return aws ? await AwsWorld.StartAsync(yaml, dynalite, versioned: true) : new MemoryWorld(yaml, versioned: true);
    }

    private async Task<ScenarioWorld> OpenAsync(string erase, bool aws) => aws
        ? await AwsWorld.StartAsync(Yaml(erase, "0"), dynalite, versioned: true)
        : new MemoryWorld(Yaml(erase, "0"), versioned: true);

    private static void Lock(ScenarioWorld world, ObjectInfo version) => VersionedWorlds.Lock(world, version, ScenarioWorld.Start.AddYears(5));

    private static void Suspend(ScenarioWorld world) => VersionedWorlds.Suspend(world, true);

    private static Task<List<ObjectInfo>> VersionsAsync(ScenarioWorld world, string key) => VersionedWorlds.VersionsAsync(world, key);

    private static Task<List<string>> ContentsAsync(ScenarioWorld world, string key) => VersionedWorlds.ContentsAsync(world, key);
}
