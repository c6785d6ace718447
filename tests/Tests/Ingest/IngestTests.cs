using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Functions.State;
using Limpid.Tests.Scenarios;
using static Limpid.Tests.Ingest.OrderStream;

namespace Limpid.Tests.Ingest;

public sealed class IngestTests
{
    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task A_record_becomes_a_row_at_the_place_of_its_time_with_what_the_reference_says()
    {
        await using MemoryWorld world = Lake();
        Assert.Empty(await world.SendAsync(Event((1, Order(7)), (2, Order(8, "cake", "2026-03-10T06:59:59.9Z", "a/b")))));
        Assert.Equal(
            [
                $"orders/dt=2026-03-10-06/late=true/country=a%2Fb/orders-shardId-000000000000-{Sequence(1)}-1.ndjson",
                $"orders/dt=2026-03-10-08/late=false/country=gr/orders-shardId-000000000000-{Sequence(1)}-1.ndjson",
            ],
            world.Lake().Keys.Where(key => key.StartsWith("orders/", StringComparison.Ordinal)));
        Assert.Equal(
            [
                "{\"dish\":\"cake\",\"cost\":8.50,\"customer\":8,\"country\":\"a/b\",\"at\":\"2026-03-10T06:59:59.9Z\",\"priority\":null}",
                "{\"dish\":\"soup\",\"cost\":7.50,\"customer\":7,\"country\":\"gr\",\"at\":\"2026-03-10T08:30:00Z\",\"priority\":1}",
            ],
            world.Rows("orders"));
    }

    [Fact]
    public async Task A_stream_whose_reference_was_never_published_waits_and_says_for_what()
    {
        var said = new List<string>();
        await using var world = new MemoryWorld(OrderWorld.Yaml(), ports => ports with { Log = said.Add });
        Assert.Equal([Sequence(1)], await world.SendAsync(Event((1, Order(7)))));
        Assert.EndsWith("nothing of the reference priorities is published yet: publish it with flag-change", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_is_erasable_from_the_moment_that_a_record_lands()
    {
        await using MemoryWorld world = Lake();
        await world.SendAsync(Event((1, Order(7)), (2, Order(8))));
        Assert.Single(await world.FoundAsync("customer=7"));
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=7")).Status);
        Assert.Single(world.Rows("orders"));
    }

    [Fact]
    public async Task A_person_who_was_erased_and_arrives_again_is_reported()
    {
        await using MemoryWorld world = Lake();
        await world.SendAsync(Event((1, Order(7))));
        ErasureRequest request = await world.EraseAsync("customer=7");
        await world.SendAsync(Event((2, Order(7))));
        Assert.Equal(request.Id, Assert.Single(await new Suppression(world.Ports.State).ReportedAsync(Stop).ToListAsync(Stop)).RequestId);
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("blank")]
    [InlineData("delete")]
    public async Task F18_a_replay_brings_no_erased_row_back_however_late(string erase)
    {
        await using MemoryWorld world = Lake(Yaml(erase: erase));
        string batch = Event((1, Order(7)), (2, Order(8, country: "de")));
        await world.SendAsync(batch);
        await world.EraseAsync("customer=7");
        string[] rows = world.Rows("orders");
        Assert.Single(rows);
        world.Clock.Advance(TimeSpan.FromDays(40));
        Assert.Empty(await world.SendAsync(batch));
        Assert.Empty(await world.SendAsync(Event((1, Order(7)))));
        Assert.Equal(rows, world.Rows("orders"));
    }

    [Fact]
    public async Task F15_one_bad_record_in_a_hundred_is_captured_with_its_reason_and_position_and_holds_up_nothing()
    {
        await using MemoryWorld world = Lake(Yaml(Settings.Replace("time:", "schema: orders.json\n    time:", StringComparison.Ordinal)), """{"properties": {"cost": {"type": "number"}}, "required": ["cost"]}""");
        (int, string)[] records = [.. Enumerable.Range(1, 100).Select(i => (i, i == 42 ? "{\"cost\": \"much\", \"customer\": 42}" : Order(i)))];
        Assert.Empty(await world.SendAsync(Event(records)));
        Assert.Equal(99, world.Rows("orders").Length);
        using JsonDocument refused = JsonDocument.Parse(Assert.Single(world.Rows("refused")));
        Assert.Equal("the schema does not allow it: /cost: type", refused.RootElement.GetProperty("reason").GetString());
        Assert.Equal((Sequence(42), "shardId-000000000000"), (refused.RootElement.GetProperty("sequence").GetString(), refused.RootElement.GetProperty("shard").GetString()));
        Assert.Single(await world.FoundAsync("customer=42"));
        await world.EraseAsync("customer=42");
        Assert.Empty(world.Rows("refused"));
    }

    [Theory]
    [InlineData("SGVsbG8gV29ybGQ=", "it is no JSON")]
    [InlineData("WzFd", "it is no JSON object")]
    [InlineData("/w==", "it is no UTF-8")]
    [InlineData("84mawgo=", "it holds several records, aggregated by the Kinesis Producer Library, which is not supported")]
    [InlineData("H4sIAAAA", "it is no whole gzip, or more than 10 MiB unpacked")]
    [InlineData("e30=", "at does not say when it happened")]
    public async Task What_can_not_be_a_row_goes_to_the_quarantine(string base64, string reason)
    {
        await using MemoryWorld world = Lake();
        Assert.Empty(await world.SendAsync(Event([(1, Convert.FromBase64String(base64))])));
        using JsonDocument refused = JsonDocument.Parse(Assert.Single(world.Rows("refused")));
        Assert.Equal(reason, refused.RootElement.GetProperty("reason").GetString());
        Assert.Empty(world.Rows("orders"));
    }

    [Fact]
    public async Task F19_a_record_that_unpacks_to_more_than_a_stream_takes_is_captured()
    {
        await using MemoryWorld world = Lake();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(new byte[20 * 1024 * 1024]);
        Assert.Empty(await world.SendAsync(Event([(1, packed.ToArray()), (2, Zipped(Order(7)))])));
        Assert.Single(world.Rows("refused"));
        Assert.Single(world.Rows("orders"));
    }

    [Fact]
    public async Task F14_a_record_that_a_batch_passed_over_is_written_when_it_comes()
    {
        await using MemoryWorld world = Lake();
        Assert.Empty(await world.SendAsync(Event((1, Order(1)), (3, Order(3)))));
        Assert.Empty(await world.SendAsync(Event((5, Order(5)))));
        Assert.Empty(await world.SendAsync(Event((2, Order(2)), (3, Order(3)), (4, Order(4)))));
        Assert.Equal(["1", "2", "3", "4", "5"], world.Rows("orders").Select(row => JsonDocument.Parse(row).RootElement.GetProperty("customer").GetRawText()).Order());
    }

    [Fact]
    public async Task F14_what_is_given_back_is_the_lowest_record_that_is_not_done()
    {
        await using MemoryWorld world = Lake();
        world.Remove("reference/priorities/pointer.json");
        Assert.Equal([Sequence(1)], await world.SendAsync(Event((2, Order(8)), (1, Order(7)))));
        Assert.Empty(world.Rows("orders"));
        world.Publish(1, ("soup", 1));
        Assert.Empty(await world.SendAsync(Event((2, Order(8)), (1, Order(7)))));
        Assert.Equal(2, world.Rows("orders").Length);
    }

    [Fact]
    public async Task A_batch_that_starts_after_the_pointer_moved_carries_the_new_value()
    {
        await using MemoryWorld world = Lake();
        await world.SendAsync(Event((1, Order(1))));
        world.Publish(2, ("soup", 2));
        await world.SendAsync(Event((2, Order(2))));
        Assert.Equal([1, 2], world.Rows("orders").Select(Priority));
    }

    [Fact]
    public async Task Whatever_pieces_a_shard_comes_in_every_record_is_written_once()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 20; round++)
        {
            await using MemoryWorld world = Lake();
            // Any piece without gaps, again and again, in any order; then whatever none of them had.
            for (int piece = 0; piece < 12; piece++)
            {
                int from = random.Next(1, 40);
                Assert.Empty(await world.SendAsync(Event([.. Enumerable.Range(from, random.Next(1, 12)).OrderBy(_ => random.Next()).Select(i => (i, Order(i)))])));
            }
            await world.SendAsync(Event([.. Enumerable.Range(1, 60).Select(i => (i, Order(i)))]));
            Assert.Equal(Enumerable.Range(1, 60), world.Rows("orders").Select(Customer).Order());
        }
    }

    // Of the first attempt nothing stands, of the second all: both are of the same range, and the ledger knows both.
    [Fact]
    public async Task F14_a_range_that_took_two_attempts_is_known_as_written_when_it_comes_again()
    {
        await using MemoryWorld world = Lake();
        int puts = 0;
        world.Intercept(ports => ports with { State = new FlakyState(ports.State, _ => ++puts == 1 ? Crash.After : null) });
        string batch = Event((1, Order(1)), (2, Order(2)), (3, Order(3)));
        Assert.Single(await world.SendAsync(batch));
        // What was begun can't be ended as it was: the version of then is gone.
        world.Publish(2, ("soup", 2));
        world.Remove("reference/priorities/v=1.ndjson");
        Assert.Empty(await world.SendAsync(batch));
        Assert.Empty(await world.SendAsync(Event((4, Order(4)))));
        Assert.Empty(await world.SendAsync(batch));
        Assert.Equal([1, 2, 3, 4], world.Rows("orders").Select(Customer).Order());
    }

    [Theory]
    [InlineData("json", "")]
    [InlineData("dms", ", schema: orders.json, partition: [data.a, country]")]
    public async Task F15_no_bytes_at_all_hold_a_shard_up(string records, string rest)
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string yaml = Yaml($"grace: 0\nstreams: [{{name: orders, dataset: orders, records: {records}, quarantine: refused{rest}}}]");
        byte[] whole = Encoding.UTF8.GetBytes("{\"data\":{\"customer\":7,\"a\":[1,{\"b\":\"\\u00e9\"}]},\"metadata\":{\"operation\":\"load\",\"record-type\":\"data\"},\"country\":\"gr\"}");
        await using MemoryWorld world = Lake(yaml, """{"properties": {"customer": {"type": "integer"}}}""");
        const int Records = 1_000;
        (int, byte[])[] broken = [.. Enumerable.Range(1, Records).Select(i => (i, Broken(whole, random)))];
        Assert.Empty(await world.SendAsync(Event(broken)));
        Assert.InRange(world.Rows("orders").Length + world.Rows("refused").Length, Records / 2, Records);
        Assert.NotEmpty(world.Rows("refused"));
    }

    private static byte[] Broken(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            if (random.Next(2) == 0)
                bytes[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"{}[]\",:0n\\"[random.Next(10)];
            else
                bytes.RemoveRange(at, Math.Min(random.Next(1, 30), bytes.Count - at));
            if (bytes.Count == 0)
                bytes.Add(0);
        }
        return [.. bytes];
    }

    internal static MemoryWorld Lake(string? yaml = null, string? schema = null)
    {
        var world = new MemoryWorld(yaml ?? Yaml());
        if (schema is not null && yaml!.Contains("schema:", StringComparison.Ordinal))
        {
            Core.Lake.LakeConfig lake = global::Limpid.Infra.Lake.LakeYaml.Read(yaml!, "lake.yaml", name => name == "orders.json" ? schema : null).Config!;
            world.Reread(lake);
        }
        world.Publish(1, ("soup", 1));
        return world;
    }

    internal static int Customer(string row) => Member(row, "customer");

    private static int Priority(string row) => Member(row, "priority");

    private static int Member(string row, string name)
    {
        using JsonDocument document = JsonDocument.Parse(row);
        return document.RootElement.GetProperty(name).GetInt32();
    }

    private static byte[] Zipped(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
