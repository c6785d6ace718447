namespace Limpid.Core.Formats;

/// <summary>The values of one row of CSV, as <see cref="IRowSink.OnRow"/> hands it over. Not thread-safe.</summary>
public sealed class CsvValues
{
    private readonly CsvRow _row = new();
    private byte[] _scratch = new byte[256];

    /// <summary>Of the row that was split last.</summary>
    public int Count => _row.Fields.Length;

    /// <param name="row">Without its line ending.</param>
    public void Split(ReadOnlySpan<byte> row) => _row.Split(row, atEnd: true);

    /// <summary>What a field says, without quotes; false where it is unquoted and empty, which says nothing. Valid until the next call.</summary>
    /// <param name="row">The same bytes that were split.</param>
    public bool TryText(ReadOnlySpan<byte> row, int column, out ReadOnlySpan<byte> text) => CsvColumns.TryText(row, _row.Fields[column], ref _scratch, out text);
}
