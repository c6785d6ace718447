namespace Limpid.Tests.Rights;

/// <param name="Action">Of IAM, <c>s3:GetObjectVersion</c>.</param>
/// <param name="Resource">As <see cref="RecordedCall.Resource"/>; <c>data-key</c> and <c>lake-key</c> are the keys that Limpid's own buckets and tables, and the lake's, are encrypted with.</param>
internal readonly record struct RequiredRight(string Action, string Resource) : IComparable<RequiredRight>
{
    public int CompareTo(RequiredRight other) => string.CompareOrdinal($"{Resource} {Action}", $"{other.Resource} {other.Action}");

    public override string ToString() => $"{Action} on {Resource}";
}

/// <param name="Operation">Of the call.</param>
/// <param name="With">What the call has besides; <c>!version</c>: has not. Nothing: always.</param>
/// <param name="Action">That it takes then.</param>
/// <param name="Source">Where AWS says so.</param>
internal sealed record RightRule(string Operation, string With, string Action, string Source)
{
    public bool Applies(RecordedCall call)
    {
        string[] has = call.With.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return call.Operation == Operation && With.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(w => w[0] == '!' ? !has.Contains(w[1..]) : has.Contains(w));
    }
}

/// <summary>Which rights a call takes, by what AWS documents of it.</summary>
internal static class RequiredRights
{
    private const string S3 = "docs.aws.amazon.com/AmazonS3/latest/API/API_";
    private const string S3Guide = "docs.aws.amazon.com/AmazonS3/latest/userguide/";
    private const string ServiceAuthorization = "docs.aws.amazon.com/service-authorization/latest/reference/list_";

    /// <summary>Buckets and tables that are encrypted with the customer's key.</summary>
    private static readonly string[] OwnBuckets = ["evidence", "index-files", "secrets", "staging"];

    public static IReadOnlyList<RightRule> Rules { get; } =
    [
        new("HeadObject", "!version", "s3:GetObject", S3 + "HeadObject.html"),
        new("HeadObject", "version", "s3:GetObjectVersion", S3 + "HeadObject.html"),
        new("GetObject", "!version", "s3:GetObject", S3 + "GetObject.html"),
        new("GetObject", "version", "s3:GetObjectVersion", S3 + "GetObject.html"),
        // Without it what is not there is refused (403) and not missing (404).
        new("HeadObject", "missing", "s3:ListBucket", S3 + "HeadObject.html"),
        new("GetObject", "missing", "s3:ListBucket", S3 + "GetObject.html"),
        new("GetObjectTagging", "!version", "s3:GetObjectTagging", S3 + "GetObjectTagging.html"),
        new("GetObjectTagging", "version", "s3:GetObjectVersionTagging", S3 + "GetObjectTagging.html"),
        new("PutObjectTagging", "!version", "s3:PutObjectTagging", S3 + "PutObjectTagging.html"),
        new("PutObjectTagging", "version", "s3:PutObjectVersionTagging", S3 + "PutObjectTagging.html"),
        new("GetObjectAcl", "!version", "s3:GetObjectAcl", S3 + "GetObjectAcl.html"),
        new("GetObjectAcl", "version", "s3:GetObjectVersionAcl", S3 + "GetObjectAcl.html"),
        new("PutObjectAcl", "!version", "s3:PutObjectAcl", S3 + "PutObjectAcl.html"),
        new("PutObjectAcl", "version", "s3:PutObjectVersionAcl", S3 + "PutObjectAcl.html"),
        new("PutObject", "", "s3:PutObject", S3 + "PutObject.html"),
        new("PutObject", "tags", "s3:PutObjectTagging", S3 + "PutObject.html"),
        new("PutObject", "acl", "s3:PutObjectAcl", S3 + "PutObject.html"),
        // If-Match lets its sender learn of the object, If-None-Match takes no more than the write.
        new("PutObject", "if-match", "s3:GetObject", S3Guide + "conditional-writes.html"),
        new("CreateMultipartUpload", "", "s3:PutObject", S3Guide + "mpuoverview.html#mpuAndPermissions"),
        new("CreateMultipartUpload", "tags", "s3:PutObjectTagging", S3 + "CreateMultipartUpload.html"),
        new("CreateMultipartUpload", "acl", "s3:PutObjectAcl", S3 + "CreateMultipartUpload.html"),
        new("UploadPart", "", "s3:PutObject", S3Guide + "mpuoverview.html#mpuAndPermissions"),
        new("UploadPartCopy", "!source", "s3:PutObject", S3 + "UploadPartCopy.html"),
        new("UploadPartCopy", "source !version", "s3:GetObject", S3 + "UploadPartCopy.html"),
        new("UploadPartCopy", "source version", "s3:GetObjectVersion", S3 + "UploadPartCopy.html"),
        new("CompleteMultipartUpload", "", "s3:PutObject", S3Guide + "mpuoverview.html#mpuAndPermissions"),
        new("CompleteMultipartUpload", "if-match", "s3:GetObject", S3Guide + "conditional-writes.html"),
        new("AbortMultipartUpload", "", "s3:AbortMultipartUpload", S3 + "AbortMultipartUpload.html"),
        new("DeleteObject", "!version", "s3:DeleteObject", S3 + "DeleteObject.html"),
        new("DeleteObject", "version", "s3:DeleteObjectVersion", S3 + "DeleteObject.html"),
        new("DeleteObject", "if-match", "s3:GetObject", S3Guide + "conditional-delete-enforce.html"),
        new("ListObjectVersions", "", "s3:ListBucketVersions", S3 + "ListObjectVersions.html"),
        new("ListMultipartUploads", "", "s3:ListBucketMultipartUploads", S3 + "ListMultipartUploads.html"),
        new("GetBucketVersioning", "", "s3:GetBucketVersioning", S3 + "GetBucketVersioning.html"),
        new("GetBucketAcl", "", "s3:GetBucketAcl", S3 + "GetBucketAcl.html"),
        new("GetObjectLockConfiguration", "", "s3:GetBucketObjectLockConfiguration", S3 + "GetObjectLockConfiguration.html"),
        new("GetBucketReplication", "", "s3:GetReplicationConfiguration", S3 + "GetBucketReplication.html"),

        .. new[] { "GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem", "Scan" }
            .Select(operation => new RightRule(operation, "", $"dynamodb:{operation}", ServiceAuthorization + "amazondynamodb.html")),
        .. new[] { "Encrypt", "Decrypt", "GetPublicKey", "Sign" }
            .Select(operation => new RightRule(operation, "", $"kms:{operation}", "docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html")),
        .. new[] { "StartExecution", "StopExecution", "DescribeExecution", "SendTaskSuccess" }
            .Select(operation => new RightRule(operation, "", $"states:{operation}", ServiceAuthorization + "awsstepfunctions.html")),
        .. new[] { "ListShards", "PutRecords" }.Select(operation => new RightRule(operation, "", $"kinesis:{operation}", ServiceAuthorization + "amazonkinesisdatastreams.html")),
        // Refusals of SES name ses:SendRawEmail where the second version of its API is given a raw message.
        new("SendEmail", "raw", "ses:SendRawEmail", "docs.aws.amazon.com/ses/latest/dg/control-user-access.html"),
        new("SendEmail", "!raw", "ses:SendEmail", ServiceAuthorization + "amazonsimpleemailservicev2.html"),
    ];

    public static IEnumerable<RequiredRight> Of(RecordedCall call)
    {
        RightRule[] rules = [.. Rules.Where(rule => rule.Applies(call))];
        if (rules.Length == 0)
            throw new InvalidOperationException($"which right {call} takes is not written down");
        return [.. rules.Select(rule => new RequiredRight(rule.Action, Whole(rule.Action, call.Resource))), .. OfKeys(call), .. OfLocks(call)];
    }

    // Of a whole bucket; and reading the state is one right, whatever of it is read.
    private static string Whole(string action, string resource) =>
        action is "s3:ListBucket" or "dynamodb:GetItem" or "dynamodb:Query" ? resource.Split('/')[0] : resource;

    // docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html, "Permissions": reading takes kms:Decrypt, writing
    // kms:GenerateDataKey, and an upload in parts both. docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html: a table's key
    // is decrypted for whoever asks; github.com/aws/aws-cdk issue 10010: PutItem too is refused without kms:Decrypt.
    private static IEnumerable<RequiredRight> OfKeys(RecordedCall call)
    {
        if (call.Resource.Split('/')[0] is "state" or "index")
            return [new("kms:Decrypt", "data-key")];
        string? key = OwnBuckets.Contains(call.Resource.Split('/')[0]) ? "data-key" : call.Resource == "lake" ? "lake-key" : null;
        if (key is null || call.With.Contains("missing", StringComparison.Ordinal))
            return [];
        return (call.Operation, call.With.Contains("source", StringComparison.Ordinal)) switch
        {
            ("GetObject", _) or ("UploadPartCopy", true) => [new("kms:Decrypt", key)],
            ("PutObject", _) => [new("kms:GenerateDataKey", key)],
            ("CreateMultipartUpload" or "UploadPart" or "UploadPartCopy" or "CompleteMultipartUpload", _) => [new("kms:GenerateDataKey", key), new("kms:Decrypt", key)],
            _ => [],
        };
    }

    // API_HeadObject.html: x-amz-object-lock-mode and -legal-hold are answered only to whoever may ask for them; without them a locked
    // object of the lake looks free.
    private static IEnumerable<RequiredRight> OfLocks(RecordedCall call) =>
        call is { Operation: "HeadObject", Resource: "lake" }
            ? [new("s3:GetObjectRetention", "lake"), new("s3:GetObjectLegalHold", "lake")]
            : [];
}
