using Limpid.Core.Subjects;

namespace Limpid.Core.Index;

/// <summary>
/// What the index knows of one object version. One record an object version; it moves only by compare-and-swap on
/// <see cref="Revision"/>, and index entries count only while they carry its <see cref="Generation"/>.
/// </summary>
public sealed record ObjectRecord
{
    /// <summary>What stands for the object's key: the key itself, or a keyed reference where keys are identifiers (see <c>ObjectNames</c>).</summary>
    public required string Object { get; init; }

    /// <summary>The object version's id; empty on a store without versions.</summary>
    public string Version { get; init; } = "";

    /// <summary>The key, encrypted, where <see cref="Object"/> is a reference; else null.</summary>
    public string? SealedKey { get; init; }

    public required string Dataset { get; init; }

    public required RecordState State { get; init; }

    /// <summary>The ETag of the content that the entries speak of.</summary>
    public string ETag { get; init; } = "";

    public long Size { get; init; }

    public DateTimeOffset Modified { get; init; }

    /// <summary>The event sequencer last applied, or empty; compare with <see cref="Sequencer"/> only.</summary>
    public string Sequencer { get; init; } = "";

    /// <summary>Counts the compare-and-swaps: 1 when first stored.</summary>
    public long Revision { get; init; }

    /// <summary>
    /// The generation whose entries count; 0 while there are none. It only ever grows. A tombstone's is the last that was claimed
    /// before it (see <see cref="Bury"/>): nothing counts, and nothing up to it ever will.
    /// </summary>
    public long Generation { get; init; }

    /// <summary>The last generation that anybody began to write; whoever indexes claims the next one first, so that two never write under the same.</summary>
    public long Claimed { get; init; }

    /// <summary>Of everything that the entries depend on besides the content: subject rules, normalisation, secret's number. A change means indexing anew.</summary>
    public string Fingerprint { get; init; } = "";

    public long Rows { get; init; }

    /// <summary>Distinct people in it.</summary>
    public long People { get; init; }

    public long MalformedRows { get; init; }

    /// <summary>Where the first of them stand and what is wrong there, in one line; null without any. Never quotes content.</summary>
    public string? MalformedAt { get; init; }

    /// <summary>Why nothing could be read from it (not what its dataset says, a table format, ...); null when it could.</summary>
    public string? Unreadable { get; init; }

    /// <summary>Why it may not be read at all, whatever is in it (a part of a table); null when it may. Then <see cref="Unreadable"/> says the same.</summary>
    public string? Refused { get; init; }

    public DateTimeOffset IndexedAt { get; init; }

    /// <summary>When the index first heard of the object; anew when it came back after it was gone.</summary>
    public DateTimeOffset FirstSeen { get; init; }

    /// <summary>
    /// Entries of generations below this can never count again, whoever is still at work; those from here on may. A record that
    /// was a tombstone counts again only under a generation claimed anew.
    /// </summary>
    public long KeepFrom => State == RecordState.Deleted ? Generation + 1 : Generation;

    /// <summary>The tombstone to compare-and-swap in: every claim made so far is void, so that sweeping afterwards takes no entry of a later one.</summary>
    public ObjectRecord Bury() => this with { State = RecordState.Deleted, Generation = Claimed, Revision = Revision + 1 };
}

/// <summary>Where a listing of records is: at the record of this object version.</summary>
public sealed record RecordPlace(string Object, string Version);

public enum RecordState
{
    /// <summary>The object stands in the store.</summary>
    Present,

    /// <summary>It is gone; the record stays as a tombstone, so that a late event does not bring it back.</summary>
    Deleted,
}

/// <summary>One person's rows in one object version.</summary>
/// <param name="Subject">Under the newest secret at the time of indexing.</param>
/// <param name="Rows">Encoded by <c>RowSet</c>; empty where the person stands for the whole object (file name, tag, sidecar).</param>
public readonly record struct IndexEntry(SubjectKey Subject, ReadOnlyMemory<byte> Rows);

/// <summary>An entry found, with the record that makes it valid.</summary>
public readonly record struct IndexHit(ObjectRecord Record, SubjectKey Subject, ReadOnlyMemory<byte> Rows);
