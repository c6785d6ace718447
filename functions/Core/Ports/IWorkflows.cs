namespace Limpid.Core.Ports;

public enum StartOutcome
{
    /// <summary>Begun, or open already under the same name and input.</summary>
    Started,

    /// <summary>The name was used before, by an execution that is closed or had another input.</summary>
    AlreadyExists,
}

public enum CallbackOutcome
{
    Delivered,

    /// <summary>The task that waited under this token timed out, was closed or never was (Step Functions: TaskTimedOut, TaskDoesNotExist, InvalidToken).</summary>
    Closed,
}

/// <param name="Status">RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED, as in Step Functions.</param>
public sealed record ExecutionInfo(string Name, string StateMachine, string Status, string? Output, string? Error, string? Cause);

/// <summary>The workflow service: Step Functions, or the local state machine runner.</summary>
public interface IWorkflows
{
    /// <param name="stateMachine">The file's name without its ending: <c>purge</c>, <c>approval</c>.</param>
    /// <param name="name">Deterministic and pseudonymous, 80 characters at most: starting twice starts once.</param>
    /// <param name="input">JSON.</param>
    Task<StartOutcome> StartAsync(string stateMachine, string name, string input, CancellationToken cancellation);

    /// <summary>Null where no execution has this name.</summary>
    Task<ExecutionInfo?> DescribeAsync(string stateMachine, string name, CancellationToken cancellation);

    /// <summary>Aborts a running execution and those nested in it; nothing happens to a closed one.</summary>
    Task StopAsync(string stateMachine, string name, string error, string cause, CancellationToken cancellation);

    Task<CallbackOutcome> SendTaskSuccessAsync(string token, string output, CancellationToken cancellation);

    Task<CallbackOutcome> SendTaskFailureAsync(string token, string error, string cause, CancellationToken cancellation);
}
