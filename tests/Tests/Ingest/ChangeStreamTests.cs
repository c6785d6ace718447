using System.Text;
using System.Text.Json;
using Limpid.Tests.Scenarios;
using static Limpid.Tests.Ingest.OrderStream;

namespace Limpid.Tests.Ingest;

/// <summary>Changes as AWS DMS writes them.</summary>
public sealed class ChangeStreamTests
{
    private static readonly string Yaml = OrderStream.Yaml("""
        grace: 0
        streams: [{name: orders, dataset: orders, records: dms, quarantine: refused}]
        """);

    [Fact]
    public async Task A_change_is_written_with_its_metadata_and_what_tells_of_tables_is_not()
    {
        await using var world = new MemoryWorld(Yaml);
        Assert.Empty(await world.SendAsync(Event(
            (1, "{\"metadata\":{\"record-type\":\"control\",\"operation\":\"create-table\",\"table-name\":\"t\"}}"),
            (2, Change("insert", "{ \"customer\" : 7,\n \"n\": 1.0 }")))));
        Assert.Equal(
            ["{\"customer\":7,\"n\":1.0,\"metadata\":{\"timestamp\":\"2026-03-10T08:15:00.000001Z\",\"record_type\":\"data\",\"operation\":\"insert\",\"table_name\":\"employee\"}}"],
            world.Rows("orders"));
        Assert.Contains(world.Lake().Keys, key => key.StartsWith("orders/dt=2026-03-10-08/", StringComparison.Ordinal));
        Assert.Single(await world.FoundAsync("customer=7"));
        Assert.Empty(world.Rows("refused"));
    }

    [Fact]
    public async Task A_control_record_is_no_row_of_a_plain_stream_either()
    {
        await using MemoryWorld world = IngestTests.Lake();
        Assert.Empty(await world.SendAsync(Event(
            (1, "{\"data\":{},\"metadata\":{\"record-type\":\"control\",\"operation\":\"reference-changed\",\"reference\":\"priorities\",\"version\":4}}"), (2, Order(7)))));
        Assert.Single(world.Rows("orders"));
        Assert.Empty(world.Rows("refused"));
    }

    [Theory]
    [InlineData("{\"data\":{\"customer\":7}}", "it is no change of DMS: it has no metadata with an operation")]
    [InlineData("{\"data\":{\"customer\":7},\"metadata\":{\"operation\":\"truncate\"}}", "its operation is none of load, insert, update and delete")]
    [InlineData("{\"metadata\":{\"operation\":\"insert\"}}", "it is no change of DMS: it has no data")]
    public async Task What_is_no_change_is_captured_and_who_is_in_it_is_found(string record, string reason)
    {
        await using var world = new MemoryWorld(Yaml);
        Assert.Empty(await world.SendAsync(Event((1, record))));
        using JsonDocument refused = JsonDocument.Parse(Assert.Single(world.Rows("refused")));
        Assert.Equal(reason, refused.RootElement.GetProperty("reason").GetString());
        Assert.Equal(record.Contains("customer", StringComparison.Ordinal) ? 1 : 0, (await world.FoundAsync("customer=7")).Length);
    }

    [Theory]
    [InlineData(1, "101,Smith,Bob,4-Jun-14,New York")]
    [InlineData(2, "101,Smith,Bob,8-Oct-15,Los Angeles")]
    [InlineData(3, "101,Smith,Bob,13-Mar-17,Dallas")]
    [InlineData(4, "")]
    public async Task The_changes_of_the_documentation_lead_to_the_table_that_it_shows(int changes, string table)
    {
        string[] lines = await File.ReadAllLinesAsync(SharedData.Path("cdc", "dms_s3_docs_employee.csv"), ScenarioWorld.Stop);
        await using var world = new MemoryWorld(Yaml);
        (int, string)[] records = [.. lines.Take(changes).Select((line, index) => (index + 1, Recorded(line)))];
        // In two batches, the first of them twice.
        foreach (int end in new[] { 1, 1, changes })
            Assert.Empty(await world.SendAsync(Event(records[..end])));
        Assert.Equal(table, string.Join('\n', Replayed(world)));
    }

    // The order of a shard is that of the sequence numbers in the objects' names, and then of their lines.
    private static IEnumerable<string> Replayed(ScenarioWorld world)
    {
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in world.Lake().Where(o => o.Key.StartsWith("orders/", StringComparison.Ordinal)).SelectMany(o => Encoding.UTF8.GetString(o.Value).Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            string id = row.RootElement.GetProperty("customer").GetString()!;
            if (row.RootElement.GetProperty("metadata").GetProperty("operation").GetString() == "delete")
                rows.Remove(id);
            else
                rows[id] = string.Join(',', new[] { "customer", "last", "first", "since", "office" }.Select(name => row.RootElement.GetProperty(name).GetString()));
        }
        return rows.Values;
    }

    private static string Recorded(string line)
    {
        string[] fields = line.Split(',');
        string operation = fields[0] switch { "I" => "insert", "U" => "update", _ => "delete" };
        return Change(operation, $"{{\"customer\":\"{fields[1]}\",\"last\":\"{fields[2]}\",\"first\":\"{fields[3]}\",\"since\":\"{fields[4]}\",\"office\":\"{fields[5]}\"}}");
    }

    private static string Change(string operation, string data) =>
        $"{{\"data\":{data},\"metadata\":{{\"timestamp\":\"2026-03-10T08:15:00.000001Z\",\"record-type\":\"data\",\"operation\":\"{operation}\",\"table-name\":\"employee\"}}}}";
}
