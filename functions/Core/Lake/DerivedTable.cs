using System.Text.Json.Serialization;

namespace Limpid.Core.Lake;

/// <summary>
/// A table that is built of others. Every run builds a version of its own; the pointer moves to it once it is complete and valid, and
/// the version before stays as it was served until <see cref="Keep"/> is over.
/// </summary>
public sealed record DerivedTable
{
    public required string Name { get; init; }

    /// <summary>The dataset of its versions, so that people are found and erased in them. Its location ends with <c>versions/</c>.</summary>
    public required string Dataset { get; init; }

    /// <summary>What it is built of: other tables, reference data or datasets, looked up in this order.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>Any of these begins a run. Null: it runs by hand only.</summary>
    public TableTriggers? When { get; init; }

    /// <summary>One after another: what one writes is the next one's input, and what the last one writes is the version.</summary>
    public required IReadOnlyList<TableStep> Steps { get; init; }

    public TableRules Validate { get; init; } = new();

    /// <summary>A run that shows no sign of life for so long has lost the table; a step that takes longer has failed.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long versions are kept that are not served any more, or never were.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(30);
}

/// <summary>What makes a table stale.</summary>
public sealed record TableTriggers
{
    /// <summary><c>rate(1 hour)</c> or <c>cron(...)</c>, as EventBridge Scheduler has them.</summary>
    public string? Schedule { get; init; }

    /// <summary>Objects that arrive in what it is built of.</summary>
    public ArrivalBatch? Arrivals { get; init; }

    /// <summary>Other tables: each new version of one of them.</summary>
    public IReadOnlyList<string> After { get; init; } = [];
}

/// <summary>Whichever comes first.</summary>
/// <param name="Files">So many objects.</param>
/// <param name="Within">So long since the first of them.</param>
public sealed record ArrivalBatch(int Files, TimeSpan Within);

/// <summary>One of <see cref="Glue"/>, <see cref="Athena"/> and <see cref="Lambda"/>; <see cref="Local"/> says what is done instead on one machine.</summary>
public sealed record TableStep
{
    public required string Name { get; init; }

    public GlueStep? Glue { get; init; }

    public AthenaStep? Athena { get; init; }

    /// <summary>Name or ARN of a function. It is called with the table, the step, the inputs and where to write, and answers when all is written.</summary>
    public string? Lambda { get; init; }

    public LocalStep? Local { get; init; }
}

/// <param name="Arguments">As the job takes them, <c>--write-shuffle-files-to-s3</c> among them; <c>${input}</c> and the like are filled in (<see cref="StepText"/>).</param>
public sealed record GlueStep(string Job, IReadOnlyDictionary<string, string> Arguments);

/// <summary>A query that writes: <c>UNLOAD</c>, <c>INSERT INTO</c>, <c>CREATE TABLE AS</c>.</summary>
public sealed record AthenaStep
{
    /// <summary>Below the folder of lake.yaml.</summary>
    public required string Query { get; init; }

    /// <summary>What stands in it; <c>${input}</c> and the like are filled in (<see cref="StepText"/>). Empty where nobody could look.</summary>
    public string Sql { get; init; } = "";

    public required string Database { get; init; }

    public string WorkGroup { get; init; } = "primary";
}

/// <summary>Exactly one of the two.</summary>
public sealed record LocalStep
{
    /// <summary>A program and its arguments, run in the lake's folder.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>A file with SQLite's statements, below the lake's folder.</summary>
    public string? Sql { get; init; }
}

/// <summary>What a version has to be before it is served. Rows that can't be read are never served, whatever stands here.</summary>
public sealed record TableRules
{
    public Bounds? Rows { get; init; }

    public ColumnChange Columns { get; init; } = ColumnChange.MayGrow;

    /// <summary>Columns that every row has, and that no two rows have the same. Empty: none.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>Rules of single columns.</summary>
    public IReadOnlyList<ColumnRule> Each { get; init; } = [];

    /// <summary>0 to 1: by how much the share of rows with a value may fall below the last good run's, in columns of which <see cref="Each"/> says none. Null: by anything.</summary>
    public double? Drift { get; init; }
}

/// <summary>Of a number. The shares are of the last good run's, and say nothing where there is none.</summary>
public sealed record Bounds
{
    /// <summary>1 is as many as in the last good run.</summary>
    public double? AtLeast { get; init; }

    /// <summary>As <see cref="AtLeast"/>.</summary>
    public double? AtMost { get; init; }

    /// <summary>Of the number itself.</summary>
    public long? Min { get; init; }

    /// <summary>As <see cref="Min"/>.</summary>
    public long? Max { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<ColumnChange>))]
public enum ColumnChange
{
    /// <summary>New columns are welcome; those of the last good run are there, with its types.</summary>
    [JsonStringEnumMemberName("may-grow")] MayGrow,

    /// <summary>Exactly those of the last good run.</summary>
    [JsonStringEnumMemberName("same")] Same,
}

public sealed record ColumnRule(string Column)
{
    /// <summary>0 to 1: the share of rows that have a value.</summary>
    public double? Complete { get; init; }

    /// <summary>How many different values there are: exact to a few thousand, an estimate beyond.</summary>
    public Bounds? Distinct { get; init; }
}
