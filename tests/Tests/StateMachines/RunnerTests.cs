using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

public class RunnerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lambda_invoke_wraps_what_the_function_gives_and_a_bare_name_does_not()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """
            {"StartAt": "A", "States": {
              "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:echo:1", "Payload": {"n": 1.50}}, "ResultPath": "$.a", "Next": "B"},
              "B": {"Type": "Task", "Resource": "echo", "Parameters": {"n.$": "$.a.Payload.n"}, "ResultPath": "$.b", "OutputPath": "$['a','b']", "End": true}}}
            """);
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        Assert.Equal("""{"a":{"ExecutedVersion":"$LATEST","Payload":{"n":1.50},"SdkHttpMetadata":{"HttpStatusCode":200},"StatusCode":200},"b":{"n":1.50}}""", JsonData.Parse(info.Output!).Items[0].ToString());
    }

    [Fact]
    public async Task Retries_wait_longer_each_time_up_to_the_longest_delay()
    {
        using var bench = new RunnerBench();
        var times = new List<DateTimeOffset>();
        bench.Tasks = new ScriptedTasks((_, _) => { times.Add(bench.Time.GetUtcNow()); return TaskResult.Failure("E", null); });
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 4, "MaxDelaySeconds": 10}]}}}""");
        await bench.RunAsync("m", "{}");
        Assert.Equal([3, 6, 10, 10], times.Zip(times.Skip(1), (a, b) => (b - a).TotalSeconds));
    }

    [Fact]
    public async Task A_heartbeat_keeps_a_task_alive_and_its_absence_ends_it()
    {
        string? token = null;
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, p) => { token = p.Get("t")!.Text; return TaskResult.Success(p); }) };
        bench.Add("m", """
            {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 10, "End": true,
              "Parameters": {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}}}}
            """);
        StateMachineRunner runner = bench.Runner();
        await runner.StartAsync("m", "one", "{}", Cancellation);
        for (int i = 0; i < 5; i++)
        {
            await runner.RunUntilIdleAsync(Cancellation);
            bench.Time.Advance(TimeSpan.FromSeconds(9));
            Assert.Equal(CallbackOutcome.Delivered, await runner.SendTaskHeartbeatAsync(token!, Cancellation));
        }
        bench.Time.Advance(TimeSpan.FromSeconds(9));
        await runner.RunUntilIdleAsync(Cancellation);
        Assert.Equal("RUNNING", bench.Store.Describe("m", "one")!.Status);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await runner.RunUntilIdleAsync(Cancellation);
        Assert.Equal("States.Timeout", bench.Store.Describe("m", "one")!.Error);
        Assert.Equal(CallbackOutcome.Closed, await runner.SendTaskHeartbeatAsync(token!, Cancellation));
    }

    [Fact]
    public async Task A_task_that_takes_too_long_is_cancelled()
    {
        using var bench = new RunnerBench();
        var cancelled = new TaskCompletionSource();
        bench.Tasks = new ScriptedTasks(async (_, payload, c) =>
        {
            await using CancellationTokenRegistration told = c.Register(cancelled.SetResult);
            bench.Time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(Timeout.Infinite, c);
            return TaskResult.Success(payload);
        });
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "TimeoutSeconds": 5, "End": true}}}""");
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        Assert.Equal(("FAILED", "States.Timeout"), (info.Status, info.Error));
        await cancelled.Task.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task A_machines_time_out_ends_the_execution_and_what_is_nested_in_it()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "S", "TimeoutSeconds": 60, "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": {"StateMachineArn": "c", "Name": "inner"}, "End": true}}}""");
        bench.Add("c", """{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1000, "End": true}}}""");
        Assert.Equal(("TIMED_OUT", "States.Timeout"), (await bench.RunAsync("m", "{}")) switch { var i => (i.Status, i.Error) });
        Assert.Equal("ABORTED", bench.Store.Describe("c", "inner")!.Status);
    }

    [Fact]
    public async Task A_tasks_time_out_is_a_time_out_and_aborts_the_execution_that_it_waits_for()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "TimeoutSeconds": 60, "Parameters": {"StateMachineArn": "c", "Name": "inner"}, "End": true}}}""");
        bench.Add("c", """{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1000, "End": true}}}""");
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        Assert.Equal(("FAILED", "States.Timeout"), (info.Status, info.Error));
        Assert.Equal("ABORTED", bench.Store.Describe("c", "inner")!.Status);
    }

    [Fact]
    public async Task Stopping_aborts_an_execution_and_those_nested_in_it()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "c", "Name": "inner"}, "End": true}}}""");
        bench.Add("c", """{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1000, "End": true}}}""");
        StateMachineRunner runner = bench.Runner();
        await runner.StartAsync("m", "one", "{}", Cancellation);
        await runner.RunUntilIdleAsync(Cancellation);
        await runner.StopAsync("m", "one", "Cancelled", "why", Cancellation);
        await runner.RunUntilIdleAsync(Cancellation);
        Assert.Equal(new ExecutionInfo("one", "m", "ABORTED", null, "Cancelled", "why"), bench.Store.Describe("m", "one"));
        Assert.Equal("ABORTED", bench.Store.Describe("c", "inner")!.Status);
        await runner.StopAsync("m", "one", "Again", "why", Cancellation);
        await runner.RunUntilIdleAsync(Cancellation);
        Assert.Equal("Cancelled", bench.Store.Describe("m", "one")!.Error);
    }

    [Theory]
    [InlineData("", """{"ok":true}""", false)]
    [InlineData(".sync", "{\"ok\":true}", true)]
    [InlineData(".sync:2", """{"ok":true}""", false)]
    public async Task A_nested_execution_gives_its_output_as_its_pattern_says(string pattern, string output, bool asText)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution{{pattern}}", "Parameters": {"StateMachineArn": "arn:aws:states:local:000000000000:stateMachine:c", "Name": "inner", "Input": {"ok": true} }, "End": true} } }""");
        bench.Add("c", """{"StartAt": "W", "States": {"W": {"Type": "Pass", "End": true}}}""");
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        JsonData result = JsonData.Parse(info.Output!);
        Assert.EndsWith(":execution:c:inner", result.Get("ExecutionArn")!.Text, StringComparison.Ordinal);
        if (pattern.Length > 0)
            Assert.Equal(asText ? JsonData.Of(output) : JsonData.Parse(output), result.Get("Output"));
    }

    [Fact]
    public async Task A_nested_execution_that_fails_fails_the_task_with_its_error_in_the_cause()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "c"}, "End": true}}}""");
        bench.Add("c", """{"StartAt": "W", "States": {"W": {"Type": "Fail", "Error": "Inner", "Cause": "deep"}}}""");
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        Assert.Equal("States.TaskFailed", info.Error);
        Assert.Equal("Inner", JsonData.Parse(info.Cause!).Get("Error")!.Text);
    }

    [Fact]
    public async Task A_running_execution_keeps_the_definition_that_it_began_with()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "Next": "P"}, "P": {"Type": "Pass", "Result": "old", "End": true}}}""");
        await bench.Runner().StartAsync("m", "one", "{}", Cancellation);
        await bench.Runner().RunUntilIdleAsync(Cancellation);
        bench.Reopen();
        bench.Machines.Clear();
        bench.Add("m", """{"StartAt": "X", "States": {"X": {"Type": "Pass", "Result": "new", "End": true}}}""");
        Assert.Equal("\"old\"", (await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation))!.Output);
        Assert.Equal("\"new\"", (await bench.RunAsync("m", "{}", "two")).Output);
    }

    [Fact]
    public async Task Two_runners_do_not_run_the_same_executions()
    {
        using var bench = new RunnerBench();
        using RunnerLock? held = RunnerLock.TryAcquire(bench.Folder);
        Assert.NotNull(held);
        Assert.True(RunnerLock.IsHeld(bench.Folder));
        await Assert.ThrowsAsync<RunnerBusyException>(() => bench.Runner().RunUntilIdleAsync(Cancellation));
        held.Dispose();
        await bench.Runner().RunUntilIdleAsync(Cancellation);
    }

    [Fact]
    public async Task No_more_iterations_run_at_once_than_allowed()
    {
        using var bench = new RunnerBench();
        int now = 0, most = 0;
        bench.Tasks = new ScriptedTasks(async (_, item, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            await Task.Yield();
            Interlocked.Decrement(ref now);
            return TaskResult.Success(item);
        });
        bench.Add("m", """{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrencyPath": "$.most", "ItemsPath": "$.items", "End": true, "ItemProcessor": {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true}}}}}}""");
        Assert.Equal("[1,2,3,4,5,6,7,8]", (await bench.RunAsync("m", """{"most": 3, "items": [1,2,3,4,5,6,7,8]}""")).Output);
        Assert.InRange(most, 1, 3);
    }
}
