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

    /// <summary>SHA-256 of all that was written.</summary>
    public required ReadOnlyMemory<byte> Digest { get; init; }
}
