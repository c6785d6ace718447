using System.Collections.Concurrent;
using System.Text;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>A machine whose run is interrupted.</summary>
/// <param name="InOrder">Whether only one thing happens at a time, so that the history is the same to the last number.</param>
/// <param name="Told">Whether the history is the same at all: not where somebody outside stops the run at any moment.</param>
internal sealed record CrashScenario(string Name, string Status, bool InOrder, string Definition, bool Told = true)
{
    private const string Child = """{"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 60, "Next": "Work"}, "Work": {"Type": "Task", "Resource": "echo", "End": true}}}""";

    public static IReadOnlyList<CrashScenario> All { get; } =
    [
        new("every state", "SUCCEEDED", false, """
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
                "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "echo", "Assign": {"one": 1}, "Next": "Two"}, "Two": {"Type": "Pass", "Parameters": {"limit.$": "$limit", "one.$": "$one"}, "End": true}}}},
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
            """),
        new("failures one after the other", "FAILED", true, """
            {"StartAt": "Again", "States": {
              "Again": {"Type": "Task", "Resource": "broken", "End": true,
                "Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Broken"], "IntervalSeconds": 3, "BackoffRate": 3, "MaxAttempts": 3, "MaxDelaySeconds": 10}],
                "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.caught", "Assign": {"why.$": "$.Cause"}, "Next": "Until"}]},
              "Until": {"Type": "Wait", "Timestamp": "2026-01-01T01:00:00Z", "Next": "Deep"},
              "Deep": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": {"StateMachineArn": "failing", "Input": {}}, "End": true,
                "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "JitterStrategy": "FULL"}], "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Lost"}]},
              "Lost": {"Type": "Fail", "ErrorPath": "$.caught.Error", "CausePath": "$why"}}}
            """),
        new("time-outs and missed heartbeats", "SUCCEEDED", true, """
            {"StartAt": "Beat", "States": {
              "Beat": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "silent", "Payload": {"token.$": "$$.Task.Token"}}, "HeartbeatSeconds": 20, "TimeoutSeconds": 1200,
                "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "ResultPath": "$.beat", "Next": "Late"}], "Next": "Late"},
              "Late": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "silent", "Payload": {"token.$": "$$.Task.Token"}}, "TimeoutSeconds": 30,
                "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 7, "MaxAttempts": 2}], "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.late", "Next": "Slow"}], "Next": "Slow"},
              "Slow": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "child", "Name": "slow"}, "TimeoutSeconds": 30,
                "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.slow", "Next": "Refused"}], "Next": "Refused"},
              "Refused": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "refuse", "Payload": {"token.$": "$$.Task.Token"}}, "TimeoutSeconds": 30,
                "Catch": [{"ErrorEquals": ["No"], "ResultPath": "$.refused", "Next": "Begun"}], "Next": "Begun"},
              "Begun": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn": "child", "Input": 1}, "ResultSelector": {"arn.$": "$.ExecutionArn"}, "ResultPath": "$.begun", "Next": "Rest"},
              "Rest": {"Type": "Wait", "Seconds": 100, "End": true}}}
            """),
        new("branches and iterations cut off", "SUCCEEDED", false, """
            {"StartAt": "Both", "States": {
              "Both": {"Type": "Parallel", "ResultPath": null, "Next": "Each", "Retry": [{"ErrorEquals": ["Early"], "IntervalSeconds": 1, "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.both", "Next": "Each"}],
                "Branches": [
                  {"StartAt": "Three", "States": {"Three": {"Type": "Wait", "Seconds": 3, "Next": "Early"}, "Early": {"Type": "Fail", "Error": "Early", "Cause": "on purpose"}}},
                  {"StartAt": "Inner", "States": {"Inner": {"Type": "Map", "ItemsPath": "$.list", "ItemProcessor": {"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 2, "Next": "Longer"}, "Longer": {"Type": "Wait", "Seconds": 9, "End": true}}}, "End": true}}},
                  {"StartAt": "Open", "States": {"Open": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "silent", "Payload": {"token.$": "$$.Task.Token"}}, "End": true}}},
                  {"StartAt": "Below", "States": {"Below": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "child"}, "End": true}}}]},
              "Each": {"Type": "Map", "ItemsPath": "$.list", "MaxConcurrency": 1, "Next": "Done", "ResultPath": "$.each", "Catch": [{"ErrorEquals": ["Two"], "ResultPath": "$.two", "Next": "Done"}],
                "Retry": [{"ErrorEquals": ["Two"], "MaxAttempts": 1}],
                "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "two", "End": true}}}},
              "Done": {"Type": "Succeed", "OutputPath": "$"}}}
            """),
        new("a distributed Map that fails, and one that writes what it could", "SUCCEEDED", false, """
            {"StartAt": "Strict", "States": {
              "Strict": {"Type": "Map", "MaxConcurrency": 1, "ResultPath": null, "Next": "Written", "ToleratedFailurePercentage": 10,
                "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "Parameters": {"Bucket": "lake", "Key": "items.csv"}},
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Row", "States": {"Row": {"Type": "Wait", "Seconds": 1, "Next": "Fails"}, "Fails": {"Type": "Task", "Resource": "broken", "End": true}}},
                "Retry": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.strict", "Next": "Written"}]},
              "Written": {"Type": "Map", "MaxConcurrency": 2, "ToleratedFailurePercentage": 50, "End": true, "ResultPath": "$.written",
                "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL", "MaxItems": 7}, "Parameters": {"Bucket": "lake", "Key": "items.jsonl"}},
                "ItemBatcher": {"MaxInputBytesPerBatch": 16, "BatchInput": 0}, "ItemSelector": {"n.$": "$$.Map.Item.Value"},
                "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "lake", "Prefix": "out"}, "WriterConfig": {"OutputType": "JSONL", "Transformation": "FLATTEN"}},
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Pick", "States": {
                  "Pick": {"Type": "Choice", "Choices": [{"Variable": "$.Items[0].n", "NumericEquals": 3, "Next": "Bad"}], "Default": "Good"}, "Bad": {"Type": "Fail", "Error": "Three"}, "Good": {"Type": "Task", "Resource": "echo", "OutputPath": "$.Items", "End": true}}}}}}
            """),
        new("a machine's time-out", "TIMED_OUT", false, """
            {"StartAt": "All", "TimeoutSeconds": 40, "States": {"All": {"Type": "Map", "ItemsPath": "$.list", "End": true, "ItemProcessor": {"StartAt": "Some", "States": {
              "Some": {"Type": "Wait", "SecondsPath": "$", "Next": "Below"},
              "Below": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "child"}, "End": true}}}}}}
            """),
        new("a stop from outside", "ABORTED", false, """
            {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
              {"StartAt": "Below", "States": {"Below": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "child", "Name": "below"}, "End": true}}},
              {"StartAt": "Five", "States": {"Five": {"Type": "Wait", "Seconds": 5, "Next": "Stop"}, "Stop": {"Type": "Task", "Resource": "stop", "Next": "Long"}, "Long": {"Type": "Wait", "Seconds": 1000, "End": true}}}]}}}
            """, Told: false),
    ];

    /// <summary>A bench on which an execution <c>one</c> of the machine <c>m</c> has been begun.</summary>
    public async Task<RunnerBench> BeginAsync(ConcurrentQueue<string> calls)
    {
        var bench = new RunnerBench();
        bench.Add("m", Definition);
        bench.Add("child", Child);
        bench.Add("failing", """{"StartAt": "Deep", "States": {"Deep": {"Type": "Fail", "Error": "Deep", "Cause": "below"}}}""");
        bench.Items.Objects["lake/items.jsonl"] = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 11)));
        bench.Items.Objects["lake/items.csv"] = "a,b\n1,2\n3,4\n5,6\n"u8.ToArray();
        bench.Tasks = new ScriptedTasks((function, payload) =>
        {
            calls.Enqueue(function);
            return Answer(bench, function, payload);
        });
        await bench.Runner().StartAsync("m", "one", """{"list": [30, 2, 1]}""", TestContext.Current.CancellationToken);
        return bench;
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
            case "two":
                return payload.Text == "2" ? TaskResult.Failure("Two", "is no good") : TaskResult.Success(payload);
            case "batch":
                return payload.Get("Items")!.Items[0].Text == "4" ? TaskResult.Failure("Bad", "this batch") : TaskResult.Success(payload);
            case "ask" or "refuse":
                bench.Store.CallBack(payload.Get("token")!.Text, function == "ask" ? TaskResult.Success(JsonData.Of("yes")) : TaskResult.Failure("No", "thanks"));
                return TaskResult.Success(JsonData.Null);
            case "stop":
                bench.Store.Stop("m", "one", "Enough", "somebody said so");
                return TaskResult.Success(JsonData.Null);
            case "silent":
                return TaskResult.Success(JsonData.Null);
            default:
                return TaskResult.Success(payload);
        }
    }

    public override string ToString() => Name;
}
