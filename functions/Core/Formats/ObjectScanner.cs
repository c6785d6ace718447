using System.Runtime.CompilerServices;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>
/// Reads the rows of a dataset's objects and the people whom they name, in one pass and in memory that does not grow with the object.
/// Every row is proven well-formed; what is not is counted and listed with its position. Thread-safe; scans that follow each other
/// share what they know of identifiers already hashed.
/// </summary>
/// <param name="dataset">Objects of another format than NDJSON and CSV are unreadable.</param>
/// <param name="kinds">At least those that the dataset names.</param>
public sealed class ObjectScanner(Dataset dataset, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher)
{
    private RowScan? _idle;

    /// <summary>Scans an object from its first byte to its last. Leaves <paramref name="content"/> open.</summary>
    /// <exception cref="IOException">The stream can't be read; what the sink took does not count.</exception>
    public async Task<ScanReport> ScanAsync(Stream content, IRowSink sink, CancellationToken cancellation)
    {
        if (dataset.Format is not (DataFormat.Ndjson or DataFormat.Csv))
            return new ScanReport { Unreadable = $"{dataset.Format} is not read by this version" };
        RowScan scan = Interlocked.Exchange(ref _idle, null) ?? new RowScan(dataset, kinds, hasher);
        Content opened = await Content.OpenAsync(content, cancellation).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            var tally = new ScanTally();
            var window = new ContentBuffer(opened.Bytes, RowLimits.Bytes + 64 * 1024);
            await using ConfiguredAsyncDisposable closing = window.ConfigureAwait(false);
            string? unreadable;
            try
            {
                unreadable = await ReadAsync(window, ReaderOf(scan, sink, tally), cancellation).ConfigureAwait(false);
            }
            catch (InvalidDataException) when (opened.Compression == Compression.Gzip)
            {
                unreadable = "its gzip stream is damaged, cut short, or followed by something else";
            }
            Volatile.Write(ref _idle, scan);
            return tally.Report(opened.Compression, window.Offset, unreadable);
        }
    }

    private IRowReader ReaderOf(RowScan scan, IRowSink sink, ScanTally tally) => dataset.Format switch
    {
        DataFormat.Ndjson => new NdjsonReader(scan, sink, tally),
        DataFormat.Csv => new CsvReader(dataset, scan, sink, tally),
        _ => throw new NotSupportedException($"rows of format {dataset.Format} are not read line by line"),
    };

    private static async Task<string?> ReadAsync(ContentBuffer window, IRowReader reader, CancellationToken cancellation)
    {
        await window.FillAsync(cancellation).ConfigureAwait(false);
        if (ForeignFormat.Recognise(window.Unread) is { } foreign)
            return foreign;
        while (true)
        {
            if (reader.Read(window) is { } reason)
                return reason;
            if (window.AtEnd)
                return null;
            await window.FillAsync(cancellation).ConfigureAwait(false);
        }
    }
}
