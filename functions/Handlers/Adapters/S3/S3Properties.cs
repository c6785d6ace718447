using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.S3;

/// <summary>What an object has besides its bytes, and a rewrite has to put back. Whatever can't be put back as it was is refused.</summary>
internal sealed class S3Properties
{
    private readonly GetObjectMetadataResponse _head;
    private readonly IReadOnlyDictionary<string, string> _headers;
    private readonly List<Tag> _tags;
    private readonly List<S3Grant> _grants;

    private S3Properties(GetObjectMetadataResponse head, List<Tag> tags, List<S3Grant> grants)
    {
        _head = head;
        _headers = S3HttpClients.TakeFrom(head.Metadata);
        _tags = tags;
        _grants = grants;
    }

    /// <summary>Equal where two readings found the same, so that nothing was changed in between.</summary>
    public string Fingerprint { get; private init; } = "";

    /// <summary>Those of the version that was read, if it still is the current one; else what keeps it from being rewritten.</summary>
    public static async Task<(S3Properties? Properties, StoreResult Refusal)> ReadAsync(
        IAmazonS3 s3, S3Bucket bucket, string name, ObjectInfo read, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            S3BucketFacts facts = await bucket.FactsAsync(cancellation);
            GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = bucket.Name, Key = name }, cancellation);
            if (S3Answers.ETagOf(head.ETag) != read.ETag || S3Answers.VersionOf(head.VersionId) != read.Version)
                return (null, new StoreResult(StoreOutcome.Changed));
            ObjectInfo info = S3Describe.Headed(read.Key, head, isCurrent: true, facts, time.GetUtcNow());
            string id = S3Answers.IdOf(read.Version);
            List<Tag> tags = await TagsAsync(s3, bucket.Name, name, id, cancellation);
            GetObjectAclResponse acl = await AclAsync(s3, bucket.Name, name, id, cancellation);
            if ((info.Blocked ?? WhyUnfaithful(head) ?? (acl.Owner.Id == facts.Owner ? null : "it belongs to another account than its bucket")) is { } why)
                return (null, new StoreResult(StoreOutcome.Blocked, Reason: why));
            List<S3Grant> grants = GrantsOf(acl);
            return (new S3Properties(head, tags, grants) { Fingerprint = FingerprintOf(head, tags, grants) }, default);
        }
        catch (AmazonS3Exception answer) when (answer.OfWrite() is { } refusal)
        {
            return (null, refusal);
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == System.Net.HttpStatusCode.BadRequest)
        {
            return (null, new StoreResult(StoreOutcome.Blocked, Reason: S3Describe.CustomerKey));
        }
    }

    public void GiveTo(PutObjectRequest request)
    {
        CopyHeaders(request.Headers, request.Metadata);
        request.TagSet = _tags;
        request.Grants = _grants;
        request.StorageClass = _head.StorageClass;
        request.WebsiteRedirectLocation = _head.WebsiteRedirectLocation;
        request.ServerSideEncryptionMethod = _head.ServerSideEncryptionMethod;
        request.ServerSideEncryptionKeyManagementServiceKeyId = _head.ServerSideEncryptionKeyManagementServiceKeyId;
        request.BucketKeyEnabled = _head.BucketKeyEnabled;
    }

    public void GiveTo(InitiateMultipartUploadRequest request)
    {
        CopyHeaders(request.Headers, request.Metadata);
        request.TagSet = _tags;
        request.Grants = _grants;
        request.StorageClass = _head.StorageClass;
        request.WebsiteRedirectLocation = _head.WebsiteRedirectLocation;
        GiveEncryptionTo(request);
    }

    /// <summary>For a copy that is made on the way: under the same key, and nothing else of it.</summary>
    public void GiveEncryptionTo(InitiateMultipartUploadRequest request)
    {
        request.ServerSideEncryptionMethod = _head.ServerSideEncryptionMethod;
        request.ServerSideEncryptionKeyManagementServiceKeyId = _head.ServerSideEncryptionKeyManagementServiceKeyId;
        request.BucketKeyEnabled = _head.BucketKeyEnabled;
    }

    /// <summary>
    /// Tags and ACL of the old version that were changed after they were read, up to its being overwritten, are the new one's as well.
    /// What somebody gave the new one already stays, but for the moment between looking and writing: S3 has no condition for it.
    /// </summary>
    public async Task PutBackChangesAsync(IAmazonS3 s3, string bucket, string name, string old, string written, CancellationToken cancellation)
    {
        try
        {
            List<Tag> tags = await TagsAsync(s3, bucket, name, old, cancellation);
            if (TextOf(tags) != TextOf(_tags) && TextOf(await TagsAsync(s3, bucket, name, written, cancellation)) == TextOf(_tags))
                await s3.PutObjectTaggingAsync(new PutObjectTaggingRequest { BucketName = bucket, Key = name, VersionId = written, Tagging = new Tagging { TagSet = tags } }, cancellation);
            GetObjectAclResponse acl = await AclAsync(s3, bucket, name, old, cancellation);
            if (TextOf(GrantsOf(acl)) == TextOf(_grants) || TextOf(GrantsOf(await AclAsync(s3, bucket, name, written, cancellation))) != TextOf(_grants))
                return;
            await s3.PutObjectAclAsync(new PutObjectAclRequest
            {
                BucketName = bucket,
                Key = name,
                VersionId = written,
                AccessControlPolicy = new S3AccessControlList { Owner = acl.Owner, Grants = acl.Grants },
            }, cancellation);
        }
        catch (AmazonS3Exception answer) when (answer.IsGone())
        {
            // Somebody removed one of the two meanwhile.
        }
    }

    private static async Task<List<Tag>> TagsAsync(IAmazonS3 s3, string bucket, string name, string version, CancellationToken cancellation) =>
        (await s3.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = bucket, Key = name, VersionId = version }, cancellation)).Tagging ?? [];

    private static Task<GetObjectAclResponse> AclAsync(IAmazonS3 s3, string bucket, string name, string version, CancellationToken cancellation) =>
        s3.GetObjectAclAsync(new GetObjectAclRequest { BucketName = bucket, Key = name, VersionId = version }, cancellation);

    private void CopyHeaders(HeadersCollection headers, MetadataCollection metadata)
    {
        foreach ((string name, string value) in _headers)
            headers[name] = value;
        foreach (string key in S3HttpClients.KeysOf(_head.Metadata))
            metadata[key] = _head.Metadata[key];
    }

    private static string? WhyUnfaithful(GetObjectMetadataResponse head) =>
        head.MissingMeta > 0 ? "it has metadata that S3 can't show"
        // S3 shows other than ASCII text encoded, and would keep the encoded text for the value.
        : S3HttpClients.KeysOf(head.Metadata).Any(key => head.Metadata[key].Contains("=?", StringComparison.Ordinal)) ? "it has metadata in other than ASCII characters"
        : null;

    private static List<S3Grant> GrantsOf(GetObjectAclResponse acl) => IsOwnersAlone(acl) ? [] : acl.Grants;

    private static bool IsOwnersAlone(GetObjectAclResponse acl) =>
        acl.Grants is not { Count: > 0 } grants
        || (grants.Count == 1 && grants[0].Grantee.CanonicalUser == acl.Owner.Id && grants[0].Permission == S3Permission.FULL_CONTROL);

    private static string FingerprintOf(GetObjectMetadataResponse head, List<Tag> tags, List<S3Grant> grants)
    {
        string metadata = string.Join('\n', head.Metadata.Keys.Order(StringComparer.Ordinal).Select(key => $"{key}={head.Metadata[key]}"));
        string modified = head.LastModified?.Ticks.ToString(CultureInfo.InvariantCulture) ?? "";
        return string.Join("\n\n", modified, head.StorageClass?.Value, head.ServerSideEncryptionKeyManagementServiceKeyId, metadata, TextOf(tags), TextOf(grants));
    }

    private static string TextOf(List<Tag> tags) => string.Join('\n', tags.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}"));

    private static string TextOf(List<S3Grant> grants) =>
        string.Join('\n', grants.Select(g => $"{g.Grantee.CanonicalUser}{g.Grantee.URI} {g.Permission.Value}").Order(StringComparer.Ordinal));
}
