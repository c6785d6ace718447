using System.Text.Json.Serialization;
namespace Limpid.Functions.Refresh;

/// <summary>
/// What stands of a derived table in one item of the state, so that every change of it is one compare-and-swap: who works on it, and what
/// is served.
/// </summary>
internal sealed record TableHead
{
    /// <summary>Of the last run that took the lock; grows with each. It is the number of that run's version too.</summary>
    public long Fence { get; init; }

    public TableRun? Lock { get; init; }

    public ServedVersion? Served { get; init; }

    /// <summary>Of the last run, where it failed.</summary>
    public TableFailure? Failed { get; init; }
}

/// <summary>The run that has the table, and how far it is. It moves on only as long as the lock is its own.</summary>
internal sealed record TableRun
{
    /// <summary>The execution's name.</summary>
    public required string Run { get; init; }

    public required long Fence { get; init; }

    /// <summary>Then somebody else may take the table.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>When the run began that builds the version, or built the one that is restored.</summary>
    public required DateTimeOffset BegunAt { get; init; }

    /// <summary>When this run took the lock; null of one that took it before that was kept.</summary>
    public DateTimeOffset? LockedAt { get; init; }

    /// <summary>Since when this run has been at it.</summary>
    [JsonIgnore]
    public DateTimeOffset Since => LockedAt ?? BegunAt;

    /// <summary>The moment that its content is from: who was erased since may still be in it.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The version that it builds, or restores.</summary>
    public required long Version { get; init; }

    public bool Restores { get; init; }

    /// <summary>The mark that it sees to, or empty.</summary>
    public string Flag { get; init; } = "";

    /// <summary>Locations of what it is built of, as they were when it began.</summary>
    public IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();

    /// <summary>The step that is worked on, from 0; behind the last one once all are done.</summary>
    public int Step { get; init; }

    /// <summary>Of all steps, from 1; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>Of this step.</summary>
    public int Tries { get; init; }

    /// <summary>How often the execution had been redriven when the attempt was begun.</summary>
    public int Redrives { get; init; }

    public string Input { get; init; } = "";

    /// <summary>Where the attempt writes; once all steps are done, or where it restores, the location of the version.</summary>
    public string Output { get; init; } = "";

    public int Validations { get; init; }

    /// <summary>Of the objects and contents that were found valid, or null.</summary>
    public string? Valid { get; init; }

    /// <summary>Of the erasures that were replayed on them.</summary>
    public string? Replayed { get; init; }

    /// <summary>In what was found valid.</summary>
    public long Rows { get; init; }

    /// <summary>Why it fails, in one line for people.</summary>
    public string? Why { get; init; }
}

/// <param name="Location">Its prefix.</param>
/// <param name="MadeAt">The moment that its content is from.</param>
/// <param name="BegunAt">When the run began that built it: later changes are not in it.</param>
/// <param name="Fence">Of the run that put it in place.</param>
/// <param name="Run">That run.</param>
internal sealed record ServedVersion(
    long Version, string Location, long Rows, DateTimeOffset MadeAt, DateTimeOffset BegunAt, DateTimeOffset PublishedAt, long Fence, string Run)
{
    /// <summary>The mark that the run saw to.</summary>
    public string Flag { get; init; } = "";

    /// <summary>When the run that put it in place took the lock; null where that was before it was kept.</summary>
    public DateTimeOffset? LockedAt { get; init; }

    /// <summary>How long that run took.</summary>
    [JsonIgnore]
    public TimeSpan Took => PublishedAt - (LockedAt ?? BegunAt);

    /// <summary>Since when changes are not in it. Who serves an old version again wants no other one for what came before.</summary>
    [JsonIgnore]
    public DateTimeOffset ReadAt => Version == Fence ? BegunAt : PublishedAt;
}

internal sealed record TableFailure(string Run, string Error, DateTimeOffset At)
{
    /// <summary>In one line for people; null where nothing more is known.</summary>
    public string? Why { get; init; }
}

/// <summary>A version that a run built or tried to build, for as long as anything of it is kept.</summary>
internal sealed record VersionRecord
{
    public required long Version { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    public required DateTimeOffset BegunAt { get; init; }

    /// <summary>Null where it never was complete and valid.</summary>
    public string? Location { get; init; }

    public long Rows { get; init; }

    /// <summary>Since when nobody serves it or works on it, as far as anybody noticed.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether its objects are being removed: it can't be restored any more.</summary>
    public bool Removing { get; init; }
}

/// <summary>That a table is stale. It stands until a version is published by a run that began after it.</summary>
/// <param name="Id">Names the executions that see to it.</param>
/// <param name="Since">The first change.</param>
/// <param name="Due">When the run begins.</param>
/// <param name="Arrivals">How many; one that is delivered twice may count twice.</param>
/// <param name="Attempt">Counts the executions that ended and left it standing.</param>
/// <param name="Begun">Whether a run has it: what comes now is another mark's.</param>
internal sealed record StaleMark(string Id, DateTimeOffset Since, DateTimeOffset Due, long Arrivals, int Attempt, bool Begun = false);
