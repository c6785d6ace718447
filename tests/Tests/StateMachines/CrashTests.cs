using System.Collections.Concurrent;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>A process that is killed at any write, and started again, comes to the same end.</summary>
public class CrashTests
{
    private const string Everything = """
        {"StartAt": "Prepare", "TimeoutSeconds": 1000000, "States": {
          "Prepare": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()", "dice.$": "States.MathRandom(1, 1000000)", "list": [3, 1, 2], "n": 1.50}, "Assign": {"limit": 2}, "Next": "Flaky"},
          "Flaky": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "flaky", "Payload": {"try.$": "$$.State.RetryCount"}},
            "Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 30, "MaxAttempts": 3, "JitterStrategy": "FULL"}],
            "ResultSelector": {"tries.$": "$.Payload.tries"}, "ResultPath": "$.flaky", "Next": "Broken"},
          "Broken": {"Type": "Task", "Resource": "broken", "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Assign": {"seen.$": "$.Error"}, "Next": "Sleep"}], "Next": "Sleep"},
          "Sleep": {"Type": "Wait", "Seconds": 3600, "Next": "Which"},
          "Which": {"Type": "Choice", "Choices": [{"Variable": "$seen", "StringEquals": "Broken", "Next": "Both"}], "Default": "Never"},
          "Never": {"Type": "Fail", "Error": "Never"},
          "Both": {"Type": "Parallel", "ResultPath": "$.both", "Next": "Each", "Branches": [
            {"StartAt": "Left", "States": {"Left": {"Type": "Task", "Resource": "echo", "Parameters": {"side": "left"}, "Next": "LeftWait"}, "LeftWait": {"Type": "Wait", "Seconds": 5, "End": true}}},
            {"StartAt": "Right", "States": {"Right": {"Type": "Pass", "Result": "right", "End": true}}}]},
          "Each": {"Type": "Map", "ItemsPath": "$.list", "MaxConcurrency": 2, "ItemSelector": {"value.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index"}, "ResultPath": "$.each", "Next": "Many",
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "echo", "End": true}}}},
          "Many": {"Type": "Map", "MaxConcurrency": 3, "ResultPath": "$.many", "Next": "Stored",
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "lake", "Key": "items.jsonl"}},
            "ItemBatcher": {"MaxItemsPerBatch": 2}, "ToleratedFailureCount": 1,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Batch", "States": {"Batch": {"Type": "Task", "Resource": "batch", "End": true}}}},
          "Stored": {"Type": "Map", "ItemsPath": "$.list", "ResultPath": "$.stored", "Next": "Nested",
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "lake", "Prefix": "results"}},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Same", "States": {"Same": {"Type": "Pass", "End": true}}}},
          "Nested": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "child", "Input": {"from.$": "$.id"}}, "ResultSelector": {"output.$": "$.Output"}, "ResultPath": "$.nested", "Next": "Ask"},
          "Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}, "HeartbeatSeconds": 600, "TimeoutSeconds": 1200, "ResultPath": "$.answer", "Next": "Done"},
          "Done": {"Type": "Succeed"}}}
        """;

    private const string Child = """{"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 60, "Next": "Work"}, "Work": {"Type": "Task", "Resource": "echo", "End": true}}}""";

    [Fact]
    public async Task Killed_at_every_write_a_run_through_every_state_comes_to_the_same_end()
    {
        Run clean = await RunAsync();
        Assert.Equal("SUCCEEDED", clean.Info.Status);
        Assert.True(clean.Writes > 30, $"{clean.Writes} writes");
        for (int killAt = 1; killAt <= clean.Writes; killAt++)
        {
            Run killed = await RunAsync(killAt);
            Assert.True(clean.Info == killed.Info, $"killed at write {killAt}: {killed.Info} instead of {clean.Info}");
            Assert.True(clean.Events.SequenceEqual(killed.Events), $"killed at write {killAt}: another history");
            // Run again is only what was running: two tasks at most in this machine's Maps with two and three at once.
            Assert.True(killed.Calls <= clean.Calls + 3, $"killed at write {killAt}: {killed.Calls} calls instead of {clean.Calls}");
        }
    }

    [Fact]
    public async Task Killed_twice_in_a_row_at_random_writes_a_run_comes_to_the_same_end()
    {
        const int Seed = 20261122;
        var random = new Random(Seed);
        Run clean = await RunAsync();
        for (int i = 0; i < 20; i++)
        {
            int first = random.Next(1, clean.Writes);
            int second = random.Next(1, clean.Writes - first + 1);
            Run killed = await RunAsync(first, second);
            Assert.True(clean.Info == killed.Info, $"seed {Seed}, killed at write {first} and {second} writes later");
        }
    }

    private static async Task<Run> RunAsync(params int?[] killAt)
    {
        using var bench = new RunnerBench();
        bench.Add("m", Everything);
        bench.Add("child", Child);
        bench.Items.Objects["lake/items.jsonl"] = System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 11)));
        var calls = new ConcurrentQueue<string>();
        bench.Tasks = new ScriptedTasks((function, payload) =>
        {
            calls.Enqueue(function);
            return Answer(bench, function, payload);
        });
        int writes = 0;
        await bench.Runner().StartAsync("m", "one", "{}", TestContext.Current.CancellationToken);
        foreach (int? kill in killAt.Append(null))
        {
            int left = kill ?? int.MaxValue;
            StateMachineRunner runner = bench.Runner(() => { writes++; if (--left == 0) throw new ProcessKilled(); }, statesPerTurn: 1);
            try
            {
                await runner.RunUntilClosedAsync("m", "one", TestContext.Current.CancellationToken);
            }
            catch (ProcessKilled)
            {
                bench.Reopen();
                continue;
            }
            break;
        }
        // Branches answer in any order, so histories are compared as sets.
        return new(bench.Store.Describe("m", "one")!, [.. bench.History().Order(StringComparer.Ordinal)], calls.Count, writes);
    }

    private static TaskResult Answer(RunnerBench bench, string function, JsonData payload)
    {
        switch (function)
        {
            case "flaky":
                payload.Get("try")!.TryInteger(out long tries);
                return tries < 2 ? TaskResult.Failure("Again", "not yet") : TaskResult.Success(JsonData.Object(("tries", JsonData.Of(tries))));
            case "broken":
                return TaskResult.Failure("Broken", "for good");
            case "batch":
                return payload.Get("Items")!.Items[0].Text == "4" ? TaskResult.Failure("Bad", "this batch") : TaskResult.Success(payload);
            case "ask":
                bench.Store.CallBack(payload.Get("token")!.Text, TaskResult.Success(JsonData.Of("yes")));
                return TaskResult.Success(JsonData.Null);
            default:
                return TaskResult.Success(payload);
        }
    }

    private sealed record Run(ExecutionInfo Info, IReadOnlyList<string> Events, int Calls, int Writes);

    private sealed class ProcessKilled : Exception;
}
