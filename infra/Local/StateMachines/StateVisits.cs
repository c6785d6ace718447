namespace Limpid.Local.StateMachines;

/// <summary>One time that a state was entered, read from a history.</summary>
/// <param name="Lane">Of which branch or iteration of the visit above it, or null.</param>
internal sealed record StateVisit(string Name, string Type, StateVisit? Above, int? Lane, DateTimeOffset Entered, string? Input)
{
    public DateTimeOffset? Left { get; set; }
    public string? Output { get; set; }

    /// <summary>What the state's task names.</summary>
    public string? Resource { get; set; }

    /// <summary>Each time that the state's work failed: when, the error and its cause.</summary>
    public List<(DateTimeOffset At, string? Error, string? Cause)> Failures { get; } = [];

    /// <summary>When the state was begun again by a redrive.</summary>
    public List<DateTimeOffset> Redriven { get; } = [];

    public List<StateVisit> Below { get; } = [];
}

/// <summary>Reads the way that an execution took out of its history.</summary>
internal sealed class StateVisits
{
    private readonly Dictionary<long, StateVisit?> owners = [];
    private readonly Dictionary<long, HistoryEvent> events = [];

    public List<StateVisit> Top { get; } = [];

    public static IReadOnlyList<StateVisit> Of(IEnumerable<HistoryEvent> history)
    {
        var visits = new StateVisits();
        foreach (HistoryEvent happened in history)
            visits.Add(happened);
        return visits.Top;
    }

    private void Add(HistoryEvent e)
    {
        events[e.Id] = e;
        StateVisit? before = owners.GetValueOrDefault(e.PreviousId);
        StateVisit? owner = before;
        if (e.DetailsName == "stateEnteredEventDetails")
            owner = Enter(e, before);
        else if (e.DetailsName == "stateExitedEventDetails")
            owner = Exit(e, before);
        else if (e.Type is "ParallelStateSucceeded" or "ParallelStateFailed")
            owner = Open(before, v => v.Type == "Parallel");
        else if (e.Type is "MapStateSucceeded" or "MapStateFailed" || e.Type.StartsWith("MapIteration", StringComparison.Ordinal))
            owner = Open(before, v => v.Type == "Map");
        else if (e.Type == "ExecutionRedriven")
        {
            // An abort follows nothing.
            owner ??= Top.LastOrDefault();
            owner?.Redriven.Add(e.Timestamp);
        }
        else if (before is not null)
            Work(e, before);
        owners[e.Id] = owner;
    }

    private StateVisit Enter(HistoryEvent e, StateVisit? before)
    {
        StateVisit? above = before?.Above;
        int? lane = before?.Lane;
        HistoryEvent? previous = events.GetValueOrDefault(e.PreviousId);
        if (previous?.Type == "ParallelStateStarted")
            (above, lane) = (before, before!.Below.Select(v => v.Lane).Distinct().Count());
        else if (previous?.Type == "MapIterationStarted")
            (above, lane) = (before, Number(previous.Details?.Get("index")));
        var visit = new StateVisit(
            e.Details!.Get("name")!.Text, e.Type.Replace("StateEntered", "", StringComparison.Ordinal), above, lane, e.Timestamp, e.Details.Get("input")?.Text);
        (above?.Below ?? Top).Add(visit);
        return visit;
    }

    private static StateVisit? Exit(HistoryEvent e, StateVisit? before)
    {
        string name = e.Details!.Get("name")!.Text;
        if (Open(before, v => v.Name == name) is not { } visit)
            return before;
        visit.Left = e.Timestamp;
        visit.Output = e.Details.Get("output")?.Text;
        return visit;
    }

    private static void Work(HistoryEvent e, StateVisit visit)
    {
        if (e.Type is "TaskScheduled" or "LambdaFunctionScheduled" or "ActivityScheduled")
        {
            string resource = e.Details!.Get("resource")!.Text;
            visit.Resource = e.Details.Get("resourceType") is { } service ? $"{service.Text}:{resource}" : TaskResource.FunctionName(resource);
        }
        else if (e.Type.StartsWith("Execution", StringComparison.Ordinal))
            return;
        else if (e.Type.EndsWith("Failed", StringComparison.Ordinal) || e.Type.EndsWith("TimedOut", StringComparison.Ordinal))
            visit.Failures.Add((e.Timestamp, e.Details?.Get("error")?.Text, e.Details?.Get("cause")?.Text));
    }

    private static StateVisit? Open(StateVisit? from, Func<StateVisit, bool> wanted)
    {
        StateVisit? visit = from;
        while (visit is not null && (visit.Left is not null || !wanted(visit)))
            visit = visit.Above;
        return visit ?? from;
    }

    private static int? Number(JsonData? value) => value is not null && value.TryInteger(out long number) ? (int)number : null;
}
