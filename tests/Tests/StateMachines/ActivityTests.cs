using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>Activities, whose worker is this process itself.</summary>
public sealed class ActivityTests : IDisposable
{
    private const string Arn = "arn:aws:states:eu-west-1:123456789012:activity:a";

    private readonly RunnerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_worker_is_given_the_parameters_and_its_answer_is_the_result()
    {
        ExecutionInfo info = await RunAsync("", (call, _) => Task.FromResult(TaskResult.Success(call.Parameters.Get("n")!)));
        Assert.Equal(("SUCCEEDED", "7"), (info.Status, info.Output));
        HistoryEvent[] events = [.. _bench.Store.History("m", "one")];
        Assert.Equal(["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"], events[2..5].Select(e => e.Type));
        Assert.Equal($$"""{"input":"{\"n\":7}","inputDetails":{"truncated":false},"resource":"{{Arn}}"}""", events[2].Details!.ToString());
        Assert.Equal("""{"workerName":"limpid"}""", events[3].Details!.ToString());
    }

    [Fact]
    public async Task What_a_worker_fails_with_can_be_caught()
    {
        ExecutionInfo info = await RunAsync(
            """, "Catch": [{"ErrorEquals": ["CommandFailed"], "Next": "Caught"}]""", (_, _) => Task.FromResult(TaskResult.Failure("CommandFailed", "exit code 3")));
        Assert.Equal(("SUCCEEDED", """{"Error":"CommandFailed","Cause":"exit code 3"}"""), (info.Status, info.Output));
        HistoryEvent failed = _bench.Store.History("m", "one").Single(e => e.Type == "ActivityFailed");
        Assert.Equal("""{"cause":"exit code 3","error":"CommandFailed"}""", failed.Details!.ToString());
    }

    [Fact]
    public async Task A_worker_that_takes_too_long_is_told_to_end()
    {
        var ended = new TaskCompletionSource();
        ExecutionInfo info = await RunAsync(""", "TimeoutSeconds": 5""", async (_, cancellation) =>
        {
            await using CancellationTokenRegistration end = cancellation.Register(ended.SetResult);
            _bench.Time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException("it was waited for");
        });
        Assert.Equal(("FAILED", "States.Timeout"), (info.Status, info.Error));
        Assert.Contains("ActivityTimedOut", _bench.History());
        await ended.Task;
    }

    [Fact]
    public async Task A_worker_is_heard_of_as_long_as_its_process_lives()
    {
        var turned = new TaskCompletionSource();
        bool waits = false;
        ExecutionInfo info = await RunAsync(""", "HeartbeatSeconds": 1""", async (_, _) =>
        {
            waits = true;
            _bench.Time.Advance(TimeSpan.FromSeconds(2));
            await turned.Task;
            return TaskResult.Success(JsonData.True);
        }, () =>
        {
            if (waits)
                turned.TrySetResult();
        });
        Assert.Equal(("SUCCEEDED", "true"), (info.Status, info.Output));
    }

    private async Task<ExecutionInfo> RunAsync(string more, Func<TaskCall, CancellationToken, Task<TaskResult>> work, Action? stored = null)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        _bench.Tasks = new Worker(work);
        _bench.Add("m", $$"""
            {"StartAt": "S", "States": {
              "S": {"Type": "Task", "Resource": "{{Arn}}", "Parameters": {"n": 7}, "End": true{{more}} },
              "Caught": {"Type": "Succeed"} } }
            """, _ => true);
        StateMachineRunner runner = _bench.Runner(stored);
        await runner.StartAsync("m", "one", "{}", stop);
        return (await runner.RunUntilClosedAsync("m", "one", stop))!;
    }

    private sealed class Worker(Func<TaskCall, CancellationToken, Task<TaskResult>> work) : ITaskIntegrations
    {
        public Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation) => work(call, cancellation);
    }
}
