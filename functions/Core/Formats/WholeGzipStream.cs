using System.IO.Compression;

namespace Limpid.Core.Formats;

/// <summary>
/// Decompresses all members of a gzip stream and proves that they were all there. <see cref="GZipStream"/> alone takes a stream that
/// is cut short for its end, and passes over whatever follows the last member: a rewrite would lose those bytes without a word.
/// So one more member, of a text of our own, is put behind the source, and the content has to end with exactly that text: where the
/// last member is cut short it is swallowed as that member's data, and where anything else follows it is never reached.
/// </summary>
internal sealed class WholeGzipStream : ReadOnlyStream
{
    private static readonly byte[] Closing = "\u0004limpid: end of content\u0004"u8.ToArray();
    private static readonly byte[] ClosingMember = Compress(Closing);

    private readonly GZipStream _inflated;
    private readonly byte[] _held = new byte[128 * 1024];
    private int _start;
    private int _end;
    private bool _ended;

    public WholeGzipStream(ReadOnlyMemory<byte> before, Stream source) =>
        _inflated = new GZipStream(new JoinedStream(before, source, ClosingMember), CompressionMode.Decompress);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_end - _start <= Closing.Length && !_ended)
            await HoldMoreAsync(cancellationToken).ConfigureAwait(false);
        int count = Math.Min(_end - _start - Closing.Length, buffer.Length);
        if (count <= 0)
            return 0;
        _held.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inflated.Dispose();
        base.Dispose(disposing);
    }

    public override async ValueTask DisposeAsync()
    {
        await _inflated.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask HoldMoreAsync(CancellationToken cancellation)
    {
        _held.AsSpan(_start, _end - _start).CopyTo(_held);
        _end -= _start;
        _start = 0;
        int read = await _inflated.ReadAsync(_held.AsMemory(_end), cancellation).ConfigureAwait(false);
        _end += read;
        if (read > 0)
            return;
        _ended = true;
        if (!_held.AsSpan(0, _end).SequenceEqual(Closing))
            throw new InvalidDataException("the gzip stream is cut short, or something else follows it");
    }

    private static byte[] Compress(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }
}
