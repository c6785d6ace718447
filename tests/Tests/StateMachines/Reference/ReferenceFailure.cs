namespace Limpid.Tests.StateMachines.Reference;

/// <summary>A state failed.</summary>
/// <param name="cause">Null: the text of the cause is the runner's own, and the reference doesn't know it.</param>
/// <param name="caught">Whether retriers and catchers look at it.</param>
/// <param name="heartbeat">Whether a heartbeat was missed: States.Timeout, which goes under States.HeartbeatTimeout too.</param>
internal sealed class ReferenceFailure(string error, string? cause, bool caught = true, bool heartbeat = false) : Exception($"{error}: {cause}")
{
    public string Error => error;
    public string? Cause => cause;
    public bool Caught => caught;
    public bool Heartbeat => heartbeat;

    /// <summary>When it happened; set by the line of states that it happened in.</summary>
    public TimeSpan? At { get; set; }

    public static ReferenceFailure Runtime() => new("States.Runtime", null, caught: false);

    public static ReferenceFailure Intrinsic() => new("States.IntrinsicFailure", null);

    public bool Matches(IEnumerable<string> names) => names.Any(name =>
        name == error || name == "States.ALL" || name == "States.TaskFailed" && error != "States.Timeout" || name == "States.HeartbeatTimeout" && heartbeat);
}

/// <summary>
/// The language doesn't say what comes of this run: two things happen at the same moment, or the run goes on with the text of a
/// cause that each implementation words itself. Such a run is not compared.
/// </summary>
internal sealed class UnclearException(string why) : Exception(why);
