using System.Text;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Refresh;
using Limpid.Tests.Refresh;
using Limpid.Tests.Scenarios;
using static Limpid.Tests.Ingest.OrderStream;

namespace Limpid.Tests.Ingest;

/// <summary>Faults of FAULTS.md that streams and reference data must survive, by their number.</summary>
public sealed class IngestFaultTests
{
    private const int Records = 12;

    private static CancellationToken Stop => ScenarioWorld.Stop;

    // A place for each record, so that each is an object of its own.
    [Theory]
    [InlineData(Crash.Before)]
    [InlineData(Crash.After)]
    public async Task F14_whichever_record_it_dies_at_what_is_given_back_is_not_beyond_it_and_all_are_written_once(Crash crash)
    {
        for (int at = 1; at <= Records; at++)
        {
            await using MemoryWorld world = IngestTests.Lake();
            int writes = 0;
            world.Intercept(ports => ports with { Objects = new FlakyStore(ports.Objects, _ => ++writes == at ? crash : null) });
            string batch = Batch(1, Records);
            int failed = Number(Assert.Single(await world.SendAsync(batch)));
            Assert.InRange(failed, 1, at);
            Assert.Equal(crash == Crash.Before ? at - 1 : at, world.Rows("orders").Length);
            // From there on, as the checkpoint says.
            Assert.Empty(await world.SendAsync(Batch(failed, Records)));
            Assert.Equal(Enumerable.Range(1, Records), world.Rows("orders").Select(IngestTests.Customer).Order());
            for (int customer = 1; customer <= Records; customer++)
                Assert.Single(await world.FoundAsync($"customer={customer}"));
        }
    }

    [Fact]
    public async Task F26_of_two_shards_in_an_event_the_one_that_failed_is_given_back_and_the_other_is_done()
    {
        await using MemoryWorld world = IngestTests.Lake();
        bool isAway = true;
        world.Intercept(ports => ports with { State = new FlakyState(ports.State, item => isAway && item.Partition.EndsWith("shard-b", StringComparison.Ordinal) ? Crash.Before : null) });
        string event1 = Event([(1, Encoding.UTF8.GetBytes(Order(1)))], shard: "shard-a"), event2 = Event([(2, Encoding.UTF8.GetBytes(Order(2)))], shard: "shard-b");
        string both = event1[..^2] + "," + event2["{\"Records\":[".Length..];
        Assert.Equal([Sequence(2)], await world.SendAsync(both));
        Assert.Equal([1], world.Rows("orders").Select(IngestTests.Customer));
        isAway = false;
        Assert.Empty(await world.SendAsync(both));
        Assert.Equal([1, 2], world.Rows("orders").Select(IngestTests.Customer).Order());
    }

    // Where somebody hands the function more than Lambda would: Kinesis takes records of 10 MiB.
    [Theory]
    [InlineData(7, "orders")]
    [InlineData(11, "refused")]
    public async Task F19_a_record_of_many_megabytes_is_written_or_captured_and_holds_nothing_up(int megabytes, string dataset)
    {
        await using MemoryWorld world = IngestTests.Lake();
        string large = Order(2).Replace("}", $",\"note\":\"{new string('x', megabytes << 20)}\"}}", StringComparison.Ordinal);
        Assert.Empty(await world.SendAsync(Event((1, Order(1)), (2, large), (3, Order(3)))));
        Assert.Equal(dataset == "orders" ? 3 : 2, world.Rows("orders").Length);
        Assert.Equal(dataset == "orders" ? 0 : 1, world.Rows("refused").Length);
        Assert.Empty(await world.SendAsync(Event((4, Order(4)))));
    }

    [Fact]
    public async Task F24_of_the_largest_batch_the_state_keeps_less_than_an_item_holds()
    {
        await using MemoryWorld world = IngestTests.Lake();
        // 10,000 records are what a mapping gives at most; each fifth has a place of its own.
        Assert.Empty(await world.SendAsync(Event([.. Enumerable.Range(1, 10_000).Select(i => (i, Order(i, country: i % 5 == 0 ? $"c{i}" : "gr")))])));
        Assert.Equal(10_000, world.Rows("orders").Length);
        Assert.All(world.State.All, item => Assert.InRange(item.Json.Length, 1, StateItem.MaxJsonLength));
    }

    [Theory]
    [InlineData("""{"number":7,"highest":"HIGH","intent":{"from":"FIRST","to":"HIGH","hours":["2026031008"],"references":{"priorities":1},"objects":[],"isDone":true}}""", 2)]
    [InlineData("""{"number":7,"highest":"HIGH","intent":{"from":"FIRST","to":"HIGH","records":"","hours":["2026031008"],"references":{"priorities":1},"objects":[],"isDone":true}}""", 4)]
    public async Task F28_what_the_version_before_kept_of_a_shard_is_read(string kept, int written)
    {
        await using MemoryWorld world = IngestTests.Lake();
        string state = kept.Replace("FIRST", Sequence(1), StringComparison.Ordinal).Replace("\"to\":\"HIGH\"", $"\"to\":\"{Sequence(2)}\"", StringComparison.Ordinal).Replace("HIGH", Sequence(6), StringComparison.Ordinal);
        Assert.True(await world.State.TryPutAsync(new StateItem("ingest/orders/shardId-000000000000", "head", 1, Encoding.UTF8.GetBytes(state)), Stop));
        // As it was filed then: without the number of the intent.
        Assert.True(await world.State.TryPutAsync(new StateItem("ingest/orders/shardId-000000000000/2026031008", $"{Sequence(5)}-{Sequence(6)}", 1,
            Encoding.UTF8.GetBytes($$"""{"from":"{{Sequence(5)}}","to":"{{Sequence(6)}}"}""")), Stop));
        Assert.Empty(await world.SendAsync(Event((1, Order(1)), (2, Order(2)), (7, Order(7)), (8, Order(8)))));
        Assert.Equal(written, world.Rows("orders").Length);
        Assert.Empty(await world.SendAsync(Event((5, Order(5)), (6, Order(6)))));
        Assert.Equal(written, world.Rows("orders").Length);
    }

    [Fact]
    public async Task F28_a_flag_and_an_execution_of_the_version_before_end_in_a_version()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        bench.World.Put(bench.Reference.FlagKey(), """{"id":"0011223344556677","since":"2026-03-10T09:00:00+00:00","changes":2,"writes":1,"attempt":0}""");
        await bench.World.Runner.StartAsync(RefreshRuns.StateMachine, "priorities-0011223344556677-0", """{"reference":"priorities","flag":"0011223344556677","notBefore":"2026-03-10T09:00:30.000Z"}""", Stop);
        await bench.SettleAsync();
        Assert.Equal(bench.Expected, bench.Current);
        Assert.Null(bench.Flag);
        // And the functions, as a workflow of before calls them.
        JsonElement published = await bench.World.CallAsync("publish-reference", "{\"reference\":\"priorities\"}");
        Assert.Equal(("unchanged", 1), (published.GetProperty("outcome").GetString(), published.GetProperty("version").GetInt32()));
        Assert.Equal("nothing", (await bench.World.CallAsync("publish-reference", "{\"reference\":\"priorities\",\"flag\":\"of another\"}")).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task F14_F27_a_batch_of_changes_that_dies_at_any_record_is_flagged_by_the_next()
    {
        for (int at = 1; at <= 4; at++)
        {
            await using ReferenceBench bench = ReferenceBench.InMemory();
            int writes = 0;
            bench.World.Intercept(ports => ports with { Objects = new FlakyStore(ports.Objects, _ => ++writes == at ? Crash.After : null) });
            string batch = bench.Event(3);
            for (bool isDone = false; !isDone;)
            {
                try
                {
                    await bench.DeliverAsync(batch);
                    isDone = true;
                }
                catch (IOException)
                {
                    // The mapping sends the whole batch again.
                }
            }
            await bench.SettleAsync();
            await bench.DeliverAsync("{}");
            await bench.SettleAsync();
            Assert.Equal(bench.Expected, bench.Current);
            Assert.Null(bench.Flag);
        }
    }

    private static string Batch(int from, int to) => Event([.. Enumerable.Range(from, to - from + 1).Select(i => (i, Order(i, country: $"c{i}")))]);

    private static int Number(string sequence) => Enumerable.Range(1, Records).First(number => Sequence(number) == sequence);
}
