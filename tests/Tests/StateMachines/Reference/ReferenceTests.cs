using System.Globalization;
using System.Text;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>
/// State machines at random, run durably on the virtual clock and by the reference interpreter: both must come to the same end
/// by the same states. <c>LIMPID_REFERENCE_SEED</c> chooses where the seeds begin, <c>LIMPID_REFERENCE_MACHINES</c> how many machines are run,
/// <c>LIMPID_REFERENCE_KILLED</c> how many are killed at every write.
/// </summary>
public class ReferenceTests(ITestOutputHelper output)
{
    private const int Together = 50;

    [Fact]
    public async Task A_random_machine_ends_as_the_reference_says_and_by_the_same_states()
    {
        int first = Setting("LIMPID_REFERENCE_SEED", 1), count = Setting("LIMPID_REFERENCE_MACHINES", 500);
        var reached = new Dictionary<string, int>();
        int unclear = 0;
        for (int seed = first; seed < first + count; seed += Together)
        {
            int[] seeds = [.. Enumerable.Range(seed, Math.Min(Together, first + count - seed))];
            foreach (Case run in await RunAsync([.. seeds.Select(s => new Case(s))]))
            {
                foreach (string what in run.Reached)
                    reached[what] = reached.GetValueOrDefault(what) + 1;
                unclear += run.Expected is null ? 1 : 0;
                if (run.Problem is null)
                    continue;
                output.WriteLine($"seed {run.Seed}: {run.Problem}");
                Assert.Fail(await ToldAsync(run));
            }
        }
        output.WriteLine($"seeds {first} to {first + count - 1}: {unclear} not compared, {string.Join(", ", reached.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Value} {r.Key}"))}");
        Assert.True(unclear < 10 + count * 0.12, $"{unclear} of {count} were not compared");
        // A generator that no longer comes to some state, or to some end, proves nothing about it.
        string[] wanted = ["Choice", "FAILED", "Fail", "Map", "Parallel", "Pass", "SUCCEEDED", "Succeed", "TIMED_OUT", "Task", "Wait"];
        Assert.DoesNotContain(wanted, w => count >= 500 && reached.GetValueOrDefault(w) < count / 100);
    }

    [Fact]
    public async Task A_random_machine_that_is_killed_at_every_write_ends_as_the_reference_says()
    {
        int first = Setting("LIMPID_REFERENCE_SEED", 1), count = Setting("LIMPID_REFERENCE_KILLED", 10), kills = 0;
        for (int seed = first; count > 0; seed++)
        {
            var run = new Case(seed);
            int writes = await KilledAsync(run);
            // One that ends at once is killed in vain, one that goes on for long is killed too often.
            if (writes is < 15 or > 60)
                continue;
            count--;
            for (int write = 1; write <= writes; write++, kills++)
                await KilledAsync(run, new Kill(write, Before: write % 2 == 0));
        }
        output.WriteLine($"killed {kills} times");
    }

    private static async Task<int> KilledAsync(Case run, params Kill[] kills)
    {
        using RunnerBench bench = Bench([run]);
        ReferenceInterpreter reference = Reference(bench);
        await bench.Runner().StartAsync(run.Name, "one", run.Input.ToString(), TestContext.Current.CancellationToken);
        int writes = await bench.RunKilledAsync(run.Name, "one", kills);
        string? problem = run.Compared(reference, bench).Problem;
        Assert.True(problem is null, $"seed {run.Seed}, killed {string.Join<Kill>(" and ", kills)}: {problem}\ndefinition {run.Definition}\ninput {run.Input}");
        return writes;
    }

    private static RunnerBench Bench(IReadOnlyList<Case> cases)
    {
        var bench = new RunnerBench();
        bench.Tasks = ScriptedAnswer.On(bench);
        bench.Items.Objects["lake/items.json"] = Encoding.UTF8.GetBytes(RandomDefinition.Stored);
        foreach (var (name, definition) in RandomDefinition.Nested)
            bench.Add(name, definition);
        foreach (Case c in cases)
            bench.Add(c.Name, c.Definition.ToString());
        return bench;
    }

    private static ReferenceInterpreter Reference(RunnerBench bench) =>
        new(RandomDefinition.Nested.ToDictionary(n => n.Key, n => JsonData.Parse(n.Value)), ScriptedAnswer.To, JsonData.Parse(RandomDefinition.Stored), bench.Time.GetUtcNow());

    /// <summary>Runs cases side by side on one runner.</summary>
    private static async Task<IReadOnlyList<Case>> RunAsync(IReadOnlyList<Case> cases)
    {
        using RunnerBench bench = Bench(cases);
        ReferenceInterpreter reference = Reference(bench);
        StateMachineRunner runner = bench.Runner(statesPerTurn: 1 + cases[0].Seed % 64);
        foreach (Case c in cases)
            await runner.StartAsync(c.Name, "one", c.Input.ToString(), TestContext.Current.CancellationToken);
        // One that never ends would be waited for; stopping in the end shows it as a problem.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(cases.Count == 1 ? 5 : 60));
        foreach (Case c in cases)
            await runner.RunUntilClosedAsync(c.Name, "one", patience.Token);
        return [.. cases.Select(c => c.Compared(reference, bench))];
    }

    private static async Task<string> ToldAsync(Case failed)
    {
        // Alone it may come out right, if the fault lies between executions.
        bool alone = (await RunAsync([failed]))[0].Problem is not null;
        JsonData smallest = alone ? await Shrinking.OfAsync(failed.Definition, d => StillAsync(failed with { Definition = d })) : failed.Definition;
        Case told = alone ? (await RunAsync([failed with { Definition = smallest }]))[0] : failed;
        return $"seed {failed.Seed}{(alone ? "" : ", only beside others")}: {failed.Problem}\nmade smaller: {told.Problem}\ndefinition {told.Definition}\ninput {told.Input}";
    }

    private static async Task<bool> StillAsync(Case smaller)
    {
        try
        {
            return (await RunAsync([smaller]))[0].Problem is not null;
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentException or FormatException)
        {
            // What was left out is what the reference or a function can't do without.
            return false;
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    private sealed record Case(int Seed, JsonData Definition, JsonData Input)
    {
        public Case(int seed)
            : this(seed, new RandomDefinition(new Random(seed)).Machine(), RandomExpressions.Input(new Random(seed)))
        {
        }

        public string Name => $"m{Seed}";
        public ReferenceOutcome? Expected { get; init; }
        public string? Problem { get; init; }

        /// <summary>The types of the states that were entered, and how it ended.</summary>
        public IReadOnlyCollection<string> Reached { get; init; } = [];

        public Case Compared(ReferenceInterpreter reference, RunnerBench bench)
        {
            ExecutionInfo info = bench.Store.Describe(Name, "one")!;
            IReadOnlyList<HistoryEvent> history = bench.Store.History(Name, "one");
            string[] reached = [.. history.Where(e => e.Type.EndsWith("StateEntered", StringComparison.Ordinal)).Select(e => e.Type[..^"StateEntered".Length]).Append(info.Status).Distinct()];
            try
            {
                ReferenceOutcome expected = reference.Run(Definition, Input);
                return this with { Expected = expected, Reached = reached, Problem = Comparison.Of(Definition, expected, info, history) };
            }
            catch (UnclearException)
            {
                return this with { Reached = reached, Problem = info.Status == "RUNNING" ? "it doesn't end" : null };
            }
        }
    }
}
