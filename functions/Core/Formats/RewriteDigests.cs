using System.Security.Cryptography;

namespace Limpid.Core.Formats;

/// <summary>Digests a result as it is written: the whole of it, and the survivors apart.</summary>
internal sealed class RewriteDigests : IDisposable
{
    private readonly IncrementalHash _survivors = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _survivorBytes;

    /// <summary>Of the result so far.</summary>
    public long Bytes { get; private set; }

    public void AddSurvivor(ReadOnlySpan<byte> bytes)
    {
        _survivors.AppendData(bytes);
        _survivorBytes += bytes.Length;
        AddEdited(bytes);
    }

    public void AddEdited(ReadOnlySpan<byte> bytes)
    {
        _all.AppendData(bytes);
        Bytes += bytes.Length;
    }

    public RewriteReport Report(Compression compression, long rowsEdited, long bytesRead) => new()
    {
        Compression = compression,
        RowsEdited = rowsEdited,
        ContentBytesBefore = bytesRead,
        ContentBytesAfter = Bytes,
        SurvivorBytes = _survivorBytes,
        SurvivorDigest = _survivors.GetHashAndReset(),
        Digest = _all.GetHashAndReset(),
    };

    public void Dispose()
    {
        _survivors.Dispose();
        _all.Dispose();
    }
}
