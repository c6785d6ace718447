using Limpid.Core.Index;

namespace Limpid.Core.Formats;

/// <summary>One JSON object a line.</summary>
internal sealed class NdjsonReader(RowScan scan, IRowSink sink, ScanTally tally) : IRowReader
{
    private long _line;
    private bool _begun;

    // Of a row that is too long: where it began, while its end is looked for.
    private long _skippedFrom = -1;
    private bool _skippedEndsInReturn;

    public string? Read(ContentBuffer window)
    {
        if (!_begun)
        {
            _begun = true;
            if (window.Unread.StartsWith(ByteOrderMark.Utf8))
                window.Advance(ByteOrderMark.Utf8.Length);
        }
        while (!window.Unread.IsEmpty)
        {
            if (_skippedFrom >= 0)
            {
                Skip(window);
                continue;
            }
            ReadOnlySpan<byte> unread = window.Unread;
            int newline = unread.IndexOf((byte)'\n');
            if (newline < 0 && !window.AtEnd)
            {
                if (window.IsFull)
                    BeginSkipping(window);
                return null;
            }
            ReadOnlySpan<byte> row = newline < 0 ? unread : unread[..newline];
            if (newline >= 0 && row is [.., (byte)'\r'])
                row = row[..^1];
            if (tally.IsUntouched)
                tally.BeginsWithBracket = IsBracketAlone(row);
            OnRow(row, window.Offset);
            window.Advance(newline < 0 ? unread.Length : newline + 1);
            _line++;
        }
        if (window.AtEnd && _skippedFrom >= 0)
            EndSkipping(window.Offset);
        return null;
    }

    private static bool IsBracketAlone(ReadOnlySpan<byte> row)
    {
        ReadOnlySpan<byte> space = " \t\r"u8;
        int start = row.IndexOfAnyExcept(space);
        return start >= 0 && row[start] is (byte)'[' or (byte)'{' && row[(start + 1)..].IndexOfAnyExcept(space) < 0;
    }

    private void OnRow(ReadOnlySpan<byte> row, long offset)
    {
        if (row.Length > RowLimits.Bytes)
        {
            Malformed(row, offset, RowFaults.TooLong);
            return;
        }
        switch (row.IsEmpty ? JsonRowShape.Empty : scan.ReadJson(row))
        {
            case JsonRowShape.Object when scan.NamesTooMany:
                Malformed(row, offset, RowFaults.TooManyPeople);
                break;
            case JsonRowShape.Object:
                tally.Rows++;
                sink.OnRow(new RowRef(_line, offset, row.Length), row, scan.People);
                break;
            case JsonRowShape.Empty:
                tally.EmptyRows++;
                tally.HasBlanked |= !row.IsEmpty;
                break;
            case JsonRowShape.NotAnObject when row.IndexOfAnyExcept(" \t\r"u8) < 0:
                tally.EmptyRows++;
                break;
            case JsonRowShape.NotAnObject:
                Malformed(row, offset, RowFaults.NotAnObject);
                break;
            default:
                Malformed(row, offset, RowFaults.BrokenJson);
                break;
        }
    }

    private void Malformed(ReadOnlySpan<byte> row, long offset, string reason)
    {
        tally.Malformed(_line, offset, row.Length, reason);
        sink.OnMalformedRow(row);
    }

    private void BeginSkipping(ContentBuffer window)
    {
        _skippedFrom = window.Offset;
        Pass(window, window.Unread.Length);
    }

    private void Skip(ContentBuffer window)
    {
        int newline = window.Unread.IndexOf((byte)'\n');
        Pass(window, newline < 0 ? window.Unread.Length : newline);
        if (newline < 0)
            return;
        EndSkipping(_skippedEndsInReturn ? window.Offset - 1 : window.Offset);
        window.Advance(1);
    }

    private void EndSkipping(long end)
    {
        tally.Malformed(_line++, _skippedFrom, end - _skippedFrom, RowFaults.TooLong);
        sink.OnMalformedRow([]);
        _skippedFrom = -1;
    }

    private void Pass(ContentBuffer window, int count)
    {
        if (count > 0)
            _skippedEndsInReturn = window.Unread[count - 1] == '\r';
        window.Advance(count);
    }
}
