using System.Text.Json;
using Limpid.Functions.Refresh;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Refresh;

/// <summary>From a change in a table to a new version that the pointer names.</summary>
public sealed class ReferenceRefreshTests
{
    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_becomes_a_version_when_its_time_has_passed(bool inFolder)
    {
        await using ReferenceBench bench = inFolder ? await ReferenceBench.InFolderAsync() : ReferenceBench.InMemory();
        await bench.DeliverAsync(bench.Event());
        await bench.World.RunAsync();
        Assert.Null(bench.Pointer);
        bench.World.Clock.Advance(ReferenceBench.Within);
        await bench.World.RunAsync();
        Assert.Equal("{\"dish\":\"salad\",\"priority\":2}\n{\"dish\":\"soup\",\"priority\":1}\n", bench.Current);
        Assert.Equal((1, "v=1.ndjson", 2L), (bench.Pointer!.Version, bench.Pointer.Object, bench.Pointer.Rows));
        Assert.Null(bench.Flag);
        Assert.Equal("SUCCEEDED", Assert.Single(bench.Executions).Status);
        Assert.Contains("Reference Refreshed", Assert.Single(bench.World.Messages("default")).Content.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_many_changes_make_a_version_at_once_and_the_execution_that_waited_finds_nothing_left()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await bench.DeliverAsync(bench.Event(4));
        await bench.World.RunAsync();
        Assert.Null(bench.Pointer);
        await bench.DeliverAsync(bench.Event());
        await bench.World.RunAsync();
        Assert.Equal(1, bench.Pointer!.Version);
        Assert.Null(bench.Flag);
        await bench.SettleAsync();
        Assert.Equal(2, bench.Executions.Count);
        Assert.All(bench.Executions, e => Assert.Equal("SUCCEEDED", e.Status));
        Assert.Single(bench.Versions);
    }

    [Fact]
    public async Task A_change_that_comes_while_a_version_is_read_gets_a_version_of_its_own()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await bench.DeliverAsync(bench.Event());
        bench.Tables.WhileScanning = async () =>
        {
            bench.Tables.WhileScanning = null;
            // Behind the reader's back: salad is read already.
            bench.Set("salad", 7);
            await bench.DeliverAsync(bench.Event());
        };
        bench.World.Clock.Advance(ReferenceBench.Within);
        await bench.World.RunAsync();
        Assert.Equal(1, bench.Pointer!.Version);
        Assert.NotEqual(bench.Expected, bench.Current);
        Assert.NotNull(bench.Flag);
        await bench.SettleAsync();
        Assert.Equal(bench.Expected, bench.Current);
        Assert.Null(bench.Flag);
    }

    // The slower one has read before the change, and publishes after the faster one that has read it.
    [Fact]
    public async Task F17_of_two_refreshes_the_one_that_read_older_data_never_has_the_last_word()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await bench.DeliverAsync(bench.Event());
        string flag = Flag(bench).Id;
        bench.Tables.WhileScanning = async () =>
        {
            bench.Tables.WhileScanning = null;
            bench.Set("salad", 7);
            await bench.DeliverAsync(bench.Event());
            Assert.Equal("published", (await PublishAsync(bench, flag)).Outcome);
        };
        await PublishAsync(bench, flag);
        Assert.Equal(bench.Expected, bench.Current);
        await bench.SettleAsync();
        Assert.Equal(bench.Expected, bench.Current);
        Assert.Null(bench.Flag);
    }

    [Fact]
    public async Task F14_a_batch_that_comes_again_makes_no_second_version()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        string batch = bench.Event(2);
        for (int i = 0; i < 3; i++)
            await bench.DeliverAsync(batch);
        await bench.SettleAsync();
        await bench.DeliverAsync(batch);
        await bench.SettleAsync();
        Assert.Single(bench.Versions);
        Assert.Null(bench.Flag);
    }

    [Fact]
    public async Task F18_a_batch_that_comes_again_after_forty_days_changes_nothing_that_is_current()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        string batch = bench.Event();
        await bench.DeliverAsync(batch);
        await bench.SettleAsync();
        int before = bench.Pointer!.Version;
        bench.World.Clock.Advance(TimeSpan.FromDays(40));
        await bench.DeliverAsync(batch);
        await bench.SettleAsync();
        Assert.Equal(before, bench.Pointer.Version);
    }

    [Fact]
    public async Task F22_an_execution_is_begun_once_for_a_flag_however_often_it_is_asked_for()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        string batch = bench.Event();
        await bench.DeliverAsync(batch);
        await bench.DeliverAsync(batch);
        await bench.DeliverAsync("{}");
        Assert.Single(bench.Executions);
        await bench.SettleAsync();
        await bench.DeliverAsync("{}");
        Assert.Single(bench.Executions);
    }

    [Fact]
    public async Task A_refresh_that_failed_leaves_what_is_current_and_the_flag_and_the_next_change_takes_it_up()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        int before = bench.Pointer!.Version;
        bench.Tables.Put(ReferenceBench.Table, "nameless", "{\"priority\":3}");
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        Assert.Equal(before, bench.Pointer.Version);
        Assert.NotNull(bench.Flag);
        Assert.Contains(bench.Executions, e => e is { Status: "FAILED", Error: nameof(BadReferenceException) });
        Assert.Contains("priorities: BadReferenceException", Assert.Single(bench.World.Messages("operators")).Content.ToString(), StringComparison.Ordinal);
        bench.Tables.Put(ReferenceBench.Table, "nameless", "{\"dish\":\"stew\",\"priority\":3}");
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        Assert.Equal(bench.Expected, bench.Current);
        Assert.Null(bench.Flag);
    }

    [Fact]
    public async Task Consumers_get_a_file_and_a_record_for_each_version_once_the_pointer_names_it()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        bench.Set("soup", 9);
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        Assert.Equal(
            ["reference/priorities/changes/glue-orders/v=1.json", "reference/priorities/changes/glue-orders/v=2.json"],
            bench.World.Lake().Keys.Where(k => k.Contains("/changes/", StringComparison.Ordinal)));
        Assert.Equal("{\"reference\":\"priorities\",\"version\":2,\"object\":\"reference/priorities/v=2.ndjson\"}", bench.World.Text("reference/priorities/changes/glue-orders/v=2.json"));
        Assert.Equal(
            [("orders", 1), ("orders", 2)],
            bench.Tables.Records.Select(r => (r.Stream, JsonDocument.Parse(r.Record).RootElement.GetProperty("metadata").GetProperty("version").GetInt32())));
        Assert.All(bench.Tables.Records, r => Assert.Contains("\"record-type\":\"control\"", r.Record, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_object_under_the_prefix_is_published_whatever_form_it_has(bool asBus)
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        bench.World.Put("incoming/prices/a.csv", "dish,price\nsoup,4\n\"salad, green\",\n");
        bench.World.Put("incoming/prices/b.json", "[{\"dish\":\"stew\",\"price\":6.50}]");
        // Locally a location has no bucket; what a bus or a queue says is mapped to the key that the lake knows.
        string plain = "{\"reference\":\"prices\"}";
        await bench.DeliverAsync(asBus ? plain.Replace("}", ",\"changes\":2}", StringComparison.Ordinal) : plain);
        await bench.SettleAsync();
        Assert.Equal(
            "{\"dish\":\"salad, green\"}\n{\"dish\":\"soup\",\"price\":\"4\"}\n{\"dish\":\"stew\",\"price\":6.50}\n",
            bench.World.Text("reference/prices/v=1.ndjson"));
    }

    [Fact]
    public async Task F24_only_references_travel_in_the_state()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        for (int i = 0; i < 20_000; i++)
            bench.Set($"dish-{i}", i);
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        Assert.Equal(20_002, bench.Pointer!.Rows);
        Assert.All(bench.World.Calls, call => Assert.InRange(call.In + call.Out, 1, 1000));
    }

    [Theory]
    [InlineData("Lambda.ServiceException")]
    [InlineData("Lambda.TooManyRequestsException")]
    [InlineData("Lambda.Unknown")]
    [InlineData("IOException")]
    public async Task F23_a_failure_that_passes_is_tried_again(string error)
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        int left = 3;
        bench.World.FailsWith = function => function == "publish-reference" && left-- > 0 ? error : null;
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        Assert.True(left < 0);
        Assert.Equal(bench.Expected, bench.Current);
    }

    // A redrive goes on at the state that failed, which by then is the end: it changes nothing, and a fresh start does the work.
    [Fact]
    public async Task F27_a_redrive_harms_nothing_and_a_fresh_start_publishes()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        bool isAway = true;
        bench.World.FailsWith = _ => isAway ? "IOException" : null;
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        Assert.Equal("FAILED", Assert.Single(bench.Executions).Status);
        isAway = false;
        Assert.Null(bench.World.Executions.Redrive(RefreshRuns.StateMachine, bench.Executions[0].Name, bench.World.Clock.GetUtcNow()));
        await bench.SettleAsync();
        Assert.NotNull(bench.Flag);
        await bench.DeliverAsync("{}");
        await bench.SettleAsync();
        Assert.Equal(bench.Expected, bench.Current);
        Assert.Null(bench.Flag);
    }

    private static ChangeFlag Flag(ReferenceBench bench) => JsonSerializer.Deserialize(bench.Flag!, RefreshJson.Default.ChangeFlag)!;

    private static Task<PublishReferenceResult> PublishAsync(ReferenceBench bench, string flag) =>
        new PublishReference(bench.World.Ports).HandleAsync(new PublishReferenceInput("priorities", flag), Stop);
}
