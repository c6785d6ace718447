namespace Limpid.Core.Index;

/// <summary>
/// Encodes rows as they come. A value to be kept in a dictionary and changed in place (<c>CollectionsMarshal.GetValueRefOrAddDefault</c>):
/// the default is empty, and the first row takes no memory of its own, so that a million people with a row each cost no million arrays.
/// Beyond <see cref="RowSet.MostListed"/> rows it keeps none of them.
/// </summary>
public struct RowSetEncoder
{
    private const int LongestRow = Varint.MostBytes + Varint.MostBytes + 5;

    private RowRef _first;
    private byte[]? _more;
    private int _used;
    private long _line;
    private long _end;

    public int Count { get; private set; }

    /// <param name="row">Behind the one before: neither line nor offset goes back.</param>
    public void Append(RowRef row)
    {
        if (row.Length < 0 || row.Line < _line || row.Offset < _end)
            throw new ArgumentException("rows are appended in ascending order and do not overlap", nameof(row));
        if (Count == 0)
            _first = row;
        else if (Count < RowSet.MostListed)
            AppendNext(row);
        else
            _more = null;
        Count++;
        _line = row.Line;
        _end = row.Offset + row.Length;
    }

    /// <summary>The row set; empty for no rows, <see cref="RowSet.Unlisted"/> for too many.</summary>
    public readonly byte[] ToArray()
    {
        if (Count == 0)
            return [];
        if (Count > RowSet.MostListed)
            return RowSet.Unlisted.ToArray();
        Span<byte> head = stackalloc byte[5 + LongestRow];
        int length = Varint.Write(head, Count);
        length += Varint.Write(head[length..], _first.Line);
        length += Varint.Write(head[length..], _first.Offset);
        length += Varint.Write(head[length..], _first.Length);
        byte[] encoded = new byte[length + _used];
        head[..length].CopyTo(encoded);
        _more.AsSpan(0, _used).CopyTo(encoded.AsSpan(length));
        return encoded;
    }

    private void AppendNext(RowRef row)
    {
        Span<byte> next = stackalloc byte[LongestRow];
        int length = Varint.Write(next, row.Line - _line);
        length += Varint.Write(next[length..], row.Offset - _end);
        length += Varint.Write(next[length..], row.Length);
        if (_more is null)
            _more = new byte[16];
        if (_more.Length - _used < length)
            Array.Resize(ref _more, Math.Max(_more.Length * 2, _used + length));
        next[..length].CopyTo(_more.AsSpan(_used));
        _used += length;
    }
}
