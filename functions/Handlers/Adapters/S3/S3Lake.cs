using Amazon.S3;
using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>The buckets of a lake as one store, under keys of the form <c>s3://bucket/name</c>.</summary>
/// <param name="buckets">Their names. What is in no bucket of these is not there.</param>
internal sealed class S3Lake(IAmazonS3 s3, IEnumerable<string> buckets, S3Place staging, TimeProvider time) : ISplicingStore
{
    private readonly SortedDictionary<string, S3Store> _stores = new(
        buckets.Distinct().Select(S3Place.Lake).ToDictionary(lake => lake.Shown, lake => new S3Store(s3, lake, staging, time)), KeyOrder.Instance);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation) =>
        _stores.Values.ToAsyncEnumerable().SelectMany(store => store.ListAsync(prefix, after, cancellation));

    public ValueTask<string?> WhyUnlistableAsync(string prefix, CancellationToken cancellation) =>
        new(StoreOf(prefix) is null ? "it is in no bucket of the lake" : null);

    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation) =>
        StoreOf(key) is { } store ? await store.HeadAsync(key, cancellation) : null;

    public IAsyncEnumerable<ObjectInfo> VersionsAsync(string key, CancellationToken cancellation) =>
        StoreOf(key)?.VersionsAsync(key, cancellation) ?? AsyncEnumerable.Empty<ObjectInfo>();

    public async Task<ObjectInfo?> HeadVersionAsync(ObjectInfo listed, CancellationToken cancellation) =>
        StoreOf(listed.Key) is { } store ? await store.HeadVersionAsync(listed, cancellation) : null;

    public async Task<ObjectLook> LookAsync(string key, string? knownETag, CancellationToken cancellation) =>
        StoreOf(key) is { } store ? await store.LookAsync(key, knownETag, cancellation) : new ObjectLook(false, null);

    public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation) =>
        StoreOf(read.Key)?.OpenReadAsync(read, offset, cancellation) ?? throw new ObjectChangedException("There is no such object.");

    public async ValueTask<IReadOnlyDictionary<string, string>?> TagsAsync(ObjectInfo read, CancellationToken cancellation) =>
        StoreOf(read.Key) is { } store ? await store.TagsAsync(read, cancellation) : throw new ObjectChangedException("There is no such object.");

    public async Task<StoreResult> ReplaceAsync(
        ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
        StoreOf(read.Key) is { } store ? await store.ReplaceAsync(read, write, prove, cancellation) : new StoreResult(StoreOutcome.Gone);

    public async Task<StoreResult> SpliceAsync(
        ObjectInfo read, IReadOnlyList<ByteEdit> edits, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
        StoreOf(read.Key) is { } store ? await store.SpliceAsync(read, edits, prove, cancellation) : new StoreResult(StoreOutcome.Gone);

    public async Task<StoreResult> RemoveAsync(ObjectInfo read, Func<CancellationToken, Task<bool>> isStill, CancellationToken cancellation) =>
        StoreOf(read.Key) is { } store ? await store.RemoveAsync(read, isStill, cancellation) : new StoreResult(StoreOutcome.Gone);

    public async Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation) =>
        StoreOf(read.Key) is { } store ? await store.DeleteAsync(read, cancellation) : new StoreResult(StoreOutcome.Gone);

    public Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) =>
        StoreOf(key)?.CreateAsync(key, write, cancellation) ?? throw new ArgumentException($"no object can stand under this key here: {key}", nameof(key));

    private S3Store? StoreOf(string key)
    {
        const string Scheme = "s3://";
        int slash = key.StartsWith(Scheme, StringComparison.Ordinal) ? key.IndexOf('/', Scheme.Length) : -1;
        return slash < 0 ? null : _stores.GetValueOrDefault(key[..(slash + 1)]);
    }
}
