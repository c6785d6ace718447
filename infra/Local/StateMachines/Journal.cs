namespace Limpid.Local.StateMachines;

/// <summary>One event of an execution's history, in the shape of GetExecutionHistory.</summary>
/// <param name="DetailsName">The name of the member that holds the details, or null.</param>
public sealed record HistoryEvent(long Id, long PreviousId, string Type, DateTimeOffset Timestamp, string? DetailsName, JsonData? Details)
{
    /// <summary>The event as GetExecutionHistory gives it; the time in ISO 8601.</summary>
    public JsonData ToJson()
    {
        JsonData json = JsonData.Object(("id", JsonData.Of(Id)), ("previousEventId", JsonData.Of(PreviousId)),
            ("timestamp", JsonData.Of(Timestamps.Format(Timestamp))), ("type", JsonData.Of(Type)));
        return DetailsName is null ? json : json.With(DetailsName, Details!);
    }
}

/// <summary>What came of a branch or an iteration.</summary>
/// <param name="Output">The output; for a failed one, its Error and Cause.</param>
internal readonly record struct BranchResult(int Index, bool Succeeded, JsonData Output);

/// <summary>What the interpreter writes down as it goes; all of one turn is stored at once.</summary>
internal interface IJournal
{
    void Add(Execution execution, HistoryEvent happened);

    void PutResult(Frame of, BranchResult result);

    /// <summary>The results so far, in the order of the branches.</summary>
    IEnumerable<BranchResult> Results(Frame of);

    void DropResults(Frame of);

    int CountResults(Frame of);

    /// <summary>Drops the results of the items that failed.</summary>
    /// <returns>How many bytes they counted for.</returns>
    long DropFailed(Frame of);

    /// <summary>Drops what was kept of the failed items below a frame.</summary>
    void DropLeft(Frame of);

    void OpenToken(Frame frame, string token);

    void CloseToken(Frame frame);

    bool HasMachine(string machine);

    /// <summary>Begins another execution, or finds the one that is open under this name with this input.</summary>
    /// <returns>Null where the name was used before.</returns>
    Execution? StartNested(string machine, string name, JsonData input);
}

/// <summary>What is to be done outside once a turn is stored.</summary>
internal abstract record Effect(Frame Frame, int Attempt)
{
    public sealed record Invoke(Frame Frame, int Attempt, TaskCall Call) : Effect(Frame, Attempt);

    /// <summary>The work of the frame is no longer wanted.</summary>
    public sealed record Cancel(Frame Frame, int Attempt) : Effect(Frame, Attempt);

    public sealed record ReadItems(Frame Frame, int Attempt, ItemRequest Request, long From, int Count) : Effect(Frame, Attempt);

    public sealed record WriteResults(Frame Frame, int Attempt, ResultRequest Request) : Effect(Frame, Attempt);
}

/// <summary>Where items are read from.</summary>
internal sealed record ItemRequest(ItemReader Reader, string Bucket, string Key, long? MaxItems);

/// <summary>Where results are written to.</summary>
internal sealed record ResultRequest(ResultWriter Writer, string Bucket, string Prefix, string MapRun);

/// <summary>One call of a task.</summary>
/// <param name="Parameters">What the task gets: for a function named directly its payload, else the integration's request.</param>
public sealed record TaskCall(TaskResource Resource, JsonData Parameters, TaskOrigin Origin);

/// <summary>Where a call comes from. The same origin again is the same attempt, run again after a crash.</summary>
/// <param name="Execution">ARN.</param>
/// <param name="StateMachine">ARN.</param>
/// <param name="Frame">Tells tasks of one store apart that run at the same time.</param>
/// <param name="Attempt">Grows with each.</param>
public sealed record TaskOrigin(string Execution, string StateMachine, string Frame, int Attempt);

/// <summary>What a task answered: an output, or an error and its cause.</summary>
/// <param name="TimedOut">Whether history calls it a time-out.</param>
/// <param name="NotSubmitted">
/// Whether a task that waits for a job or a callback failed before that began. Recorded answers say so; otherwise it follows from
/// when the failure comes.
/// </param>
public sealed record TaskResult(JsonData? Output, string? Error, string? Cause, bool TimedOut = false, bool NotSubmitted = false)
{
    /// <summary>Whether it is a missed heartbeat that ended the task.</summary>
    internal bool Heartbeat { get; init; }

    public static TaskResult Success(JsonData output) => new(output, null, null);

    public static TaskResult Failure(string? error, string? cause) => new(null, error, cause);

    internal static TaskResult Timeout(bool heartbeat = false) => new(null, StatesErrors.Timeout, null, TimedOut: true) { Heartbeat = heartbeat };
}
