using System.Text.Json.Nodes;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary><c>limpid refresh</c> and <c>limpid tables</c> on a lake in a folder, with steps that are a real command and real SQL.</summary>
[Collection(Processes.Name)]
public sealed class TableCommandTests
{
    private const string Yaml = """
        lake: acme
        kinds: {customer: {}}
        datasets:
          - {name: orders, location: orders/, format: ndjson, subjects: [{kind: customer, field: customer}], erase: blank, approvers: [dpo@acme.example]}
          - {name: revenue, location: revenue/versions/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
          - {name: dear, location: dear/versions/, format: csv, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
        tables:
          - name: revenue
            dataset: revenue
            from: [orders]
            steps:
              - {name: pick, local: {command: [sh, pick.sh]}}
              - {name: sum, local: {sql: sum.sql}}
            validate: {key: [customer], rows: {atLeast: 80%}}
          - {name: dear, dataset: dear, from: [revenue], steps: [{name: dear, local: {sql: dear.sql}}]}
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refresh_says_what_it_does_and_what_is_served()
    {
        using CliLake lake = NewLake();
        (int exit, string output, string error) = await lake.RunAsync("refresh", "revenue");
        Assert.Equal((0, ""), (exit, error));
        Assert.Equal(
            "revenue: step pick: sh pick.sh|revenue: done in T|revenue: step sum: sum.sql|revenue: done in T, 2 rows|revenue: validating|revenue: publishing|revenue: v=1 is served, 2 rows",
            string.Join('|', Lines(output)));
        string folder = Pointer(lake)["folder"]!.GetValue<string>();
        Assert.Equal("{\"customer\":1,\"cost\":3.5,\"orders\":2}\n{\"customer\":2,\"cost\":4,\"orders\":1}\n", lake.Text($"revenue/{folder}rows.ndjson"));

        (exit, JsonObject json) = await lake.JsonAsync("refresh", "dear");
        Assert.Equal((0, "refreshed", 1, 1), (exit, json["status"]!.GetValue<string>(), json["version"]!.GetValue<int>(), json["rows"]!.GetValue<int>()));
        Assert.Equal("customer,cost\n2,4\n", lake.Text("dear/versions/v=1/1-dear/rows.csv"));
    }

    [Fact]
    public async Task A_table_whose_source_was_never_made_says_so_and_changes_nothing()
    {
        using CliLake lake = NewLake();
        (int exit, string _, string error) = await lake.RunAsync("refresh", "dear");
        Assert.Equal(1, exit);
        Assert.Equal("limpid: dear was not refreshed: dear is built of revenue, which has no version yet: refresh that first; nothing is served yet\n", error);
    }

    [Fact]
    public async Task What_fails_leaves_what_was_served_and_is_told_with_the_steps_own_words()
    {
        using CliLake lake = NewLake();
        await lake.RunAsync("refresh", "revenue");
        string before = lake.Text("revenue/pointer.json");
        lake.Put("sum.sql", "SELECT custmer FROM input");
        (int exit, string output, string error) = await lake.RunAsync("refresh", "revenue");
        Assert.Equal(1, exit);
        Assert.Equal(3, Lines(output).Count(l => l == "revenue: failed: sum.sql: no such column: custmer"));
        Assert.StartsWith("limpid: revenue was not refreshed: step sum failed 3 times, at last with CommandFailed: sum.sql: no such column: custmer; v=1 is still served, 2 rows (what its commands print is in ", error, StringComparison.Ordinal);
        Assert.Equal(before, lake.Text("revenue/pointer.json"));

        JsonObject table = await TableAsync(lake);
        Assert.Equal(1, table["version"]!.GetValue<int>());
        Assert.EndsWith("no such column: custmer", table["failure"]!["why"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotNull(table["staleSince"]);
        (_, output, _) = await lake.RunAsync("tables");
        Assert.Contains("revenue was not refreshed at ", output, StringComparison.Ordinal);

        (exit, JsonObject json) = await lake.JsonAsync("refresh", "revenue");
        Assert.Equal((1, "failed"), (exit, json["status"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("exit 3", "ended with exit code 3; what it printed is in logs/revenue/pick.log of the state folder; nothing is served yet\n")]
    [InlineData("true", "it made no file in LIMPID_OUTPUT; nothing is served yet (what its commands print is in ")]
    public async Task Where_to_look_after_a_command_failed_is_said_once(string script, string said)
    {
        using CliLake lake = NewLake();
        lake.Put("pick.sh", script);
        (int exit, string _, string error) = await lake.RunAsync("refresh", "revenue");
        Assert.Equal(1, exit);
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_valid_is_not_served()
    {
        using CliLake lake = NewLake();
        await lake.RunAsync("refresh", "revenue");
        lake.Put("orders/a.ndjson", "{\"customer\":1,\"cost\":1}\n");
        (int exit, string _, string error) = await lake.RunAsync("refresh", "revenue");
        Assert.Equal(1, exit);
        Assert.Contains("v=1 is still served, 2 rows", error, StringComparison.Ordinal);
        Assert.DoesNotContain("logs", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_earlier_version_is_served_again()
    {
        using CliLake lake = NewLake();
        await lake.RunAsync("refresh", "revenue");
        lake.Put("orders/b.ndjson", "{\"customer\":3,\"cost\":1}\n");
        await lake.RunAsync("refresh", "revenue");
        Assert.Equal(3, Pointer(lake)["rows"]!.GetValue<int>());
        Assert.Equal([1], (await TableAsync(lake))["kept"]!.AsArray().Select(k => k!["version"]!.GetValue<int>()));

        (int exit, string output, string _) = await lake.RunAsync("refresh", "revenue", "--restore", "v=1");
        Assert.Equal((0, "revenue: v=1 is served, 2 rows"), (exit, Lines(output)[^1]));
        Assert.Equal((1, 2), (Pointer(lake)["version"]!.GetValue<int>(), Pointer(lake)["rows"]!.GetValue<int>()));
        Assert.Equal([2], (await TableAsync(lake))["kept"]!.AsArray().Select(k => k!["version"]!.GetValue<int>()));

        (exit, output, _) = await lake.RunAsync("refresh", "revenue", "--restore", "v=1");
        Assert.Equal((0, "revenue: v=1 is already served, 2 rows"), (exit, Lines(output)[^1]));
    }

    [Theory]
    [InlineData("limpid: there is no table revenu; did you mean `revenue`? (there are revenue, dear)\n", "refresh", "revenu")]
    [InlineData("limpid: --restore takes a version as v=3\n", "refresh", "revenue", "--restore", "first")]
    [InlineData("limpid: revenue has no version v=7 to be served again; no earlier version is kept\n", "refresh", "revenue", "--restore", "v=7")]
    public async Task Bad_input_is_one_line_that_says_what_there_is(string message, params string[] args)
    {
        using CliLake lake = NewLake();
        Assert.Equal((2, "", message), await lake.RunAsync(args));
        Assert.False(Directory.Exists(Path.Combine(lake.Root, "revenue")));
    }

    [Fact]
    public async Task Without_waiting_it_is_left_to_whoever_runs_next()
    {
        using CliLake lake = NewLake();
        (int exit, string output, string _) = await lake.RunAsync("refresh", "revenue", "--no-wait");
        Assert.Equal(0, exit);
        Assert.EndsWith("`limpid up` carries it out, now or when it is started\n", output, StringComparison.Ordinal);
        Assert.Null((await TableAsync(lake))["version"]);
        // The same mark, and so the same run.
        (_, JsonObject json) = await lake.JsonAsync("refresh", "revenue");
        Assert.Contains(json["execution"]!.GetValue<string>(), output, StringComparison.Ordinal);
        Assert.Equal(1, json["version"]!.GetValue<int>());
    }

    [Fact]
    public async Task Erasing_a_person_reaches_the_versions_of_tables()
    {
        using CliLake lake = NewLake();
        await lake.RunAsync("refresh", "revenue");
        await lake.RunAsync("index");
        (_, JsonObject found) = await lake.JsonAsync("find", "--subject", "customer=1");
        // What the first step wrote, what the second one did, and the orders themselves.
        Assert.Equal(["orders/a.ndjson", "revenue/versions/v=1/1-pick/all.ndjson", "revenue/versions/v=1/2-sum/rows.ndjson"], found["objects"]!.AsArray().Select(o => o!["key"]!.GetValue<string>()));
    }

    private static CliLake NewLake()
    {
        var lake = new CliLake(Yaml);
        lake.Put("orders/a.ndjson", "{\"customer\":1,\"cost\":1.5}\n{}   \n{\"customer\":2,\"cost\":4}\n{\"customer\":1,\"cost\":2}\n");
        lake.Put("pick.sh", "cat \"$LIMPID_INPUT\"/*.ndjson > \"$LIMPID_OUTPUT/all.ndjson\"\n");
        lake.Put("sum.sql", "SELECT customer, sum(cost) AS cost, count(*) AS orders FROM input GROUP BY customer ORDER BY customer");
        lake.Put("dear.sql", "SELECT customer, cost FROM revenue WHERE cost > 3.5");
        return lake;
    }

    private static JsonObject Pointer(CliLake lake) => JsonNode.Parse(lake.Text("revenue/pointer.json"))!.AsObject();

    private static async Task<JsonObject> TableAsync(CliLake lake)
    {
        (int exit, string output, string error) = await lake.RunAsync("tables", "--json");
        Assert.Equal((0, ""), (exit, error));
        return JsonNode.Parse(output)!.AsArray()[0]!.AsObject();
    }

    private static string[] Lines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => System.Text.RegularExpressions.Regex.Replace(l, "done in [0-9.]+ ?(ms|s)", "done in T"))];
}
