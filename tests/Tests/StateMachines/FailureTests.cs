using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>Which errors retriers and catchers take, under which names.</summary>
public class FailureTests
{
    [Theory]
    [InlineData("E", "E", true)]
    [InlineData("E", "e", false)]
    [InlineData("E", "States.TaskFailed", true)]
    [InlineData("E", "States.ALL", true)]
    [InlineData("States.Timeout", "States.TaskFailed", false)]
    [InlineData("States.Timeout", "States.HeartbeatTimeout", false)]
    [InlineData("States.Timeout", "States.ALL", true)]
    [InlineData("States.Permissions", "States.TaskFailed", true)]
    [InlineData("States.DataLimitExceeded", "States.ALL", true)]
    public async Task A_tasks_error_is_caught_by_name_or_by_kind(string error, string named, bool caught)
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, _) => TaskResult.Failure(error, "why")) };
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true, "Catch": [{"ErrorEquals": ["{{named}}"], "Next": "C"}]}, "C": {"Type": "Pass", "End": true} } }""");
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        Assert.Equal(caught ? $$"""{"Error":"{{error}}","Cause":"why"}""" : null, info.Output);
    }

    [Theory]
    [InlineData("States.HeartbeatTimeout")]
    [InlineData("States.Timeout")]
    public async Task A_missed_heartbeat_is_told_as_a_time_out_and_caught_under_either_name(string named)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 5, "Parameters": {"FunctionName": "f", "Payload.$": "$$.Task.Token"}, "End": true, "Catch": [{"ErrorEquals": ["{{named}}"], "Next": "C"}]}, "C": {"Type": "Pass", "End": true} } }""");
        Assert.Equal("""{"Error":"States.Timeout","Cause":""}""", (await bench.RunAsync("m", "{}")).Output);
        Assert.Equal("""{"error":"States.Timeout","resource":"invoke.waitForTaskToken","resourceType":"lambda"}""", bench.Store.History("m", "one").Single(e => e.Type == "TaskTimedOut").Details!.ToString());
    }

    [Theory]
    [InlineData("""{"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "C"}]}""", "Failed to transition out of the state. The state does not point to a next state.")]
    [InlineData("""{"Type": "Choice", "Choices": [{"Variable": "$.none", "NumericEquals": 1, "Next": "C"}]}""", "Invalid path '$.none': The choice state's condition path references an invalid value.")]
    [InlineData("""{"Type": "Pass", "Parameters": {"a.$": "$.none"}, "End": true}""", "The JSONPath '$.none' specified for the field 'a.$' could not be found in the input '{\"n\":2}'")]
    [InlineData("""{"Type": "Pass", "InputPath": "$.none", "End": true}""", "Invalid path '$.none' : No results for path: $['none']")]
    [InlineData("""{"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', States.ArrayLength($.none))"}, "End": true}""", "The function 'States.Format('{}', States.ArrayLength($.none))' had the following error: The JsonPath argument for the field '$.none' could not be found in the input '{\"n\":2}'")]
    [InlineData("""{"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', $$.None)"}, "End": true}""", "The function 'States.Format('{}', $$.None)' had the following error: The JsonPath argument for the field '$.None' could not be found in the input '{\"n\":2}'")]
    [InlineData("""{"Type": "Pass", "Parameters": {"a.$": "States.Array($.n[0])"}, "End": true}""", "The function 'States.Array($.n[0])' had the following error: Filter: [0] can only be applied to arrays. Current context is: 2")]
    public async Task What_goes_wrong_in_a_state_itself_passes_every_catcher_by_and_says_where(string state, string cause)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""
            {"StartAt": "P", "States": {
              "P": {"Type": "Parallel", "Branches": [{"StartAt": "S", "States": {"S": {{state}}, "C": {"Type": "Pass", "End": true} } }], "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "D"}]},
              "D": {"Type": "Pass", "End": true} } }
            """);
        ExecutionInfo info = await bench.RunAsync("m", """{"n": 2}""");
        Assert.Equal(("FAILED", "States.Runtime", $"An error occurred while executing the state 'S' (entered at the event id #4). {cause}"), (info.Status, info.Error, info.Cause));
    }

    [Theory]
    [InlineData("""{"Type": "Pass", "Parameters": {"a.$": "States.ArrayGetItem($.list, 3)"}, "End": true}""", "States.IntrinsicFailure")]
    [InlineData("""{"Type": "Pass", "ResultPath": "$.list.x", "End": true}""", "States.ResultPathMatchFailure")]
    public async Task What_goes_wrong_with_the_data_can_be_caught_around_the_state(string state, string error)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""
            {"StartAt": "P", "States": {
              "P": {"Type": "Parallel", "Branches": [{"StartAt": "S", "States": {"S": {{state}} } }], "End": true, "Catch": [{"ErrorEquals": ["{{error}}"], "Next": "D"}]},
              "D": {"Type": "Pass", "OutputPath": "$.Error", "End": true} } }
            """);
        Assert.Equal($"\"{error}\"", (await bench.RunAsync("m", """{"list": [1]}""")).Output);
    }

    [Fact]
    public async Task The_first_retrier_that_names_the_error_counts_alone_and_a_catcher_comes_after_all_its_attempts()
    {
        using var bench = new RunnerBench();
        var errors = new Queue<string>(["A", "B", "A", "B", "A"]);
        var counts = new List<string>();
        bench.Tasks = new ScriptedTasks((_, payload) => { counts.Add(payload.Text); return TaskResult.Failure(errors.Dequeue(), null); });
        bench.Add("m", """
            {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$$.State.RetryCount"}, "End": true,
              "Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 2, "IntervalSeconds": 0}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 9, "IntervalSeconds": 1}],
              "Catch": [{"ErrorEquals": ["B"], "Next": "Wrong"}, {"ErrorEquals": ["A"], "Next": "Right"}]},
              "Wrong": {"Type": "Fail"}, "Right": {"Type": "Pass", "End": true}}}
            """);
        Assert.Equal("SUCCEEDED", (await bench.RunAsync("m", "{}")).Status);
        Assert.Equal(["0", "1", "2", "3", "4"], counts);
    }

    [Fact]
    public async Task A_retrier_of_no_attempts_leaves_the_error_to_the_catchers()
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, _) => TaskResult.Failure("E", null)) };
        bench.Add("m", """
            {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}],
              "Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.error.info", "Next": "C"}]}, "C": {"Type": "Pass", "End": true}}}
            """);
        Assert.Equal("""{"k":1,"error":{"info":{"Error":"E","Cause":""}}}""", (await bench.RunAsync("m", """{"k": 1}""")).Output);
        Assert.Single(bench.History(), e => e == "LambdaFunctionScheduled");
    }
}
