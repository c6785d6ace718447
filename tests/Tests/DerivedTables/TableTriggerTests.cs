using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>What makes <c>mark-stale</c> run, in every envelope.</summary>
public sealed class TableTriggerTests
{
    private static readonly string Yaml = ScenarioWorld.Yaml(
        """
        references: [{name: priorities, location: 's3://acme/reference/', key: dish}]
        tables:
          - {name: revenue, dataset: revenue, from: [orders, priorities], when: {arrivals: {files: 2, within: 1h} }, steps: [{name: a, lambda: f}]}
          - {name: report, dataset: report, from: [revenue], when: {after: [revenue]}, steps: [{name: a, lambda: f}]}
          - {name: by-hand, dataset: by-hand, from: [orders], steps: [{name: a, lambda: f}]}
        """,
        Dataset("orders", "orders"), Dataset("revenue", "revenue/versions"), Dataset("report", "report/versions"), Dataset("by-hand", "by-hand/versions"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task F05_an_object_marks_what_is_built_of_its_dataset_raw_from_the_bus_and_encoded_from_S3()
    {
        await using var world = new MemoryWorld(Yaml);
        await world.CallAsync("mark-stale", """{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"acme"},"object":{"key":"orders/a b.ndjson"}}}""");
        Assert.Equal(1, (await MarkAsync(world, "revenue"))!.Arrivals);
        await world.CallAsync("mark-stale", """{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{"name":"acme"},"object":{"key":"orders/a+b"}}},{"eventSource":"aws:s3","s3":{"bucket":{"name":"acme"},"object":{"key":"ordersnot/a"}}}]}""");
        Assert.Equal(2, (await MarkAsync(world, "revenue"))!.Arrivals);
        Assert.Null(await MarkAsync(world, "by-hand"));
        Assert.Null(await MarkAsync(world, "report"));
    }

    [Fact]
    public async Task F12_of_a_queue_exactly_the_messages_that_can_not_be_read_come_again()
    {
        await using var world = new MemoryWorld(Yaml);
        const string Good = """{\"detail-type\":\"Object Created\",\"source\":\"aws.s3\",\"detail\":{\"bucket\":{\"name\":\"acme\"},\"object\":{\"key\":\"orders/a\"}}}""";
        JsonElement answer = await world.CallAsync("mark-stale", $$"""{"Records":[{"eventSource":"aws:sqs","messageId":"m1","body":"nonsense"},{"eventSource":"aws:sqs","messageId":"m2","body":"{{Good}}"},{"eventSource":"aws:sqs","messageId":"m3","body":"{\"Event\":\"s3:TestEvent\"}"}]}""");
        Assert.Equal("{\"batchItemFailures\":[{\"itemIdentifier\":\"m1\"}]}", answer.GetRawText());
        Assert.Equal(1, (await MarkAsync(world, "revenue"))!.Arrivals);
    }

    [Fact]
    public async Task A_new_version_marks_what_is_built_of_it_once_and_one_that_has_it_already_is_not()
    {
        await using var world = new MemoryWorld(Yaml);
        await world.CallAsync("mark-stale", """{"detail-type":"Reference Refreshed","source":"limpid","detail":{"reference":"priorities","version":3,"rows":2}}""");
        Assert.Equal(1, (await MarkAsync(world, "revenue"))!.Arrivals);
        const string Refreshed = """{"detail-type":"Table Refreshed","source":"limpid","detail":{"table":"revenue","status":"refreshed","version":1,"rows":2,"seconds":3}}""";
        // Nothing is served yet, whatever the event says.
        await world.CallAsync("mark-stale", Refreshed);
        Assert.Null(await MarkAsync(world, "report"));
        DateTimeOffset now = world.Clock.GetUtcNow();
        await ServeAsync(world, "revenue", now);
        await world.CallAsync("mark-stale", Refreshed.Replace("Table Refreshed", "Table Refresh Failed", StringComparison.Ordinal));
        Assert.Null(await MarkAsync(world, "report"));
        await world.CallAsync("mark-stale", Refreshed);
        StaleMark mark = (await MarkAsync(world, "report"))!;
        Assert.Equal(now, mark.Due);
        await new StaleTables(world.Ports).TakeOffAsync(world.Ports.Lake.Tables![1], mark.Id, Stop);
        await ServeAsync(world, "report", now.AddMinutes(1));
        await world.CallAsync("mark-stale", Refreshed);
        Assert.Null(await MarkAsync(world, "report"));
    }

    [Fact]
    public async Task A_table_whose_event_was_lost_is_looked_after()
    {
        await using var world = new MemoryWorld(Yaml);
        Assert.Empty((await world.CallAsync("mark-stale", "{}")).GetProperty("executions").EnumerateArray());
        await ServeAsync(world, "report", world.Clock.GetUtcNow());
        await ServeAsync(world, "revenue", world.Clock.GetUtcNow().AddMinutes(1));
        Assert.StartsWith("report-", Assert.Single((await world.CallAsync("mark-stale", "{}")).GetProperty("executions").EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_was_served_again_is_not_made_anew_for_what_came_before()
    {
        await using var world = new MemoryWorld(Yaml);
        DateTimeOffset now = world.Clock.GetUtcNow();
        await ServeAsync(world, "revenue", now.AddMinutes(1));
        // Version 1, of an hour ago, put in place again by the third run.
        var book = new TableBook(world.Ports, world.Ports.Lake.TableNamed("report")!);
        var again = new ServedVersion(1, "s3://acme/report/versions/v=1/1-a/", 1, now.AddHours(-1), now.AddHours(-1), now.AddMinutes(2), 3, "r");
        Assert.True(await book.TryChangeAsync(await book.HeadAsync(Stop), new TableHead { Fence = 3, Served = again }, Stop));
        Assert.Empty((await world.CallAsync("mark-stale", "{}")).GetProperty("executions").EnumerateArray());
        await ServeAsync(world, "revenue", now.AddMinutes(3));
        Assert.Single((await world.CallAsync("mark-stale", "{}")).GetProperty("executions").EnumerateArray());
    }

    [Fact]
    public async Task What_is_no_change_of_a_table_is_refused()
    {
        await using var world = new MemoryWorld(Yaml);
        UnknownTableException unknown = await Assert.ThrowsAsync<UnknownTableException>(() => world.CallAsync("mark-stale", """{"table":"orders"}"""));
        Assert.Equal("lake.yaml has no table 'orders'; it has revenue, report, by-hand", unknown.Message);
        await Assert.ThrowsAsync<BadEventException>(() => world.CallAsync("mark-stale", """{"detail-type":"x","source":"else"}"""));
        await Assert.ThrowsAsync<BadEventException>(() => world.CallAsync("mark-stale", """{"table":7}"""));
    }

    private static async Task<StaleMark?> MarkAsync(MemoryWorld world, string table) =>
        (await new StaleTables(world.Ports).ReadAsync(world.Ports.Lake.Tables!.Single(t => t.Name == table), Stop))?.Value;

    private static async Task ServeAsync(MemoryWorld world, string table, DateTimeOffset at)
    {
        var book = new TableBook(world.Ports, world.Ports.Lake.Tables!.Single(t => t.Name == table));
        Assert.True(await book.TryChangeAsync(
            await book.HeadAsync(Stop), new TableHead { Fence = 1, Served = new ServedVersion(1, $"s3://acme/{table}/versions/v=1/1-a/", 1, at, at, at, 1, "r") }, Stop));
    }

    private static string Dataset(string name, string location) =>
        $"{{name: {name}, location: 's3://acme/{location}/', format: ndjson, approvers: [dpo@acme.example], subjects: [{{kind: customer, field: customer}}]}}";
}
