using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Limpid.Tests.Adapters;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Refresh;

/// <summary>Reference data as they are on AWS: a table of DynamoDB, versions on S3.</summary>
[Collection(Processes.Name)]
public sealed class AwsReferences(Dynalite dynalite) : IClassFixture<Dynalite>
{
    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_change_of_a_table_becomes_a_version_and_the_flag_goes(bool versioned)
    {
        using AmazonDynamoDBClient dynamo = dynalite.Client();
        string table = await Dynalite.TableAsync(dynamo);
        await using AwsWorld world = await AwsWorld.StartAsync(
            ScenarioWorld.Yaml(
                $"references: [{{name: priorities, location: reference/, key: dish, source: {{table: {table}}}, after: {{changes: 3, within: 1m}}, changeFiles: [kitchen], changeRecords: changes}}, "
                + "{name: prices, location: reference/, key: dish, source: {location: incoming/}, after: {within: 0}}]",
                ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}]")),
            dynalite, versioned);
        for (int version = 1; version <= 2; version++)
        {
            await dynamo.PutItemAsync(new PutItemRequest
            {
                TableName = table,
                Item = new() { ["pk"] = new("soup"), ["sk"] = new("1"), ["dish"] = new("soup"), ["priority"] = new() { N = $"{version}" }, ["hot"] = new() { BOOL = true }, ["with"] = new() { SS = ["salt", "bread"] } },
            }, Stop);
            await world.CallAsync("flag-change", ReferenceBench.EventOf(table, version == 1 ? 1 : 3, 10 * version));
            await world.CallAsync("flag-change", "{}");
            if (version == 1)
                world.Clock.Advance(TimeSpan.FromMinutes(1));
            await world.RunAsync();
            Assert.Equal($"{{\"dish\":\"soup\",\"hot\":true,\"pk\":\"soup\",\"priority\":{version},\"sk\":\"1\",\"with\":[\"bread\",\"salt\"]}}\n", world.Text($"reference/priorities/v={version}.ndjson"));
            Assert.Contains($"\"version\":{version},", world.Text("reference/priorities/pointer.json"), StringComparison.Ordinal);
            Assert.Null(world.Text("reference/priorities/changed.json"));
        }
        world.Put("incoming/prices.json", "{\"dish\":\"soup\",\"price\":3}"u8);
        await world.CallAsync("flag-change", "{\"reference\":\"prices\"}");
        await world.RunAsync();
        Assert.Equal("{\"dish\":\"soup\",\"price\":3}\n", world.Text("reference/prices/v=1.ndjson"));
        Assert.NotNull(world.Text("reference/priorities/changes/kitchen/v=2.json"));
        // A second change while a flag stands, and an execution that is over: what both ask of AWS is asked here too.
        await world.CallAsync("flag-change", ReferenceBench.EventOf(table, 1, 50));
        await world.CallAsync("flag-change", ReferenceBench.EventOf(table, 1, 51));
        world.FailsWith = _ => "BadReferenceException";
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.RunAsync();
        await world.CallAsync("flag-change", "{}");
        await world.RunAsync();
        world.FailsWith = null;
        // An execution that was for another flag sees to it that the one that stands is seen to.
        await world.CallAsync("publish-reference", "{\"reference\":\"priorities\",\"flag\":\"0\"}");
        await world.RunAsync();
        Assert.Null(world.Text("reference/priorities/changed.json"));
    }
}
