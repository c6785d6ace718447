using System.Text.Json.Serialization;

namespace Limpid.Functions.Ingest;

/// <summary>What is written of one shard, and what is being written just now; one item, changed by compare-and-swap.</summary>
/// <param name="Number">Counts the intents; part of their objects' names.</param>
/// <param name="Highest">The highest sequence number of any record that is or may be written.</param>
internal sealed record ShardState(long Number, string Highest, Intent Intent);

/// <summary>Records that are being written, or were: stored before the first of their objects.</summary>
/// <param name="Records">Sequence numbers, packed. Once it is done null where all records from the first to the last are written.</param>
/// <param name="Hours">In which the records arrived: where it is filed once it is done.</param>
/// <param name="References">Versions of the reference data that the rows are enriched with.</param>
internal sealed record Intent(
    string From, string To, string? Records, IReadOnlyList<string> Hours, IReadOnlyDictionary<string, int> References, IReadOnlyList<IntendedObject> Objects)
{
    public bool IsDone { get; init; }
}

/// <param name="Dataset">Its name.</param>
/// <param name="Rows">Which of the intent's records are in it, counted from 0.</param>
/// <param name="Sha256">Of its bytes.</param>
internal sealed record IntendedObject(string Dataset, string Key, IReadOnlyList<int> Rows, string Sha256);

/// <summary>Records that are written, filed under the hours in which they arrived.</summary>
/// <param name="Records">Packed; null where all from the first to the last are.</param>
internal sealed record WrittenRange(string From, string To, string? Records);

/// <summary>JSON of what ingesting keeps.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShardState))]
[JsonSerializable(typeof(WrittenRange))]
internal sealed partial class IngestState : JsonSerializerContext;
