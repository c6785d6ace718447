using System.Buffers;

namespace Limpid.Core.Formats;

/// <summary>
/// A window over a stream that grows until a whole row stands in it, and no further than <paramref name="limit"/> bytes.
/// </summary>
internal sealed class ContentBuffer(Stream content, int limit) : IDisposable
{
    private const int FirstSize = 256 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Min(FirstSize, limit));
    private int _start;
    private int _end;

    /// <summary>Where <see cref="Unread"/> begins in the content.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether nothing comes behind <see cref="Unread"/>.</summary>
    public bool AtEnd { get; private set; }

    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    public ReadOnlyMemory<byte> UnreadMemory => _bytes.AsMemory(_start, _end - _start);

    /// <summary>Whether <see cref="Unread"/> has reached the limit, so that only <see cref="Advance"/> makes room.</summary>
    public bool IsFull => _end - _start >= limit;

    public void Advance(int count)
    {
        _start += count;
        Offset += count;
    }

    /// <summary>
    /// Reads until the window is full or the content ends: short reads of the stream must not make a row be looked at again and again.
    /// Moves what <see cref="Unread"/> returned before.
    /// </summary>
    public async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (AtEnd || IsFull)
            return;
        MakeRoom();
        while (_end < _bytes.Length)
        {
            int read = await content.ReadAsync(_bytes.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                AtEnd = true;
                return;
            }
            _end += read;
        }
    }

    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _start = _end = 0;
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }
        if (_end <= _bytes.Length / 2)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(limit, _bytes.Length * 2L));
        if (larger.Length <= _bytes.Length)
        {
            ArrayPool<byte>.Shared.Return(larger);
            return;
        }
        _bytes.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
