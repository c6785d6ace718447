using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Functions;
using Limpid.Infra.Lake;

namespace Limpid.Tests.House;

/// <summary>What the README shows is what happens: its files make a lake, its commands are run on it in order, by the command itself.</summary>
[Collection(Processes.Name)]
public sealed partial class ReadmeTests
{
    private static readonly string Text = Repository.Text("README.md");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("functions")]
    [InlineData("costs")]
    [InlineData("ceilings")]
    public void The_tables_of_functions_and_costs_are_those_of_the_code(string name)
    {
        string begin = $"<!-- {name} -->\n", end = $"<!-- /{name} -->", text = Repository.Text("README.md");
        string table = name switch
        {
            "functions" => Table(),
            "costs" => CostTable.Text(),
            _ => CostTable.Ceilings(),
        };
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length, to = text.IndexOf(end, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("LIMPID_UPDATE_README") == "1")
            File.WriteAllText(Path.Combine(Repository.Root, "README.md"), text[..from] + table + text[to..]);
        else
            Assert.True(text[from..to] == table, $"the README's table of {name} differs from what the code says; make it anew: LIMPID_UPDATE_README=1 dotnet test tests/Tests --filter FullyQualifiedName~ReadmeTests");
    }

    [Fact]
    public void Every_lake_yaml_is_one()
    {
        ReadmeBlock[] yamls = [.. Blocks().Where(b => b.Language == "yaml")];
        Assert.NotEmpty(yamls);
        foreach (ReadmeBlock yaml in yamls)
        {
            LakeYamlResult read = LakeYaml.Read(yaml.Content);
            Assert.Empty(read.Problems.Concat(read.OutOfReachLocally).Select(read.Describe));
        }
    }

    [Fact]
    public void Every_link_leads_to_a_file() => Assert.All(
        LinkPattern().Matches(Text).Select(m => m.Groups[1].Value),
        link => Assert.True(Path.Exists(Path.Combine(Repository.Root, link)), $"there is no {link}"));

    [Fact]
    public async Task Every_command_does_what_is_shown()
    {
        using var lake = new ReadmeLake();
        foreach (ReadmeBlock file in Blocks().Where(b => b.Name.Contains('.', StringComparison.Ordinal)))
            lake.Write(file.Name, file.Content);
        foreach (ReadmeCommand command in Blocks().Where(b => b.Language == "console").SelectMany(ReadmeCommand.In))
        {
            string said = !command.Line.StartsWith("limpid up", StringComparison.Ordinal) ? await lake.RunAsync(command.Line, 0, Stop)
                : command.Line.Contains("--events", StringComparison.Ordinal) ? await lake.TakeEventsAsync(command.Line, Stop) : await lake.ServeAsync(Stop);
            Assert.True(command.Matches(said), $"the README shows for `{command.Line}`\n{command.Shown}\nand it says\n{said}");
        }
    }

    [Theory]
    [InlineData("find", "limpid find --subject customer=16 --json")]
    [InlineData("erase", "limpid erase --subject customer=15 --requested-by privacy-desk@acme.example --dry-run --json")]
    public async Task The_JSON_has_the_members_that_are_shown(string name, string command)
    {
        using var lake = new ReadmeLake();
        foreach (ReadmeBlock file in Blocks().Where(b => b.Name.Contains('.', StringComparison.Ordinal)))
            lake.Write(file.Name, file.Content);
        await lake.RunAsync("limpid hold --dataset orders --reason audit --by legal@acme.example", 0, Stop);
        ReadmeBlock shown = Blocks().Single(b => b.Language == "json" && b.Name == name);
        Assert.Equal(Members(shown.Content), Members(await lake.RunAsync(command, 0, Stop)));
    }

    [Fact]
    public async Task The_demo_takes_a_person_through_all_of_it_and_ends()
    {
        using var lake = new ReadmeLake();
        string said = await lake.RunAsync("limpid demo --lake demo", 0, Stop);
        Assert.Contains("certified: 10 rows in 5 objects", said, StringComparison.Ordinal);
        Assert.Contains("BAD: forged.json", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(lake.Home), "the demo has touched the user's configuration folder");
        Assert.Contains("is not empty", await lake.RunAsync("limpid demo --lake demo", 2, Stop), StringComparison.Ordinal);
    }

    private static IEnumerable<ReadmeBlock> Blocks() =>
        BlockPattern().Matches(Text).Select(m => new ReadmeBlock(m.Groups[1].Value, m.Groups[2].Value.Trim(), m.Groups[3].Value));

    private static string Table()
    {
        var table = new StringBuilder("| function | runs on | what it does |\n|---|---|---|\n");
        foreach (Function function in FunctionTable.All)
        {
            string file = Repository.Files.Single(f => f.StartsWith("functions/Handlers/", StringComparison.Ordinal) && f.EndsWith($"/{function.Placeholder}.cs", StringComparison.Ordinal));
            string trigger = function.Trigger switch
            {
                Trigger.Workflow => "a step of a workflow",
                Trigger.LakeEvent => "a change in the lake",
                Trigger.Stream => "a stream",
                Trigger.ReferenceChange => "a change of reference data",
                Trigger.TableChange => "a change of what tables are built of",
                Trigger.Call => "a call",
                Trigger.Schedule => "a schedule",
                _ => "an approver's browser",
            };
            table.Append($"| [`{function.Name}`]({file}) | {trigger} | {function.Does} |\n");
        }
        return table.ToString();
    }

    private static string[] Members(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. Members(document.RootElement, "").Distinct().Order()];
    }

    private static IEnumerable<string> Members(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(m => Members(m.Value, $"{path}.{m.Name}")),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(e => Members(e, path + "[]")),
        _ => [path],
    };

    [GeneratedRegex("^```([a-z]+)([^\n]*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BlockPattern();

    [GeneratedRegex(@"\]\((?!https://)([^)]+)\)")]
    private static partial Regex LinkPattern();
}
