using Limpid.Local.Folder;
using Limpid.Tests.Kill;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>The command <c>limpid</c> dies, or is interrupted, while a step of a table runs.</summary>
[Collection(Processes.Name)]
public sealed class KilledTableTests : IDisposable
{
    private const string Before = "{\"customer\":1,\"n\":1}\n", After = "{\"customer\":1,\"n\":1}\n{\"customer\":2,\"n\":1}\n";

    private readonly StateFolder _folder = new();

    public KilledTableTests() => Assert.SkipUnless(FolderStore.IsSupported, "a folder store needs 64-bit Linux");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_folder.Path, "lake");

    private string Home => Path.Combine(_folder.Path, "home");

    private string Gate => Path.Combine(Root, "gate");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task F26_a_refresh_that_is_killed_in_a_command_serves_what_was_served_and_is_finished_by_the_next_process()
    {
        await ServeFirstAsync();
        int orphan;
        using (LimpidProcess killed = LimpidProcess.Start(Home, "refresh", "revenue", "--lake", Root))
        {
            orphan = await InCommandAsync(killed);
            await killed.KillAsync();
        }
        Assert.True(IsAlive(orphan));
        Assert.Equal(Before, Served());

        using LimpidProcess up = LimpidProcess.Start(Home, "up", "--lake", Root, "--port", LimpidProcess.FreePort());
        Assert.NotEqual(orphan, await InCommandAsync(up));
        Assert.False(IsAlive(orphan));
        Assert.Equal(Before, Served());
        File.Delete(Gate);
        await up.SaysAsync("revenue: v=2 is served, 2 rows");
        Assert.Equal(After, Served());
        up.Interrupt();
        Assert.Equal((0, ""), (await up.EndAsync(), up.Errors));
        Assert.Empty(Directory.GetDirectories(Path.Combine(Root, ".limpid/steps")));
    }

    [Fact]
    public async Task An_interrupted_refresh_takes_its_command_along_and_goes_on_with_the_next_one()
    {
        await ServeFirstAsync();
        using (LimpidProcess interrupted = LimpidProcess.Start(Home, "refresh", "revenue", "--lake", Root))
        {
            int command = await InCommandAsync(interrupted);
            interrupted.Interrupt();
            Assert.Equal(130, await interrupted.EndAsync());
            Assert.False(IsAlive(command));
            Assert.Equal("limpid: interrupted; what was begun is kept and goes on with the next command or `limpid up`", interrupted.Errors);
        }
        Assert.Equal(Before, Served());
        File.Delete(Gate);
        (int exit, string output, string _) = await LimpidProcess.RunAsync(Home, "refresh", "revenue", "--lake", Root);
        Assert.Equal(0, exit);
        // The run that was interrupted began before this one was asked for, and is finished first.
        Assert.Contains("revenue: waiting for another run of it to end", output, StringComparison.Ordinal);
        Assert.EndsWith("revenue: v=3 is served, 2 rows", output, StringComparison.Ordinal);
        Assert.Equal(After, Served());
    }

    [Fact]
    public async Task Up_refreshes_by_arrivals_and_what_comes_after()
    {
        Make(more: """
              - {name: copy, dataset: copy, from: [revenue], when: {after: [revenue]}, steps: [{name: copy, local: {sql: copy.sql} }] }
            """);
        using LimpidProcess up = LimpidProcess.Start(Home, "up", "--lake", Root, "--port", LimpidProcess.FreePort());
        await up.SaysAsync("copy: v=1 is served, 1 row");
        await File.WriteAllTextAsync(Path.Combine(Root, "orders/b.ndjson"), "{\"customer\":2}\n", Stop);
        await up.SaysAsync("copy: v=2 is served, 2 rows");
        Assert.Equal(After, Served());
        up.Interrupt();
        Assert.Equal((0, ""), (await up.EndAsync(), up.Errors));
    }

    /// <summary>A first version is served, of one order; another one has come, and the next command waits at the gate.</summary>
    private async Task ServeFirstAsync()
    {
        Make();
        (int exit, string _, string errors) = await LimpidProcess.RunAsync(Home, "refresh", "revenue", "--lake", Root);
        Assert.Equal((0, ""), (exit, errors));
        Assert.Equal(Before, Served());
        await File.WriteAllTextAsync(Path.Combine(Root, "orders/b.ndjson"), "{\"customer\":2}\n", Stop);
        File.Delete(Path.Combine(Root, "process"));
        await File.WriteAllTextAsync(Gate, "", Stop);
    }

    private void Make(string more = "")
    {
        Directory.CreateDirectory(Path.Combine(Root, "orders"));
        File.WriteAllText(Path.Combine(Root, "orders/a.ndjson"), "{\"customer\":1}\n");
        File.WriteAllText(Path.Combine(Root, "pick.sh"), "echo $$ > process; while [ -e gate ]; do sleep 0.02; done; cat \"$LIMPID_INPUT\"/*.ndjson > \"$LIMPID_OUTPUT/all.ndjson\"\n");
        File.WriteAllText(Path.Combine(Root, "sum.sql"), "SELECT customer, count(*) AS n FROM input GROUP BY customer ORDER BY customer");
        File.WriteAllText(Path.Combine(Root, "copy.sql"), "SELECT * FROM revenue");
        string when = more.Length == 0 ? "" : "when: {arrivals: {files: 1, within: 1m}}";
        File.WriteAllText(Path.Combine(Root, "lake.yaml"), $$"""
            lake: acme
            kinds: {customer: { } }
            datasets:
              - {name: orders, location: orders/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
              - {name: revenue, location: revenue/versions/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
              - {name: copy, location: copy/versions/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
            tables:
              - name: revenue
                dataset: revenue
                from: [orders]
                {{when}}
                steps:
                  - {name: pick, local: {command: [sh, pick.sh]} }
                  - {name: sum, local: {sql: sum.sql} }
            {{more}}
            """);
    }

    /// <summary>Waits until the command has begun, and says which process it is.</summary>
    private async Task<int> InCommandAsync(LimpidProcess limpid)
    {
        string file = Path.Combine(Root, "process");
        while (!File.Exists(file) || File.ReadAllText(file).Length == 0)
        {
            Assert.False(limpid.HasExited, $"limpid ended: {limpid.Output}\n{limpid.Errors}");
            await Task.Delay(10, Stop);
        }
        int process = int.Parse(await File.ReadAllTextAsync(file, Stop), System.Globalization.CultureInfo.InvariantCulture);
        File.Delete(file);
        return process;
    }

    private string Served()
    {
        string pointer = File.ReadAllText(Path.Combine(Root, "revenue/pointer.json"));
        string folder = System.Text.Json.Nodes.JsonNode.Parse(pointer)!["folder"]!.GetValue<string>();
        return string.Concat(Directory.GetFiles(Path.Combine(Root, "revenue", folder)).Order().Select(File.ReadAllText));
    }

    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
