using System.IO.Compression;

namespace Limpid.Core.Formats;

/// <summary>Packs what is written as the source was packed. Leaves the target open.</summary>
internal sealed class PackedTarget : IAsyncDisposable
{
    // What gzip makes of nothing; the platform's stream writes no byte then, and the object would no longer be gzip.
    private static readonly byte[] EmptyMember = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly Stream _target;
    private readonly GZipStream? _gzip;

    public PackedTarget(Stream target, Compression compression)
    {
        _target = target;
        _gzip = compression == Compression.Gzip ? new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true) : null;
    }

    public Stream Stream => _gzip ?? _target;

    /// <summary>Completes the packed stream.</summary>
    /// <param name="written">Bytes written to <see cref="Stream"/>.</param>
    public async ValueTask EndAsync(long written, CancellationToken cancellation)
    {
        await DisposeAsync().ConfigureAwait(false);
        if (_gzip is not null && written == 0)
            await _target.WriteAsync(EmptyMember, cancellation).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _gzip?.DisposeAsync() ?? ValueTask.CompletedTask;
}
