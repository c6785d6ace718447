using System.Text;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions.Refresh;
using Limpid.Local.StateMachines;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Refresh;

/// <summary>The priorities of dishes in a table, published as reference data of a lake: in memory or in a folder.</summary>
internal sealed class ReferenceBench(ScenarioWorld world, MemoryTables tables) : IAsyncDisposable
{
    public const string Table = "priorities-table";

    /// <summary>Five changes, or half a minute.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(30);

    private static readonly string Yaml = ScenarioWorld.Yaml(
        """
        references:
          - {name: priorities, location: reference/, key: dish, source: {table: priorities-table}, after: {changes: 5, within: 30s}, changeFiles: [glue-orders], changeRecords: orders}
          - {name: prices, location: reference/, key: dish, source: {location: incoming/prices/}, after: {within: 0} }
        """,
        ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}]"));

    private int _sequence;

    public ScenarioWorld World => world;

    public MemoryTables Tables => tables;

    public Reference Reference => world.Ports.Lake.ReferenceNamed("priorities")!;

    public static ReferenceBench InMemory() => Over(new MemoryWorld(Yaml, parallelTasks: 1));

    public static async Task<ReferenceBench> InFolderAsync() => Over(await FolderWorld.OpenAsync(Yaml));

    private static ReferenceBench Over(ScenarioWorld world)
    {
        var tables = new MemoryTables();
        world.Intercept(ports => ports with { Tables = tables, Streams = tables });
        var bench = new ReferenceBench(world, tables);
        bench.Set("soup", 1);
        bench.Set("salad", 2);
        return bench;
    }

    public void Set(string dish, int priority) => tables.Put(Table, dish, $$"""{"priority":{{priority}},"dish":"{{dish}}"}""");

    /// <summary>A batch of the table's stream that says that so many rows changed.</summary>
    public string Event(int changes = 1) => EventOf(Table, changes, (_sequence += changes) - changes + 1);

    /// <inheritdoc cref="Event"/>
    /// <param name="from">The first sequence number.</param>
    public static string EventOf(string table, int changes, int from) => JsonSerializer.Serialize(new
    {
        Records = Enumerable.Range(from, changes).Select(number => new
        {
            eventID = $"e{number}",
            eventName = "MODIFY",
            eventSource = "aws:dynamodb",
            eventSourceARN = $"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}/stream/2026-01-01T00:00:00.000",
            dynamodb = new { SequenceNumber = $"{number}", Keys = new { dish = new { S = "soup" } }, StreamViewType = "KEYS_ONLY" },
        }),
    }, Reflected);

    public Task<JsonElement> DeliverAsync(string @event) => world.CallAsync("flag-change", @event);

    /// <summary>As the table says now, in the form in which a version is stored.</summary>
    public string Expected => Encoding.UTF8.GetString(ReferenceContent.Of(tables.Items(Table).Select(i => JsonDocument.Parse(i).RootElement), "dish").Bytes!);

    public ReferencePointer? Pointer => world.Text(Reference.PointerKey()) is { } json ? ReferencePointer.Read(Encoding.UTF8.GetBytes(json), Reference.Name) : null;

    public string? Current => Pointer is { } pointer ? world.Text(Reference.Folder() + pointer.Object) : null;

    public string? Flag => world.Text(Reference.FlagKey());

    public IReadOnlyList<ExecutionDescription> Executions => world.Executions.List(world.Clock.GetUtcNow(), RefreshRuns.StateMachine);

    /// <summary>Every version that the lake holds.</summary>
    public string[] Versions => [.. world.Lake().Keys.Where(k => k.StartsWith(Reference.Folder() + "v=", StringComparison.Ordinal))];

    /// <summary>Runs what is due, and moves the clock on until nothing is under way any more.</summary>
    public async Task SettleAsync()
    {
        for (int step = 0; step < 200; step++)
        {
            await world.RunAsync();
            if (!Executions.Any(e => e.Status == "RUNNING"))
                return;
            world.Clock.Advance(TimeSpan.FromSeconds(10));
        }
        throw new InvalidOperationException("a refresh does not end");
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    // Anonymous types in tests alone: what is sent here is what AWS sends.
    private static readonly JsonSerializerOptions Reflected = new() { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() };
}
