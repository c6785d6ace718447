namespace Limpid.Core.Formats;

/// <summary>What a rewrite did, and what its result is proven against.</summary>
public sealed record RewriteReport
{
    public Compression Compression { get; init; }

    public long RowsEdited { get; init; }

    /// <summary>Decompressed bytes read.</summary>
    public long ContentBytesBefore { get; init; }

    /// <summary>Decompressed bytes written.</summary>
    public long ContentBytesAfter { get; init; }

    /// <summary>Bytes outside the edited rows: copied as they stood.</summary>
    public long SurvivorBytes { get; init; }

    /// <summary>SHA-256 of those, in their order.</summary>
    public required ReadOnlyMemory<byte> SurvivorDigest { get; init; }

    /// <summary>SHA-256 of what was written in the place of edited rows, in their order.</summary>
    public required ReadOnlyMemory<byte> EditedDigest { get; init; }

    /// <summary>Where in the decompressed result that stands, ascending; dropped rows leave none.</summary>
    public required IReadOnlyList<EditedRange> Edited { get; init; }
}

/// <param name="Offset">In the decompressed result.</param>
public readonly record struct EditedRange(long Offset, int Length);
