using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Ingest;

/// <summary>A stream of orders with the priorities of their dishes, and the lake that it is written into.</summary>
internal static class OrderStream
{
    public const string Settings = """
        grace: 0
        references: [{name: priorities, location: reference/, key: dish}]
        streams:
          - name: orders
            dataset: orders
            time: {field: at}
            late: 1h
            partition: [country]
            enrich: [{reference: priorities, key: dish, fields: [priority]}]
            quarantine: refused
        """;

    private static readonly BigInteger First = BigInteger.Parse("49568167373333333333333333333333333333333333333333333333", CultureInfo.InvariantCulture);

    public static string Yaml(string settings = Settings, string erase = "drop") => ScenarioWorld.Yaml(
        settings,
        ScenarioWorld.Dataset("orders", "ndjson", $"subjects: [{{kind: customer, field: customer}}], erase: {erase}"),
        ScenarioWorld.Dataset("refused", "ndjson", "subjects: [{kind: customer, field: record.customer}, {kind: customer, field: record.data.customer}], erase: blank"));

    public static void Publish(this ScenarioWorld world, int version, params (string Dish, int Priority)[] rows)
    {
        byte[] lines = Encoding.UTF8.GetBytes(string.Concat(rows.Select(row => $"{{\"dish\":\"{row.Dish}\",\"priority\":{row.Priority}}}\n")));
        world.Put($"reference/priorities/v={version}.ndjson", lines);
        world.Put("reference/priorities/pointer.json",
            $$"""{"version":{{version}},"object":"v={{version}}.ndjson","rows":{{rows.Length}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(lines))}}","publishedAt":"2026-03-10T09:00:00Z"}""");
    }

    public static string Order(int customer, string dish = "soup", string at = "2026-03-10T08:30:00Z", string country = "gr") =>
        $"{{\"dish\":\"{dish}\",\"cost\":{customer}.50,\"customer\":{customer},\"country\":\"{country}\",\"at\":\"{at}\"}}";

    public static string Sequence(int number) => (First + new BigInteger(number) * 1_000_003).ToString(CultureInfo.InvariantCulture);

    public static string Event(IEnumerable<(int Number, byte[] Data)> records, string stream = "orders", string shard = "shardId-000000000000") =>
        $"{{\"Records\":[{string.Join(',', records.Select(record => $$"""
            {"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"p","sequenceNumber":"{{Sequence(record.Number)}}","data":"{{Convert.ToBase64String(record.Data)}}","approximateArrivalTimestamp":1773132600.5},
             "eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"{{shard}}:{{Sequence(record.Number)}}","eventName":"aws:kinesis:record","awsRegion":"eu-west-1",
             "eventSourceARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/{{stream}}"}
            """))}]}}";

    public static string Event(params (int Number, string Text)[] records) => Event(records.Select(r => (r.Number, Encoding.UTF8.GetBytes(r.Text))));

    /// <summary>Sends a batch; the sequence numbers that are given back.</summary>
    public static async Task<string[]> SendAsync(this ScenarioWorld world, string @event)
    {
        JsonElement answer = await world.CallAsync("ingest-records", @event);
        return [.. answer.GetProperty("batchItemFailures").EnumerateArray().Select(failure => failure.GetProperty("itemIdentifier").GetString()!)];
    }

    /// <summary>Every row of a dataset, in no special order, that is none of a name taken.</summary>
    public static string[] Rows(this ScenarioWorld world, string dataset) =>
    [
        .. world.Lake().Where(o => o.Key.StartsWith(dataset + "/", StringComparison.Ordinal)).SelectMany(o => Encoding.UTF8.GetString(o.Value).Split('\n'))
            .Where(line => line.Trim() is not ("" or "{}")).Order(StringComparer.Ordinal),
    ];
}
