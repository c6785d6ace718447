using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>The events of branches and iterations, and the event that each of them follows.</summary>
public class HistoryTests
{
    private const string Boom = """{"StartAt": "Boom", "States": {"Boom": {"Type": "Fail", "Error": "E", "Cause": "c"}}}""";
    private const string LateBoom = """{"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 1, "Next": "Boom"}, "Boom": {"Type": "Fail", "Error": "E", "Cause": "c"}}}""";
    private const string Long = """{"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 20, "End": true}}}""";
    private const string Lost = """{"StartAt": "Lost", "States": {"Lost": {"Type": "Pass", "Parameters": {"m.$": "$.nope"}, "End": true}}}""";
    private const string Work = """{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "f", "End": true}}}""";

    [Theory]
    [InlineData(Boom, "ParallelStateStarted<2 FailStateEntered<3 ParallelStateFailed<4 ExecutionFailed<5")]
    [InlineData(Lost, "ParallelStateStarted<2 PassStateEntered<3 ExecutionFailed<4")]
    [InlineData(Work, "ParallelStateStarted<2 TaskStateEntered<3 LambdaFunctionScheduled<4 LambdaFunctionStarted<5 LambdaFunctionFailed<6 TaskStateAborted<7 ParallelStateFailed<7 ExecutionFailed<9")]
    public async Task A_branch_that_fails_ends_the_parallel_unless_nothing_can_catch_its_error(string branch, string expected) =>
        Assert.Equal(expected, await Tail($$"""{"Type": "Parallel", "Branches": [{{branch}}], "End": true}""", "{}", from: 3));

    [Theory]
    [InlineData(Boom, "MapStateStarted<2 MapIterationStarted<3 FailStateEntered<4 MapIterationFailed<5 MapStateFailed<5 ExecutionFailed<7")]
    [InlineData(Lost, "MapStateStarted<2 MapIterationStarted<3 PassStateEntered<4 ExecutionFailed<5")]
    [InlineData(Work, "MapStateStarted<2 MapIterationStarted<3 TaskStateEntered<4 LambdaFunctionScheduled<5 LambdaFunctionStarted<6 LambdaFunctionFailed<7 TaskStateAborted<8 MapIterationFailed<8 MapStateFailed<8 ExecutionFailed<11")]
    public async Task An_iteration_that_fails_ends_the_map_unless_nothing_can_catch_its_error(string processor, string expected) =>
        Assert.Equal(expected, await Tail($$"""{"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {{processor}}, "End": true}""", "[1, 2]", from: 3));

    [Fact]
    public async Task Branches_that_a_failure_cuts_off_tell_the_states_that_they_are_in()
    {
        string tail = await Tail($$"""{"Type": "Parallel", "Branches": [{{LateBoom}}, {{Long}}, {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": true} } }], "End": true}""", "{}", from: 9);
        Assert.Equal("FailStateEntered<8 WaitStateAborted<9 ParallelStateFailed<9 ExecutionFailed<11", tail);
    }

    [Fact]
    public async Task Iterations_that_a_failure_cuts_off_tell_so_before_the_one_that_failed()
    {
        string tail = await Tail("""
            {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Route", "States": {
              "Route": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Pause"}], "Default": "Long"},
              "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Boom"}, "Boom": {"Type": "Fail", "Error": "E", "Cause": "c"},
              "Long": {"Type": "Wait", "Seconds": 20, "End": true}}}}
            """, "[0, 1]", from: 13);
        Assert.Equal("FailStateEntered<12 MapIterationAborted0<13 WaitStateAborted<13 MapIterationFailed1<13 MapStateFailed<13 ExecutionFailed<17", tail.Replace("MapIterationAborted", "MapIterationAborted0", StringComparison.Ordinal).Replace("MapIterationFailed", "MapIterationFailed1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_branch_follows_the_start_of_the_parallel_and_its_end_the_branch_that_ended_last()
    {
        const string Two = """{"StartAt": "#1", "States": {"#1": {"Type": "Pass", "Next": "#2"}, "#2": {"Type": "Pass", "End": true}}}""";
        string tail = await Tail($$"""{"Type": "Parallel", "Branches": [{{Two.Replace('#', 'A')}}, {{Two.Replace('#', 'B')}}], "End": true}""", "{}", from: 3);
        Assert.Equal("ParallelStateStarted<2 PassStateEntered<3 PassStateExited<4 PassStateEntered<3 PassStateExited<6 PassStateEntered<5 PassStateExited<8 PassStateEntered<7 PassStateExited<10 ParallelStateSucceeded<11 ParallelStateExited<11 ExecutionSucceeded<13", tail);
    }

    [Theory]
    [InlineData("[]", "MapStateStarted<2 MapStateSucceeded<3 MapStateExited<3 ExecutionSucceeded<5")]
    [InlineData("[1, 2]", "MapStateStarted<2 MapIterationStarted<3 PassStateEntered<4 PassStateExited<5 MapIterationSucceeded<6 MapIterationStarted<6 PassStateEntered<8 PassStateExited<9 MapIterationSucceeded<10 MapStateSucceeded<11 MapStateExited<11 ExecutionSucceeded<13")]
    public async Task An_iteration_follows_the_last_state_of_the_one_before(string items, string expected) =>
        Assert.Equal(expected, await Tail("""{"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}, "End": true}""", items, from: 3));

    [Fact]
    public async Task A_distributed_map_tells_of_its_run_and_of_no_item()
    {
        string tail = await Tail("""{"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}, "End": true}""", "[1, 2]", from: 3);
        Assert.Equal("MapStateStarted<2 MapRunStarted<3 MapRunSucceeded<4 MapStateSucceeded<5 MapStateExited<4 ExecutionSucceeded<7", tail);
    }

    [Fact]
    public async Task A_distributed_map_that_fails_tells_the_run_first()
    {
        string tail = await Tail($$"""{"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, {{Boom[1..]}}, "End": true}""", "[1, 2]", from: 3);
        Assert.Equal("MapStateStarted<2 MapRunStarted<3 MapRunFailed<4 MapStateFailed<5 ExecutionFailed<6", tail);
    }

    [Fact]
    public async Task Every_run_of_a_distributed_map_that_is_tried_again_tells_of_its_end_and_the_map_of_its_own_once()
    {
        string tail = await Tail($$"""{"Type": "Map", "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}], "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, {{Boom[1..]}}, "End": true}""", "[1]", from: 3);
        Assert.Equal("MapStateStarted<2 MapRunStarted<3 MapRunFailed<4 MapStateStarted<5 MapRunStarted<6 MapRunFailed<7 MapStateFailed<8 ExecutionFailed<9", tail);
    }

    [Fact]
    public async Task What_ends_an_execution_from_outside_follows_no_event()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "S", "TimeoutSeconds": 5, "States": {"S": {"Type": "Wait", "Seconds": 10, "End": true}}}""");
        await bench.RunAsync("m", "{}");
        HistoryEvent last = bench.Store.History("m", "one")[^1];
        Assert.Equal(("ExecutionTimedOut", 0, """{"error":"States.Timeout"}"""), (last.Type, last.PreviousId, last.Details!.ToString()));
    }

    /// <summary>The events from a number on, each with the event that it follows.</summary>
    private static async Task<string> Tail(string state, string input, int from)
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, _) => TaskResult.Failure("E", "c")) };
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {{state}} } }""");
        await bench.RunAsync("m", input);
        return string.Join(' ', bench.Store.History("m", "one").Where(e => e.Id >= from).Select(e => $"{e.Type}<{e.PreviousId}"));
    }
}
