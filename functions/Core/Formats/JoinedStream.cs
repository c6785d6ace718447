namespace Limpid.Core.Formats;

/// <summary>Some bytes, then a stream (left open), then some bytes.</summary>
internal sealed class JoinedStream(ReadOnlyMemory<byte> before, Stream middle, ReadOnlyMemory<byte> after) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _before = before;
    private ReadOnlyMemory<byte> _after = after;
    private bool _middleEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        if (!_before.IsEmpty)
            return Take(ref _before, buffer);
        if (!_middleEnded)
        {
            int read = await middle.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read > 0)
                return read;
            _middleEnded = true;
        }
        return Take(ref _after, buffer);
    }

    private static int Take(ref ReadOnlyMemory<byte> from, Memory<byte> buffer)
    {
        int count = Math.Min(from.Length, buffer.Length);
        from[..count].CopyTo(buffer);
        from = from[count..];
        return count;
    }
}
