using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Formats;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>
/// A bucket, or a part of one, as an object store. Every write is conditional at S3 (<c>If-None-Match: *</c> or <c>If-Match</c>),
/// and what is removed is removed by its version's id. The version without an id (<see cref="ObjectInfo.Version"/> empty) is the
/// only one of a bucket without versions, and S3's <c>null</c> version in others.
/// </summary>
/// <param name="s3">Made with <see cref="S3HttpClients"/>.</param>
/// <param name="staging">Where new content is put together and proven; outside of every lake, in the same region. See <see cref="S3Staging"/>.</param>
/// <param name="held">Bytes of new content that are held in memory and written in one request; at least 5 MiB.</param>
internal sealed class S3Store(IAmazonS3 s3, S3Place place, S3Place staging, TimeProvider time, int held = S3Spool.InMemory) : ISplicingStore
{
    private const int ConflictAttempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly S3Bucket _bucket = new(s3, place.Bucket, time);
    private readonly S3Reading _reading = new(s3);

    private S3Listing Listing => new(s3, place, _bucket, time);

    private S3Rewrite Rewrite => new(s3, place, _bucket, new S3Staging(s3, staging, time), time, held);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation) => Listing.ListAsync(prefix, after, cancellation);

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation) => Listing.HeadAsync(key, cancellation);

    public IAsyncEnumerable<ObjectInfo> VersionsAsync(string key, CancellationToken cancellation) => Listing.VersionsAsync(key, cancellation);

    public Task<ObjectInfo?> HeadVersionAsync(ObjectInfo listed, CancellationToken cancellation) => Listing.HeadVersionAsync(listed, cancellation);

    public async Task<ObjectLook> LookAsync(string key, string? knownETag, CancellationToken cancellation) =>
        knownETag is not null && place.NameOf(key) is { } name && S3Place.WhyUnreachable(name) is null && await IsUnchangedAsync(name, knownETag, cancellation)
            ? new ObjectLook(true, null)
            : new ObjectLook(false, await HeadAsync(key, cancellation));

    private async Task<bool> IsUnchangedAsync(string name, string etag, CancellationToken cancellation)
    {
        try
        {
            await s3.GetObjectMetadataAsync(
                new GetObjectMetadataRequest { BucketName = place.Bucket, Key = name, EtagToNotMatch = S3Answers.Quoted(etag) }, cancellation);
            return false;
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == HttpStatusCode.NotModified)
        {
            return true;
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
            return false;
        }
    }

    public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation) =>
        place.NameOf(read.Key) is { } name
            ? S3Place.WhyUnreachable(name) is { } why
                ? throw new ObjectUnreadableException(why)
                : _reading.OpenAsync(new S3Source(place.Bucket, name, read.Version, read.ETag, read.Size), offset, cancellation)
            : throw new ObjectChangedException("There is no such object.");

    public async ValueTask<IReadOnlyDictionary<string, string>?> TagsAsync(ObjectInfo read, CancellationToken cancellation)
    {
        if (place.NameOf(read.Key) is not { } name || S3Place.WhyUnreachable(name) is not null)
            throw new ObjectChangedException("There is no such object.");
        try
        {
            GetObjectTaggingResponse answer = await s3.GetObjectTaggingAsync(
                new GetObjectTaggingRequest { BucketName = place.Bucket, Key = name, VersionId = S3Answers.IdOf(read.Version) }, cancellation);
            return (answer.Tagging ?? []).ToDictionary(tag => tag.Key, tag => tag.Value ?? "", StringComparer.Ordinal);
        }
        catch (AmazonS3Exception gone) when (gone.IsGone())
        {
            throw new ObjectChangedException("The object is gone.");
        }
        catch (AmazonS3Exception answer) when (answer.IsRefused())
        {
            return null;
        }
    }

    public Task<StoreResult> ReplaceAsync(
        ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
        Rewrite.ReplaceAsync(read, write, prove, cancellation);

    public Task<StoreResult> SpliceAsync(
        ObjectInfo read, IReadOnlyList<ByteEdit> edits, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
        Rewrite.SpliceAsync(read, edits, prove, cancellation);

    public async Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        string name = place.NameOf(key) is { } possible && S3Place.WhyUnreachable(possible) is null
            ? possible
            : throw new ArgumentException($"no object can stand under this key here: {key}", nameof(key));
        await using var spool = new S3Spool(s3, () => new InitiateMultipartUploadRequest { BucketName = place.Bucket, Key = name }, held);
        await write(spool, cancellation);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                (string? version, string etag) = spool.Content is { } content
                    ? await PutNewAsync(name, content, cancellation)
                    : await CompleteNewAsync(spool, cancellation);
                ObjectInfo? info = await HeadAsync(key, cancellation);
                return new StoreResult(
                    StoreOutcome.Done,
                    info is not null && info.Version == S3Answers.VersionOf(version) && info.ETag == S3Answers.ETagOf(etag) ? info : null);
            }
            catch (AmazonS3Exception answer) when (answer.IsConflict() && spool.Content is not null && attempt < ConflictAttempts)
            {
                await Task.Delay(Pause, time, cancellation);
            }
            catch (AmazonS3Exception answer) when (answer.IsChanged())
            {
                return new StoreResult(StoreOutcome.Changed);
            }
            catch (AmazonS3Exception answer) when (answer.IsConflict())
            {
                // Of the other request it is not known whether anything came of it; that is what "changed" would say.
                return await HeadAsync(key, cancellation) is not null
                    ? new StoreResult(StoreOutcome.Changed)
                    : throw new IOException("S3 refuses it for another request that is under way");
            }
        }
    }

    public async Task<StoreResult> RemoveAsync(ObjectInfo read, Func<CancellationToken, Task<bool>> isStill, CancellationToken cancellation)
    {
        if (place.NameOf(read.Key) is not { } name)
            return new StoreResult(StoreOutcome.Gone);
        if (S3Place.WhyUnreachable(name) is { } unreachable)
            return new StoreResult(StoreOutcome.Blocked, Reason: unreachable);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                bool keepsVersions = (await _bucket.VersioningAsync(cancellation)).Versioning != S3Versioning.Never;
                if (keepsVersions && await _bucket.WhyWriteLosesNullVersionAsync(name, read, cancellation) is { } lost)
                    return new StoreResult(StoreOutcome.Blocked, Reason: lost);
                if (!await IsCurrentAsync(name, read, cancellation) || !await isStill(cancellation))
                    return new StoreResult(StoreOutcome.Changed);
                return keepsVersions
                    ? await MarkAsync(name, read, isStill, cancellation)
                    : await DeleteNullVersionAsync(name, read, cancellation);
            }
            catch (AmazonS3Exception answer) when (answer.IsConflict() && attempt < ConflictAttempts)
            {
                await Task.Delay(Pause, time, cancellation);
            }
            catch (AmazonS3Exception answer) when (answer.OfWrite() is { } outcome)
            {
                return outcome;
            }
        }
    }

    public async Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation)
    {
        if (place.NameOf(read.Key) is not { } name)
            return new StoreResult(StoreOutcome.Gone);
        if (S3Place.WhyUnreachable(name) is { } unreachable)
            return new StoreResult(StoreOutcome.Blocked, Reason: unreachable);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (await WhyNotRemovedAsync(name, read, cancellation) is { } refusal)
                    return refusal;
                if (read.Version.Length == 0)
                    return await DeleteNullVersionAsync(name, read, cancellation);
                await s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = place.Bucket, Key = name, VersionId = read.Version }, cancellation);
                return new StoreResult(StoreOutcome.Done);
            }
            catch (AmazonS3Exception answer) when (answer.IsConflict() && attempt < ConflictAttempts)
            {
                await Task.Delay(Pause, time, cancellation);
            }
            catch (AmazonS3Exception answer) when (answer.OfWrite() is { } lost)
            {
                return lost;
            }
        }
    }

    // S3's condition is on the ETag alone, which the same bytes put again do not change: between this look and the request lies the one
    // moment in which a bucket without versions loses such a write. It tells times by the second.
    private async Task<bool> IsCurrentAsync(string name, ObjectInfo read, CancellationToken cancellation)
    {
        GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = place.Bucket, Key = name }, cancellation);
        return S3Answers.ETagOf(head.ETag) == read.ETag && S3Answers.VersionOf(head.VersionId) == read.Version
            && (S3Answers.TimeOf(head.LastModified) - read.Modified).Duration() < TimeSpan.FromSeconds(1);
    }

    // Where versions are kept, what came in that moment lies right below the marker, and is there again once that is gone. A marker
    // without an id took the place of the version without one: nothing is below it that could be looked at.
    private async Task<StoreResult> MarkAsync(string name, ObjectInfo read, Func<CancellationToken, Task<bool>> isStill, CancellationToken cancellation)
    {
        DeleteObjectResponse marked = await s3.DeleteObjectAsync(
            new DeleteObjectRequest { BucketName = place.Bucket, Key = name, IfMatch = S3Answers.Quoted(read.ETag) }, cancellation);
        string marker = S3Answers.VersionOf(marked.VersionId);
        if (marker.Length == 0 || (await IsRightBelowAsync(read, marker, cancellation) && await isStill(cancellation)))
            return new StoreResult(StoreOutcome.Done);
        await s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = place.Bucket, Key = name, VersionId = marker }, cancellation);
        return new StoreResult(StoreOutcome.Changed);
    }

    private async Task<bool> IsRightBelowAsync(ObjectInfo read, string marker, CancellationToken cancellation)
    {
        bool isBelow = false;
        await foreach (ObjectInfo version in VersionsAsync(read.Key, cancellation))
        {
            if (isBelow)
                return version.Version == read.Version;
            isBelow = version.Version == marker;
        }
        return false;
    }

    private async Task<(string? Version, string ETag)> PutNewAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        PutObjectResponse answer = await s3.PutObjectAsync(new PutObjectRequest
        {
            BucketName = place.Bucket,
            Key = name,
            InputStream = new MemoryStream(content.ToArray(), writable: false),
            IfNoneMatch = "*",
        }, cancellation);
        return (answer.VersionId, answer.ETag);
    }

    private static async Task<(string? Version, string ETag)> CompleteNewAsync(S3Spool spool, CancellationToken cancellation)
    {
        CompleteMultipartUploadResponse answer = await spool.CompleteAsync("*", cancellation);
        return (answer.VersionId, answer.ETag);
    }

    // S3 says done of removing what is not there, so that it has to be asked before.
    private async Task<StoreResult?> WhyNotRemovedAsync(string name, ObjectInfo read, CancellationToken cancellation)
    {
        S3BucketFacts facts = await _bucket.FactsAsync(cancellation);
        if (S3Describe.WhyBucketBlocks(facts) is { } blocked)
            return new StoreResult(StoreOutcome.Blocked, Reason: blocked);
        if (read.IsDeleteMarker)
            return await IsMarkerThereAsync(name, read, cancellation) ? null : new StoreResult(StoreOutcome.Gone);
        try
        {
            GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(
                new GetObjectMetadataRequest { BucketName = place.Bucket, Key = name, VersionId = S3Answers.IdOf(read.Version) }, cancellation);
            return S3Answers.ETagOf(head.ETag) != read.ETag ? new StoreResult(StoreOutcome.Changed)
                : S3Describe.WhyLocked(head, time.GetUtcNow()) is { } why ? new StoreResult(StoreOutcome.Blocked, Reason: why)
                : null;
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == HttpStatusCode.MethodNotAllowed)
        {
            return new StoreResult(StoreOutcome.Changed);
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == HttpStatusCode.BadRequest)
        {
            // A customer's key is needed to look at it, but not to remove it; only a version with an id is surely the one that was seen.
            return read.Version.Length > 0 ? null : new StoreResult(StoreOutcome.Blocked, Reason: S3Describe.CustomerKey);
        }
    }

    private async Task<bool> IsMarkerThereAsync(string name, ObjectInfo read, CancellationToken cancellation)
    {
        try
        {
            await s3.GetObjectMetadataAsync(
                new GetObjectMetadataRequest { BucketName = place.Bucket, Key = name, VersionId = S3Answers.IdOf(read.Version) }, cancellation);
            return false;
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == HttpStatusCode.MethodNotAllowed)
        {
            return true;
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
            return false;
        }
    }

    // Conditions speak of the current version alone. Where versions are kept the null version is never overwritten; where they never
    // were it always is the current one; where they were once, it may be overwritten while it is not the current one.
    private async Task<StoreResult> DeleteNullVersionAsync(string name, ObjectInfo read, CancellationToken cancellation)
    {
        S3Versioning versioning = (await _bucket.VersioningAsync(cancellation)).Versioning;
        if (versioning == S3Versioning.Suspended)
            return new StoreResult(StoreOutcome.Blocked, Reason: "its bucket's versioning is suspended, so that it could be overwritten while it is removed; enable it");
        if (versioning == S3Versioning.Enabled)
        {
            await s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = place.Bucket, Key = name, VersionId = S3Answers.NullVersion }, cancellation);
            return new StoreResult(StoreOutcome.Done);
        }
        DeleteObjectResponse answer = await s3.DeleteObjectAsync(
            new DeleteObjectRequest { BucketName = place.Bucket, Key = name, IfMatch = S3Answers.Quoted(read.ETag) }, cancellation);
        // Versioning was enabled in between: it was only marked, and is to be looked at again.
        return new StoreResult(answer.DeleteMarker == "true" ? StoreOutcome.Changed : StoreOutcome.Done);
    }
}
