using System.Text.Json.Serialization;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Erasure;

/// <summary>
/// What would be erased. The header; its items stand in files of their own (one JSON line an item, <see cref="ItemsPerChunk"/> a
/// file), bound to it by <see cref="ChunkDigests"/>, so that a plan over a million objects is never held in memory.
/// </summary>
public sealed record Plan
{
    public const int ItemsPerChunk = 1000;

    public required string RequestId { get; init; }

    public required int Number { get; init; }

    public required IReadOnlyList<SubjectIdentity> Subject { get; init; }

    /// <summary>Digest of lake.yaml as it was when this was planned.</summary>
    public required string LakeDigest { get; init; }

    public required DateTimeOffset AsOf { get; init; }

    public required DateTimeOffset ListedFrom { get; init; }

    public required DateTimeOffset ListedTo { get; init; }

    public required IReadOnlyList<DatasetPlan> Datasets { get; init; }

    /// <summary>SHA-256 of each file of items, in order.</summary>
    public required IReadOnlyList<string> ChunkDigests { get; init; }

    public long Items { get; init; }

    /// <summary>Why this goes no further unless asked for explicitly; null within the limits.</summary>
    public string? BeyondLimits { get; init; }

    /// <summary>What approvals bind to: request, subject keys, lake.yaml and every item; see <c>PlanDigest</c>.</summary>
    public required string Digest { get; init; }

    [JsonIgnore]
    public long Objects => Datasets.Sum(d => d.Objects);

    [JsonIgnore]
    public long ExternalPlaces => Datasets.Sum(d => d.ExternalPlaces);

    [JsonIgnore]
    public long Rows => Datasets.Sum(d => d.Rows);

    [JsonIgnore]
    public long BlockedObjects => Datasets.Sum(d => d.BlockedObjects);

    public static string HeaderKey(string requestId, int number) => $"plans/{requestId}/{number:D4}/plan.json";

    /// <summary>Files of items are named by their content, so that writing one twice writes it once.</summary>
    public static string ChunkKey(string requestId, string digest) => $"plans/{requestId}/items/{digest}.jsonl";

    /// <summary>What one call added to a plan that is made in several.</summary>
    public static string StepKey(string requestId, string digest) => $"plans/{requestId}/steps/{digest}.json";

    /// <summary>The evidence key of what the workflow's Map reads: the numbers of that many items, a JSON line each.</summary>
    public static string MapKey(long items) => $"plans/numbers-{items}.jsonl";
}

/// <summary>What a plan says of one dataset.</summary>
public sealed record DatasetPlan
{
    public required string Name { get; init; }
    public required EraseMode Erase { get; init; }
    public required DataFormat Format { get; init; }
    public required IReadOnlyList<string> Approvers { get; init; }

    /// <summary>Where identifiers were looked for, in words: <c>field CustomerId</c>, <c>file name</c>.</summary>
    public IReadOnlyList<string> Searched { get; init; } = [];

    /// <summary>Places outside the lake that somebody has to attest.</summary>
    public long ExternalPlaces { get; init; }

    /// <summary>Objects with something to erase, blocked ones not among them.</summary>
    public long Objects { get; init; }

    /// <summary>Rows to be erased, old versions counted.</summary>
    public long Rows { get; init; }

    /// <summary>Bytes of the rows to be erased.</summary>
    public long RowBytes { get; init; }

    /// <summary>Bytes of the objects that will be rewritten or removed.</summary>
    public long ObjectBytes { get; init; }

    /// <summary>Rows that name somebody else as well; of old versions those that the dataset's rules take away from the others too.</summary>
    public long SharedRows { get; init; }

    /// <summary>
    /// Old versions that will be removed, whole; null in a dataset that keeps none, so that a plan made before there were any has the
    /// digest that it had.
    /// </summary>
    public long? OldVersions { get; init; }

    /// <summary>Rows of other people, shared ones among them, and of nobody, that stand only in old versions, which go whole.</summary>
    public long OthersRowsInHistory { get; init; }

    public long BlockedObjects { get; init; }

    /// <summary>The first <see cref="MostBlockedShown"/> of the blocked objects, with the reason of each.</summary>
    public IReadOnlyList<BlockedObject> Blocked { get; init; } = [];

    /// <summary>Objects in the dataset; where versions are kept, object versions.</summary>
    public long DatasetObjects { get; init; }

    /// <summary>Rows in all of these.</summary>
    public long DatasetRows { get; init; }
    public long UnreadableObjects { get; init; }
    public IReadOnlyList<BlockedObject> Unreadable { get; init; } = [];
    public long MalformedRows { get; init; }

    public const int MostBlockedShown = 100;
}

/// <param name="Key">As people are shown it: the key, or its keyed reference where keys are identifiers.</param>
public sealed record BlockedObject(string Key, string Reason)
{
    /// <summary>The version's id; null where the store gave it none.</summary>
    public string? Version { get; init; }
}

/// <summary>
/// One object (or one external place) of a plan: its current version, and the old ones that go. Everything in it is covered by the
/// plan's digest; no cost or time is in it.
/// </summary>
public sealed record PlanItem
{
    public required int Number { get; init; }
    public required string Dataset { get; init; }

    /// <summary>As in the index, see <c>ObjectRecord.Object</c>; for external places the dataset's location.</summary>
    public required string Object { get; init; }
    public string? SealedKey { get; init; }

    /// <summary>Of the current version, or of the one that <see cref="Blocked"/> speaks of; empty where it has no id, and where only old versions go.</summary>
    public string Version { get; init; } = "";
    public string ETag { get; init; } = "";
    public required EraseMode Erase { get; init; }

    /// <summary>Old versions that name the person and go whole, oldest first; null where there are none.</summary>
    public IReadOnlyList<OldVersion>? Old { get; init; }

    /// <summary>Whether it is of old versions alone: the current one does not name the person, is blocked (another item), or is gone.</summary>
    public bool IsOldOnly { get; init; }

    /// <summary>Rows that nobody asked to erase, and that stand in old versions that go and not in the current one.</summary>
    public long OthersRows { get; init; }

    /// <summary>A place outside the lake, closed by an attestation.</summary>
    public bool External { get; init; }

    /// <summary>The person stands for the whole object (file name, tag, sidecar).</summary>
    public bool WholeObject { get; init; }

    /// <summary>Whether a metadata file beside it, which names the person and nobody else, goes with it.</summary>
    public bool HasSidecar { get; init; }

    /// <summary>
    /// The versions of metadata files that go with it, each file's oldest first, once none of its own is left to be removed: they may be
    /// all that says whose these are. Null where there are none, and in plans of the version before, in which
    /// <see cref="HasSidecar"/> stands for those that are there.
    /// </summary>
    public IReadOnlyList<SidecarVersion>? Sidecars { get; init; }

    public long Rows { get; init; }

    /// <summary>Digest over the content of the rows: an object that others changed is still as approved while this is the same.</summary>
    public string RowsDigest { get; init; } = "";

    public long SharedRows { get; init; }

    /// <summary>Whether the rows that name somebody else as well are left as they are: an exception on the certificate.</summary>
    public bool KeepsShared { get; init; }
    public long RowBytes { get; init; }
    public long Size { get; init; }

    /// <summary>Why it will not be touched; null when it will.</summary>
    public string? Blocked { get; init; }
}

/// <summary>One version of a metadata file.</summary>
public sealed record SidecarVersion
{
    /// <summary>As in the index.</summary>
    public required string Object { get; init; }

    /// <summary>Empty for the one that the store gave no id.</summary>
    public required string Version { get; init; }
    public required string ETag { get; init; }
    public long Size { get; init; }

    /// <summary>Whether it was the current version when this was planned.</summary>
    public bool IsCurrent { get; init; }
}

/// <summary>One old version that goes whole.</summary>
public sealed record OldVersion
{
    /// <summary>Empty for the one that the store gave no id.</summary>
    public required string Version { get; init; }
    public required string ETag { get; init; }
    public long Size { get; init; }

    /// <summary>The person's rows in it, shared ones counted where the dataset's rules take them away.</summary>
    public long Rows { get; init; }
    public long RowBytes { get; init; }

    /// <summary>Rows in it that name somebody else as well and that the dataset's rules take away from the others too.</summary>
    public long SharedRows { get; init; }

    /// <summary>Over the content of the person's rows.</summary>
    public string RowsDigest { get; init; } = "";

    /// <summary>Rows in it that nobody asked to erase and that are not in the current version.</summary>
    public long OthersRows { get; init; }

    /// <summary>Over the content of these; empty where there are none. It goes only while it would take no others with it than were approved.</summary>
    public string OthersDigest { get; init; } = "";
}
