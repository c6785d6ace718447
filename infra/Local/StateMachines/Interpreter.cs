namespace Limpid.Local.StateMachines;

/// <summary>
/// The States Language itself: moves executions on, one state at a time. It does no input or output; what happened goes to the
/// journal, what is to be done outside becomes an <see cref="Effect"/>, and answers come back by <see cref="Answer"/> and its like.
/// The same answers in the same order lead to the same run.
/// </summary>
internal sealed partial class Interpreter(IJournal journal, TimeProvider time, int seed, Func<Frame, string> tokenOf, bool answersForGood = false)
{
    /// <summary>The most events that a history may have.</summary>
    public const int MaxEvents = 25_000;

    private readonly Queue<Frame> ready = new();
    private readonly HashSet<Frame> changed = [];
    private readonly PriorityQueue<Frame, DateTimeOffset> timers = new();
    private readonly Dictionary<long, Execution> executions = [];

    /// <summary>By the execution that they wait for.</summary>
    private readonly Dictionary<long, List<Frame>> waiting = [];

    public List<Effect> Effects { get; } = [];

    /// <summary>Frames to be stored, or removed where they are gone.</summary>
    public HashSet<Frame> Changed => changed;

    /// <summary>Executions that closed in this turn.</summary>
    public List<Execution> Closed { get; } = [];

    public IReadOnlyDictionary<long, Execution> Executions => executions;

    public bool HasWork => ready.Count > 0;

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Takes up an execution: a new one, or one that was left open when the process ended.</summary>
    public void Adopt(Execution execution)
    {
        executions.Add(execution.Id, execution);
        if (execution.Redriving)
        {
            Redrive(execution);
            return;
        }
        foreach (Frame frame in execution.Frames.Values.OrderBy(f => f.Id).ToList())
        {
            if (frame.SetAside == SetAside.ToBeRedriven)
                frame.Parent!.ToBeRedriven.Enqueue(frame);
            if (frame.SetAside != SetAside.No)
                continue;
            Schedule(frame);
            switch (frame.Phase)
            {
                case Phase.Enter or Phase.Again:
                    ready.Enqueue(frame);
                    break;
                case Phase.Task:
                    ResumeTask(frame);
                    break;
                case Phase.Token when !frame.TokenSubmitted:
                    ResumeTask(frame);
                    break;
                case Phase.Children or Phase.Items when frame.State is MapState map:
                    Guard(frame, () => Feed(frame, map));
                    break;
                case Phase.Nested:
                    AwaitNested(frame);
                    break;
                case Phase.Results:
                    ResumeWriting(frame);
                    break;
            }
        }
    }

    /// <summary>Runs the next frame whose turn it is.</summary>
    public bool Step()
    {
        while (ready.TryDequeue(out Frame? frame))
        {
            if (frame.Gone || frame.Phase is not (Phase.Enter or Phase.Again))
                continue;
            bool entering = frame.Phase == Phase.Enter;
            Change(frame);
            if (entering)
                EnterEvent(frame);
            if (!frame.Gone)
                Guard(frame, () => Run(frame));
            return true;
        }
        return false;
    }

    /// <summary>The time at which something happens by itself next.</summary>
    public DateTimeOffset? NextDue()
    {
        while (timers.TryPeek(out Frame? frame, out DateTimeOffset due))
        {
            if (!frame.Gone && frame.Due() == due)
                return due;
            timers.Dequeue();
        }
        return null;
    }

    /// <summary>Does what is due now.</summary>
    /// <param name="lastHeartbeat">When a token's holder was last heard of, if ever.</param>
    public bool Tick(Func<Frame, DateTimeOffset?> lastHeartbeat)
    {
        bool any = false;
        while (NextDue() is { } due && due <= Now)
        {
            Frame frame = timers.Dequeue();
            any = true;
            if (frame.Parent is null && frame.Execution.TimeoutAt <= Now)
                Close(frame.Execution, "TIMED_OUT", null, StatesErrors.Timeout, null);
            else if (frame.TimeoutAt <= Now)
                Guard(frame, () => EndTask(frame, TaskResult.Timeout()));
            else if (frame.HeartbeatAt <= Now)
                Beat(frame, lastHeartbeat(frame));
            else
                Wake(frame);
            Schedule(frame);
        }
        return any;
    }

    /// <summary>Ends an execution at somebody's wish, and those that it waits for.</summary>
    public void Abort(Execution execution, string? error, string? cause) => Close(execution, "ABORTED", null, error, cause);

    private void Wake(Frame frame)
    {
        frame.WakeAt = null;
        if (frame.Phase == Phase.Wait)
            Guard(frame, () => Leave(frame, InputOf(frame), frame.State.Common.Next));
        else if (frame.Phase == Phase.Backoff)
            Enqueue(frame, Phase.Again);
    }

    private void Run(Frame frame)
    {
        switch (frame.State)
        {
            case PassState pass:
                Pass(frame, pass);
                break;
            case ChoiceState choice:
                Choose(frame, choice);
                break;
            case WaitState wait:
                Wait(frame, wait);
                break;
            case SucceedState:
                Leave(frame, InputOf(frame), null);
                break;
            case FailState fail:
                Fail(frame, fail);
                break;
            case TaskState task:
                BeginTask(frame, task);
                break;
            case ParallelState parallel:
                BeginParallel(frame, parallel);
                break;
            case MapState map:
                BeginMap(frame, map);
                break;
        }
    }

    private Evaluation On(Frame frame, JsonData input, string? token = null) => new(frame, input, seed, token);

    /// <summary>The state's input after InputPath.</summary>
    private JsonData InputOf(Frame frame)
    {
        Expression? path = frame.State.Common.InputPath;
        return path is null ? frame.Input : Select(path, On(frame, frame.Input), "InputPath");
    }

    /// <summary>What InputPath and OutputPath pick; their messages are others than those of the rest.</summary>
    private static JsonData Select(Expression path, Evaluation on, string field)
    {
        if (path is not Expression.InputPath { Path: var json })
            return path.Evaluate(on, field);
        return json.TryEvaluate(on.Input, out JsonData? value, out string reason) ? value : throw StateFailure.Runtime($"Invalid path '{path.Text}' : {reason}");
    }

    private static JsonData Placed(JsonData input, ResultPlace? place, JsonData result)
    {
        if (place is null)
            return result;
        if (place.Path is null)
            return input;
        return place.Path.Put(input, result)
            ?? throw new StateFailure(StatesErrors.ResultPathMatchFailure, $"Unable to apply step \"{place.Path.Text}\" to input {input}", terminal: false);
    }

    /// <summary>The end of a state that works: what it yielded goes through ResultSelector and ResultPath.</summary>
    private void Worked(Frame frame, WorkState state, JsonData raw)
    {
        JsonData result = state.Work.ResultSelector?.Fill(On(frame, raw)) ?? raw;
        LeaveWith(frame, result, state.Work.ResultPath);
    }

    private void LeaveWith(Frame frame, JsonData result, ResultPlace? place)
    {
        JsonData? assigned = frame.State.Common.Assign?.Fill(On(frame, result));
        Leave(frame, Placed(frame.Input, place, result), frame.State.Common.Next, assigned);
    }

    private void Leave(Frame frame, JsonData value, string? next, JsonData? assigned = null)
    {
        StateCommon common = frame.State.Common;
        assigned ??= common.Assign is { } assign && frame.State is not (WorkState or PassState) ? assign.Fill(On(frame, value)) : null;
        JsonData output = common.OutputPath is null ? value : Select(common.OutputPath, On(frame, value), "OutputPath");
        Limit(frame, output);
        Exit(frame, output, assigned, next);
    }

    private static void Limit(Frame frame, JsonData output)
    {
        if (output.ToUtf8().Length > StatesErrors.PayloadLimit)
            throw new StateFailure(StatesErrors.DataLimitExceeded, TooLarge(frame.StateName), terminal: true);
    }

    private static string TooLarge(string what) =>
        $"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit.";

    private void Exit(Frame frame, JsonData output, JsonData? assigned, string? next)
    {
        ExitEvent(frame, output, assigned);
        if (frame.Gone)
            return;
        foreach (var (name, value) in assigned?.Members ?? JsonData.EmptyObject.Members)
            frame.Variables[name] = value;
        Settle(frame);
        frame.Retries = [];
        if (next is not null)
        {
            frame.StateName = next;
            frame.Input = output;
            Enqueue(frame, Phase.Enter);
        }
        else if (frame.Parent is null)
            Close(frame.Execution, "SUCCEEDED", output, null, null);
        else
            ChildDone(frame, output);
    }

    private void Enqueue(Frame frame, Phase phase)
    {
        frame.Phase = phase;
        Change(frame);
        ready.Enqueue(frame);
    }

    private void Change(Frame frame) => changed.Add(frame);

    private void Schedule(Frame frame)
    {
        if (!frame.Gone && frame.Due() is { } due)
            timers.Enqueue(frame, due);
    }

    /// <summary>Nothing of the state's work is open any more.</summary>
    private void Settle(Frame frame)
    {
        frame.WakeAt = frame.TimeoutAt = frame.HeartbeatAt = null;
        frame.Nested = null;
        frame.Progress = null;
        frame.TokenSubmitted = false;
        frame.Given = null;
        frame.ReadAhead.Clear();
        frame.Reading = false;
        Schedule(frame);
    }

    /// <summary>Ends the work of a frame and of all below it.</summary>
    /// <param name="keep">Whether the frame itself goes on.</param>
    private void Cancel(Frame frame, bool keep = false)
    {
        foreach (Frame child in frame.Children.ToList())
            Cancel(child);
        EndWork(frame);
        if (frame.Progress is not null)
            DropResults(frame);
        Settle(frame);
        if (!keep)
            Remove(frame);
    }

    /// <summary>Nobody waits any more for what the frame has under way outside.</summary>
    private void EndWork(Frame frame)
    {
        if (frame.Phase is Phase.Token)
            journal.CloseToken(frame);
        if (frame.Phase is Phase.Task or Phase.Token or Phase.Items or Phase.Results || frame.Progress is not null)
            Effects.Add(new Effect.Cancel(frame, frame.Attempt));
        if (frame.Nested is { } nested)
        {
            // Otherwise the end of the inner execution would be taken for the task's answer.
            frame.Nested = null;
            if (executions.TryGetValue(nested, out Execution? inner) && inner.Status == Execution.Running)
                Abort(inner, null, $"The Task state in AWS Step Functions execution [{frame.Execution.Arn}] which was managing this resource was aborted");
        }
    }

    private void Remove(Frame frame)
    {
        frame.Gone = true;
        frame.SetAside = SetAside.No;
        frame.Parent?.Children.Remove(frame);
        frame.Execution.Frames.Remove(frame.Id);
        Change(frame);
    }

    private void Close(Execution execution, string status, JsonData? output, string? error, string? cause)
    {
        if (execution.Status != Execution.Running)
            return;
        Frame root = execution.Root;
        execution.Status = status;
        execution.Output = output;
        execution.Error = error;
        execution.Cause = cause;
        execution.Stopped = Now;
        CloseEvent(root, status, output, error, cause);
        if (output is null)
            Keep(root);
        else
            Cancel(root);
        executions.Remove(execution.Id);
        Closed.Add(execution);
        if (!waiting.Remove(execution.Id, out List<Frame>? frames))
            return;
        foreach (Frame frame in frames.Where(f => !f.Gone && f.Phase == Phase.Nested && f.Nested == execution.Id))
            Guard(frame, () => NestedClosed(frame, execution));
    }
}
