using System.Text.Json;
using System.Text.Json.Serialization;

namespace Limpid.Core.Lake;

/// <summary>Records that arrive one by one (Kinesis) and are written into a dataset, one object for each partition and batch.</summary>
public sealed record DataStream
{
    /// <summary>The stream's own name.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the dataset, of NDJSON, that its rows go to.</summary>
    public required string Dataset { get; init; }

    public RecordForm Records { get; init; } = RecordForm.Json;

    /// <summary>What each record has to be; null: any JSON object.</summary>
    public StreamSchema? Schema { get; init; }

    /// <summary>The field, nested with dots, that says when it happened: RFC 3339, or seconds or milliseconds since 1970. Null: when the record arrived.</summary>
    public string? TimeField { get; init; }

    /// <summary>A record that happened longer before it arrived goes to a partition of its own. Null: none is late.</summary>
    public TimeSpan? Late { get; init; }

    /// <summary>Fields, nested with dots, whose values are parts of the object's place; none of them names a person.</summary>
    public IReadOnlyList<string> Partition { get; init; } = [];

    public IReadOnlyList<Enrichment> Enrich { get; init; } = [];

    /// <summary>How long the stream keeps a record. Null: a day, as Kinesis does where nobody says otherwise. On AWS it decides when somebody is told that records wait.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Name of the dataset, of NDJSON, that takes what can't be a row.</summary>
    public required string Quarantine { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<RecordForm>))]
public enum RecordForm
{
    [JsonStringEnumMemberName("json")] Json,

    /// <summary>Changes as AWS DMS writes them: <c>data</c> and <c>metadata</c>.</summary>
    [JsonStringEnumMemberName("dms")] Dms,
}

/// <param name="File">Below the folder of lake.yaml.</param>
/// <param name="Files">The text of each file that it consists of, by its name.</param>
public sealed record StreamSchema(string File, IReadOnlyDictionary<string, string> Files)
{
    // A folder of its own, so that references between files are relative to one another.
    private const string Root = "lake:///";

    /// <summary>The address that a file has in references.</summary>
    public static string AddressOf(string file) => Root + Uri.EscapeDataString(file).Replace("%2F", "/", StringComparison.Ordinal);

    /// <summary>The name of the file that has this address, or null where it is none below the lake's folder.</summary>
    public static string? FileAt(string address) => address.StartsWith(Root, StringComparison.Ordinal) ? Uri.UnescapeDataString(address[Root.Length..]) : null;

    public string? TextAt(string address) => FileAt(address) is { } file ? Files.GetValueOrDefault(file) : null;
}

/// <summary>Fields that a record is given from reference data.</summary>
public sealed record Enrichment
{
    public required string Reference { get; init; }

    /// <summary>The record's field, nested with dots, that is looked up.</summary>
    public required string Key { get; init; }

    /// <summary>What is taken over; a member of the record that is called so is replaced.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    public MissingKey Missing { get; init; } = MissingKey.Null;

    /// <summary>With <see cref="MissingKey.Default"/>: the value of each field.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Default { get; init; }
}

/// <summary>What happens where the reference data has no such key, or the record none at all.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MissingKey>))]
public enum MissingKey
{
    [JsonStringEnumMemberName("null")] Null,
    [JsonStringEnumMemberName("default")] Default,
    [JsonStringEnumMemberName("quarantine")] Quarantine,
}
