using System.Collections.Concurrent;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>What failed goes on from there: row 27 of the fault catalogue.</summary>
public class RedriveTests
{
    private const string Steps = """
        {"StartAt": "One", "States": {
          "One": {"Type": "Task", "Resource": "one", "ResultPath": "$.one", "Next": "Two"},
          "Two": {"Type": "Task", "Resource": "two", "Retry": [{"ErrorEquals": ["Down"], "IntervalSeconds": 5, "MaxAttempts": 1}], "ResultPath": "$.two", "Next": "Three"},
          "Three": {"Type": "Pass", "Parameters": {"all.$": "$", "redrives.$": "$$.Execution.RedriveCount"}, "End": true}}}
        """;

    private readonly ConcurrentQueue<string> calls = new();
    private bool isDown = true;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task F27_a_failed_execution_goes_on_from_its_failed_state()
    {
        using RunnerBench bench = Bench(Steps);
        ExecutionInfo failed = await bench.RunAsync("m", """{"in": 1}""");
        Assert.Equal(("FAILED", "Down"), (failed.Status, failed.Error));
        Assert.Equal(["one", "two", "two"], calls);
        isDown = false;
        Assert.Null(bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        bench.Reopen();
        ExecutionInfo redriven = (await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation))!;
        Assert.Equal(("SUCCEEDED", """{"all":{"in":1,"one":"one","two":"two"},"redrives":1}""", null), (redriven.Status, redriven.Output, redriven.Error));
        Assert.Equal(["one", "two", "two", "two"], calls);
        string[] history = bench.History();
        int at = Array.IndexOf(history, "ExecutionRedriven");
        Assert.Equal(["ExecutionFailed", "ExecutionRedriven", "LambdaFunctionScheduled"], history[(at - 1)..(at + 2)]);
        Assert.Equal(1, history.Count(h => h == "TaskStateEntered Two"));
        Assert.Equal(history.Length, bench.Store.History("m", "one").Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public async Task F27_retriers_begin_anew_with_a_redrive_which_can_fail_again_and_be_redriven_again()
    {
        using RunnerBench bench = Bench(Steps);
        await bench.RunAsync("m", "{}");
        for (int redrive = 1; redrive <= 2; redrive++)
        {
            Assert.Null(bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
            await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation);
            Assert.Equal(1 + 2 + 2 * redrive, calls.Count);
            Assert.Equal(redrive, Described(bench).RedriveCount);
        }
    }

    [Theory]
    [InlineData("""{"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "a", "Next": "A2"}, "A2": {"Type": "Task", "Resource": "good", "End": true}}}, {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "b", "Next": "B2"}, "B2": {"Type": "Wait", "Seconds": 9, "Next": "B3"}, "B3": {"Type": "Task", "Resource": "two", "End": true}}}], "End": true}""",
        """["good","two"]""", new[] { "a", "b", "good", "two", "two" })]
    [InlineData("""{"Type": "Map", "MaxConcurrency": 1, "ItemsPath": "$.items", "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "item", "End": true}}}, "End": true}""",
        """["1","2","3"]""", new[] { "1", "2", "2", "3" })]
    [InlineData("""{"Type": "Map", "MaxConcurrency": 1, "ItemsPath": "$.items", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "seen", "ResultPath": null, "Next": "B"}, "B": {"Type": "Task", "Resource": "item", "End": true}}}, "End": true}""",
        """["1","2","3"]""", new[] { "1", "2", "2", "3", "seen", "seen", "seen" })]
    public async Task F27_only_the_branches_and_items_that_failed_are_run_again(string state, string output, string[] expected)
    {
        using RunnerBench bench = Bench($$"""{"StartAt": "S", "States": {"S": {{state}} } }""");
        Assert.Equal("FAILED", (await bench.RunAsync("m", """{"items": [1, 2, 3]}""")).Status);
        isDown = false;
        Assert.Null(bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        Assert.Equal(output, (await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation))!.Output);
        Assert.Equal(expected, calls.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task F27_a_map_that_tolerated_too_few_redrives_all_its_failed_items_and_no_other()
    {
        using RunnerBench bench = Bench("""
            {"StartAt": "S", "States": {"S": {"Type": "Map", "ToleratedFailureCount": 49, "End": true,
              "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "even", "End": true}}}}}}
            """);
        ExecutionInfo failed = await bench.RunAsync("m", $"[{string.Join(',', Enumerable.Range(0, 200))}]");
        Assert.Equal("States.ExceedToleratedFailureThreshold", failed.Error);
        int[] succeeded = [.. calls.Select(int.Parse).Where(i => i % 2 == 1)];
        isDown = false;
        calls.Clear();
        bench.Reopen();
        Assert.Null(bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        ExecutionInfo info = (await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation))!;
        Assert.Equal(("SUCCEEDED", 200), (info.Status, JsonData.Parse(info.Output!).Items.Count));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"\"{i}\""), JsonData.Parse(info.Output!).Items.Select(i => i.ToString()));
        // What was under way when the Map failed runs again too, as aborted items do.
        Assert.InRange(calls.Count, 100, 200 - succeeded.Length + 128);
        Assert.Contains("MapRunRedriven", bench.History());
        Assert.Equal(0L, bench.Store.Connect().Scalar("SELECT count(*) FROM frames"));
    }

    [Fact]
    public async Task F27_a_nested_execution_is_started_anew()
    {
        using RunnerBench bench = Bench("""{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "c"}, "OutputPath": "$.Output", "End": true}}}""");
        bench.Add("c", """{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "two", "End": true}}}""");
        JsonData cause = JsonData.Parse((await bench.RunAsync("m", "{}")).Cause!);
        Assert.Equal(("REDRIVABLE", "FAILED", "{}"), (cause.Get("RedriveStatus")!.Text, cause.Get("Status")!.Text, cause.Get("Input")!.Text));
        isDown = false;
        Assert.Null(bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        Assert.Equal("\"two\"", (await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation))!.Output);
        Assert.Equal(["FAILED", "SUCCEEDED"], bench.Store.List(bench.Time.GetUtcNow(), "c").Select(e => e.Status).Order());
    }

    [Fact]
    public async Task F27_what_was_stopped_or_timed_out_goes_on_too_with_its_whole_time_out()
    {
        using RunnerBench bench = Bench("""{"StartAt": "W", "TimeoutSeconds": 100, "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "V"}, "V": {"Type": "Wait", "Seconds": 60, "End": true}}}""");
        Assert.Equal("TIMED_OUT", (await bench.RunAsync("m", "{}")).Status);
        bench.Time.Advance(TimeSpan.FromDays(1));
        Assert.Null(bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        Assert.Equal("SUCCEEDED", (await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation))!.Status);
        Assert.Equal(["WaitStateEntered W", "WaitStateExited W", "WaitStateEntered V"], bench.History().Where(h => h.Contains("State", StringComparison.Ordinal)).Take(3));

        bench.Add("n", """{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}""");
        await bench.Runner().StartAsync("n", "two", "{}", Cancellation);
        bench.Store.Stop("n", "two", "Enough", null);
        Assert.True(bench.Runner().TryCarryOutStops());
        ExecutionDescription stopped = bench.Store.List(bench.Time.GetUtcNow(), "n").Single();
        Assert.Equal(("ABORTED", "Enough"), (stopped.Status, stopped.Error));
        Assert.Null(bench.Store.Redrive("n", "two", bench.Time.GetUtcNow()));
        Assert.Equal("SUCCEEDED", (await bench.Runner().RunUntilClosedAsync("n", "two", Cancellation))!.Status);
    }

    [Fact]
    public async Task F27_what_runs_or_succeeded_or_ended_over_14_days_ago_is_not_redriven()
    {
        using RunnerBench bench = Bench(Steps);
        Assert.Contains("Does Not Exist", bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()), StringComparison.Ordinal);
        await bench.Runner().StartAsync("m", "one", "{}", Cancellation);
        Assert.Equal("Execution is RUNNING and cannot be redriven", bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation);
        Assert.Equal("REDRIVABLE", Described(bench).RedriveStatus);
        bench.Time.Advance(TimeSpan.FromDays(14));
        Assert.Equal("Execution redrivable period exceeded", bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        isDown = false;
        await bench.RunAsync("m", "{}", "two");
        Assert.Equal("Execution is SUCCEEDED and cannot be redriven", bench.Store.Redrive("m", "two", bench.Time.GetUtcNow()));
        Assert.Equal(("NOT_REDRIVABLE", "Execution is SUCCEEDED and cannot be redriven"), (Described(bench, "two").RedriveStatus, Described(bench, "two").RedriveStatusReason));
        // The runner that began then has removed what the first would have needed.
        Assert.Equal(0L, bench.Store.Connect().Scalar("SELECT count(*) FROM frames"));
    }

    [Fact]
    public async Task F27_killed_at_every_write_of_a_redrive_it_comes_to_the_same_end()
    {
        const string Mixed = """
            {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
              {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "Next": "B"}, "B": {"Type": "Task", "Resource": "two", "End": true}}},
              {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ToleratedFailureCount": 3, "End": true,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
                  {"StartAt": "E", "States": {"E": {"Type": "Task", "Resource": "even", "End": true}}}, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3, "End": true}}}]}}}}}}]}}}
            """;
        (ExecutionInfo clean, int writes) = await RedrivenAsync(Mixed, null);
        Assert.Equal("SUCCEEDED", clean.Status);
        Assert.True(writes > 10, $"{writes} writes");
        for (int killAt = 1; killAt <= writes; killAt++)
        {
            ExecutionInfo killed = (await RedrivenAsync(Mixed, killAt)).Info;
            Assert.True(clean == killed, $"killed at write {killAt}: {killed} instead of {clean}");
        }
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("a/b")]
    [InlineData("tab\t")]
    [InlineData("snow*")]
    [InlineData("")]
    public async Task F22_a_name_has_the_characters_that_AWS_takes(string name)
    {
        using RunnerBench bench = Bench(Steps);
        await Assert.ThrowsAsync<ArgumentException>(() => bench.Runner().StartAsync("m", name, "{}", Cancellation));
        Assert.Equal(StartOutcome.Started, await bench.Runner().StartAsync("m", "ä-Ω_1.2@(x)", "{}", Cancellation));
    }

    [Fact]
    public async Task F22_a_name_is_free_again_90_days_after_its_execution_closed_and_what_it_was_is_forgotten()
    {
        using RunnerBench bench = Bench(Steps);
        isDown = false;
        await bench.RunAsync("m", "{}");
        bench.Time.Advance(TimeSpan.FromDays(90) - TimeSpan.FromSeconds(1));
        Assert.Equal(StartOutcome.AlreadyExists, await bench.Runner().StartAsync("m", "one", "{}", Cancellation));
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StartOutcome.Started, await bench.Runner().StartAsync("m", "one", "{}", Cancellation));
        Assert.Single(bench.History());
        await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation);
        bench.Time.Advance(TimeSpan.FromDays(90));
        await bench.Runner().RunUntilIdleAsync(Cancellation);
        Assert.Empty(bench.Store.List(bench.Time.GetUtcNow()));
        Assert.Equal(0L, bench.Store.Connect().Scalar("SELECT count(*) FROM events"));
    }

    private async Task<(ExecutionInfo Info, int Writes)> RedrivenAsync(string definition, int? killAt)
    {
        isDown = true;
        using RunnerBench bench = Bench(definition);
        Assert.Equal("FAILED", (await bench.RunAsync("m", """{"items": [0, 1, 2, 3, 4, 5, 6]}""")).Status);
        isDown = false;
        Assert.Null(bench.Store.Redrive("m", "one", bench.Time.GetUtcNow()));
        int writes = 0, left = killAt ?? int.MaxValue;
        try
        {
            await bench.Runner(() => { writes++; if (--left == 0) throw new ProcessKilled(); }, statesPerTurn: 1).RunUntilClosedAsync("m", "one", Cancellation);
        }
        catch (ProcessKilled)
        {
            bench.Reopen();
            await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation);
        }
        return (bench.Store.Describe("m", "one")!, writes);
    }

    private static ExecutionDescription Described(RunnerBench bench, string name = "one") => bench.Store.List(bench.Time.GetUtcNow(), "m", null, name).Single();

    /// <summary>"two", the second item and all even items fail while it is down.</summary>
    private RunnerBench Bench(string definition)
    {
        var bench = new RunnerBench
        {
            Tasks = new ScriptedTasks((function, payload) =>
            {
                bool isItem = function is "item" or "even";
                calls.Enqueue(isItem ? payload.Text : function);
                bool fails = isDown && (function == "two" || function == "item" && payload.Text == "2" || function == "even" && int.Parse(payload.Text, System.Globalization.CultureInfo.InvariantCulture) % 2 == 0);
                return fails ? TaskResult.Failure("Down", "just now") : TaskResult.Success(JsonData.Of(isItem ? payload.Text : function));
            }),
        };
        bench.Add("m", definition);
        return bench;
    }

    private sealed class ProcessKilled : Exception;
}
