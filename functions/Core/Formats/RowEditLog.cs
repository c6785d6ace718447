using System.Buffers.Binary;
using Limpid.Core.Index;

namespace Limpid.Core.Formats;

/// <summary>
/// The edits of one object in the order of its rows, a few bytes each. What one block does not hold goes to scratch: in a large object
/// hundreds of millions of rows may be one person's. Not thread-safe.
/// </summary>
/// <param name="scratch">Makes an empty stream that can be written, read and sought, and that leaves nothing behind when disposed.</param>
public sealed class RowEditLog(Func<Stream> scratch) : IDisposable
{
    // Every block has the same length, and at its head how much of it is used.
    private const int BlockLength = 32 * 1024;
    private const int HeadLength = sizeof(ushort);
    private const int LongestEdit = 3 * Varint.MostBytes;

    private readonly byte[] _block = new byte[BlockLength];
    private int _used = HeadLength;
    private RowRef _last;
    private Stream? _blocks;

    public long Count { get; private set; }

    /// <param name="edit">Of a row behind the one before.</param>
    public void Add(RowEdit edit)
    {
        if (BlockLength - _used < LongestEdit)
            EndBlock();
        RowRef row = edit.Row;
        Write(row.Line - _last.Line);
        Write(row.Offset - _last.Offset);
        Write((long)row.Length << 3 | (long)edit.Action << 1 | (edit.Shared ? 1L : 0));
        _last = row;
        Count++;
    }

    /// <summary>Everything added so far. To be enumerated by one at a time, with nothing added meanwhile.</summary>
    public IEnumerable<RowEdit> Read()
    {
        RowRef last = default;
        byte[] block = new byte[BlockLength];
        if (_blocks is not null)
        {
            _blocks.Position = 0;
            while (_blocks.ReadAtLeast(block, BlockLength, throwOnEndOfStream: false) == BlockLength)
            {
                int used = BinaryPrimitives.ReadUInt16LittleEndian(block);
                for (int at = HeadLength; at < used;)
                    yield return Next(block, ref at, ref last);
            }
        }
        for (int at = HeadLength; at < _used;)
            yield return Next(_block, ref at, ref last);
    }

    /// <summary>Forgets everything added so far.</summary>
    public void Clear()
    {
        _blocks?.SetLength(0);
        _used = HeadLength;
        _last = default;
        Count = 0;
    }

    public void Dispose() => _blocks?.Dispose();

    private void EndBlock()
    {
        _blocks ??= scratch();
        BinaryPrimitives.WriteUInt16LittleEndian(_block, (ushort)_used);
        _blocks.Seek(0, SeekOrigin.End);
        _blocks.Write(_block);
        _used = HeadLength;
    }

    private void Write(long value) => _used += Varint.Write(_block.AsSpan(_used), value);

    private static RowEdit Next(ReadOnlySpan<byte> block, ref int at, ref RowRef last)
    {
        ReadOnlySpan<byte> rest = block[at..];
        long line = last.Line + Read(ref rest);
        long offset = last.Offset + Read(ref rest);
        long marked = Read(ref rest);
        at = block.Length - rest.Length;
        last = new RowRef(line, offset, (int)(marked >> 3));
        return new RowEdit(last, (RowAction)(marked >> 1 & 3), (marked & 1) != 0);
    }

    private static long Read(ref ReadOnlySpan<byte> from) =>
        Varint.TryRead(ref from, out long value) ? value : throw new InvalidDataException("the edits in scratch are damaged");
}
