namespace Limpid.Core.Lake;

/// <summary>
/// Small data that changes fast and that streams are enriched with. Below <see cref="Location"/> stand <c>NAME/pointer.json</c>, which
/// says what is current, and one object a version, <c>NAME/v=3.ndjson</c>, a JSON object a line.
/// </summary>
public sealed record Reference
{
    public required string Name { get; init; }

    /// <summary>The prefix below which its folder stands, ending with a slash, as in <see cref="Dataset.Location"/>.</summary>
    public required string Location { get; init; }

    /// <summary>The field of each line by which it is looked up.</summary>
    public required string Key { get; init; }

    /// <summary>Where new versions come from. Null: somebody else publishes them.</summary>
    public ReferenceSource? Source { get; init; }

    /// <summary>When changes make a new version. Null without a source.</summary>
    public ChangeBatch? After { get; init; }

    /// <summary>A version goes so long after it was current for the last time. Null without a source.</summary>
    public TimeSpan? Keep { get; init; }

    /// <summary>Programs outside that wait for a file: after each new version one comes below <c>NAME/changes/CONSUMER/</c>, and they remove it.</summary>
    public IReadOnlyList<string>? ChangeFiles { get; init; }

    /// <summary>The stream into which a record is put after each new version.</summary>
    public string? ChangeRecords { get; init; }
}

/// <summary>Where reference data is kept: exactly one of the two is said.</summary>
public sealed record ReferenceSource
{
    /// <summary>A DynamoDB table; on one machine, one of the local services.</summary>
    public string? Table { get; init; }

    /// <summary>ARN of the table's stream, which has a name of its own each time that it is switched on. On AWS changes come from it; unused on one machine.</summary>
    public string? Stream { get; init; }

    /// <summary>A prefix in the lake, ending with a slash: what its objects (NDJSON, JSON or CSV) hold together.</summary>
    public string? Location { get; init; }
}

/// <summary>Whichever comes first.</summary>
/// <param name="Changes">So many changes.</param>
/// <param name="Within">So long since the first of them.</param>
public sealed record ChangeBatch(int Changes, TimeSpan Within);

/// <summary>The objects of reference data.</summary>
public static class ReferenceObjects
{
    /// <summary>The prefix of everything that belongs to it.</summary>
    public static string Folder(this Reference reference) => $"{reference.Location}{reference.Name}/";

    public static string PointerKey(this Reference reference) => reference.Folder() + "pointer.json";

    /// <summary>Of the object that tells a refresh that something changed.</summary>
    public static string FlagKey(this Reference reference) => reference.Folder() + "changed.json";

    /// <summary>The name of a version's object, below <see cref="Folder"/>.</summary>
    public static string VersionName(int version) => FormattableString.Invariant($"v={version}.ndjson");

    /// <summary>A file a consumer and version: one that comes while an earlier one is being seen to is not removed with it.</summary>
    public static string ChangeFileKey(this Reference reference, string consumer, int version) =>
        FormattableString.Invariant($"{reference.Folder()}changes/{consumer}/v={version}.json");
}
