using System.Text.Json.Nodes;
using Limpid.Core.Index;
using Limpid.Local.Cli;

namespace Limpid.Tests.Scenarios;

/// <summary>What commands print for programs, and what they end with.</summary>
public sealed class CommandTests
{
    private static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private static readonly string Unattended = ScenarioWorld.Yaml("grace: 0\nunattended: true\nlimits: {rows: 5, share: 100%}", Reviews);

    private static readonly string[] EraseKeys = ["requestId", "status", "planDigest", "objects", "rows", "blocked", "certificate"];

    private const string AsDpo = ScenarioWorld.Dpo;

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private static string Row(int customer) => $"{{\"CustomerId\":{customer}}}\n";

    [Fact]
    public async Task Find_prints_objects_with_lines_and_byte_ranges()
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", Row(1) + Row(2) + Row(2));
        lake.Put("reviews/b.ndjson", Row(3));
        (int exit, JsonObject json) = await lake.JsonAsync("find", "--subject", "customer=2");
        Assert.Equal(0, exit);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"objects":[{"key":"reviews/a.ndjson","rows":[{"line":1,"offset":17,"length":16},{"line":2,"offset":34,"length":16}]}]}"""), json), json.ToString());
        (exit, json) = await lake.JsonAsync("find", "--subject", "customer=9");
        Assert.Equal(0, exit);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"objects":[]}"""), json));
    }

    [Fact]
    public async Task Find_reads_the_object_where_a_person_has_more_rows_than_the_index_lists()
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", Row(1) + string.Concat(Enumerable.Repeat(Row(2), RowSet.MostListed + 1)) + Row(3));
        (int exit, JsonObject json) = await lake.JsonAsync("find", "--subject", "customer=2");
        Assert.Equal(0, exit);
        JsonArray rows = Assert.Single(json["objects"]!.AsArray())!["rows"]!.AsArray();
        Assert.Equal(RowSet.MostListed + 1, rows.Count);
        Assert.Equal((1, 17, 16), ((long)rows[0]!["line"]!, (long)rows[0]!["offset"]!, (int)rows[0]!["length"]!));
        Assert.Equal(RowSet.MostListed + 1, (long)rows[^1]!["line"]!);
    }

    [Fact]
    public async Task Erase_prints_what_was_certified_and_again_that_nothing_was_found()
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", Row(1) + Row(2));
        (int exit, JsonObject json) = await lake.EraseAsync("customer=2", "--approve-as", AsDpo);
        Assert.Equal(0, exit);
        Assert.Equal(EraseKeys, json.Select(p => p.Key));
        Assert.Equal(("certified", 1, 1, 0), ((string)json["status"]!, (int)json["objects"]!, (int)json["rows"]!, json["blocked"]!.AsArray().Count));
        Assert.Matches("^r-[0-9a-f]{20}$", (string)json["requestId"]!);
        Assert.Matches("^[0-9a-f]{64}$", (string)json["planDigest"]!);
        Assert.True(File.Exists((string)json["certificate"]!));
        Assert.Equal(Row(1), lake.Text("reviews/a.ndjson"));

        byte[] once = File.ReadAllBytes(Path.Combine(lake.Root, "reviews/a.ndjson"));
        (exit, json) = await lake.EraseAsync("customer=2", "--approve-as", AsDpo);
        Assert.Equal((0, "nothing-found"), (exit, (string)json["status"]!));
        Assert.Equal(once, File.ReadAllBytes(Path.Combine(lake.Root, "reviews/a.ndjson")));
        Assert.Equal(0, (await lake.RunAsync("verify")).Exit);
    }

    [Fact]
    public async Task Erase_ends_with_4_where_something_stays()
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", Row(1) + Row(2));
        lake.Put("reviews/b.ndjson", Row(2));
        Assert.Equal(0, (await lake.RunAsync("hold", "--dataset", "reviews", "--reason", "litigation", "--by", "legal@acme.example")).Exit);
        (int exit, JsonObject json) = await lake.EraseAsync("customer=2", "--approve-as", AsDpo);
        Assert.Equal((4, "certified-with-exceptions"), (exit, (string)json["status"]!));
        Assert.Equal(["reviews/a.ndjson", "reviews/b.ndjson"], json["blocked"]!.AsArray().Select(b => (string)b!["key"]!));
        Assert.All(json["blocked"]!.AsArray(), b => Assert.EndsWith(": litigation", (string)b!["reason"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dry_run_is_planned_and_changes_nothing()
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", Row(1) + Row(2));
        (int exit, JsonObject json) = await lake.EraseAsync("customer=2", "--dry-run");
        Assert.Equal((0, "planned"), (exit, (string)json["status"]!));
        Assert.Equal(EraseKeys, json.Select(p => p.Key));
        Assert.Null(json["requestId"]);
        Assert.Equal((1, 1), ((int)json["objects"]!, (int)json["rows"]!));
        Assert.Equal(Row(1) + Row(2), lake.Text("reviews/a.ndjson"));
        Assert.Equal("[]", (await lake.RunAsync("requests", "--json")).Output.Trim());
    }

    [Fact]
    public async Task Beyond_the_limits_it_stops_with_3_until_asked_for()
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", string.Concat(Enumerable.Repeat(Row(2), 6)));
        (int exit, JsonObject json) = await lake.EraseAsync("customer=2", "--approve-as", AsDpo);
        Assert.Equal((3, "stopped"), (exit, (string)json["status"]!));
        Assert.Equal(6, lake.Text("reviews/a.ndjson").Split('\n').Length - 1);
        (exit, json) = await lake.EraseAsync("customer=2", "--approve-as", AsDpo, "--beyond-limits");
        Assert.Equal((0, "certified", 6), (exit, (string)json["status"]!, (int)json["rows"]!));
    }

    [Fact]
    public async Task Without_waiting_it_waits_and_can_be_cancelled()
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", Row(1) + Row(2));
        (int exit, JsonObject json) = await lake.EraseAsync("customer=2", "--no-wait");
        Assert.Equal((0, "waiting"), (exit, (string)json["status"]!));
        Assert.Null(json["certificate"]);
        string id = (string)json["requestId"]!;
        (exit, json) = await lake.JsonAsync("cancel", id, "--by", "desk@acme.example");
        Assert.Equal(0, exit);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse($$"""{"requestId":"{{id}}","status":"cancelled"}"""), json));
        Assert.Equal(0, (await lake.RunAsync("cancel", id)).Exit);
        Assert.Equal(Row(1) + Row(2), lake.Text("reviews/a.ndjson"));
    }

    [Theory]
    [InlineData("approve", 0, "certified")]
    [InlineData("reject", 3, "rejected")]
    [InlineData("cancel", 3, "cancelled")]
    public async Task Waiting_it_ends_as_people_decide(string verdict, int expected, string status)
    {
        using var lake = new CliLake(Unattended);
        lake.Put("reviews/a.ndjson", Row(1) + Row(2));
        Task<(int Exit, JsonObject Json)> erasing = lake.EraseAsync("customer=2");
        if (verdict == "cancel")
        {
            string id = "";
            while (id.Length == 0 && !erasing.IsCompleted)
            {
                await Task.Delay(100, Stop);
                id = Directory.Exists(Path.Combine(lake.State, "outbox")) ? (string?)JsonNode.Parse((await lake.RunAsync("requests", "--json")).Output)!.AsArray().FirstOrDefault()?["requestId"] ?? "" : "";
            }
            Assert.Equal(0, (await lake.RunAsync("cancel", id)).Exit);
        }
        else
        {
            await lake.DecideAsync(ScenarioWorld.Dpo, verdict, "because", Stop);
        }
        (int exit, JsonObject json) = await erasing;
        Assert.Equal((expected, status), (exit, (string)json["status"]!));
        Assert.Equal(EraseKeys, json.Select(p => p.Key));
        Assert.Equal(verdict == "approve" ? Row(1) : Row(1) + Row(2), lake.Text("reviews/a.ndjson"));
    }

    [Fact]
    public async Task Bad_input_is_one_line_on_standard_error_and_2_and_changes_nothing()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 0\nrequesters: [{mail: desk@acme.example}]", Reviews));
        lake.Put("reviews/a.ndjson", Row(1) + Row(2));
        string[] erase = ["erase", "--subject", "customer=Canary77", "--requested-by", ScenarioWorld.Requester];
        string[][] bad =
        [
            ["erase", "--requested-by", ScenarioWorld.Requester],
            ["erase", "--subject", "customer=Canary77"],
            ["erase", "--subject", "Canary77", "--requested-by", ScenarioWorld.Requester],
            ["erase", "--subject", "passport=Canary77", "--requested-by", ScenarioWorld.Requester],
            ["erase", "--subject", "customer=Canary77", "--requested-by", "x"],
            ["erase", "--subject", "customer=Canary77", "--requested-by", "else@acme.example"],
            [.. erase, "--received", "31.1.2026"],
            [.. erase, "--received", "9999-01-01"],
            [.. erase, "--approve-as", AsDpo],
            [.. erase, "--case", "of Canary77"],
            [.. erase, "--subject-file", "nowhere"],
            [.. erase, "--subject-file", "."],
            ["verify", "--public-key", "."],
            [.. erase, "--no-such-option"],
            ["find"],
            ["find", "--subject", "passport=1"],
            ["cancel", "r-1"],
            ["hold", "--dataset", "nowhere", "--reason", "x"],
            ["hold", "--subject", "customer=Canary77"],
            ["hold", "--subject", "customer=Canary77", "--reason", "of Canary77"],
            ["hold", "--release", "h-1"],
            ["hold", "--release", "h-1", "--dataset", "reviews"],
            ["hold", "--reason", "an audit"],
            ["extend", "r-1"],
            ["extend", "r-1", "--reason", "many files"],
            ["extend", "r-1", "--reason", "many files", "--until", "soon"],
            [.. erase, "--port", "0"],
            [.. erase, "--port", "70000"],
            ["up", "--port", "x"],
            ["index", "--state", lake.Root],
            ["index", "--state", Path.Combine(lake.Root, "reviews")],
            ["index", "--state", Path.Combine(lake.Root, "reviews", "below")],
            ["index", "--state", "/proc/nowhere"],
            ["verify", "r-1"],
            ["nonsense"],
        ];
        string[] files = Directory.GetFileSystemEntries(lake.Root, "*", SearchOption.AllDirectories);
        foreach (string[] args in bad)
        {
            (int exit, string output, string error) = await lake.RunAsync(args);
            Assert.True(exit == 2, $"{string.Join(' ', args)}: {exit} {output}{error}");
            Assert.Equal("", output);
            Assert.StartsWith("limpid: ", error, StringComparison.Ordinal);
            Assert.Single(error.TrimEnd('\n').Split('\n'));
            // Not even a folder for what Limpid keeps, where the input alone says that nothing will come of it.
            if (!args.Contains("of Canary77"))
                Assert.Equal(files, Directory.GetFileSystemEntries(lake.Root, "*", SearchOption.AllDirectories));
            else if (Directory.Exists(lake.State))
                Directory.Delete(lake.State, recursive: true);
            if (args is not ["nonsense"])
                Assert.DoesNotContain("Canary77", error, StringComparison.Ordinal);
        }
        Assert.Equal(Row(1) + Row(2), lake.Text("reviews/a.ndjson"));
        Assert.Equal("[]", (await lake.RunAsync("requests", "--json")).Output.Trim());
    }

    [Fact]
    public async Task A_wrong_lake_is_bad_input_and_nothing_is_made_in_it()
    {
        using var lake = new CliLake("lake: acme\nkinds: {customer: {}}\ndatasets:\n  - {name: a, location: a/, format: csv, erase: blank, subjects: [{kind: customer, field: id}], approvers: [x@y.example]}\n");
        (int exit, _, string error) = await lake.RunAsync("index");
        Assert.Equal(2, exit);
        Assert.Matches(@"lake\.yaml\(4,\d+\): ", error);
        Assert.False(Directory.Exists(lake.State));
        using var output = new StringWriter();
        Assert.Equal(2, await LimpidCommand.RunAsync(["index", "--lake", Path.Combine(lake.Root, "nowhere")], output, output));
    }

    [Fact]
    public async Task F52_overdue_is_by_the_day_where_the_lake_is()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        // A zone in which it is another day than in Greenwich at this hour.
        bool ahead = now.Hour >= 10;
        string zone = ahead ? "Pacific/Kiritimati" : "Pacific/Pago_Pago";
        DateOnly today = DateOnly.FromDateTime(now.UtcDateTime).AddDays(ahead ? 1 : -1), due = ahead ? today.AddDays(-1) : today;
        Assert.SkipUnless(due.AddMonths(-1).AddMonths(1) == due, "no month ends on this day");
        using var lake = new CliLake(Unattended.Replace("Europe/Athens", zone, StringComparison.Ordinal));
        lake.Put("reviews/a.ndjson", Row(2));
        await lake.EraseAsync("customer=2", "--no-wait", "--received", $"{due.AddMonths(-1):yyyy-MM-dd}");
        Assert.Equal(ahead, (await lake.RunAsync("requests")).Output.Contains("overdue", StringComparison.Ordinal));
    }
}
