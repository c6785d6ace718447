using System.Buffers;
using System.Buffers.Binary;
using Limpid.Core.Subjects;

namespace Limpid.Core.Index;

/// <summary>
/// Writes a <see cref="PackedKeyFile"/> front to back, in a few hundred kilobytes of memory whatever it holds. The file is whole
/// only after <see cref="Complete"/>; what was cut off before is refused by the reader. The stream is left open and not flushed to disk.
/// </summary>
public sealed class PackedKeyWriter(Stream destination)
{
    private readonly ArrayBufferWriter<byte> _sparse = new();
    private byte[] _block = new byte[PackedKeyFile.BlockLength * 2];
    private int _used;
    private long _offset;
    private SubjectKey _first;
    private SubjectKey _last;

    public long Count { get; private set; }

    /// <summary>Adds an entry. <see cref="ArgumentException"/> where its subject is not above the one before.</summary>
    public void Add(SubjectKey subject, ReadOnlySpan<byte> rows)
    {
        if (Count > 0 && subject <= _last)
            throw new ArgumentException("entries come in ascending order of subject, each subject once", nameof(subject));
        if (_used >= PackedKeyFile.BlockLength)
            EndBlock();
        if (_used == 0)
            _first = subject;
        int most = _used + SubjectKey.ByteLength + PackedKeyFile.MaxLengthLength + rows.Length;
        if (most > _block.Length)
            Array.Resize(ref _block, most);
        subject.WriteTo(_block.AsSpan(_used));
        _used += SubjectKey.ByteLength;
        _used += Varint.Write(_block.AsSpan(_used), rows.Length);
        rows.CopyTo(_block.AsSpan(_used));
        _used += rows.Length;
        _last = subject;
        Count++;
    }

    /// <summary>Writes what is left and the trailer; returns the length of the file in bytes. To be called once, as the last thing.</summary>
    public long Complete()
    {
        if (_used > 0)
            EndBlock();
        destination.Write(_sparse.WrittenSpan);
        Span<byte> trailer = stackalloc byte[PackedKeyFile.TrailerLength];
        new PackedKeyFile.Trailer(_offset, Count, _sparse.WrittenCount / PackedKeyFile.SparseLength, Crc32C.Of(_sparse.WrittenSpan)).WriteTo(trailer);
        destination.Write(trailer);
        return _offset + _sparse.WrittenCount + PackedKeyFile.TrailerLength;
    }

    private void EndBlock()
    {
        ReadOnlySpan<byte> block = _block.AsSpan(0, _used);
        Span<byte> sparse = _sparse.GetSpan(PackedKeyFile.SparseLength);
        _first.WriteTo(sparse);
        BinaryPrimitives.WriteInt64BigEndian(sparse[SubjectKey.ByteLength..], _offset);
        BinaryPrimitives.WriteUInt32BigEndian(sparse[(SubjectKey.ByteLength + sizeof(long))..], Crc32C.Of(block));
        _sparse.Advance(PackedKeyFile.SparseLength);
        destination.Write(block);
        _offset += _used;
        _used = 0;
    }
}
