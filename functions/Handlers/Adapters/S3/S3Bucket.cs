using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

internal enum S3Versioning
{
    Never,
    Enabled,
    Suspended,
}

/// <param name="MfaDelete">Whether versions are only removed with a code from a device, which no function has.</param>
/// <param name="ObjectLock">Whether versions may be locked, so that each has to be asked.</param>
/// <param name="Owner">The canonical id of the account that owns the bucket.</param>
internal sealed record S3BucketFacts(S3Versioning Versioning, bool MfaDelete, bool ObjectLock, string Owner);

/// <summary>What is true of a whole bucket, asked anew every few minutes.</summary>
internal sealed class S3Bucket(IAmazonS3 s3, string name, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private Known? _known;

    public string Name => name;

    public async ValueTask<S3BucketFacts> FactsAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_known is { } known && now < known.Until)
            return known.Facts;
        (S3Versioning versioning, bool mfa) = await VersioningAsync(cancellation);
        string owner = (await s3.GetBucketAclAsync(new GetBucketAclRequest { BucketName = name }, cancellation)).Owner.Id;
        var facts = new S3BucketFacts(versioning, mfa, await HasObjectLockAsync(cancellation), owner);
        _known = new Known(facts, now + Kept);
        return facts;
    }

    /// <summary>As it is just now.</summary>
    public async Task<(S3Versioning Versioning, bool MfaDelete)> VersioningAsync(CancellationToken cancellation)
    {
        S3BucketVersioningConfig? config =
            (await s3.GetBucketVersioningAsync(new GetBucketVersioningRequest { BucketName = name }, cancellation)).VersioningConfig;
        S3Versioning versioning = config?.Status == VersionStatus.Enabled ? S3Versioning.Enabled
            : config?.Status == VersionStatus.Suspended ? S3Versioning.Suspended
            : S3Versioning.Never;
        return (versioning, config?.EnableMfaDelete == true);
    }

    /// <summary>
    /// Why writing over this current version, or putting a delete marker on it, would lose another one: in a bucket whose versioning is
    /// suspended every write takes the place of the version without an id, wherever that stands. Null where nothing would be lost.
    /// </summary>
    public async Task<string?> WhyWriteLosesNullVersionAsync(string key, ObjectInfo current, CancellationToken cancellation)
    {
        if (current.Version.Length == 0 || (await VersioningAsync(cancellation)).Versioning != S3Versioning.Suspended)
            return null;
        try
        {
            await s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = name, Key = key, VersionId = S3Answers.NullVersion }, cancellation);
        }
        catch (AmazonS3Exception answer) when (answer.IsGone() || answer.StatusCode == HttpStatusCode.MethodNotAllowed)
        {
            return null;
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == HttpStatusCode.BadRequest)
        {
            // A customer's key hides what it is, but it is there.
        }
        return "its bucket's versioning is suspended, so that a write would take the place of an old version, the one without an id; enable it";
    }

    private async Task<bool> HasObjectLockAsync(CancellationToken cancellation)
    {
        try
        {
            GetObjectLockConfigurationResponse answer =
                await s3.GetObjectLockConfigurationAsync(new GetObjectLockConfigurationRequest { BucketName = name }, cancellation);
            return answer.ObjectLockConfiguration?.ObjectLockEnabled == ObjectLockEnabled.Enabled;
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private sealed record Known(S3BucketFacts Facts, DateTimeOffset Until);
}
