using System.Text.Json.Serialization;

namespace Limpid.Core.Lake;

/// <summary>
/// What <c>lake.yaml</c> says, validated and with its defaults filled in. Tools read the YAML; functions get this as JSON
/// (<see cref="LakeJson"/>). Nothing in here is secret.
/// </summary>
public sealed record LakeConfig
{
    [JsonPropertyName("lake")]
    public required string Name { get; init; }

    /// <summary>IANA name; the due day of a request ends at midnight there.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Identifier kinds by name.</summary>
    public required IReadOnlyDictionary<string, Kind> Kinds { get; init; }

    /// <summary>Who may ask for an erasure. Empty: anybody who can start the tool or call the function.</summary>
    public IReadOnlyList<Requester> Requesters { get; init; } = [];

    /// <summary>Between approval and the first write; cancelling works until then.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(24);

    public Limits Limits { get; init; } = new();

    /// <summary>Whether scripts may decide with <c>--approve-as</c>; certificates then say so.</summary>
    public bool Unattended { get; init; }

    public EvidenceRules Evidence { get; init; } = new();

    /// <summary>Where the approver's pages are reached from a browser, without a trailing slash; null: the address that <c>limpid up</c> listens on.</summary>
    public string? Pages { get; init; }

    public MailRules Mail { get; init; } = new();

    public required IReadOnlyList<Dataset> Datasets { get; init; }

    /// <summary>What streams are enriched with. Null, and no part of the JSON form, where there is none: such a lake keeps its digest.</summary>
    public IReadOnlyList<Reference>? References { get; init; }

    /// <summary>Raw data by the hour with their bucketed copies. Null, and no part of the JSON form, where there are none: such a lake keeps its digest.</summary>
    public IReadOnlyList<HourlyCopy>? Hours { get; init; }

    /// <summary>What arrives record by record. Null as <see cref="References"/>.</summary>
    public IReadOnlyList<DataStream>? Streams { get; init; }

    /// <summary>What is built of the rest. Null as <see cref="References"/>.</summary>
    public IReadOnlyList<DerivedTable>? Tables { get; init; }
}

/// <summary>One kind of identifier. A change of <see cref="Normalize"/> changes every subject key, so it means indexing anew.</summary>
public sealed record Kind
{
    public IReadOnlyList<Normalization> Normalize { get; init; } = [];
}

[JsonConverter(typeof(JsonStringEnumConverter<Normalization>))]
public enum Normalization
{
    [JsonStringEnumMemberName("trim")] Trim,
    [JsonStringEnumMemberName("lower")] Lower,
    [JsonStringEnumMemberName("nfc")] Nfc,
    [JsonStringEnumMemberName("integer")] Integer,
}

public sealed record Requester
{
    public required string Mail { get; init; }

    /// <summary>The cloud principal that maps to <see cref="Mail"/>; unused on one machine.</summary>
    public string? Principal { get; init; }
}

/// <summary>Beyond these a request stops until it is asked for explicitly (<c>--beyond-limits</c>).</summary>
public sealed record Limits
{
    public long Rows { get; init; } = 10_000;

    /// <summary>0 to 1: the largest share of a dataset's rows; counts only in datasets of 1,000 rows or more.</summary>
    public double Share { get; init; } = 0.10;

    /// <summary>Rows of a dataset from which <see cref="Share"/> counts: in a smaller one a single person is easily a tenth.</summary>
    public const long ShareCountsFrom = 1_000;
}

public sealed record EvidenceRules
{
    /// <summary>How long certificates, audit and decisions are kept, as written (<c>6y</c>, <c>18m</c>, <c>90d</c>).</summary>
    public string Keep { get; init; } = "6y";
}

/// <summary>How mail leaves. Without <see cref="Smtp"/> it is written to <c>.limpid/outbox/</c> as <c>.eml</c> files.</summary>
public sealed record MailRules
{
    public string From { get; init; } = "limpid@localhost";

    /// <summary>Told of every outcome, besides the requester.</summary>
    public IReadOnlyList<string> Operators { get; init; } = [];

    public SmtpServer? Smtp { get; init; }
}

/// <summary>The password comes from the environment (<c>LIMPID_SMTP_PASSWORD</c>), never from a file in the lake.</summary>
public sealed record SmtpServer
{
    public required string Host { get; init; }
    public int Port { get; init; } = 587;
    public bool StartTls { get; init; } = true;
    public string? User { get; init; }
}

/// <summary>A place in the lake: its format, where the person's identifier stands, how to erase, who approves.</summary>
public sealed record Dataset
{
    public required string Name { get; init; }

    /// <summary>
    /// The prefix of its objects' keys, ending with a slash: <c>reviews/</c> on one machine (a folder under the lake's root),
    /// <c>s3://bucket/reviews/</c> in the cloud. Empty or null for <see cref="DataFormat.External"/> without a location.
    /// </summary>
    public string Location { get; init; } = "";

    public required DataFormat Format { get; init; }

    /// <summary>Where identifiers stand. A row names a person when any of these does.</summary>
    public IReadOnlyList<SubjectRule> Subjects { get; init; } = [];

    public SharedMode Shared { get; init; } = SharedMode.Block;

    public EraseMode Erase { get; init; } = EraseMode.Drop;

    /// <summary>The fields that <see cref="EraseMode.Mask"/> and <see cref="SharedMode.Mask"/> overwrite; the identifiers' own among them.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];

    public required IReadOnlyList<string> Approvers { get; init; }

    public Retention? Retain { get; init; }

    /// <summary>Whether object names themselves hold an identifier, so that they are kept encrypted and shown as references.</summary>
    [JsonIgnore]
    public bool NamesAreIdentifiers => Subjects.Any(s => s.FileName is not null);
}

[JsonConverter(typeof(JsonStringEnumConverter<DataFormat>))]
public enum DataFormat
{
    [JsonStringEnumMemberName("ndjson")] Ndjson,
    [JsonStringEnumMemberName("csv")] Csv,
    [JsonStringEnumMemberName("parquet")] Parquet,
    [JsonStringEnumMemberName("external")] External,
}

[JsonConverter(typeof(JsonStringEnumConverter<EraseMode>))]
public enum EraseMode
{
    /// <summary>Overwrite the JSON line with <c>{}</c> padded with spaces: no row moves. NDJSON only.</summary>
    [JsonStringEnumMemberName("blank")] Blank,

    /// <summary>Remove the row with its line ending.</summary>
    [JsonStringEnumMemberName("drop")] Drop,

    /// <summary>Remove the object, once every row in it is proven the subject's.</summary>
    [JsonStringEnumMemberName("delete")] Delete,

    /// <summary>Overwrite <see cref="Dataset.Fields"/>.</summary>
    [JsonStringEnumMemberName("mask")] Mask,
}

/// <summary>What happens to a row that names somebody else as well.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SharedMode>))]
public enum SharedMode
{
    [JsonStringEnumMemberName("block")] Block,
    [JsonStringEnumMemberName("erase")] Erase,
    [JsonStringEnumMemberName("mask")] Mask,
}

/// <summary>Where one kind of identifier stands: exactly one of <see cref="Field"/> alone, <see cref="FileName"/>, <see cref="Tag"/>, <see cref="Sidecar"/> with <see cref="Field"/>.</summary>
public sealed record SubjectRule
{
    public required string Kind { get; init; }

    /// <summary>A field of each row (or of the sidecar), nested with dots; arrays on the way and at the end are gone through. For CSV a column name.</summary>
    public string? Field { get; init; }

    /// <summary>A regular expression over the object's name (its key below the dataset's location) with a group <c>id</c>.</summary>
    public string? FileName { get; init; }

    /// <summary>An object tag (S3).</summary>
    public string? Tag { get; init; }

    /// <summary>The key of a JSON file beside the object, with <c>{key}</c> for the object's own: <c>{key}.meta.json</c>.</summary>
    public string? Sidecar { get; init; }

    /// <summary>Whether this rule speaks of rows; else it names the whole object's person.</summary>
    [JsonIgnore]
    public bool IsByRow => Field is not null && Sidecar is null;
}

/// <summary>Nothing in the dataset is erased before <see cref="Until"/>.</summary>
public sealed record Retention
{
    public required DateOnly Until { get; init; }
    public required string Basis { get; init; }
}
