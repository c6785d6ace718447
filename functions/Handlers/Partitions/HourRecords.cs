namespace Limpid.Functions.Partitions;

/// <summary>One hour of a pair, as the state table has it.</summary>
internal sealed record HourRecord
{
    /// <summary>The attempt that is being copied: whether it is complete nobody knows yet.</summary>
    public string? Attempt { get; init; }

    /// <summary>The complete copy that is to be the hour's partition. Once chosen it stays so: whoever goes on puts this one in place.</summary>
    public string? Chosen { get; init; }

    /// <summary>The copy that the partition was seen to show.</summary>
    public string? Served { get; init; }

    /// <summary>Whether the view may take the hour from the copy: it is served, or there was nothing to copy.</summary>
    public bool Done { get; init; }

    /// <summary>Why late data is not copied, or null.</summary>
    public string? Blocked { get; init; }
}

/// <summary>How far a pair is.</summary>
internal sealed record HoursProgress
{
    /// <summary>The first hour as lake.yaml said it then: with another one all of this begins anew.</summary>
    public required string Since { get; init; }

    /// <summary>The first raw hour that is not registered.</summary>
    public string? Registered { get; init; }

    /// <summary>The first hour that is not done: the view takes everything before it from the copies.</summary>
    public string? Boundary { get; init; }

    /// <summary>Of the view's statement as it was last carried out.</summary>
    public string? ShownDigest { get; init; }

    /// <summary>From which of the older hours on the next run looks for late data.</summary>
    public string? LookFrom { get; init; }
}

/// <summary>Which execution works on a pair: one at a time, so that no hour is copied twice for nothing. Nothing false comes of two.</summary>
internal sealed record HoursTurn
{
    public required string Run { get; init; }

    /// <summary>Then an execution of which nothing is known any more has lost it.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>How many hours this run began to copy.</summary>
    public int Copies { get; init; }

    /// <summary>The first hour that was not done when this run began to look for late data.</summary>
    public string? LookedUntil { get; init; }

    /// <summary>From which of the older hours on it looks.</summary>
    public string? LookedFrom { get; init; }

    /// <summary>How many hours this run has looked at.</summary>
    public int Looked { get; init; }

    /// <summary>Whether a copy failed: this run begins no other, and does what else there is to do.</summary>
    public bool Failed { get; init; }

    /// <summary>How many hours this run found whose late data can't be copied.</summary>
    public int Blocked { get; init; }

    /// <summary>Whether the run found nothing more to do; it stays here, so that a run that asks twice is told the same.</summary>
    public bool Ended { get; init; }
}

/// <summary>A copy that is of no use any more, or may come to be: its attempt died, or another copy took its place.</summary>
/// <param name="Since">Nobody writes or reads it a while later.</param>
internal sealed record LeftCopy(string Hour, string Attempt, DateTimeOffset Since);

/// <summary>Some of the raw objects that were there before a copy was made, 16 bytes each.</summary>
internal sealed record CopiedObjects(byte[] Hashes);

/// <summary>lake.yaml has no hours of this name.</summary>
internal sealed class UnknownHoursException(string name, string known) : Exception($"lake.yaml has no hours '{name}'; it has {known}");

/// <summary>Another run went on with the hour. This one has nothing more to do with it.</summary>
internal sealed class HourTakenOverException(string hour) : Exception($"another run has taken over {hour}");

/// <summary>Raw objects went away while an hour was copied: what was copied may lack their rows, and is not used.</summary>
internal sealed class RawObjectsGoneException(string hour) : Exception($"raw objects of {hour} went away while it was copied");

/// <summary>The partition does not show the copy that it was given.</summary>
internal sealed class PartitionDiffersException(string hour) : Exception($"the partition of {hour} shows another location than the copy's");
