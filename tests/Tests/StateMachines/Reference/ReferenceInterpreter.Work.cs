using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>Task, Parallel and Map.</summary>
internal sealed partial class ReferenceInterpreter
{
    private JsonData Task(JsonData state, JsonData parameters, ReferenceValues values, Line line)
    {
        string resource = state.Get("Resource")!.Text;
        TimeSpan? Limit(string field) => state.Get(field) is { } seconds ? TimeSpan.FromSeconds(seconds.Double())
            : state.Get(field + "Path") is { } path ? values.Path(path.Text) is { } n && n.TryInteger(out long s) && s > 0 ? TimeSpan.FromSeconds(s) : throw ReferenceFailure.Runtime()
            : null;
        TimeSpan? timeout = Limit("TimeoutSeconds"), heartbeat = Limit("HeartbeatSeconds");
        if (resource.Contains("startExecution", StringComparison.Ordinal))
            return Nested(parameters, timeout, line, asText: !resource.EndsWith(":2", StringComparison.Ordinal));
        bool direct = !resource.StartsWith("arn:", StringComparison.Ordinal);
        ScriptedAnswer said = direct ? answer(resource, parameters) : answer(parameters.Get("FunctionName")?.Text ?? "", parameters.Get("Payload") ?? JsonData.EmptyObject);
        if (said.Silent)
        {
            line.Now += heartbeat ?? timeout!.Value;
            throw new ReferenceFailure("States.Timeout", "", heartbeat: heartbeat is not null);
        }
        if (said.Error is not null)
            throw new ReferenceFailure(said.Error, said.Cause);
        // A callback gives its output as it is; lambda:invoke wraps the function's.
        return direct || resource.EndsWith("waitForTaskToken", StringComparison.Ordinal) ? said.Output! : JsonData.Object(("Payload", said.Output!));
    }

    private JsonData Nested(JsonData parameters, TimeSpan? timeout, Line line, bool asText)
    {
        var inner = new Line("", null, line.Now, [], parameters.Get("Input")!, null);
        TimeSpan? limit = line.Now + timeout;
        JsonData? output = null;
        try
        {
            output = Flow(machines[parameters.Get("StateMachineArn")!.Text], inner.ExecutionInput, inner);
        }
        catch (ReferenceFailure)
        {
            // What the outer machine sees of it is States.TaskFailed.
        }
        if (inner.Now == limit)
            throw new UnclearException("a time-out and an end at once");
        line.Now = inner.Now > limit ? limit.Value : inner.Now;
        if (inner.Now > limit)
            throw new ReferenceFailure("States.Timeout", "");
        return output is null ? throw new ReferenceFailure("States.TaskFailed", null) : JsonData.Object(("Output", asText ? JsonData.Of(output.ToString()) : output));
    }

    private JsonData Parallel(JsonData state, JsonData input, Line line)
    {
        JsonData[] branches = [.. state.Get("Branches")!.Items];
        return Together(branches.Length, branches.Length, tolerates: _ => false, line, i => (branches[i], input, new Line($"{line.Key}/{i}", line, line.Now, [], line.ExecutionInput, line.Item)));
    }

    private JsonData Map(JsonData state, JsonData input, JsonData context, Line line)
    {
        JsonData processor = (state.Get("ItemProcessor") ?? state.Get("Iterator"))!;
        bool distributed = processor.Get("ProcessorConfig")?.Get("Mode")?.Text == "DISTRIBUTED";
        var values = new ReferenceValues(input, context, line.Variable);
        JsonData items = state.Get("ItemReader") is not null ? stored : state.Get("ItemsPath") is { } path ? values.Path(path.Text) ?? throw ReferenceFailure.Runtime() : input;
        bool pairs = items.Kind == JsonValueKind.Object;
        if (pairs)
            items = JsonData.Array([.. items.Members.Select(m => JsonData.Object(("Key", JsonData.Of(m.Key)), ("Value", m.Value)))]);
        if (items.Kind != JsonValueKind.Array)
            throw ReferenceFailure.Runtime();
        JsonData ValueOf(int i) => pairs ? items.Items[i].Get("Value")! : items.Items[i];
        JsonData Item(int i) => (state.Get("ItemSelector") ?? state.Get("Parameters")) is { } selector ? (values with { Context = WithItem(context, i, ValueOf(i)) }).Template(selector) : items.Items[i];
        Func<int, JsonData> given = Item;
        int count = items.Items.Count;
        if (state.Get("ItemBatcher")?.Get("MaxItemsPerBatch") is { } size)
        {
            int[][] batches = [.. Enumerable.Range(0, count).Chunk((int)size.Double())];
            count = batches.Length;
            given = i => JsonData.Object(("Items", JsonData.Array([.. batches[i].Select(Item)])));
        }
        long most = state.Get("MaxConcurrencyPath") is { } at ? values.Path(at.Text) is { } n && n.TryInteger(out long number) && number >= 0 ? number : throw ReferenceFailure.Runtime()
            : (long)(state.Get("MaxConcurrency")?.Double() ?? 0);
        double? percent = state.Get("ToleratedFailurePercentage")?.Double();
        double allowed = state.Get("ToleratedFailureCount")?.Double() ?? (percent is null ? 0 : double.MaxValue);
        JsonData results = Together(count, most == 0 ? int.MaxValue : (int)most, tolerates: failed => distributed && failed <= allowed && failed * 100.0 / count <= (percent ?? 100), line, i =>
        {
            JsonData own = given(i);
            return (processor, own, distributed
                ? new Line("", null, line.Now, [], own, null)
                : new Line($"{line.Key}[{i}]", line, line.Now, [], line.ExecutionInput, (i, ValueOf(i))));
        }, distributed);
        return state.Get("ResultWriter") is null ? results : JsonData.Object(("ResultWriterDetails", JsonData.Object(("Bucket", state.Get("ResultWriter")!.Get("Parameters")!.Get("Bucket")!))));
    }

    /// <summary>
    /// Branches or iterations side by side, so many at once. They end together, or at the moment of the first failure that isn't tolerated.
    /// </summary>
    private JsonData Together(int count, int atOnce, Func<int, bool> tolerates, Line line, Func<int, (JsonData Flow, JsonData Input, Line Line)> child, bool distributed = false)
    {
        var ended = new JsonData[count];
        var log = new List<Entered>();
        var running = new List<(int Index, TimeSpan End, ReferenceFailure? Failure)>();
        int next = 0, failed = 0;
        bool unknownCause = false;
        TimeSpan now = line.Now;
        while (next < count || running.Count > 0)
        {
            while (next < count && running.Count < atOnce)
            {
                (JsonData flow, JsonData input, Line own) = child(next);
                own.Now = now;
                ReferenceFailure? failure = null;
                try
                {
                    ended[next] = Flow(flow, input, own);
                }
                catch (ReferenceFailure f)
                {
                    failure = f;
                }
                log.AddRange(distributed ? [] : own.Log);
                running.Add((next++, own.Now, failure));
            }
            // At the same moment the good ends come first, so that all is begun that may have begun by then.
            var first = running.OrderBy(r => r.End).ThenBy(r => r.Failure is not null).First();
            running.Remove(first);
            now = first.End;
            if (first.Failure is not { } bad)
                continue;
            failed++;
            unknownCause |= bad.Cause is null;
            ended[first.Index] = JsonData.Object(("Error", JsonData.Of(bad.Error)), ("Cause", JsonData.Of(bad.Cause ?? "")));
            if (tolerates(failed))
                continue;
            if (!distributed && running.Any(r => r.End == now && r.Failure is { } other && (other.Error != bad.Error || other.Cause != bad.Cause || other.Caught != bad.Caught)))
                throw new UnclearException("two failures at once");
            line.Log.AddRange(CutOff(log, now));
            line.Now = now;
            throw distributed ? new ReferenceFailure("States.ExceedToleratedFailureThreshold", null) : new ReferenceFailure(bad.Error, bad.Cause, bad.Caught, bad.Heartbeat);
        }
        if (unknownCause)
            throw new UnclearException("a cause goes on");
        line.Now = now;
        line.Log.AddRange(log);
        return JsonData.Array(ended);
    }
}
