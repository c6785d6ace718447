using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>What history tells of a task, by the kind of its resource and by how it ends.</summary>
public class TaskEventTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("arn:aws:lambda:eu-west-1:123456789012:function:f", "LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed")]
    [InlineData("arn:aws:states:eu-west-1:123456789012:activity:a", "ActivityScheduled ActivityStarted ActivityFailed")]
    [InlineData("arn:aws:states:::aws-sdk:s3:getObject", "TaskScheduled TaskStarted TaskFailed")]
    [InlineData("arn:aws:states:::ecs:runTask.sync", "TaskScheduled TaskStarted TaskSubmitted TaskFailed")]
    public async Task A_recorded_failure_is_told_as_its_resource_tells_it(string resource, string expected) =>
        Assert.Equal(expected, await EventsOf(resource, """{"fail": {"type": "TaskFailed", "error": "E", "cause": "c"}}"""));

    [Theory]
    [InlineData("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TaskSubmitFailed", "TaskScheduled TaskStarted TaskSubmitFailed")]
    [InlineData("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TaskTimedOut", "TaskScheduled TaskStarted TaskSubmitted TaskTimedOut")]
    [InlineData("arn:aws:states:eu-west-1:123456789012:activity:a", "ActivityTimedOut", "ActivityScheduled ActivityStarted ActivityTimedOut")]
    public async Task A_recorded_failure_may_say_how_far_the_task_got(string resource, string type, string expected) =>
        Assert.Equal(expected, await EventsOf(resource, $$"""{"fail": {"type": "{{type}}", "error": "States.Timeout", "cause": null} }"""));

    [Fact]
    public async Task A_request_that_fails_before_anybody_could_call_back_was_not_submitted()
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, _) => TaskResult.Failure("E", "c")) };
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "f", "Payload.$": "$$.Task.Token"}, "End": true}}}""");
        await bench.RunAsync("m", "{}");
        HistoryEvent e = bench.Store.History("m", "one")[^2];
        Assert.Equal("TaskSubmitFailed", e.Type);
        Assert.Equal("""{"cause":"c","error":"E","resource":"invoke.waitForTaskToken","resourceType":"lambda"}""", e.Details!.ToString());
    }

    [Fact]
    public async Task A_callback_that_comes_before_the_answer_to_the_request_is_told_after_it_all_the_same()
    {
        using var bench = new RunnerBench();
        StateMachineRunner? runner = null;
        bench.Tasks = new ScriptedTasks(async (_, token, c) =>
        {
            await runner!.SendTaskSuccessAsync(token.Text, "7", c);
            await Task.Delay(Timeout.Infinite, c);
            return TaskResult.Success(token);
        });
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "f", "Payload.$": "$$.Task.Token"}, "End": true}}}""");
        runner = bench.Runner();
        await runner.StartAsync("m", "one", "{}", Cancellation);
        await runner.RunUntilClosedAsync("m", "one", Cancellation);
        Assert.Equal(["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"], bench.History()[2..6]);
    }

    [Fact]
    public async Task A_scheduled_task_is_told_with_its_request_limits_and_role()
    {
        using var bench = new RunnerBench { Tasks = RecordedAnswers.Read(JsonData.Array([JsonData.Parse("""{"request": {}, "response": {"succeed": 1}}""")])) };
        bench.Add("m", """
            {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:sendMessage", "Parameters": {"Body.$": "$.b"}, "Credentials": {"RoleArn.$": "$.role"}, "TimeoutSecondsPath": "$.t", "HeartbeatSeconds": 3, "End": true}}}
            """, _ => true);
        await bench.RunAsync("m", """{"b": "x", "role": "arn:aws:iam::1:role/r", "t": 9}""");
        Assert.Equal("""{"heartbeatInSeconds":3,"parameters":"{\"Body\":\"x\"}","region":"local","resource":"sendMessage","resourceType":"aws-sdk:sqs","taskCredentials":{"roleArn":"arn:aws:iam::1:role/r"},"timeoutInSeconds":9}""",
            bench.Store.History("m", "one")[2].Details!.ToString());
    }

    private static async Task<string> EventsOf(string resource, string response)
    {
        using var bench = new RunnerBench { Tasks = RecordedAnswers.Read(JsonData.Array([JsonData.Parse($$"""{"request": {}, "response": {{response}} }""")])) };
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "{{resource}}", "End": true} } }""", _ => true);
        await bench.RunAsync("m", "{}");
        return string.Join(' ', bench.History()[2..^1]);
    }
}
