using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Limpid.Functions;

namespace Limpid.Infra;

/// <summary>
/// Rights on the lake's own buckets, below the datasets' prefixes alone. Unless the deployment erases, nobody gets one by which an
/// object could be overwritten, removed or given other properties.
/// </summary>
internal sealed class LakeRights(Deployment deployment, Places places)
{
    // AwsStores puts new content together below it.
    private const string Staged = "staging/*";

    private static readonly string[] Read = ["s3:GetObject", "s3:GetObjectVersion"];

    // Without these two S3 leaves a lock out of what it tells of an object, as if there were none.
    private static readonly string[] SeeLocks = ["s3:GetObjectRetention", "s3:GetObjectLegalHold"];

    private static readonly string[] SeeTags = ["s3:GetObjectVersionTagging"];

    private static readonly string[] Write =
    [
        "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion",
        "s3:GetObjectVersionTagging", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
        "s3:GetObjectVersionAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl",
    ];

    public IEnumerable<PolicyStatement> Of(Needs needs)
    {
        IReadOnlyList<LakeBucket> lake = LakeReach.Buckets(deployment.Lake);
        string[] buckets = [.. lake.Select(bucket => ArnOf(bucket.Name))];
        string[] objects = [.. lake.SelectMany(bucket => bucket.Prefixes.Select(prefix => $"{ArnOf(bucket.Name)}/{prefix}*"))];
        bool writes = needs.HasFlag(Needs.WriteLake) && deployment.Erases;
        if (needs.HasFlag(Needs.ReadLake))
        {
            yield return Rights.Allow("ListTheLake", [.. Rights.BucketFacts, "s3:ListBucketVersions"], buckets);
            yield return Rights.Allow("ReadTheLake", [.. Read, .. SeeLocks, .. LakeReach.HasTags(deployment.Lake) ? SeeTags : []], objects);
            if (deployment.LakeKeys.Count > 0)
                yield return Rights.Allow("DecryptTheLake", writes ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"], [.. deployment.LakeKeys], Rights.Via("s3"));
        }
        if (needs.HasFlag(Needs.ListCopies))
            yield return Rights.Allow("ListCopiesOfTheLake", ["s3:GetBucketVersioning", "s3:GetReplicationConfiguration"], buckets);
        if (!writes)
            yield break;
        yield return Rights.Allow("EraseInTheLake", Write, objects);
        yield return Rights.Allow("LookAtTheStagingBucket", ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], [places.StagingBucket]);
        yield return Rights.Allow("Stage", [.. Read, "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], [$"{places.StagingBucket}/{Staged}"]);
        yield return Rights.Allow("StageEncrypted", ["kms:GenerateDataKey"], [places.DataKey], Rights.Via("s3"));
    }

    private static string ArnOf(string bucket) => $"arn:{Aws.PARTITION}:s3:::{bucket}";
}
