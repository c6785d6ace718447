using System.Buffers;

namespace Limpid.Core.Index;

/// <summary>
/// Ascending rows in few bytes: their count, then for each row how many lines it begins below the one before, how many bytes lie
/// between the two, and its length, all as variable-length integers of seven bits a byte. A row of a large file takes 4 to 6 bytes.
/// </summary>
public static class RowSet
{
    /// <summary>
    /// Rows of one person in one object that are listed at most. Of somebody who has more it is only known that they are there: who wants
    /// the rows reads the object. Otherwise one entry could take gigabytes.
    /// </summary>
    public const int MostListed = 1 << 17;

    /// <summary>The row set of somebody with more rows than are listed: a count of none, which no other row set has.</summary>
    public static ReadOnlySpan<byte> Unlisted => [0];

    /// <param name="rows">Ascending, not overlapping.</param>
    public static byte[] Encode(ReadOnlySpan<RowRef> rows)
    {
        var encoder = new RowSetEncoder();
        foreach (RowRef row in rows)
            encoder.Append(row);
        return encoder.ToArray();
    }

    public static bool IsUnlisted(ReadOnlySpan<byte> encoded) => encoded.SequenceEqual(Unlisted);

    /// <exception cref="InvalidDataException">These are not the bytes of a row set, or of one whose rows are not listed.</exception>
    public static RowRef[] Decode(ReadOnlySpan<byte> encoded)
    {
        var rows = new RowRef[Count(encoded)];
        var cursor = new Cursor(encoded);
        for (int i = 0; cursor.MoveNext(); i++)
            rows[i] = cursor.Current;
        return rows;
    }

    /// <summary>How many rows there are, without decoding them. No bytes are no rows.</summary>
    /// <exception cref="InvalidDataException">These are not the bytes of a row set, or of one whose rows are not listed.</exception>
    public static int Count(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
            return 0;
        long count = Read(ref encoded);
        // A row takes three bytes or more: a damaged count must not reserve gigabytes.
        return count > 0 && count <= encoded.Length / 3 ? (int)count : throw NotARowSet();
    }

    /// <summary>One row set of several, given in ascending order of their rows: a <see cref="JoinRows"/>.</summary>
    public static void Join(IReadOnlyList<ReadOnlyMemory<byte>> parts, IBufferWriter<byte> joined)
    {
        var encoder = new RowSetEncoder();
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            if (IsUnlisted(part.Span))
            {
                joined.Write(Unlisted);
                return;
            }
            // Row by row: the rows of a large file, decoded all at once, take several times what they take encoded.
            for (var cursor = new Cursor(part.Span); cursor.MoveNext();)
                encoder.Append(cursor.Current);
        }
        joined.Write(encoder.ToArray());
    }

    private static long Read(ref ReadOnlySpan<byte> from) => Varint.TryRead(ref from, out long value) ? value : throw NotARowSet();

    private ref struct Cursor(ReadOnlySpan<byte> encoded)
    {
        private ReadOnlySpan<byte> _rest = encoded.IsEmpty ? encoded : encoded[CountLength(encoded)..];
        private int _left = Count(encoded);
        private long _end;

        public RowRef Current { get; private set; }

        /// <exception cref="InvalidDataException">These are not the bytes of a row set.</exception>
        public bool MoveNext()
        {
            if (_left == 0)
                return _rest.IsEmpty ? false : throw NotARowSet();
            _left--;
            long line = checked(Current.Line + Read(ref _rest));
            long offset = checked(_end + Read(ref _rest));
            long length = Read(ref _rest);
            if (length > int.MaxValue)
                throw NotARowSet();
            Current = new RowRef(line, offset, (int)length);
            _end = checked(offset + length);
            return true;
        }

        private static int CountLength(ReadOnlySpan<byte> encoded)
        {
            ReadOnlySpan<byte> behind = encoded;
            Read(ref behind);
            return encoded.Length - behind.Length;
        }
    }

    private static InvalidDataException NotARowSet() => new("not an encoded row set");
}
