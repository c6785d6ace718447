using System.Text.Json;
using Limpid.Core.Lake;

namespace Limpid.Functions.Refresh;

/// <param name="Object">Its key.</param>
internal sealed record ChangeFile(string Reference, int Version, string Object);

/// <summary>What a change record in a stream says, in the form of DMS's control records, which readers of such streams pass over.</summary>
internal sealed record ChangeRecord(ChangeRecordData Data, ChangeRecordMetadata Metadata);

internal sealed record ChangeRecordData;

internal sealed record ChangeRecordMetadata(
    [property: System.Text.Json.Serialization.JsonPropertyName("record-type")] string RecordType, string Operation, string Reference, int Version);

/// <summary>
/// Tells programs outside that a version is current: by a file for each consumer, and by a record in a stream. After the pointer moved, so
/// that whoever is told finds it; at least once.
/// </summary>
internal sealed class ChangeNotices(Ports ports)
{
    public async Task SendAsync(Reference reference, int version, CancellationToken cancellation)
    {
        foreach (string consumer in reference.ChangeFiles ?? [])
        {
            byte[] file = JsonSerializer.SerializeToUtf8Bytes(
                new ChangeFile(reference.Name, version, reference.Folder() + ReferenceObjects.VersionName(version)), RefreshJson.Default.ChangeFile);
            // One that stands already says the same.
            await ports.Objects.CreateAsync(reference.ChangeFileKey(consumer, version), (target, token) => target.WriteAsync(file, token).AsTask(), cancellation);
        }
        if (reference.ChangeRecords is not { } stream)
            return;
        var record = new ChangeRecord(new ChangeRecordData(), new ChangeRecordMetadata("control", "reference-changed", reference.Name, version));
        await (ports.Streams ?? throw new InvalidOperationException($"there is no stream {stream} here"))
            .PutEverywhereAsync(stream, JsonSerializer.SerializeToUtf8Bytes(record, RefreshJson.Default.ChangeRecord), cancellation);
    }
}
