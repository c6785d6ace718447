namespace Limpid.Local.StateMachines;

/// <summary>Task states: from being scheduled to their answer, callback or time-out.</summary>
internal sealed partial class Interpreter
{
    /// <summary>The answer of a task that was begun; an answer to an attempt that is over is dropped.</summary>
    public void Answer(long execution, long frame, int attempt, TaskResult result)
    {
        if (Find(execution, frame, attempt) is not { Phase: Phase.Task or Phase.Token } found)
            return;
        Change(found);
        var task = (TaskState)found.State;
        // A recorded failure is the job's or the callback's own, unless it says that things didn't get that far.
        bool submitted = result.Output is not null || answersForGood && !result.NotSubmitted;
        if (task.Resource.Pattern != TaskPattern.RequestResponse && submitted && !found.TokenSubmitted)
        {
            found.TokenSubmitted = true;
            SubmittedEvent(found, task, result.Output);
        }
        if (found.Gone || found.Phase == Phase.Token && result.Output is not null && !answersForGood)
            return;
        Guard(found, () => EndTask(found, result));
    }

    /// <summary>Somebody called back with a task's token.</summary>
    /// <returns>False where the task is over.</returns>
    public bool CallBack(long execution, long frame, int attempt, TaskResult result)
    {
        if (Find(execution, frame, attempt) is not { Phase: Phase.Token } found)
            return false;
        Change(found);
        if (!found.TokenSubmitted)
        {
            // Whoever has the token was quicker than the answer to the request.
            found.TokenSubmitted = true;
            SubmittedEvent(found, (TaskState)found.State, null);
        }
        if (!found.Gone)
            Guard(found, () => EndTask(found, result));
        return true;
    }

    /// <summary>What workers of activities are called in the history.</summary>
    private const string Worker = "limpid";

    private Frame? Find(long execution, long frame, int attempt) =>
        executions.TryGetValue(execution, out Execution? e) && e.Frames.TryGetValue(frame, out Frame? f) && f.Attempt == attempt ? f : null;

    private void BeginTask(Frame frame, TaskState task)
    {
        frame.Attempt++;
        string? token = task.Resource.Pattern == TaskPattern.WaitForTaskToken ? tokenOf(frame) : null;
        Evaluation on = On(frame, InputOf(frame), token);
        JsonData parameters = task.Work.Parameters?.Fill(on) ?? on.Input;
        long? timeout = AmountOf(task.Timeout, "TimeoutSeconds", on, 1);
        long? heartbeat = AmountOf(task.Heartbeat, "HeartbeatSeconds", on, 1);
        if (parameters.ToUtf8().Length > StatesErrors.PayloadLimit)
            throw new StateFailure(StatesErrors.DataLimitExceeded, TooLarge(frame.StateName), terminal: true);
        ScheduledEvents(frame, task, parameters, timeout, heartbeat, token, task.Credentials?.Fill(on).Get("RoleArn"));
        if (frame.Gone)
            return;
        frame.TimeoutAt = timeout is { } t ? Now.AddSeconds(t) : null;
        frame.HeartbeatAt = heartbeat is { } h ? Now.AddSeconds(h) : null;
        frame.Phase = token is null ? Phase.Task : Phase.Token;
        frame.TokenSubmitted = false;
        if (token is not null)
            journal.OpenToken(frame, token);
        Schedule(frame);
        if (task.Resource.IsNested && !answersForGood)
            BeginNested(frame, task, parameters);
        else
            Effects.Add(new Effect.Invoke(frame, frame.Attempt, new(task.Resource, parameters, OriginOf(frame))));
    }

    /// <summary>A task that ran when the process ended is run again, with the same request: what it is made of was stored.</summary>
    private void ResumeTask(Frame frame)
    {
        var task = (TaskState)frame.State;
        Guard(frame, () =>
        {
            string? token = task.Resource.Pattern == TaskPattern.WaitForTaskToken ? tokenOf(frame) : null;
            Evaluation on = On(frame, InputOf(frame), token);
            Effects.Add(new Effect.Invoke(frame, frame.Attempt, new(task.Resource, task.Work.Parameters?.Fill(on) ?? on.Input, OriginOf(frame))));
        });
    }

    /// <summary>Another one for each attempt, and the same where a crash makes one attempt run twice.</summary>
    private static TaskOrigin OriginOf(Frame frame) => new(
        frame.Execution.Arn, Arns.StateMachine(frame.Execution.Definition.Name), $"{frame.Execution.Id}/{frame.Id}", frame.Attempt);

    private void EndTask(Frame frame, TaskResult result)
    {
        Change(frame);
        var task = (TaskState)frame.State;
        if (result.Output is { } output && output.ToUtf8().Length > StatesErrors.PayloadLimit)
            result = TaskResult.Failure(StatesErrors.DataLimitExceeded, TooLarge(task.Resource.Function is null ? task.Resource.Service : task.Resource.Arn));
        EndedEvent(frame, task, result);
        if (frame.Gone)
            return;
        if (result.Output is null)
        {
            frame.Nested = result.TimedOut ? frame.Nested : null;
            throw new StateFailure(result.Error, result.Cause, terminal: result.Error == StatesErrors.Runtime, result.Heartbeat);
        }
        if (frame.Phase == Phase.Token)
        {
            journal.CloseToken(frame);
            Effects.Add(new Effect.Cancel(frame, frame.Attempt));
        }
        frame.Nested = null;
        frame.Phase = Phase.Enter;
        Worked(frame, task, result.Output);
    }

    private void Beat(Frame frame, DateTimeOffset? last)
    {
        var task = (TaskState)frame.State;
        // A worker of an activity is this process itself, and is heard of as long as there is one.
        if (task.Resource.IsActivity)
            last = Now;
        Guard(frame, () =>
        {
            long seconds = AmountOf(task.Heartbeat, "HeartbeatSeconds", On(frame, InputOf(frame)), 1)!.Value;
            if (last?.AddSeconds(seconds) is { } next && next > Now)
            {
                frame.HeartbeatAt = next;
                Change(frame);
            }
            else
                EndTask(frame, TaskResult.Timeout(heartbeat: true));
        });
    }

    private static (string, JsonData?)[] Resource(TaskState task) =>
        [("resource", JsonData.Of(task.Resource.ActionInHistory)), ("resourceType", JsonData.Of(task.Resource.Service))];

    /// <summary>What events of the task begin with: a function or an activity that is named directly has its own kinds.</summary>
    private static string Kind(TaskState task) => task.Resource switch
    {
        { Function: not null } => "LambdaFunction",
        { IsActivity: true } => "Activity",
        _ => "Task",
    };

    private void ScheduledEvents(Frame frame, TaskState task, JsonData parameters, long? timeout, long? heartbeat, string? token, JsonData? role)
    {
        JsonData? Seconds(long? value) => value is { } seconds ? JsonData.Of(seconds) : null;
        JsonData? credentials = role is null ? null : JsonData.Object(("roleArn", role));
        string kind = Kind(task);
        // The history is read by more people than may answer for the task.
        string request = token is null ? parameters.ToString() : parameters.ToString().Replace(token, "<task token>", StringComparison.Ordinal);
        if (kind != "Task")
        {
            Event(frame, kind + "Scheduled", ("heartbeatInSeconds", task.Resource.IsActivity ? Seconds(heartbeat) : null), ("input", JsonData.Of(request)), ("inputDetails", Whole),
                ("resource", JsonData.Of(task.Resource.Arn)), ("taskCredentials", credentials), ("timeoutInSeconds", Seconds(timeout)));
            Event(frame, kind + "Started", task.Resource.IsActivity && !answersForGood ? [("workerName", JsonData.Of(Worker))] : []);
            return;
        }
        Event(frame, "TaskScheduled", [("heartbeatInSeconds", Seconds(heartbeat)), ("parameters", JsonData.Of(request)), ("region", JsonData.Of(Arns.Region)), .. Resource(task),
            ("taskCredentials", credentials), ("timeoutInSeconds", Seconds(timeout))]);
        Event(frame, "TaskStarted", Resource(task));
    }

    private void SubmittedEvent(Frame frame, TaskState task, JsonData? output) =>
        Event(frame, "TaskSubmitted", [.. Resource(task), ("output", Text(output?.ToString())), ("outputDetails", output is null ? null : Whole)]);

    private void EndedEvent(Frame frame, TaskState task, TaskResult result)
    {
        string kind = Kind(task);
        bool waits = task.Resource.Pattern != TaskPattern.RequestResponse;
        string ending = result switch
        {
            { Output: not null } => "Succeeded",
            { TimedOut: true } => "TimedOut",
            _ when waits && !frame.TokenSubmitted => "SubmitFailed",
            _ => "Failed",
        };
        (string, JsonData?)[] what = result.Output is { } output
            ? [("output", JsonData.Of(output.ToString())), ("outputDetails", Whole)]
            : [("cause", Text(result.Cause)), ("error", Text(result.Error))];
        Event(frame, kind + ending, kind == "Task" ? [.. what, .. Resource(task)] : what);
    }
}
