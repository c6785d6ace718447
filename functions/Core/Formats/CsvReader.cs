using Limpid.Core.Index;
using Limpid.Core.Lake;

namespace Limpid.Core.Formats;

/// <summary>RFC 4180, with a header.</summary>
internal sealed class CsvReader(Dataset dataset, RowScan scan, IRowSink sink, ScanTally tally) : IRowReader
{
    private readonly CsvRow _row = new();
    private CsvColumns? _columns;
    private CsvSkip? _skip;
    private long _line;
    private bool _begun;

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
            if (_skip is not null)
            {
                Skip(window);
                continue;
            }
            ReadOnlySpan<byte> unread = window.Unread;
            if (_row.Split(unread, window.AtEnd) == CsvRowEnd.Beyond)
            {
                if (!window.IsFull)
                    return null;
                if (_columns is null)
                    return "its header does not end within 16 MiB";
                _skip = new CsvSkip(_line, window.Offset);
                continue;
            }
            ReadOnlySpan<byte> row = unread[.._row.Length];
            if (_row.IsEmpty)
                tally.EmptyRows++;
            else if (_columns is not null)
                OnRow(row, window.Offset);
            else if ((_columns = CsvColumns.From(row, _row, dataset, scan.Fields, out string? reason)) is null)
                return reason;
            else
                sink.OnHeader(row);
            window.Advance(_row.LengthWithEnding);
            _line += 1 + (_row.HasQuotes ? row.Count((byte)'\n') : 0);
        }
        if (window.AtEnd && _skip is not null)
        {
            _skip.End();
            EndSkipping(_skip);
        }
        return null;
    }

    private void OnRow(ReadOnlySpan<byte> row, long offset)
    {
        if (FaultOf(row) is { } fault)
        {
            tally.Malformed(_line, offset, row.Length, fault);
            sink.OnMalformedRow(row);
            return;
        }
        tally.Rows++;
        sink.OnRow(new RowRef(_line, offset, row.Length), row, scan.People);
    }

    private string? FaultOf(ReadOnlySpan<byte> row)
    {
        if (row.Length > RowLimits.Bytes)
            return RowFaults.TooLong;
        if (_row.Fault is not null)
            return _row.Fault;
        if (_row.FieldCount != _columns!.Count)
            return RowFaults.FieldCount;
        if (row.Contains((byte)0))
            return RowFaults.Nul;
        return scan.TryReadCsv(row, _row, _columns) ? null : RowFaults.IdentifierNotUtf8;
    }

    private void Skip(ContentBuffer window)
    {
        int passed = _skip!.Pass(window.Unread);
        bool ended = passed < window.Unread.Length;
        window.Advance(ended ? passed + 1 : passed);
        if (ended)
            EndSkipping(_skip);
    }

    private void EndSkipping(CsvSkip skip)
    {
        tally.Malformed(skip.Line, skip.Offset, skip.Length, RowFaults.TooLong);
        sink.OnMalformedRow([]);
        _line = skip.Line + skip.NewLines + 1;
        _skip = null;
    }
}
