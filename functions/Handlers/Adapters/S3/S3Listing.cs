using System.Net;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>Lists all versions, and asks single ones where a listing tells too little.</summary>
internal sealed class S3Listing(IAmazonS3 s3, S3Place place, S3Bucket bucket, TimeProvider time)
{
    /// <summary>By key, and of each key the newest version first.</summary>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (place.NamesUnder(prefix) is not { } under || place.NamesAfter(after) is not { } marker)
            yield break;
        S3BucketFacts facts = await bucket.FactsAsync(cancellation);
        var request = new ListVersionsRequest
        {
            BucketName = place.Bucket,
            Prefix = under,
            KeyMarker = marker.Length == 0 ? null : marker,
            // Names may hold characters that XML can't.
            Encoding = EncodingType.Url,
            OptionalObjectAttributes = ["RestoreStatus"],
        };
        for (bool more = true; more;)
        {
            ListVersionsResponse page = await s3.ListVersionsAsync(request, cancellation);
            foreach (S3ObjectVersion version in page.Versions ?? [])
            {
                string name = WebUtility.UrlDecode(version.Key);
                // A listing under a store's own prefix shows the prefix itself where somebody made a folder of it.
                if (name.Length == place.Prefix.Length)
                    continue;
                yield return await DescribeAsync(name, version, facts, cancellation);
            }
            more = page.IsTruncated == true;
            request.KeyMarker = WebUtility.UrlDecode(page.NextKeyMarker);
            request.VersionIdMarker = page.NextVersionIdMarker;
        }
    }

    /// <summary>Of exactly this key, the newest first.</summary>
    public async IAsyncEnumerable<ObjectInfo> VersionsAsync(string key, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Asked anew each time: where versioning was enabled a moment ago, what is overwritten now stays.
        if ((await bucket.VersioningAsync(cancellation)).Versioning == S3Versioning.Never)
        {
            if (await HeadAsync(key, cancellation) is { } info)
                yield return info;
            yield break;
        }
        await foreach (ObjectInfo info in ListAsync(key, null, cancellation))
        {
            // Keys that begin with this one come behind it.
            if (info.Key != key)
                yield break;
            yield return info;
        }
    }

    /// <summary>That version, asked for itself; null where it is gone or a delete marker.</summary>
    public async Task<ObjectInfo?> HeadVersionAsync(ObjectInfo listed, CancellationToken cancellation)
    {
        if (place.NameOf(listed.Key) is not { } name)
            return null;
        if (S3Place.WhyUnreachable(name) is { } unreachable)
            return Closed(listed, unreachable);
        S3BucketFacts facts = await bucket.FactsAsync(cancellation);
        try
        {
            GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(
                new GetObjectMetadataRequest { BucketName = place.Bucket, Key = name, VersionId = S3Answers.IdOf(listed.Version) }, cancellation);
            return S3Describe.Headed(listed.Key, head, listed.IsCurrent, facts, time.GetUtcNow()) with { Version = listed.Version };
        }
        catch (AmazonS3Exception answer) when (answer.IsGone() || answer.StatusCode == HttpStatusCode.MethodNotAllowed)
        {
            return null;
        }
        catch (AmazonS3Exception answer) when (WhyClosed(answer) is not null)
        {
            return Closed(listed, WhyClosed(answer)!);
        }
    }

    /// <summary>The current version, or null.</summary>
    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation)
    {
        if (place.NameOf(key) is not { } name)
            return null;
        if (S3Place.WhyUnreachable(name) is not null)
            return await ListedAsync(key, cancellation);
        S3BucketFacts facts = await bucket.FactsAsync(cancellation);
        try
        {
            GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = place.Bucket, Key = name }, cancellation);
            return S3Describe.Headed(key, head, isCurrent: true, facts, time.GetUtcNow());
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
            return null;
        }
        catch (AmazonS3Exception answer) when (WhyClosed(answer) is not null)
        {
            return await ListedAsync(key, cancellation) is { } listed ? Closed(listed, WhyClosed(answer)!) : null;
        }
    }

    private ValueTask<ObjectInfo?> ListedAsync(string key, CancellationToken cancellation) =>
        ListAsync(key, null, cancellation).FirstOrDefaultAsync(info => info.Key == key && info.IsCurrent && !info.IsDeleteMarker, cancellation);

    private async ValueTask<ObjectInfo> DescribeAsync(string name, S3ObjectVersion version, S3BucketFacts facts, CancellationToken cancellation)
    {
        ObjectInfo listed = S3Describe.Listed(place.KeyOf(name), version, facts);
        if (S3Place.WhyUnreachable(name) is { } unreachable)
            return Closed(listed, unreachable);
        if (!S3Describe.NeedsHead(version, facts))
            return listed;
        try
        {
            GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(
                new GetObjectMetadataRequest { BucketName = place.Bucket, Key = name, VersionId = version.VersionId }, cancellation);
            return S3Describe.Headed(listed.Key, head, listed.IsCurrent, facts, time.GetUtcNow());
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
            return listed;
        }
        catch (AmazonS3Exception answer) when (WhyClosed(answer) is not null)
        {
            return Closed(listed, WhyClosed(answer)!);
        }
    }

    // The answer to a HEAD has no body, so that the number is all there is.
    private static string? WhyClosed(AmazonS3Exception answer) => answer.StatusCode switch
    {
        HttpStatusCode.BadRequest => S3Describe.CustomerKey,
        HttpStatusCode.Forbidden => "S3 refuses to let it be looked at (403)",
        _ => null,
    };

    private static ObjectInfo Closed(ObjectInfo info, string why) => info with { Unreadable = why, Blocked = why };
}
