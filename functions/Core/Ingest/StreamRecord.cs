namespace Limpid.Core.Ingest;

/// <summary>A record as it came out of its shard.</summary>
/// <param name="Arrived">As the stream says, the same whenever the record is delivered; null where it does not say.</param>
public sealed record StreamRecord(SequenceNumber Sequence, DateTimeOffset? Arrived, ReadOnlyMemory<byte> Data);

/// <summary>What becomes of a record: a row of a dataset, or nothing.</summary>
/// <param name="Dataset">Null: nothing, it only tells of a table being made or changed.</param>
/// <param name="Path">Of its partition, below the dataset's location.</param>
/// <param name="Line">JSON with a line's end.</param>
public readonly record struct StreamRow(string? Dataset, string Path, ReadOnlyMemory<byte> Line);
