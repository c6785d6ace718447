using System.Buffers;

namespace Limpid.Core.Formats;

/// <summary>
/// A window over a stream that grows until a whole row stands in it, and no further than about <paramref name="limit"/> bytes. While
/// the rows of one window are looked at, the next bytes are being read: reading costs no time of its own where it is the faster of both.
/// </summary>
internal sealed class ContentBuffer(Stream content, int limit) : IAsyncDisposable
{
    private const int Size = 256 * 1024;

    // In front of what is read ahead: room for the row that the window before cut in two. A longer one makes the window grow.
    private const int Headroom = 16 * 1024;
    private const int ChunkSize = Size - Headroom;

    // The shared pool rounds up to powers of two and keeps arrays of every size for every thread: of tens of megabytes that is too much.
    private const int LargestPooled = 1024 * 1024;

    private static byte[]? _spareLarge;

    private byte[] _bytes = Rent(Math.Min(Size, limit));
    private int _start;
    private int _end;

    private byte[] _ahead = [];
    private Task<int>? _reading;

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
        if (_reading is { } reading)
        {
            int read = await reading.ConfigureAwait(false);
            _reading = null;
            AtEnd = read < ChunkSize;
            if (_end - _start <= Headroom)
                TakeOver(read);
            else
                await GrowAsync(read, cancellation).ConfigureAwait(false);
        }
        else
        {
            await GrowAsync(0, cancellation).ConfigureAwait(false);
        }
        if (!AtEnd)
            ReadAhead(cancellation);
    }

    /// <summary>Waits for what is being read: it goes into memory that others get next.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_reading is { } reading)
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _reading = null;
        Return(ref _bytes);
        Return(ref _ahead);
        _start = _end = 0;
    }

    private void ReadAhead(CancellationToken cancellation)
    {
        if (_ahead.Length < Size)
        {
            Return(ref _ahead);
            _ahead = Rent(Size);
        }
        Memory<byte> chunk = _ahead.AsMemory(Headroom, ChunkSize);
        // On another thread from the start: decompression is work of the processor and would not give way by itself.
        _reading = Task.Run(async () => await content.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancellation).ConfigureAwait(false), cancellation);
    }

    private void TakeOver(int read)
    {
        int rest = _end - _start;
        Unread.CopyTo(_ahead.AsSpan(Headroom - rest));
        (_bytes, _ahead) = (_ahead, _bytes);
        _start = Headroom - rest;
        _end = Headroom + read;
    }

    private async ValueTask GrowAsync(int readAhead, CancellationToken cancellation)
    {
        MakeRoom(readAhead);
        if (readAhead > 0)
            _ahead.AsSpan(Headroom, readAhead).CopyTo(_bytes.AsSpan(_end));
        _end += readAhead;
        while (!AtEnd && _end < _bytes.Length)
        {
            int read = await content.ReadAsync(_bytes.AsMemory(_end), cancellation).ConfigureAwait(false);
            AtEnd = read == 0;
            _end += read;
        }
    }

    private void MakeRoom(int atLeast)
    {
        int rest = _end - _start;
        // Doubling, so that a long row is looked at a few times and not once for each chunk of it.
        int wanted = rest <= _bytes.Length / 2 ? 0 : (int)Math.Min(limit, _bytes.Length * 2L);
        wanted = Math.Max(wanted, rest + atLeast);
        if (wanted <= _bytes.Length)
        {
            Unread.CopyTo(_bytes);
        }
        else
        {
            // Beyond the pool at once as large as it may ever become: memory that is not touched is not resident.
            byte[] larger = Rent(wanted <= LargestPooled ? wanted : Math.Max(wanted, limit + Size));
            Unread.CopyTo(larger);
            Return(ref _bytes);
            _bytes = larger;
        }
        (_start, _end) = (0, rest);
    }

    private static byte[] Rent(int length)
    {
        if (length <= LargestPooled)
            return ArrayPool<byte>.Shared.Rent(length);
        byte[]? spare = Interlocked.Exchange(ref _spareLarge, null);
        return spare?.Length >= length ? spare : GC.AllocateUninitializedArray<byte>(length);
    }

    private static void Return(ref byte[] bytes)
    {
        byte[] returned = bytes;
        bytes = [];
        if (returned.Length > LargestPooled)
            Volatile.Write(ref _spareLarge, returned);
        else if (returned.Length > 0)
            ArrayPool<byte>.Shared.Return(returned);
    }
}
