using System.Text.Json;
using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Refresh;

/// <summary>Reads reference data whole where they are kept. They are small: what is not is refused.</summary>
internal sealed class ReferenceReader(Ports ports)
{
    /// <summary>Readers hold a version in memory.</summary>
    private const long MostBytes = 64 * 1024 * 1024;

    private const int MostAttempts = 5;

    /// <exception cref="BadReferenceException">They can't be read as rows, or are too large.</exception>
    /// <exception cref="TableMissingException">The table is not there.</exception>
    public async Task<ReferenceContent> ReadAsync(Reference reference, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                IReadOnlyList<JsonElement> rows = reference.Source!.Table is { } table
                    ? await OfTableAsync(reference, table, cancellation)
                    : await OfObjectsAsync(reference, cancellation);
                return ReferenceContent.Of(rows, reference.Key);
            }
            catch (ObjectChangedException) when (attempt < MostAttempts)
            {
                // Written while it was read: what it is now counts.
            }
        }
    }

    private async Task<IReadOnlyList<JsonElement>> OfTableAsync(Reference reference, string table, CancellationToken cancellation)
    {
        ITableReader tables = ports.Tables ?? throw new TableMissingException(table);
        var rows = new List<JsonElement>();
        long bytes = 0;
        await foreach (ReadOnlyMemory<byte> item in tables.ScanAsync(table, cancellation))
        {
            bytes += item.Length;
            if (bytes > MostBytes)
                throw new BadReferenceException(reference.Name, FormattableString.Invariant($"the table has more than {MostBytes} bytes"));
            using JsonDocument row = JsonDocument.Parse(item);
            rows.Add(row.RootElement.Clone());
        }
        return rows;
    }

    private async Task<IReadOnlyList<JsonElement>> OfObjectsAsync(Reference reference, CancellationToken cancellation)
    {
        var rows = new List<JsonElement>();
        long left = MostBytes;
        await foreach (ObjectInfo info in ports.Objects.ListAsync(reference.Source!.Location!, null, cancellation))
        {
            if (!info.IsCurrent || info.IsDeleteMarker || info.Key == reference.Source.Location)
                continue;
            try
            {
                await using Stream content = await ports.Objects.OpenReadAsync(info, 0, cancellation);
                rows.AddRange(await LooseRows.ReadAsync(content, left, cancellation));
            }
            catch (InvalidDataException bad)
            {
                // Which of them it is may not be said: an object's name can be a person's.
                throw new BadReferenceException(reference.Name, $"an object under {reference.Source.Location} can't be read: {bad.Message}");
            }
            left -= info.Size;
        }
        return rows;
    }
}
