namespace Limpid.Core.Formats;

/// <summary>Bytes of a content that others take the place of; none to remove them.</summary>
public readonly record struct ByteEdit(long Offset, long Length, ReadOnlyMemory<byte> Replacement)
{
    public long End => Offset + Length;
}

public static class ByteEdits
{
    private const int CopiedAtOnce = 256 * 1024;

    /// <exception cref="ArgumentException">They do not ascend, overlap, or reach over the end.</exception>
    public static void Check(long size, IReadOnlyList<ByteEdit> edits)
    {
        long at = 0;
        foreach (ByteEdit edit in edits)
        {
            if (edit.Length < 0 || edit.Offset < at || edit.End > size)
                throw new ArgumentException("edits come in ascending order, without overlap, inside of the content", nameof(edits));
            at = edit.End;
        }
    }

    /// <summary>The plain way: copies the source with the edits made. What is between them is copied as it stands.</summary>
    /// <exception cref="EndOfStreamException">The source is shorter than the edits say.</exception>
    public static async Task ApplyAsync(Stream source, IReadOnlyList<ByteEdit> edits, Stream target, CancellationToken cancellation)
    {
        Check(long.MaxValue, edits);
        byte[] buffer = new byte[CopiedAtOnce];
        long at = 0;
        foreach (ByteEdit edit in edits)
        {
            await PassAsync(edit.Offset - at, target).ConfigureAwait(false);
            await PassAsync(edit.Length, null).ConfigureAwait(false);
            await target.WriteAsync(edit.Replacement, cancellation).ConfigureAwait(false);
            at = edit.End;
        }
        await source.CopyToAsync(target, cancellation).ConfigureAwait(false);

        async ValueTask PassAsync(long count, Stream? to)
        {
            while (count > 0)
            {
                int read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancellation).ConfigureAwait(false);
                if (read == 0)
                    throw new EndOfStreamException("the content is shorter than its edits say");
                if (to is not null)
                    await to.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
                count -= read;
            }
        }
    }
}
