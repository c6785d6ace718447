namespace Limpid.Core.Ports;

/// <summary>A table that others write (DynamoDB; on one machine, one of the local services), read whole. Nothing is written through it.</summary>
public interface ITableReader
{
    /// <summary>
    /// The items, a JSON object in UTF-8 each, in no order. What was written before the call is among them as it was written or later;
    /// what is written meanwhile may be.
    /// </summary>
    /// <remarks>Numbers stand as the table has them, sets are arrays in order, bytes are base64.</remarks>
    /// <exception cref="TableMissingException">There is no such table.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ScanAsync(string table, CancellationToken cancellation);
}

public sealed class TableMissingException(string table) : Exception($"there is no table {table}");
