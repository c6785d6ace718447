using Amazon.CDK.AWS.IAM;
using Limpid.Functions;
using Limpid.Functions.Adapters;

namespace Limpid.Infra;

/// <summary>
/// Rights on the lake's own buckets, below the datasets' prefixes alone. Unless the deployment erases, nobody gets one by which an
/// object could be overwritten, removed or given other properties.
/// </summary>
internal sealed class LakeRights(Deployment deployment, Places places)
{
    private const string Staged = AwsStores.StagingPrefix + "*";

    /// <summary>Of the ARNs in one: a managed policy is 6,144 characters at most ("IAM and AWS STS quotas"), with the actions.</summary>
    private const int StatementLength = 5_300;

    /// <summary>What the CDK takes an ARN for that it can't see yet. Statements that it takes for longer than a policy would stand in one all the same.</summary>
    private const int EstimatedLength = 150;

    private static readonly string[] Write =
    [
        "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObjectVersion",
        "s3:GetObjectVersionTagging", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
        "s3:GetObjectVersionAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl",
    ];

    /// <summary>An object's content and properties. Without the last two S3 leaves a lock out of what it tells of an object, as if there were none.</summary>
    public static readonly string[] Read = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"];

    /// <summary>What a rewrite looks at besides: it leaves them as they are.</summary>
    public static readonly string[] ReadProperties = ["s3:GetObjectVersionTagging", "s3:GetObjectVersionAcl"];

    public IEnumerable<PolicyStatement> Of(Needs needs) =>
    [
        .. OfDatasets(needs), .. new ReferenceRights(deployment, places).Of(needs), .. new RowRights(deployment).Of(needs),
        .. new TableRights(deployment, places).Of(needs),
    ];

    private IEnumerable<PolicyStatement> OfDatasets(Needs needs)
    {
        IReadOnlyList<LakeBucket> lake = LakeReach.Buckets(deployment.Lake);
        string[] buckets = [.. lake.Select(bucket => LakeArns.Bucket(bucket.Name))];
        string[] objects = [.. lake.SelectMany(bucket => bucket.Prefixes.Select(prefix => $"{LakeArns.Bucket(bucket.Name)}/{prefix}*"))];
        bool writes = needs.HasFlag(Needs.WriteLake) && deployment.Erases;
        if (needs.HasFlag(Needs.ReadLake))
        {
            foreach (PolicyStatement statement in Allow("ListTheLake", Rights.Listing, buckets))
                yield return statement;
            foreach (PolicyStatement statement in Allow("ReadTheLake", [.. Read, .. LakeReach.HasTags(deployment.Lake) ? ["s3:GetObjectVersionTagging"] : Array.Empty<string>()], objects))
                yield return statement;
            foreach (PolicyStatement statement in WithKeys(deployment, "DecryptTheLake", writes))
                yield return statement;
        }
        // Those that the adapter asks, reference data's too: one refused leaves an erasure without its certificate.
        if (needs.HasFlag(Needs.ListCopies))
        {
            foreach (PolicyStatement statement in Allow("ListCopiesOfTheLake", ["s3:GetReplicationConfiguration"], AwsStores.BucketsOf(deployment.Lake).Select(LakeArns.Bucket)))
                yield return statement;
        }
        if (!writes)
            yield break;
        foreach (PolicyStatement statement in Rewrite("EraseInTheLake", objects, places, "s3:DeleteObject"))
            yield return statement;
    }

    /// <summary>Overwrites, removes what was overwritten and gives back properties, by way of the staging bucket.</summary>
    /// <param name="also">What else may be done to the objects.</param>
    public static IEnumerable<PolicyStatement> Rewrite(string sid, IEnumerable<string> objects, Places places, params string[] also) =>
    [
        .. Allow(sid, [.. Write, .. also], objects),
        Rights.Allow("LookAtTheStagingBucket", ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], [places.StagingBucket]),
        Rights.Allow("Stage",
            ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], [$"{places.StagingBucket}/{Staged}"]),
        Rights.Allow("StageEncrypted", ["kms:GenerateDataKey"], [places.DataKey], Rights.Via("s3")),
    ];

    /// <summary>Of the lake's own keys, where the deployment knows some.</summary>
    public static IEnumerable<PolicyStatement> WithKeys(Deployment deployment, string sid, bool writes) => deployment.LakeKeys.Count == 0
        ? []
        : [Rights.Allow(sid, writes ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"], [.. deployment.LakeKeys], Rights.Via("s3"))];

    /// <summary>
    /// Puts objects where there is none, and over none: a write without <c>If-None-Match</c> is refused. Parts of an upload carry no
    /// condition, and are no object until it is completed, which carries one.
    /// </summary>
    /// <remarks>
    /// S3's user guide shows these conditions in bucket policies ("Enforce conditional writes", example 1); the service authorization
    /// reference has the keys among those of s3:PutObject for IAM's own policies too. Were it wrong there, nothing could be written at all.
    /// </remarks>
    public static IEnumerable<PolicyStatement> Add(string sid, IReadOnlyList<string> objects) =>
    [
        .. Allow(sid, ["s3:PutObject"], objects, ("Null", new() { ["s3:if-none-match"] = "false" })),
        .. Allow($"{sid}InParts", ["s3:PutObject"], objects, ("Bool", new() { ["s3:ObjectCreationOperation"] = "false" })),
        .. Allow($"{sid}OrNot", ["s3:AbortMultipartUpload"], objects),
    ];

    /// <summary>A statement, or more where the ARNs are too many: a statement is never split by the CDK, only policies between statements are.</summary>
    public static IEnumerable<PolicyStatement> Allow(
        string sid, string[] actions, IEnumerable<string> resources, params (string Operator, Dictionary<string, object> Keys)[] conditions) =>
        resources.Distinct().ChunkByLength(StatementLength, arn => Math.Max(EstimatedLength, arn.Length)).Select((arns, n) => Rights.Allow(n == 0 ? sid : $"{sid}{n + 1}", actions, arns, conditions));
}
