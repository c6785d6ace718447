using System.Diagnostics;
using System.Text.RegularExpressions;
using Limpid.Functions;
using Limpid.Local;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.House;

/// <summary>Every definition is one that Step Functions takes, the local runner takes, and whose placeholders mean something.</summary>
[Collection(Processes.Name)]
public sealed partial class StateMachineTests
{
    public static TheoryData<string> Definitions => [.. Repository.Files.Where(f => f.StartsWith("statemachines/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Definitions))]
    public async Task A_definition_passes_the_validator_that_npm_has(string file)
    {
        string validator = Path.Combine(Repository.Root, "node_modules", "asl-validator", "dist", "bin", "asl-validator.js");
        Assert.SkipUnless(File.Exists(validator), "npm packages are not restored: `npm ci` was not possible");
        string definition = Path.Combine(Path.GetTempPath(), $"limpid-{Path.GetRandomFileName()}.json");
        await File.WriteAllTextAsync(definition, Substituted(Repository.Text(file)), TestContext.Current.CancellationToken);
        try
        {
            var start = new ProcessStartInfo("node", [validator, "--json-path", definition]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process node = Process.Start(start)!;
            string[] said = await Task.WhenAll(
                node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(node.ExitCode == 0, string.Concat(said));
        }
        finally
        {
            File.Delete(definition);
        }
    }

    [Fact]
    public void The_local_runner_takes_every_definition() =>
        Assert.Equal(Definitions.Select(d => NameOf(d.Data)).Order(), LocalStateMachines.Load().Keys.Order());

    [Theory]
    [MemberData(nameof(Definitions))]
    public void A_definition_names_what_there_is_and_every_state_of_it_is_on_a_way_to_an_end(string file) =>
        Assert.Empty(LocalStateMachines.Check(Repository.Text(file)));

    [Fact]
    public void Every_step_of_a_workflow_stands_in_one()
    {
        string all = string.Concat(Definitions.Select(d => Repository.Text(d.Data)));
        Assert.Empty(FunctionTable.All.Where(f => f.Trigger == Trigger.Workflow && !all.Contains($"${{{f.Placeholder}}}", StringComparison.Ordinal)).Select(f => f.Name));
    }

    private static string NameOf(string file) => Path.GetFileName(file).Replace(".asl.json", "", StringComparison.Ordinal);

    private static string Substituted(string definition) => PlaceholderPattern().Replace(definition, m =>
        m.Groups[1].Value.EndsWith("StateMachine", StringComparison.Ordinal) ? Arns.StateMachine(m.Groups[1].Value)
        : m.Groups[1].Value.EndsWith("Activity", StringComparison.Ordinal) ? LocalStateMachines.CommandActivity : m.Groups[1].Value);

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex PlaceholderPattern();
}
