using System.Security.Cryptography;

namespace Limpid.Core.Formats;

/// <summary>Digests a result as it is written, or read back: survivors and edited rows apart.</summary>
internal sealed class RewriteDigests : IDisposable
{
    private readonly IncrementalHash _survivors = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _edited = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<EditedRange> _ranges = [];
    private long _survivorBytes;

    /// <summary>Bytes of the result so far.</summary>
    public long Offset { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes, bool edited)
    {
        (edited ? _edited : _survivors).AppendData(bytes);
        if (!edited)
            _survivorBytes += bytes.Length;
        Offset += bytes.Length;
    }

    /// <summary>The bytes of one edited row.</summary>
    public void AddEdited(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
            _ranges.Add(new EditedRange(Offset, bytes.Length));
        Add(bytes, edited: true);
    }

    public RewriteReport Report(Compression compression, long rowsEdited, long bytesRead) => new()
    {
        Compression = compression,
        RowsEdited = rowsEdited,
        ContentBytesBefore = bytesRead,
        ContentBytesAfter = Offset,
        SurvivorBytes = _survivorBytes,
        SurvivorDigest = _survivors.GetHashAndReset(),
        EditedDigest = _edited.GetHashAndReset(),
        Edited = _ranges,
    };

    public bool Prove(RewriteReport report) =>
        Offset == report.ContentBytesAfter
        && _survivorBytes == report.SurvivorBytes
        && _survivors.GetHashAndReset().AsSpan().SequenceEqual(report.SurvivorDigest.Span)
        && _edited.GetHashAndReset().AsSpan().SequenceEqual(report.EditedDigest.Span);

    public void Dispose()
    {
        _survivors.Dispose();
        _edited.Dispose();
    }
}
