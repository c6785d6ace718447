namespace Limpid.Local.StateMachines;

/// <summary>History, in the shape and order of AWS.</summary>
internal sealed partial class Interpreter
{
    /// <summary>The first event of every history.</summary>
    public static HistoryEvent Started(JsonData input, DateTimeOffset at) => new(1, 0, "ExecutionStarted", at, "executionStartedEventDetails",
        JsonData.Object(("input", JsonData.Of(input.ToString())), ("inputDetails", Whole), ("roleArn", JsonData.Of(Arns.Role))));

    private static JsonData Whole { get; } = JsonData.Object(("truncated", JsonData.False));

    private void Event(Frame frame, string type, params (string Name, JsonData? Value)[] details)
    {
        Frame history = frame.History;
        Execution execution = frame.Execution;
        if (execution.Status == Execution.Running && history.Parent is null && history.Events >= MaxEvents - 1)
        {
            Close(execution, "FAILED", null, StatesErrors.Runtime, $"The execution reached the maximum number of history events ({MaxEvents}).");
            return;
        }
        if (frame.Gone)
            return;
        Append(frame, type, details);
    }

    /// <summary>An event that leads nowhere: those after it name the one before it as the one that they follow.</summary>
    private void Aside(Frame frame, string type, params (string Name, JsonData? Value)[] details)
    {
        long before = frame.LastEvent;
        Event(frame, type, details);
        frame.LastEvent = before;
    }

    private void Append(Frame frame, string type, (string Name, JsonData? Value)[] details, bool follows = true)
    {
        Frame history = frame.History;
        long id = ++history.Events;
        long previous = follows ? frame.LastEvent : 0;
        frame.LastEvent = id;
        Change(history);
        Change(frame);
        // The children of a distributed Map are executions of their own, whose histories are not kept.
        if (history.Parent is not null)
            return;
        JsonData? told = details.Length == 0 ? null : JsonData.Object([.. details.Where(d => d.Value is not null).Select(d => (d.Name, d.Value!))]);
        string? name = told is null ? null : DetailsName(type);
        journal.Add(frame.Execution, new(id, previous, type, Now, name, told));
    }

    private static string DetailsName(string type)
    {
        if (type.EndsWith("StateEntered", StringComparison.Ordinal))
            return "stateEnteredEventDetails";
        if (type.EndsWith("StateExited", StringComparison.Ordinal))
            return "stateExitedEventDetails";
        return $"{char.ToLowerInvariant(type[0])}{type[1..]}EventDetails";
    }

    private static JsonData? Text(string? text) => text is null ? null : JsonData.Of(text);

    private void EnterEvent(Frame frame)
    {
        frame.EnteredAt = Now;
        Event(frame, frame.State.Type + "StateEntered", ("input", JsonData.Of(frame.Input.ToString())), ("inputDetails", Whole), ("name", JsonData.Of(frame.StateName)));
        frame.EnteredEvent = frame.LastEvent;
    }

    private void ExitEvent(Frame frame, JsonData output, JsonData? assigned)
    {
        JsonData? variables = assigned is { Members.Count: > 0 }
            ? JsonData.Object(assigned.Members.Select(m => KeyValuePair.Create(m.Key, JsonData.Of(m.Value.ToString()))))
            : null;
        Event(frame, frame.State.Type + "StateExited", ("assignedVariables", variables), ("assignedVariablesDetails", variables is null ? null : Whole),
            ("name", JsonData.Of(frame.StateName)), ("output", JsonData.Of(output.ToString())), ("outputDetails", Whole));
    }

    private void CloseEvent(Frame root, string status, JsonData? output, string? error, string? cause)
    {
        string type = status switch { "SUCCEEDED" => "ExecutionSucceeded", "FAILED" => "ExecutionFailed", "TIMED_OUT" => "ExecutionTimedOut", _ => "ExecutionAborted" };
        (string, JsonData?)[] details = output is null
            ? [("cause", Text(cause)), ("error", Text(error))]
            : [("output", JsonData.Of(output.ToString())), ("outputDetails", Whole)];
        // What ends an execution from outside follows no event.
        Append(root, type, details, follows: status is "SUCCEEDED" or "FAILED");
    }

    /// <summary>The event by which a state that works fails for good; a task's own events said so already.</summary>
    private void WorkFailedEvent(Frame frame)
    {
        switch (frame.State)
        {
            case ParallelState:
                Event(frame, "ParallelStateFailed");
                break;
            case MapState:
                Event(frame, "MapStateFailed");
                break;
        }
    }
}
