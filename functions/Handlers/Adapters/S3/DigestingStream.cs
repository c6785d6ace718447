using System.Security.Cryptography;
using Limpid.Core.Formats;

namespace Limpid.Functions.Adapters.S3;

/// <summary>Passes bytes on and digests them on the way.</summary>
internal sealed class DigestingStream(Stream inner) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The SHA-256 of all, whether somebody read so far or not.</summary>
    public async Task<byte[]> ToEndAsync(CancellationToken cancellation)
    {
        byte[] rest = new byte[81920];
        while (await ReadAsync(rest, cancellation) > 0)
        {
        }
        return _hash.GetHashAndReset();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken);
        _hash.AppendData(buffer.Span[..read]);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = inner.Read(buffer, offset, count);
        _hash.AppendData(buffer.AsSpan(offset, read));
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }
}
