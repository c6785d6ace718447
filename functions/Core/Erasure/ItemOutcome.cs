using System.Text.Json.Serialization;

namespace Limpid.Core.Erasure;

/// <summary>What came of one item of a plan; stored under the item, so that a fresh start takes up only what is left.</summary>
public sealed record ItemOutcome
{
    public required int Plan { get; init; }
    public required int Item { get; init; }
    public required string Dataset { get; init; }
    public required string Object { get; init; }
    public required ItemStatus Status { get; init; }

    /// <summary>One line on why, for everything but <see cref="ItemStatus.Erased"/>.</summary>
    public string? Reason { get; init; }

    public long RowsErased { get; init; }

    /// <summary>Of the rewritten object; empty where it was removed or found gone.</summary>
    public string ETag { get; init; } = "";

    /// <summary>Of the rewritten object; null where it has no id.</summary>
    public string? Version { get; init; }

    /// <summary>
    /// Whether what was to be done to the current version is done, though old versions may be left; null where there are none. Kept
    /// apart from the status, so that whoever takes an interrupted item up again knows what was its own doing.
    /// </summary>
    public bool? IsCurrentDone { get; init; }

    /// <summary>Whether what <see cref="Reason"/> says holds for the item's old versions as well, none of which was touched; null where it does not.</summary>
    public bool? OldLeftAlone { get; init; }

    /// <summary>Ids of the old versions that were removed, oldest first, empty for the one without an id.</summary>
    public IReadOnlyList<string>? Removed { get; init; }

    /// <summary>As it is stored: in how many items beside it the ids stand that are too many for one; null where they are in <see cref="Removed"/>.</summary>
    public int? RemovedParts { get; init; }

    /// <summary>How many old versions of metadata files were removed with it; null where there were none.</summary>
    public long? SidecarsRemoved { get; init; }

    /// <summary>How many versions the second pass read; null before, and where there are no old ones.</summary>
    public long? VersionsRead { get; init; }

    /// <summary>SHA-256 over the bytes of all rows that stayed, equal before and after.</summary>
    public string? SurvivorsDigest { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>When the second pass read the object again and found nothing of the person; null before.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<ItemStatus>))]
public enum ItemStatus
{
    [JsonStringEnumMemberName("erased")] Erased,

    /// <summary>The object, or every row of the person in it, was gone already.</summary>
    [JsonStringEnumMemberName("gone")] Gone,

    /// <summary>May or can not be touched; an exception on the certificate.</summary>
    [JsonStringEnumMemberName("blocked")] Blocked,

    /// <summary>Others changed the person's rows since the approval: it goes into a supplementary plan.</summary>
    [JsonStringEnumMemberName("changed")] Changed,

    /// <summary>A write was begun and its outcome never recorded: it may have happened or not.</summary>
    [JsonStringEnumMemberName("interrupted")] Interrupted,

    /// <summary>The kill switch is on.</summary>
    [JsonStringEnumMemberName("stopped")] Stopped,

    /// <summary>Something broke; the request fails, and a fresh start tries this item again.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}
