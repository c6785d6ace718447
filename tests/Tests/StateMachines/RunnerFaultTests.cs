using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>Rows 22 to 31 of the fault catalogue, as far as they are the runner's.</summary>
public class RunnerFaultTests
{
    private const string Echo = """{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "echo", "End": true}}}""";

    private const string Ask = """
        {"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
          "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}, "TimeoutSeconds": 100, "End": true}}}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task F22_starting_three_times_around_completion_runs_once()
    {
        using var bench = new RunnerBench();
        int calls = 0;
        bench.Tasks = new ScriptedTasks((_, payload) => { calls++; return TaskResult.Success(payload); });
        bench.Add("m", Echo);
        StateMachineRunner runner = bench.Runner();
        Assert.Equal(StartOutcome.Started, await runner.StartAsync("m", "one", """{"a": 1}""", Cancellation));
        Assert.Equal(StartOutcome.Started, await runner.StartAsync("m", "one", """{ "a": 1 }""", Cancellation));
        Assert.Equal(StartOutcome.AlreadyExists, await runner.StartAsync("m", "one", """{"a": 2}""", Cancellation));
        await runner.RunUntilClosedAsync("m", "one", Cancellation);
        Assert.Equal(StartOutcome.AlreadyExists, await runner.StartAsync("m", "one", """{"a": 1}""", Cancellation));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task F22_a_name_has_80_characters_at_most()
    {
        using var bench = new RunnerBench();
        bench.Add("m", Echo);
        await Assert.ThrowsAsync<ArgumentException>(() => bench.Runner().StartAsync("m", new string('x', 81), "{}", Cancellation));
        Assert.Equal(StartOutcome.Started, await bench.Runner().StartAsync("m", new string('x', 80), "{}", Cancellation));
    }

    [Theory]
    [InlineData("Lambda.ClientExecutionTimeoutException")]
    [InlineData("Lambda.ServiceException")]
    [InlineData("Lambda.AWSLambdaException")]
    [InlineData("Lambda.SdkClientException")]
    [InlineData("Lambda.TooManyRequestsException")]
    [InlineData("Lambda.Unknown")]
    public async Task F23_every_error_of_a_task_is_retried_and_then_caught(string error)
    {
        foreach (string resource in (string[])["flaky", "arn:aws:states:::lambda:invoke"])
        {
            using var bench = new RunnerBench();
            int calls = 0;
            bench.Tasks = new ScriptedTasks((_, _) => { calls++; return TaskResult.Failure(error, "why"); });
            bench.Add("m", $$"""
                {"StartAt": "S", "States": {
                  "S": {"Type": "Task", "Resource": "{{resource}}", "Parameters": {"FunctionName": "flaky"}, "End": true,
                    "Retry": [{"ErrorEquals": ["{{error}}"], "IntervalSeconds": 1, "MaxAttempts": 2}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}],
                    "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]},
                  "Caught": {"Type": "Succeed"} } }
                """);
            ExecutionInfo info = await bench.RunAsync("m", "{}");
            Assert.Equal(("SUCCEEDED", $$"""{"Error":"{{error}}","Cause":"why"}""", 3), (info.Status, info.Output, calls));
        }
    }

    [Fact]
    public async Task F23_a_task_that_throws_has_failed_and_the_runner_goes_on()
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, _) => throw new InvalidOperationException("alice@example.org")) };
        bench.Add("m", Echo);
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        Assert.Equal(("FAILED", "Lambda.Unknown"), (info.Status, info.Error));
        Assert.DoesNotContain("alice", info.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F24_an_input_or_a_result_beyond_262144_bytes_is_refused()
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, _) => TaskResult.Success(JsonData.Of(new string('é', 131_072)))) };
        bench.Add("m", Echo);
        await Assert.ThrowsAsync<ArgumentException>(() => bench.Runner().StartAsync("m", "one", $"\"{new string('x', 262_143)}\"", Cancellation));
        ExecutionInfo info = await bench.RunAsync("m", $"\"{new string('x', 262_142)}\"");
        Assert.Equal(("FAILED", "States.DataLimitExceeded"), (info.Status, info.Error));
    }

    [Fact]
    public async Task F25_a_history_ends_at_25000_events()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}""");
        ExecutionInfo info = await bench.RunAsync("m", "{}");
        Assert.Equal(("FAILED", "States.Runtime"), (info.Status, info.Error));
        Assert.Contains("25000", info.Cause, StringComparison.Ordinal);
        Assert.Equal(25_000, bench.Store.History("m", "one").Count);
    }

    [Fact]
    public async Task F25_the_iterations_of_a_distributed_map_have_histories_of_their_own()
    {
        using var bench = new RunnerBench();
        bench.Add("m", Map("""{"Type": "Pass", "End": true}"""));
        ExecutionInfo info = await bench.RunAsync("m", $"[{string.Join(',', Enumerable.Range(0, 30_000))}]");
        Assert.Equal("SUCCEEDED", info.Status);
        Assert.Equal(8, bench.History().Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task F26_one_failed_item_fails_a_map_that_tolerates_none(int bad)
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, item) => item.Text == $"{bad}" ? TaskResult.Failure("Bad", "item") : TaskResult.Success(item)) };
        bench.Add("m", Map("""{"Type": "Task", "Resource": "work", "End": true}"""));
        bench.Add("tolerant", Map("""{"Type": "Task", "Resource": "work", "End": true}""", "\"ToleratedFailurePercentage\": 10,"));
        ExecutionInfo strict = await bench.RunAsync("m", "[0,1,2,3,4,5,6,7,8,9]");
        Assert.Equal(("FAILED", "States.ExceedToleratedFailureThreshold"), (strict.Status, strict.Error));
        Assert.Equal("SUCCEEDED", (await bench.RunAsync("tolerant", "[0,1,2,3,4,5,6,7,8,9]")).Status);
    }

    [Fact]
    public async Task F30_the_first_callback_counts_and_a_second_or_late_one_finds_the_task_closed()
    {
        string? token = null;
        using var bench = new RunnerBench { Tasks = Remember(t => token = t) };
        bench.Add("m", Ask);
        StateMachineRunner runner = bench.Runner();
        await runner.StartAsync("m", "one", "{}", Cancellation);
        await runner.RunUntilIdleAsync(Cancellation);
        Assert.Equal(CallbackOutcome.Closed, await runner.SendTaskSuccessAsync("made up", "1", Cancellation));
        Assert.Equal(CallbackOutcome.Delivered, await runner.SendTaskSuccessAsync(token!, """{"yes": true}""", Cancellation));
        Assert.Equal(CallbackOutcome.Closed, await runner.SendTaskFailureAsync(token!, "No", "late", Cancellation));
        Assert.Equal("""{"yes":true}""", (await runner.RunUntilClosedAsync("m", "one", Cancellation))!.Output);
        Assert.Equal(CallbackOutcome.Closed, await runner.SendTaskSuccessAsync(token!, "1", Cancellation));
    }

    [Fact]
    public async Task F30_an_answer_that_was_stored_before_a_crash_counts_after_it()
    {
        string? token = null;
        using var bench = new RunnerBench { Tasks = Remember(t => token = t) };
        bench.Add("m", Ask);
        await bench.Runner().StartAsync("m", "one", "{}", Cancellation);
        await bench.Runner().RunUntilIdleAsync(Cancellation);
        await bench.Runner().SendTaskFailureAsync(token!, "Rejected", "ground", Cancellation);
        bench.Reopen();
        bench.Time.Advance(TimeSpan.FromSeconds(1000));
        ExecutionInfo info = (await bench.Runner().RunUntilClosedAsync("m", "one", Cancellation))!;
        Assert.Equal(("FAILED", "Rejected", "ground"), (info.Status, info.Error, info.Cause));
    }

    [Fact]
    public async Task F30_another_process_answers_stops_and_starts()
    {
        string? token = null;
        using var bench = new RunnerBench();
        bench.Add("m", Ask);
        bench.Tasks = Remember(t => token = t);
        // The real clock: this runner polls for what others write.
        var runner = new StateMachineRunner(bench.Store, bench.Machines, bench.Tasks, bench.Items, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await runner.StartAsync("m", "one", "{}", Cancellation);
        await runner.StartAsync("m", "two", "{}", Cancellation);
        Task running = runner.RunAsync(stop.Token);
        using ExecutionStore other = ExecutionStore.Open(bench.Folder);
        while (token is null || other.History("m", "two").Count < 5)
            await Task.Delay(20, Cancellation);
        other.Stop("m", "two", "Cancelled", "by an operator");
        Assert.Equal(StartOutcome.Started, other.Start(bench.Machines["m"], "three", "{}", TimeProvider.System.GetUtcNow()));
        while (other.Describe("m", "two")!.Status == "RUNNING" || other.History("m", "three").Count < 5)
            await Task.Delay(20, Cancellation);
        Assert.Equal("Cancelled", other.Describe("m", "two")!.Error);
        Assert.Equal(CallbackOutcome.Delivered, other.CallBack(token, TaskResult.Success(JsonData.True)));
        while (!other.List(TimeProvider.System.GetUtcNow()).Any(e => e.Status == "SUCCEEDED"))
            await Task.Delay(20, Cancellation);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task F31_a_time_out_is_absolute_whatever_happens_to_the_process_meanwhile()
    {
        using var bench = new RunnerBench();
        bench.Add("m", Ask);
        await bench.Runner().StartAsync("m", "one", "{}", Cancellation);
        await bench.Runner().RunUntilIdleAsync(Cancellation);
        bench.Time.Advance(TimeSpan.FromSeconds(99));
        bench.Reopen();
        await bench.Runner().RunUntilIdleAsync(Cancellation);
        Assert.Equal("RUNNING", bench.Store.Describe("m", "one")!.Status);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await bench.Runner().RunUntilIdleAsync(Cancellation);
        ExecutionInfo info = bench.Store.Describe("m", "one")!;
        Assert.Equal(("FAILED", "States.Timeout"), (info.Status, info.Error));
        Assert.Equal(["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskTimedOut", "ExecutionFailed"], bench.History()[^5..]);
    }

    [Fact]
    public async Task F36_a_token_is_nowhere_on_disk()
    {
        string? token = null;
        using var bench = new RunnerBench { Tasks = Remember(t => token = t) };
        bench.Add("m", Ask);
        await bench.Runner().StartAsync("m", "one", "{}", Cancellation);
        await bench.Runner().RunUntilIdleAsync(Cancellation);
        Assert.All(bench.Store.History("m", "one"), e => Assert.DoesNotContain(token!, e.ToJson().ToString(), StringComparison.Ordinal));
        bench.Reopen();
        byte[] sought = System.Text.Encoding.UTF8.GetBytes(token!);
        Assert.All(Directory.GetFiles(bench.Folder), f => Assert.True(File.ReadAllBytes(f).AsSpan().IndexOf(sought) < 0, f));
    }

    private static ScriptedTasks Remember(Action<string> token) => new((_, payload) =>
    {
        token(payload.Get("token")!.Text);
        return TaskResult.Success(JsonData.Null);
    });

    private static string Map(string state, string more = "") => $$"""
        {"StartAt": "M", "States": {"M": {"Type": "Map", {{more}} "End": true,
          "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "S", "States": {"S": {{state}}} } } } }
        """;
}
