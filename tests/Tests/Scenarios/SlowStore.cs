using Limpid.Core.Ports;

namespace Limpid.Tests.Scenarios;

/// <summary>A store that somebody sees every request to, before it is made: to let time pass, or to get in between.</summary>
internal sealed class SlowStore(IObjectStore inner, Action<string> before) : IObjectStore
{
    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation)
    {
        before(nameof(ListAsync));
        return inner.ListAsync(prefix, after, cancellation);
    }

    public ValueTask<string?> WhyUnlistableAsync(string prefix, CancellationToken cancellation) => inner.WhyUnlistableAsync(prefix, cancellation);

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation)
    {
        before(nameof(HeadAsync));
        return inner.HeadAsync(key, cancellation);
    }

    public IAsyncEnumerable<ObjectInfo> VersionsAsync(string key, CancellationToken cancellation)
    {
        before(nameof(VersionsAsync));
        return inner.VersionsAsync(key, cancellation);
    }

    public Task<ObjectInfo?> HeadVersionAsync(ObjectInfo listed, CancellationToken cancellation)
    {
        before(nameof(HeadVersionAsync));
        return inner.HeadVersionAsync(listed, cancellation);
    }

    public Task<ObjectLook> LookAsync(string key, string? knownETag, CancellationToken cancellation)
    {
        before(nameof(LookAsync));
        return inner.LookAsync(key, knownETag, cancellation);
    }

    public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation)
    {
        before(nameof(OpenReadAsync));
        return inner.OpenReadAsync(read, offset, cancellation);
    }

    public ValueTask<IReadOnlyDictionary<string, string>?> TagsAsync(ObjectInfo read, CancellationToken cancellation)
    {
        before(nameof(TagsAsync));
        return inner.TagsAsync(read, cancellation);
    }

    public Task<StoreResult> ReplaceAsync(
        ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation)
    {
        before(nameof(ReplaceAsync));
        return inner.ReplaceAsync(read, write, prove, cancellation);
    }

    public Task<StoreResult> RemoveAsync(ObjectInfo read, Func<CancellationToken, Task<bool>> isStill, CancellationToken cancellation)
    {
        before(nameof(RemoveAsync));
        return inner.RemoveAsync(read, isStill, cancellation);
    }

    public Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation)
    {
        before(nameof(DeleteAsync));
        return inner.DeleteAsync(read, cancellation);
    }

    public Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        before(nameof(CreateAsync));
        return inner.CreateAsync(key, write, cancellation);
    }
}
