using Limpid.Functions.Refresh;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>
/// A table is built, built anew as orders arrive, and an earlier version is served again, with one thing going wrong at every call of the
/// state machine and at every side effect of its functions. At every call what is served is a whole version (<see cref="TableBench.CheckAsync"/>);
/// at the end a fresh start has everything, and nothing is left behind.
/// </summary>
public sealed class TableCrashTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Mishap.Before)]
    [InlineData(Mishap.AnswerLost)]
    [InlineData(Mishap.Twice)]
    [InlineData(Mishap.HalfWay)]
    [InlineData(Mishap.RunDies)]
    [InlineData(Mishap.Late)]
    public async Task F16_whichever_call_of_the_workflow_goes_wrong_what_was_served_stays_until_a_whole_version_is(Mishap mishap)
    {
        int calls;
        await using (TableBench clean = TableBench.InMemory())
        {
            await StoryAsync(clean);
            calls = clean.Calls;
        }
        Assert.InRange(calls, 25, 100);
        var wrong = new List<string>();
        for (int at = 1; at <= calls; at++)
        {
            int which = at;
            await using TableBench bench = TableBench.InMemory();
            bench.GoesWrong = (call, _) => call == which ? mishap : null;
            wrong.AddRange(await WhatIsWrongAsync(bench, () => $"{mishap} at call {which} ({bench.WentWrong})"));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} calls, {mishap}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(10)));
    }

    [Theory]
    [InlineData(Crash.Before, false)]
    [InlineData(Crash.After, false)]
    [InlineData(Crash.AnswerLost, false)]
    [InlineData(Crash.After, true)]
    public async Task F16_whichever_side_effect_of_a_function_goes_wrong_what_was_served_stays_until_a_whole_version_is(Crash crash, bool versioned)
    {
        int effects;
        using (var nowhere = new CrashPoint(0, crash))
        {
            await using TableBench clean = TableBench.InMemory(nowhere, versioned: versioned);
            await StoryAsync(clean);
            effects = nowhere.Effects;
        }
        Assert.InRange(effects, 40, 400);
        var wrong = new List<string>();
        for (int at = 1; at <= effects; at++)
        {
            using var point = new CrashPoint(at, crash);
            await using TableBench bench = TableBench.InMemory(point, versioned: versioned);
            wrong.AddRange(await WhatIsWrongAsync(bench, () => $"{crash} at effect {at} ({point.Where})"));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{effects} effects, {crash}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(10)));
    }

    [Fact]
    public async Task F27_a_run_that_was_stopped_at_any_call_goes_on_when_it_is_redriven()
    {
        int calls;
        await using (TableBench clean = TableBench.InMemory())
        {
            await OneRunAsync(clean);
            calls = clean.Calls;
        }
        for (int at = 1; at <= calls; at++)
        {
            int which = at;
            await using TableBench bench = TableBench.InMemory();
            bench.GoesWrong = (call, _) => call == which ? Mishap.RunDies : null;
            await OneRunAsync(bench);
            string name = Assert.Single(bench.Executions).Name;
            Assert.Equal("ABORTED", bench.Executions[0].Status);
            bench.GoesWrong = (_, _) => null;
            Assert.Null(bench.World.Executions.Redrive(RefreshRuns.StateMachine, name, bench.World.Clock.GetUtcNow()));
            await bench.SettleAsync();
            Assert.True(bench.Executions.Single(e => e.Name == name).Status == "SUCCEEDED", $"redriven at {which}, {bench.WentWrong}");
            await bench.AssertAllIsServedAsync();
        }
    }

    private static async Task<string[]> WhatIsWrongAsync(TableBench bench, Func<string> where)
    {
        try
        {
            await StoryAsync(bench);
            await bench.RestAsync();
            // Whoever restored an earlier version has it served until somebody asks for a new one.
            await bench.RefreshAsync();
            await bench.SettleAsync();
            await bench.AssertAllIsServedAsync();
            await bench.AssertNothingIsLeftAsync();
            return [];
        }
        catch (Exception wrong) when (wrong is not OperationCanceledException)
        {
            return [$"{where()}: {wrong.Message}"];
        }
    }

    private static async Task OneRunAsync(TableBench bench)
    {
        bench.Put();
        await bench.RefreshAsync();
        await bench.SettleAsync();
    }

    private static async Task StoryAsync(TableBench bench)
    {
        await OneRunAsync(bench);
        for (int rows = 1; rows <= 2; rows++)
        {
            bench.Put(rows);
            await bench.MarkAsync($$"""{"table":"{{TableBench.Table}}","arrivals":1}""");
        }
        await bench.SettleAsync();
        VersionRecord? earlier = await bench.Book.VersionsAsync(Stop).FirstOrDefaultAsync(v => v.Location is not null, Stop);
        if (earlier is not null)
            await bench.MarkAsync($$"""{"table":"{{TableBench.Table}}","restore":{{earlier.Version}}}""");
        await bench.SettleAsync();
    }
}
