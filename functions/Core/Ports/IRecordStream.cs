namespace Limpid.Core.Ports;

/// <summary>A stream that others read (Kinesis).</summary>
public interface IRecordStream
{
    /// <summary>
    /// Puts a record where every reader of the stream comes by: into each shard that is open. At least once; when it returns, all have
    /// it.
    /// </summary>
    Task PutEverywhereAsync(string stream, ReadOnlyMemory<byte> record, CancellationToken cancellation);
}
