using Limpid.Core.Ports;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Ingest;

/// <summary>A lake of which some writes fail, before they happen or after.</summary>
/// <param name="fails">Asked for each object that is created or replaced; null: it does not.</param>
internal sealed class FlakyStore(IObjectStore inner, Func<string, Crash?> fails) : IObjectStore
{
    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation) => inner.ListAsync(prefix, after, cancellation);

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation) => inner.HeadAsync(key, cancellation);

    public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation) => inner.OpenReadAsync(read, offset, cancellation);

    public Task<StoreResult> ReplaceAsync(
        ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
        TryAsync(read.Key, () => inner.ReplaceAsync(read, write, prove, cancellation));

    public Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation) => inner.DeleteAsync(read, cancellation);

    public Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) =>
        TryAsync(key, () => inner.CreateAsync(key, write, cancellation));

    private async Task<StoreResult> TryAsync(string key, Func<Task<StoreResult>> write)
    {
        Crash? crash = fails(key);
        StoreResult result = crash == Crash.Before ? default : await write();
        return crash is null ? result : throw new IOException("the store is away");
    }
}
