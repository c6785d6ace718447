using System.Text.Json;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Refresh;

/// <summary>What makes <c>flag-change</c> run, in every envelope.</summary>
public sealed class ReferenceTriggerTests
{
    private static readonly string Yaml = ScenarioWorld.Yaml(
        "references: [{name: priorities, location: 's3://acme/reference/', key: dish, source: {table: Example-Table}}, {name: prices, location: 's3://acme/reference/', key: dish, source: {location: 's3://acme/in/prices/'}}]",
        ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}]"));

    [Fact]
    public async Task The_recorded_event_of_a_table_flags_what_is_kept_in_it()
    {
        await using var world = new MemoryWorld(Yaml);
        JsonElement answer = await world.CallAsync("flag-change", Recorded("dynamodb-event.json"));
        Assert.Equal("{\"batchItemFailures\":[]}", answer.GetRawText());
        Assert.Equal(2, Flag(world, "priorities")!.Changes);
        Assert.Null(Flag(world, "prices"));
    }

    [Fact]
    public async Task F05_an_object_under_the_prefix_flags_raw_from_the_bus_and_encoded_from_S3()
    {
        await using var world = new MemoryWorld(Yaml);
        await world.CallAsync("flag-change", """{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"acme"},"object":{"key":"in/prices/a b.csv"}}}""");
        await world.CallAsync("flag-change", """{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{"name":"acme"},"object":{"key":"in/prices/a+b.csv"}}},{"eventSource":"aws:s3","s3":{"bucket":{"name":"acme"},"object":{"key":"in/pricesnot/a"}}}]}""");
        await world.CallAsync("flag-change", """{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"acme"},"object":{"key":"in%2Fprices/a"}}}""");
        Assert.Equal(2, Flag(world, "prices")!.Changes);
    }

    [Fact]
    public async Task F12_of_a_queue_exactly_the_messages_that_can_not_be_read_come_again()
    {
        await using var world = new MemoryWorld(Yaml);
        string good = """{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"acme"},"object":{"key":"in/prices/a"}}}""";
        string batch = $$"""{"Records":[{"eventSource":"aws:sqs","messageId":"m1","body":"nonsense"},{"eventSource":"aws:sqs","messageId":"m2","body":{{JsonSerializer.Serialize(good, Text.Default.String)}}},{"eventSource":"aws:sqs","messageId":"m3","body":"{\"Event\":\"s3:TestEvent\"}"}]}""";
        JsonElement answer = await world.CallAsync("flag-change", batch);
        Assert.Equal("{\"batchItemFailures\":[{\"itemIdentifier\":\"m1\"}]}", answer.GetRawText());
        Assert.Equal(1, Flag(world, "prices")!.Changes);
    }

    [Fact]
    public async Task F15_of_a_hundred_records_the_bad_one_is_named_and_those_before_it_are_flagged()
    {
        await using var world = new MemoryWorld(Yaml);
        string batch = ReferenceBench.EventOf("Example-Table", 100, 1).Replace(
            "\"eventID\":\"e70\",\"eventName\":\"MODIFY\",\"eventSource\":\"aws:dynamodb\",\"eventSourceARN\":\"arn:aws:dynamodb:eu-west-1:123456789012:table/Example-Table", "\"eventID\":\"e70\",\"eventSourceARN\":\"arn:aws:kinesis", StringComparison.Ordinal);
        JsonElement answer = await world.CallAsync("flag-change", batch);
        Assert.Equal("{\"batchItemFailures\":[{\"itemIdentifier\":\"70\"}]}", answer.GetRawText());
        Assert.Equal(69, Flag(world, "priorities")!.Changes);
        // Bisected around it, as the event source mapping does, the rest is flagged.
        Assert.Equal("{\"batchItemFailures\":[]}", (await world.CallAsync("flag-change", ReferenceBench.EventOf("Example-Table", 30, 71))).GetRawText());
        Assert.Equal(99, Flag(world, "priorities")!.Changes);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"reference\":7}")]
    [InlineData("{\"Records\":[{\"eventSource\":\"aws:kafka\"}]}")]
    public async Task F06_what_is_no_event_of_ours_is_one_named_error(string payload)
    {
        await using var world = new MemoryWorld(Yaml);
        Exception bad = await Assert.ThrowsAsync<BadEventException>(() => world.CallAsync("flag-change", payload));
        Assert.Contains("flag-change", bad.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reference_that_there_is_not_is_named()
    {
        await using var world = new MemoryWorld(Yaml);
        UnknownReferenceException unknown = await Assert.ThrowsAsync<UnknownReferenceException>(() => world.CallAsync("flag-change", "{\"reference\":\"colours\"}"));
        Assert.StartsWith("lake.yaml has no reference 'colours' with a source; it has ", unknown.Message, StringComparison.Ordinal);
    }

    private static ChangeFlag? Flag(MemoryWorld world, string reference) =>
        world.Text($"s3://acme/reference/{reference}/changed.json") is { } json ? JsonSerializer.Deserialize(json, RefreshJson.Default.ChangeFlag) : null;

    private static string Recorded(string file) => File.ReadAllText(SharedData.Path("events", file)).TrimStart('\uFEFF');
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class Text : System.Text.Json.Serialization.JsonSerializerContext;
