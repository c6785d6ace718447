using System.Runtime.CompilerServices;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>What a Map reads from the local stores, and writes to them.</summary>
/// <param name="buckets">The store of a bucket, or null where there is none.</param>
internal sealed class StoredItems(Func<string, IObjectStore?> buckets) : IItemSource
{
    public async Task<Stream?> OpenAsync(string bucket, string key, CancellationToken cancellation) =>
        buckets(bucket) is { } store && await store.HeadAsync(key, cancellation) is { } info ? await store.OpenReadAsync(info, 0, cancellation) : null;

    public async IAsyncEnumerable<JsonData> ListAsync(string bucket, string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        IObjectStore store = buckets(bucket) ?? throw new ItemReaderException($"There is no bucket '{bucket}' here.");
        await foreach (ObjectInfo info in store.ListAsync(prefix, null, cancellation))
        {
            if (info is { IsCurrent: true, IsDeleteMarker: false })
            {
                yield return JsonData.Object(
                    ("Etag", JsonData.Of($"\"{info.ETag}\"")), ("Key", JsonData.Of(info.Key)), ("LastModified", JsonData.Of(info.Modified.ToUnixTimeSeconds())),
                    ("Size", JsonData.Of(info.Size)), ("StorageClass", JsonData.Of("STANDARD")));
            }
        }
    }

    public Task WriteAsync(string bucket, string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) =>
        buckets(bucket) is { } store ? store.CreateAsync(key, write, cancellation) : throw new IOException($"There is no bucket '{bucket}' here.");
}
