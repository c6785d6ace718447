using Limpid.Local;
using Limpid.Local.Folder;
using Limpid.Local.StateMachines;
using Limpid.Local.Steps;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Steps;

/// <summary>A lake in a folder with a derived table, whose steps are asked for as the state machine asks.</summary>
internal sealed class StepLake : IAsyncDisposable
{
    public const string Output = "totals/versions/v=1/0-sum/";

    private readonly StateFolder _folder;
    private readonly LocalLake _lake;

    private StepLake(StateFolder folder, LocalLake lake)
    {
        (_folder, _lake) = (folder, lake);
        Activity = new StepActivity(() => lake.Ports, lake.Folder);
    }

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public StepActivity Activity { get; }

    public string Root => _lake.Folder.Root;

    public string State => _lake.Folder.State;

    /// <param name="format">Of the table's versions.</param>
    public static async Task<StepLake> OpenAsync(string format = "ndjson")
    {
        Assert.SkipUnless(FolderStore.IsSupported, "a folder store needs 64-bit Linux");
        var folder = new StateFolder();
        string root = Directory.CreateDirectory(Path.Combine(folder.Path, "lake")).FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "sum.sql"), "", Stop);
        await File.WriteAllTextAsync(Path.Combine(root, "lake.yaml"), $$"""
            lake: acme
            kinds: {customer: { } }
            datasets:
              - {name: orders, location: orders/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
              - {name: letters, location: letters/, format: csv, subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], approvers: [dpo@acme.example]}
              - {name: totals, location: totals/versions/, format: {{format}}, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
            tables:
              - {name: totals, dataset: totals, from: [orders], steps: [{name: sum, local: {sql: sum.sql} }] }
            """, Stop);
        LocalLake lake = await LocalLake.OpenAsync(root, null, Path.Combine(folder.Path, "home"), "http://localhost:8080", TimeProvider.System, null, Stop);
        return new StepLake(folder, lake);
    }

    public void Put(string key, string content) => Put(key, System.Text.Encoding.UTF8.GetBytes(content));

    public void Put(string key, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, key))!);
        File.WriteAllBytes(Path.Combine(Root, key), content);
    }

    /// <summary>What stands below the output location: names and contents.</summary>
    public SortedDictionary<string, string> Made()
    {
        string place = Path.Combine(Root, Output);
        var made = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!Directory.Exists(place))
            return made;
        foreach (string file in Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories))
            made.Add(Path.GetRelativePath(place, file), File.ReadAllText(file));
        return made;
    }

    public string Log() => File.ReadAllText(Path.Combine(State, "logs", "totals", "sum.log"));

    /// <summary>The folders of attempts that are there.</summary>
    public string[] Attempts() => Directory.Exists(Path.Combine(State, "steps")) ? Directory.GetDirectories(Path.Combine(State, "steps")) : [];

    /// <param name="script">For the shell; without one <c>sum.sql</c> is run.</param>
    public Task<TaskResult> RunAsync(string? script, CancellationToken cancellation, params (string Name, string Location)[] inputs) =>
        RunAsync(Request(script is null ? null : ["sh", "-c", script], inputs), cancellation);

    public Task<TaskResult> RunAsync(JsonData request, CancellationToken cancellation) => Activity.CallAsync(Call(request), cancellation);

    public static JsonData Request(string[]? command, params (string Name, string Location)[] inputs) => JsonData.Object(
        ("table", JsonData.Of("totals")), ("step", JsonData.Of("sum")),
        command is null ? ("sql", JsonData.Of("sum.sql")) : ("command", JsonData.Array([.. command.Select(JsonData.Of)])),
        ("inputs", JsonData.Object([.. inputs.Select(i => (i.Name, JsonData.Of(i.Location)))])), ("output", JsonData.Of(Output)));

    public static TaskCall Call(JsonData request)
    {
        Assert.True(TaskResource.TryParse(LocalStateMachines.CommandActivity, out TaskResource? resource));
        return new TaskCall(resource, request, new TaskOrigin("e", "m", "1/1", 1));
    }

    public async ValueTask DisposeAsync()
    {
        await _lake.DisposeAsync();
        _folder.Dispose();
    }
}
