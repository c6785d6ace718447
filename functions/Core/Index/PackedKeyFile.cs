using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Limpid.Core.Subjects;

namespace Limpid.Core.Index;

/// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on, all of it, or throws.</summary>
public delegate ValueTask ReadRange(long offset, Memory<byte> destination, CancellationToken cancellation);

/// <summary>
/// The entries of one object with many people, sorted by subject, in one file that is read by ranges. Finding a subject reads two
/// ranges (three in files beyond about 2,000 blocks): the end of the file, which holds the first key of every block, and one block of
/// about 32 KiB. Every byte is under a checksum: damage is an <see cref="InvalidDataException"/>, never an answer.
/// Safe to use from several threads when the reading delegate is.
/// </summary>
/// <remarks>
/// Layout, integers big-endian: blocks of entries (key 18 bytes, length of the rows as LEB128, rows); for each block its first
/// key, offset (8) and CRC-32C (4); the trailer: end of the blocks (8), entries (8), blocks (4), CRC of the block list (4), version (4),
/// CRC of the trailer so far (4), magic (8).
/// </remarks>
public sealed class PackedKeyFile
{
    internal const int BlockLength = 32 * 1024;
    internal const int SparseLength = SubjectKey.ByteLength + sizeof(long) + sizeof(uint);
    internal const int TrailerLength = 40;
    internal const int MaxLengthLength = 5;

    private const int TailLength = 64 * 1024;
    private const uint FormatVersion = 1;
    private const ulong Magic = 0x4C4D5044_4B455953; // LMPDKEYS

    private readonly ReadRange _read;
    private readonly ReadOnlyMemory<byte> _sparse;
    private readonly long _blocksEnd;

    private PackedKeyFile(ReadRange read, ReadOnlyMemory<byte> sparse, Trailer trailer)
    {
        _read = read;
        _sparse = sparse;
        _blocksEnd = trailer.BlocksEnd;
        Count = trailer.Count;
    }

    /// <summary>Entries in the file.</summary>
    public long Count { get; }

    private int Blocks => _sparse.Length / SparseLength;

    /// <summary>Reads the end of a file of <paramref name="length"/> bytes.</summary>
    public static async ValueTask<PackedKeyFile> OpenAsync(ReadRange read, long length, CancellationToken cancellation)
    {
        if (length < TrailerLength)
            throw Damaged("it is cut off");
        byte[] tail = new byte[Math.Min(length, TailLength)];
        await read(length - tail.Length, tail, cancellation);
        if (!Trailer.TryRead(tail.AsSpan(tail.Length - TrailerLength), out Trailer trailer, out string? why))
            throw Damaged(why);
        long sparseLength = (long)trailer.Blocks * SparseLength;
        if (trailer.BlocksEnd + sparseLength + TrailerLength != length)
            throw Damaged("its length is not what its trailer says");

        ReadOnlyMemory<byte> sparse;
        if (sparseLength + TrailerLength <= tail.Length)
        {
            sparse = tail.AsMemory(tail.Length - TrailerLength - (int)sparseLength, (int)sparseLength);
        }
        else
        {
            byte[] whole = new byte[sparseLength];
            await read(trailer.BlocksEnd, whole, cancellation);
            sparse = whole;
        }
        if (Crc32C.Of(sparse.Span) != trailer.SparseCrc)
            throw Damaged("its list of blocks has another checksum");
        return new PackedKeyFile(read, sparse, trailer);
    }

    /// <summary>The rows of one subject, or null where the file does not hold it.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> FindAsync(SubjectKey subject, CancellationToken cancellation)
    {
        int block = BlockOf(subject);
        if (block < 0)
            return null;
        ReadOnlyMemory<byte> bytes = await ReadBlockAsync(block, cancellation);
        return Search(bytes, subject);
    }

    /// <summary>Every entry, ascending.</summary>
    public async IAsyncEnumerable<IndexEntry> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        long count = 0;
        for (int block = 0; block < Blocks; block++)
        {
            ReadOnlyMemory<byte> bytes = await ReadBlockAsync(block, cancellation);
            for (int at = 0; at < bytes.Length; count++)
            {
                (int rows, int length) = EntryAt(bytes.Span, at);
                yield return new IndexEntry(SubjectKey.ReadFrom(bytes.Span[at..]), bytes.Slice(rows, length));
                at = rows + length;
            }
        }
        if (count != Count)
            throw Damaged("it holds another number of entries than its trailer says");
    }

    private static ReadOnlyMemory<byte>? Search(ReadOnlyMemory<byte> block, SubjectKey subject)
    {
        Span<byte> wanted = stackalloc byte[SubjectKey.ByteLength];
        subject.WriteTo(wanted);
        ReadOnlySpan<byte> bytes = block.Span;
        for (int at = 0; at < bytes.Length;)
        {
            (int rows, int length) = EntryAt(bytes, at);
            int order = bytes.Slice(at, SubjectKey.ByteLength).SequenceCompareTo(wanted);
            if (order == 0)
                return block.Slice(rows, length);
            if (order > 0)
                return null;
            at = rows + length;
        }
        return null;
    }

    private static (int Rows, int Length) EntryAt(ReadOnlySpan<byte> block, int at)
    {
        int next = at + SubjectKey.ByteLength;
        uint length = 0;
        for (int shift = 0; shift < 7 * MaxLengthLength && next < block.Length; shift += 7)
        {
            byte b = block[next++];
            length |= (uint)(b & 0x7F) << shift;
            if (b < 0x80)
                return length <= block.Length - next ? (next, (int)length) : throw Damaged("an entry runs over the end of its block");
        }
        throw Damaged("an entry runs over the end of its block");
    }

    // The last block whose first key is not above the wanted one; -1 where the wanted one is below all.
    private int BlockOf(SubjectKey subject)
    {
        Span<byte> wanted = stackalloc byte[SubjectKey.ByteLength];
        subject.WriteTo(wanted);
        int low = 0;
        int high = Blocks;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (Sparse(middle)[..SubjectKey.ByteLength].SequenceCompareTo(wanted) <= 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(int block, CancellationToken cancellation)
    {
        long start = OffsetOf(block);
        long end = block + 1 < Blocks ? OffsetOf(block + 1) : _blocksEnd;
        if (start < 0 || end <= start || end > _blocksEnd || end - start > Array.MaxLength)
            throw Damaged("its list of blocks makes no sense");
        byte[] bytes = new byte[end - start];
        await _read(start, bytes, cancellation);
        if (Crc32C.Of(bytes) != BinaryPrimitives.ReadUInt32BigEndian(Sparse(block)[(SubjectKey.ByteLength + sizeof(long))..]))
            throw Damaged("a block has another checksum");
        return bytes;
    }

    private long OffsetOf(int block) => BinaryPrimitives.ReadInt64BigEndian(Sparse(block)[SubjectKey.ByteLength..]);

    private ReadOnlySpan<byte> Sparse(int block) => _sparse.Span.Slice(block * SparseLength, SparseLength);

    private static InvalidDataException Damaged(string why) => new($"a packed key file of the index is damaged: {why}");

    internal readonly record struct Trailer(long BlocksEnd, long Count, int Blocks, uint SparseCrc)
    {
        public void WriteTo(Span<byte> destination)
        {
            BinaryPrimitives.WriteInt64BigEndian(destination, BlocksEnd);
            BinaryPrimitives.WriteInt64BigEndian(destination[8..], Count);
            BinaryPrimitives.WriteInt32BigEndian(destination[16..], Blocks);
            BinaryPrimitives.WriteUInt32BigEndian(destination[20..], SparseCrc);
            BinaryPrimitives.WriteUInt32BigEndian(destination[24..], FormatVersion);
            BinaryPrimitives.WriteUInt32BigEndian(destination[28..], Crc32C.Of(destination[..28]));
            BinaryPrimitives.WriteUInt64BigEndian(destination[32..], Magic);
        }

        public static bool TryRead(ReadOnlySpan<byte> source, out Trailer trailer, out string why)
        {
            trailer = new Trailer(
                BinaryPrimitives.ReadInt64BigEndian(source),
                BinaryPrimitives.ReadInt64BigEndian(source[8..]),
                BinaryPrimitives.ReadInt32BigEndian(source[16..]),
                BinaryPrimitives.ReadUInt32BigEndian(source[20..]));
            why = BinaryPrimitives.ReadUInt64BigEndian(source[32..]) != Magic ? "it does not end as one does"
                : BinaryPrimitives.ReadUInt32BigEndian(source[28..]) != Crc32C.Of(source[..28]) ? "its trailer has another checksum"
                : BinaryPrimitives.ReadUInt32BigEndian(source[24..]) != FormatVersion ? "its version is not known here"
                : trailer.BlocksEnd < 0 || trailer.Count < 0 || trailer.Blocks < 0 ? "its trailer makes no sense"
                : "";
            return why.Length == 0;
        }
    }
}
