namespace Limpid.Local.StateMachines;

/// <summary>The error names of the States Language.</summary>
internal static class StatesErrors
{
    public const string All = "States.ALL";
    public const string Runtime = "States.Runtime";
    public const string Timeout = "States.Timeout";
    public const string HeartbeatTimeout = "States.HeartbeatTimeout";
    public const string TaskFailed = "States.TaskFailed";
    public const string IntrinsicFailure = "States.IntrinsicFailure";
    public const string ResultPathMatchFailure = "States.ResultPathMatchFailure";
    public const string DataLimitExceeded = "States.DataLimitExceeded";
    public const string ItemReaderFailed = "States.ItemReaderFailed";
    public const string ResultWriterFailed = "States.ResultWriterFailed";
    public const string ExceedToleratedFailureThreshold = "States.ExceedToleratedFailureThreshold";

    /// <summary>The most UTF-8 bytes that an input, an output or a result may have.</summary>
    public const int PayloadLimit = 262_144;

    /// <summary>Whether a failure is of the kind that a retrier or catcher names.</summary>
    public static bool Matches(string named, StateFailure failure) => named == failure.Error || named switch
    {
        All => true,
        HeartbeatTimeout => failure.Heartbeat,
        TaskFailed => failure.Error != Timeout,
        _ => false,
    };
}

/// <summary>A state failed: its error name and cause. <c>Terminal</c> ones pass every retrier and catcher by.</summary>
/// <param name="heartbeat">Whether a heartbeat was missed, which is told as States.Timeout and caught under States.HeartbeatTimeout too.</param>
internal sealed class StateFailure(string? error, string? cause, bool terminal = false, bool heartbeat = false) : Exception(cause)
{
    public string? Error { get; } = error;
    public string? Cause { get; } = cause;
    public bool Terminal { get; } = terminal;
    public bool Heartbeat { get; } = heartbeat;

    /// <summary>An error of the definition or its data at run time, which nothing catches.</summary>
    public static StateFailure Runtime(string cause) => new(StatesErrors.Runtime, cause, terminal: true);

    public static StateFailure NotFound(string path, string field, JsonData input) =>
        Runtime($"The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{input}'");
}
