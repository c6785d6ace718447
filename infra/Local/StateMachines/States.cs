namespace Limpid.Local.StateMachines;

/// <summary>States that belong together: a machine's, a branch's, or those that a Map runs for each item.</summary>
internal sealed record Flow(string StartAt, IReadOnlyDictionary<string, State> States)
{
    /// <summary>The states, and those within them.</summary>
    public IEnumerable<State> All() => States.Values.SelectMany(s => s switch
    {
        ParallelState parallel => parallel.Branches.SelectMany(b => b.All()).Prepend(s),
        MapState map => map.Map.Processor.All().Prepend(s),
        _ => [s],
    });
}

/// <summary>Where a result goes in the state's input. No place: the result is dropped and the input goes on.</summary>
internal sealed record ResultPlace(ReferencePath? Path);

/// <summary>A whole number that the definition gives or says where to find.</summary>
internal sealed record Amount(long? Value, Expression? Path);

/// <summary>A percentage that the definition gives or says where to find.</summary>
internal sealed record Share(double? Value, Expression? Path);

internal abstract record State(string Name, StateCommon Common)
{
    /// <summary>The type as history events name it: <c>Pass</c>, <c>Task</c>, ...</summary>
    public abstract string Type { get; }
}

/// <summary>The fields that most states have.</summary>
/// <param name="Next">Null where the state ends its flow.</param>
internal sealed record StateCommon(string? Next, Expression? InputPath, Expression? OutputPath, PayloadTemplate? Assign);

internal sealed record PassState(string Name, StateCommon Common, JsonData? Result, PayloadTemplate? Parameters, ResultPlace? ResultPath) : State(Name, Common)
{
    public override string Type => "Pass";
}

internal sealed record SucceedState(string Name, StateCommon Common) : State(Name, Common)
{
    public override string Type => "Succeed";
}

internal sealed record FailState(string Name, StateCommon Common, string? Error, Expression? ErrorPath, string? Cause, Expression? CausePath) : State(Name, Common)
{
    public override string Type => "Fail";
}

/// <summary>Exactly one of the four is there.</summary>
internal sealed record WaitState(string Name, StateCommon Common, long? Seconds, Expression? SecondsPath, string? Timestamp, Expression? TimestampPath) : State(Name, Common)
{
    public override string Type => "Wait";
}

internal sealed record ChoiceState(string Name, StateCommon Common, IReadOnlyList<ChoiceBranch> Choices, string? Default) : State(Name, Common)
{
    public override string Type => "Choice";
}

internal sealed record ChoiceBranch(ChoiceRule Rule, string Next, PayloadTemplate? Assign);

/// <summary>A state that works, and whose failure can be retried and caught.</summary>
internal abstract record WorkState(string Name, StateCommon Common, WorkFields Work) : State(Name, Common);

internal sealed record WorkFields(
    PayloadTemplate? Parameters, PayloadTemplate? ResultSelector, ResultPlace? ResultPath, IReadOnlyList<Retrier> Retry, IReadOnlyList<Catcher> Catch);

/// <param name="MaxDelaySeconds">Null: delays grow without bound.</param>
internal sealed record Retrier(IReadOnlyList<string> ErrorEquals, long IntervalSeconds, long MaxAttempts, double BackoffRate, long? MaxDelaySeconds, bool Jitter);

internal sealed record Catcher(IReadOnlyList<string> ErrorEquals, string Next, ResultPlace? ResultPath, PayloadTemplate? Assign);

internal sealed record TaskState(string Name, StateCommon Common, WorkFields Work, TaskResource Resource, Amount? Timeout, Amount? Heartbeat, PayloadTemplate? Credentials) : WorkState(Name, Common, Work)
{
    public override string Type => "Task";
}

internal sealed record ParallelState(string Name, StateCommon Common, WorkFields Work, IReadOnlyList<Flow> Branches) : WorkState(Name, Common, Work)
{
    public override string Type => "Parallel";
}

internal sealed record MapState(string Name, StateCommon Common, WorkFields Work, MapFields Map) : WorkState(Name, Common, Work)
{
    public override string Type => "Map";
}

/// <param name="Distributed">Items run as executions of their own: with their own history, without the variables outside.</param>
/// <param name="ItemSelector">Parameters, where the older form is used.</param>
internal sealed record MapFields(
    Flow Processor,
    bool Distributed,
    string? Label,
    Expression? ItemsPath,
    PayloadTemplate? ItemSelector,
    Amount? MaxConcurrency,
    Amount? ToleratedFailureCount,
    Share? ToleratedFailurePercentage,
    ItemReader? Reader,
    ItemBatcher? Batcher,
    ResultWriter? Writer);

internal enum ItemFormat
{
    Json,
    JsonLines,
    Csv,
    Manifest,
    Listing,
}

internal sealed record ItemReader(ItemFormat Format, PayloadTemplate Parameters, Amount? MaxItems, IReadOnlyList<string>? CsvHeaders, char CsvDelimiter, string? ItemsPointer);

internal sealed record ItemBatcher(Amount? MaxItems, Amount? MaxBytes, PayloadTemplate? BatchInput);

/// <param name="Lines">JSON lines instead of one JSON array.</param>
/// <param name="Transformation">NONE, COMPACT or FLATTEN.</param>
internal sealed record ResultWriter(PayloadTemplate? Parameters, bool Lines, string Transformation)
{
    /// <summary>The transformation that leaves results as they are: each with the execution that it came from.</summary>
    public const string Unshaped = "NONE";

    /// <summary>What is given back or written of one result; of a failed one always all.</summary>
    public IEnumerable<JsonData> Shaped(BranchResult result) =>
        result.Succeeded && Transformation == "FLATTEN" && result.Output.Kind == System.Text.Json.JsonValueKind.Array ? result.Output.Items : [result.Output];
}
