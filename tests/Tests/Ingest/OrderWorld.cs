using System.Globalization;
using System.Text;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Triggers;
using Limpid.Tests.Refresh;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Ingest;

/// <param name="Arrived">When the stream took it.</param>
internal sealed record StreamedRecord(string Sequence, byte[] Data, DateTime Arrived);

/// <summary>
/// A stream of orders, <c>{"dish","cost"}</c>, the table of priorities that they are enriched with, and the lake that both end in. Here
/// the stream is a list a shard, and functions are called in this process; other worlds put something real in these places.
/// </summary>
internal class OrderWorld : IAsyncDisposable
{
    public const string Stream = "orders";

    /// <summary>Of the changes of priorities.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(30);

    private readonly List<StreamedRecord>[] _shards;
    private readonly Dictionary<string, (Ports Ports, StreamTrigger Trigger)> _warm = [];
    private readonly Lock _lock = new();
    private int _sequence, _changes;

    public OrderWorld(ScenarioWorld world, int shards)
    {
        World = world;
        Shards = [.. Enumerable.Range(0, shards).Select(number => string.Create(CultureInfo.InvariantCulture, $"shardId-{number:d12}"))];
        _shards = [.. Shards.Select(_ => new List<StreamedRecord>())];
    }

    public ScenarioWorld World { get; }

    public IReadOnlyList<string> Shards { get; protected init; }

    /// <summary>Where the priorities are kept.</summary>
    public MemoryTables Tables { get; } = new();

    protected virtual string Table => "priorities-table";

    /// <summary>lake.yaml of the world; the cost is what an order is told by.</summary>
    /// <param name="table">Of the priorities.</param>
    public static string Yaml(string table = "priorities-table", string stream = Stream, string more = "") => ScenarioWorld.Yaml(
        $$"""
        grace: 0
        references: [{name: priorities, location: reference/, key: dish, source: {table: {{table}}}, after: {changes: 5, within: 30s}{{more}}}]
        streams: [{name: {{stream}}, dataset: orders, enrich: [{reference: priorities, key: dish, fields: [priority]}], quarantine: refused}]
        """,
        ScenarioWorld.Dataset("orders", "ndjson", "subjects: [{kind: customer, field: customer}], erase: drop"),
        ScenarioWorld.Dataset("refused", "ndjson", "subjects: [{kind: customer, field: record.customer}], erase: drop"));

    public static OrderWorld InMemory(int shards)
    {
        var world = new OrderWorld(new MemoryWorld(Yaml()), shards);
        world.World.Intercept(ports => ports with { Tables = world.Tables, Streams = world.Tables });
        return world;
    }

    public virtual Task SetAsync(string dish, int priority)
    {
        Tables.Put(Table, dish, Row(dish, priority));
        return Task.CompletedTask;
    }

    protected static string Row(string dish, int priority) => string.Create(CultureInfo.InvariantCulture, $$"""{"dish":"{{dish}}","priority":{{priority}}}""");

    /// <summary>The table's stream says that so many rows changed; twice, if it so likes.</summary>
    public async Task TellAsync(int changes, bool twice = false)
    {
        string batch = ReferenceBench.EventOf(Table, changes, (_changes += changes) - changes + 1);
        for (int time = 0; time < (twice ? 2 : 1); time++)
            Assert.Equal("{\"batchItemFailures\":[]}", await ChangeAsync(batch));
    }

    protected virtual async Task<string> ChangeAsync(string @event) => (await World.CallAsync("flag-change", @event)).GetRawText();

    /// <summary>Puts an order into the shard that its cost says.</summary>
    public virtual Task PutAsync(int cost, string order)
    {
        int sequence = Interlocked.Increment(ref _sequence);
        lock (_lock)
            _shards[cost % _shards.Length].Add(new StreamedRecord(OrderStream.Sequence(sequence), Encoding.UTF8.GetBytes(order), World.Clock.GetUtcNow().UtcDateTime));
        return Task.CompletedTask;
    }

    /// <summary>A piece of a shard without gaps, behind this record or from the beginning.</summary>
    public virtual Task<IReadOnlyList<StreamedRecord>> ReadAsync(string shard, string? after, int most)
    {
        lock (_lock)
        {
            List<StreamedRecord> all = _shards[Shards.Index().First(s => s.Item == shard).Index];
            int at = after is null ? 0 : all.FindIndex(record => record.Sequence == after) + 1;
            return Task.FromResult<IReadOnlyList<StreamedRecord>>([.. all.Skip(at).Take(most)]);
        }
    }

    /// <summary>Calls <c>ingest-records</c> as an event source mapping does; the record that it gives back, or null.</summary>
    public async Task<string?> DeliverAsync(string shard, IReadOnlyList<StreamedRecord> records)
    {
        using JsonDocument answer = JsonDocument.Parse(await IngestAsync(shard, Event(shard, records)));
        return answer.RootElement.GetProperty("batchItemFailures") is { } failures && failures.GetArrayLength() > 0
            ? Assert.Single(failures.EnumerateArray()).GetProperty("itemIdentifier").GetString()
            : null;
    }

    protected virtual async Task<string> IngestAsync(string shard, string @event) => await World.AsAsync("ingest-records", async ports =>
    {
        StreamTrigger trigger;
        lock (_lock)
        {
            if (!_warm.TryGetValue(shard, out var known) || !ReferenceEquals(known.Ports, ports))
                _warm[shard] = known = (ports, new StreamTrigger(ports));
            trigger = known.Trigger;
        }
        return Encoding.UTF8.GetString((await trigger.HandleAsync(Encoding.UTF8.GetBytes(@event), ScenarioWorld.Stop)).Span);
    });

    protected virtual string Name => Stream;

    private string Event(string shard, IReadOnlyList<StreamedRecord> records) => $$"""{"Records":[{{string.Join(',', records.Select(record => string.Create(CultureInfo.InvariantCulture, $$"""
        {"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"p","sequenceNumber":"{{record.Sequence}}","data":"{{Convert.ToBase64String(record.Data)}}","approximateArrivalTimestamp":{{(record.Arrived - DateTime.UnixEpoch).TotalSeconds}}},
         "eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"{{shard}}:{{record.Sequence}}","eventName":"aws:kinesis:record","awsRegion":"eu-west-1","eventSourceARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/{{Name}}"}
        """)))}}]}""";

    /// <summary>What is current, by dish.</summary>
    public Dictionary<string, int> Current()
    {
        Reference reference = World.Ports.Lake.ReferenceNamed("priorities")!;
        if (World.Content(reference.PointerKey()) is not { } pointer)
            return [];
        string lines = World.Text(reference.Folder() + ReferencePointer.Read(pointer, "priorities").Object)!;
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(row => row.GetProperty("dish").GetString()!, row => row.GetProperty("priority").GetInt32());
    }

    /// <summary>Every row of the lake: cost, dish, priority.</summary>
    public List<(int Cost, string Dish, int? Priority)> Rows() =>
    [
        .. World.Rows("orders").Select(line => JsonDocument.Parse(line).RootElement).Select(row => (
            row.GetProperty("cost").GetInt32(), row.GetProperty("dish").GetString()!,
            row.GetProperty("priority") is { ValueKind: JsonValueKind.Number } priority ? priority.GetInt32() : (int?)null)),
    ];

    public virtual ValueTask DisposeAsync() => World.DisposeAsync();
}
