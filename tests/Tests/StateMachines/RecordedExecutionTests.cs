using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

public class RecordedExecutionTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases => [.. RecordedExecution.All.Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_recorded_execution_ends_as_on_AWS(string id)
    {
        RecordedExecution recorded = RecordedExecution.All.Single(c => c.Id == id);
        using var bench = new RunnerBench { Tasks = new RecordedAnswers(recorded.Answers) };
        DefinitionResult parsed = StateMachineDefinition.Parse("recorded", recorded.Definition);
        Assert.True(parsed.Definition is not null, string.Join('\n', parsed.Problems));
        bench.Machines["recorded"] = parsed.Definition;
        if (recorded.Status == "ABORTED")
        {
            StateMachineRunner runner = bench.Runner();
            await runner.StartAsync("recorded", "one", recorded.Input, TestContext.Current.CancellationToken);
            await runner.RunUntilIdleAsync(TestContext.Current.CancellationToken);
            bench.Store.Stop("recorded", "one", null!, null!);
            await runner.RunUntilIdleAsync(TestContext.Current.CancellationToken);
        }
        ExecutionInfo info = recorded.Status == "ABORTED" ? bench.Store.Describe("recorded", "one")! : await bench.RunAsync("recorded", recorded.Input);
        output.WriteLine(string.Join('\n', bench.Store.History("recorded", "one").Select(e => e.ToJson().ToString())));
        Assert.Equal((recorded.Status, recorded.Error), (info.Status, info.Error));
        if (recorded.Status == "SUCCEEDED")
            Assert.True(RecordedExecution.Same(recorded.Expected.Get("output"), JsonData.Parse(info.Output!)), $"expected {recorded.Expected.Get("output")}, got {info.Output}");
        else if (recorded.Cause is { } cause && !cause.Contains('<', StringComparison.Ordinal))
            Assert.Equal(cause, info.Cause);
        if (recorded.Events.Count > 0)
            Assert.Equal(Normalised(recorded.Events), Normalised(bench.History("recorded")));
    }

    private static string[] Normalised(IReadOnlyList<string> events) => [.. events];
}
