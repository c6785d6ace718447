using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Limpid.Functions.Approvals;
using Limpid.Local;
using Limpid.Local.Cli;
using Limpid.Local.Folder;
using Limpid.Tests.Approvals;

namespace Limpid.Tests.Scenarios;

/// <summary>A lake in a folder that is used by commands alone, in this process, on the real clock.</summary>
internal sealed partial class CliLake : IDisposable
{
    private static readonly Lazy<StateFolder> Home = new(() =>
    {
        var home = new StateFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => home.Dispose();
        Environment.SetEnvironmentVariable("LIMPID_HOME", Path.Combine(home.Path, "home"));
        return home;
    });

    private readonly StateFolder _folder = new();

    public CliLake(string yaml)
    {
        Assert.SkipUnless(FolderStore.IsSupported, "a folder store needs 64-bit Linux");
        _ = Home.Value;
        Root = Directory.CreateDirectory(Path.Combine(_folder.Path, "lake")).FullName;
        File.WriteAllText(Path.Combine(Root, "lake.yaml"), yaml);
    }

    public string Root { get; }

    public string State => Path.Combine(Root, ".limpid");

    /// <summary>Everything that any command printed.</summary>
    public System.Text.StringBuilder Printed { get; } = new();

    public void Put(string key, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, key))!);
        File.WriteAllText(Path.Combine(Root, key), content);
    }

    public string Text(string key) => File.ReadAllText(Path.Combine(Root, key));

    public async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exit = await LimpidCommand.RunAsync([.. args, "--lake", Root], output, error);
        lock (Printed)
            Printed.Append(output).Append(error);
        return (exit, output.ToString(), error.ToString());
    }

    public async Task<(int Exit, JsonObject Json)> JsonAsync(params string[] args)
    {
        (int exit, string output, string error) = await RunAsync([.. args, "--json"]);
        Assert.True(output.Length > 0, error);
        return (exit, JsonNode.Parse(output)!.AsObject());
    }

    /// <summary>Asks and waits; a port of its own, so that tests at once don't meet.</summary>
    public Task<(int Exit, JsonObject Json)> EraseAsync(string subject, params string[] more) => JsonAsync(
        ["erase", "--subject", subject, "--requested-by", ScenarioWorld.Requester, "--port", $"{Random.Shared.Next(20_000, 60_000)}", .. more]);

    /// <summary>Waits until an approver has mail about a request, then decides on the page's own handlers.</summary>
    public async Task<string> DecideAsync(string person, string verdict, string ground, CancellationToken cancellation)
    {
        string link;
        while ((link = LinkIn(person)).Length == 0)
            await Task.Delay(50, cancellation);
        await using LocalLake lake = await LocalLake.OpenAsync(Root, null, "http://localhost:8080", TimeProvider.System, null, cancellation);
        await PostAsync(lake, link, "check", ("kind", "customer"), ("identifier", "somebody else"));
        await PostAsync(lake, link, "code");
        string code = Mails(person).Select(t => CodePattern().Match(t)).Last(m => m.Success).Value;
        PageResponse page = await PostAsync(lake, link, "decision", ("verdict", verdict), ("ground", ground), ("code", code));
        Assert.Equal(303, page.Status);
        return link;
    }

    public static async Task<PageResponse> PostAsync(LocalLake lake, string link, string action, params (string Name, string Value)[] fields)
    {
        PageResponse shown = await new ShowApproval(lake.Ports).HandleAsync(new PageRequest("GET", $"/approvals/{link}", new Dictionary<string, string>(), new Dictionary<string, string>()), ScenarioWorld.Stop);
        Dictionary<string, string> form = HiddenPattern().Matches(shown.Body).DistinctBy(m => m.Groups["name"].Value).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value);
        foreach ((string name, string value) in fields)
            form[name] = value;
        return await new DecideApproval(lake.Ports).HandleAsync(new PageRequest("POST", $"/approvals/{link}/{action}", new Dictionary<string, string>(), form), ScenarioWorld.Stop);
    }

    public void Dispose() => _folder.Dispose();

    private string LinkIn(string person) => Mails(person).Select(t => LinkPattern().Match(t)).LastOrDefault(m => m.Success)?.Groups["id"].Value ?? "";

    private IEnumerable<string> Mails(string person)
    {
        string outbox = Path.Combine(State, "outbox");
        return !Directory.Exists(outbox) ? [] : new DirectoryInfo(outbox).GetFiles("*.eml").OrderBy(f => f.LastWriteTimeUtc)
            .Select(f => File.ReadAllText(f.FullName)).Where(eml => Eml.Header(eml, "To") == person).Select(eml => Eml.Part(eml, "text/plain"));
    }

    [GeneratedRegex("/approvals/(?<id>[A-Za-z0-9_-]+)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"(?<=^\s+)\d{4} \d{4}$", RegexOptions.Multiline)]
    private static partial Regex CodePattern();

    [GeneratedRegex("""<input type="hidden" name="(?<name>[a-z]+)" value="(?<value>[^"]*)">""")]
    private static partial Regex HiddenPattern();
}
