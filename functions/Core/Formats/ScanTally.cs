using Limpid.Core.Index;

namespace Limpid.Core.Formats;

/// <summary>Counts what a scan sees.</summary>
internal sealed class ScanTally
{
    private readonly List<MalformedRow> _malformed = [];
    private long _malformedRows;

    public long Rows { get; set; }

    public long EmptyRows { get; set; }

    /// <summary>Whether a blanked row was seen: well-formed, though it says nothing of anybody.</summary>
    public bool HasBlanked { get; set; }

    /// <summary>Whether no row was seen yet, well-formed or not; empty ones do not count.</summary>
    public bool IsUntouched => Rows == 0 && _malformedRows == 0;

    /// <summary>Whether the first row is an opening bracket and nothing else, as in a document that is broken over lines for people to read.</summary>
    public bool BeginsWithBracket { get; set; }

    public void Malformed(long line, long offset, long length, string reason)
    {
        if (_malformedRows++ < ScanReport.ListedMalformedRows)
            _malformed.Add(new MalformedRow(new RowRef(line, offset, (int)Math.Min(length, int.MaxValue)), reason));
    }

    public ScanReport Report(Compression compression, long contentBytes, string? unreadable) => new()
    {
        Rows = Rows,
        EmptyRows = EmptyRows,
        MalformedRows = _malformedRows,
        Malformed = _malformed,
        Compression = compression,
        ContentBytes = contentBytes,
        Unreadable = unreadable ?? WhyNotRows(),
    };

    private string? WhyNotRows() => (Rows, _malformedRows) switch
    {
        (0, > 0) when !HasBlanked => $"not one of its rows is well-formed: {_malformed[0].Reason}",
        // Its last elements, which no comma follows, look like rows.
        _ when BeginsWithBracket && _malformedRows > Rows => "it is one JSON document over several lines",
        _ => null,
    };
}
