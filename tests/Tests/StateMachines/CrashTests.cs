using System.Collections.Concurrent;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>A process that is killed at any write, and started again, comes to the same end.</summary>
public class CrashTests
{
    public static TheoryData<string> Scenarios => [.. CrashScenario.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Killed_before_and_after_every_write_a_run_comes_to_the_same_end(string name)
    {
        CrashScenario scenario = CrashScenario.All.Single(s => s.Name == name);
        Run clean = await RunAsync(scenario);
        Assert.Equal(scenario.Status, clean.Executions[^1].Status);
        Assert.True(clean.Writes > 5, $"{clean.Writes} writes");
        for (int write = 1; write <= clean.Writes; write++)
        {
            foreach (bool before in (bool[])[true, false])
                AssertSame(scenario, clean, await RunAsync(scenario, new Kill(write, before)), $"killed {new Kill(write, before)}");
        }
    }

    [Fact]
    public async Task Killed_twice_in_a_row_at_random_writes_a_run_comes_to_the_same_end()
    {
        const int Seed = 20261122;
        var random = new Random(Seed);
        foreach (CrashScenario scenario in CrashScenario.All)
        {
            Run clean = await RunAsync(scenario);
            for (int i = 0; i < 6; i++)
            {
                int first = random.Next(1, clean.Writes);
                Kill[] kills = [new(first, random.Next(2) == 0), new(random.Next(1, clean.Writes - first + 1), random.Next(2) == 0)];
                AssertSame(scenario, clean, await RunAsync(scenario, kills), $"seed {Seed}, killed {kills[0]} and {kills[1]} of the next process");
            }
        }
    }

    private static void AssertSame(CrashScenario scenario, Run clean, Run killed, string when)
    {
        Assert.True(clean.Executions.SequenceEqual(killed.Executions), $"{scenario}, {when}: {string.Join('\n', killed.Executions)}\ninstead of {string.Join('\n', clean.Executions)}");
        if (scenario.Told)
            Assert.True(clean.Events.SequenceEqual(killed.Events), $"{scenario}, {when}: another history, {string.Join('\n', killed.Events.Except(clean.Events))}\ninstead of {string.Join('\n', clean.Events.Except(killed.Events))}");
        Assert.Equal(clean.Objects, killed.Objects);
        // Run again is only what was running: no more than these Maps run at once.
        Assert.True(killed.Calls <= clean.Calls + 3 * killed.Kills, $"{scenario}, {when}: {killed.Calls} calls instead of {clean.Calls}");
    }

    private static async Task<Run> RunAsync(CrashScenario scenario, params Kill[] kills)
    {
        var calls = new ConcurrentQueue<string>();
        using RunnerBench bench = await scenario.BeginAsync(calls);
        int writes = await bench.RunKilledAsync("m", "one", kills);
        // Where several things happen at once they come in any order, so that histories are compared as sets.
        string[] events = scenario.InOrder ? [.. bench.Store.History("m", "one").Select(e => e.ToJson().ToString())] : [.. bench.History().Order(StringComparer.Ordinal)];
        string[] objects = [.. bench.Items.Objects.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key} {Convert.ToBase64String(o.Value)}")];
        // Nested executions get names by the order in which things happen.
        ExecutionDescription[] executions = [.. bench.Store.List(bench.Time.GetUtcNow()).Select(e => e.StateMachine == "m" ? e : e with { Name = "" })];
        return new(executions, events, objects, calls.Count, writes, kills.Length);
    }

    private sealed record Run(IReadOnlyList<ExecutionDescription> Executions, string[] Events, string[] Objects, int Calls, int Writes, int Kills);
}
