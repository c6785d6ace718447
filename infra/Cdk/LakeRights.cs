using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Adapters;

namespace Limpid.Infra;

/// <summary>
/// Rights on the lake's own buckets, below the datasets' prefixes alone. Unless the deployment erases, nobody gets one by which an
/// object could be overwritten, removed or given other properties.
/// </summary>
internal sealed class LakeRights(Deployment deployment, Places places)
{
    // AwsStores puts new content together below it.
    private const string Staged = "staging/*";

    /// <summary>Of the ARNs in one: a managed policy is 6,144 characters at most ("IAM and AWS STS quotas"), with the actions.</summary>
    private const int StatementLength = 5_300;

    /// <summary>What the CDK takes an ARN for that it can't see yet. Statements that it takes for longer than a policy would stand in one all the same.</summary>
    private const int EstimatedLength = 150;

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
            foreach (PolicyStatement statement in Allow("ListTheLake", [.. Rights.BucketFacts, "s3:ListBucketVersions"], buckets))
                yield return statement;
            foreach (PolicyStatement statement in Allow("ReadTheLake", [.. Read, .. SeeLocks, .. LakeReach.HasTags(deployment.Lake) ? SeeTags : []], objects))
                yield return statement;
            if (deployment.LakeKeys.Count > 0)
                yield return Rights.Allow("DecryptTheLake", writes ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"], [.. deployment.LakeKeys], Rights.Via("s3"));
        }
        // Those that the adapter asks, reference data's too: one refused leaves an erasure without its certificate.
        if (needs.HasFlag(Needs.ListCopies))
        {
            foreach (PolicyStatement statement in Allow("ListCopiesOfTheLake", ["s3:GetReplicationConfiguration"], [.. AwsStores.BucketsOf(deployment.Lake).Select(ArnOf)]))
                yield return statement;
        }
        if ((needs & (Needs.FlagReferences | Needs.PublishReferences)) != 0)
        {
            foreach (PolicyStatement statement in OfReferences(needs))
                yield return statement;
        }
        if (!writes)
            yield break;
        foreach (PolicyStatement statement in Allow("EraseInTheLake", Write, objects))
            yield return statement;
        yield return Rights.Allow("LookAtTheStagingBucket", ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], [places.StagingBucket]);
        yield return Rights.Allow("Stage", [.. Read, "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], [$"{places.StagingBucket}/{Staged}"]);
        yield return Rights.Allow("StageEncrypted", ["kms:GenerateDataKey"], [places.DataKey], Rights.Via("s3"));
    }

    // Their own folders and where they are kept, and none of the datasets'. As all that overwrites in the lake, it waits for `erase=on`.
    private IEnumerable<PolicyStatement> OfReferences(Needs needs)
    {
        Core.Lake.Reference[] references = [.. (deployment.Lake.References ?? []).Where(r => r.Source is not null)];
        if (references.Length == 0 || !deployment.Erases)
            yield break;
        string[] folders = [.. references.Select(r => PlaceOf(r.Folder()))], sources = [.. references.Select(r => r.Source!.Location).OfType<string>().Select(PlaceOf)];
        string[] read = needs.HasFlag(Needs.PublishReferences) ? [.. folders, .. sources] : folders;
        yield return Rights.Allow("ListReferences", [.. Rights.BucketFacts, "s3:ListBucketVersions"], [.. read.Select(place => ArnOf(place.Split('/')[0])).Distinct()]);
        yield return Rights.Allow("ReadReferences", [.. Read, .. SeeLocks], [.. read.Select(place => $"{ArnOf(place)}*")]);
        yield return Rights.Allow("WriteReferences", Write, [.. folders.Select(place => $"{ArnOf(place)}*")]);
        yield return Rights.Allow("LookAtTheStagingBucket", ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], [places.StagingBucket]);
        yield return Rights.Allow("Stage", [.. Read, "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], [$"{places.StagingBucket}/{Staged}"]);
        yield return Rights.Allow("StageEncrypted", ["kms:GenerateDataKey"], [places.DataKey], Rights.Via("s3"));
        if (deployment.LakeKeys.Count > 0)
            yield return Rights.Allow("UseTheKeysOfReferences", ["kms:Decrypt", "kms:GenerateDataKey"], [.. deployment.LakeKeys], Rights.Via("s3"));
        yield return Rights.Allow("StartTheRefresh", ["states:StartExecution"], [places.StateMachine("refresh")]);
        yield return Rights.Allow("SeeTheRefresh", ["states:DescribeExecution"], [places.Executions("refresh")]);
        string[] tables = [.. references.Select(r => r.Source!.Table).OfType<string>().Select(t => $"arn:{Aws.PARTITION}:dynamodb:{Aws.REGION}:{Aws.ACCOUNT_ID}:table/{t}")];
        if (needs.HasFlag(Needs.PublishReferences) && tables.Length > 0)
            yield return Rights.Allow("ReadReferenceTables", ["dynamodb:Scan"], tables);
        string[] streams = [.. references.Select(r => r.ChangeRecords).OfType<string>().Select(s => $"arn:{Aws.PARTITION}:kinesis:{Aws.REGION}:{Aws.ACCOUNT_ID}:stream/{s}")];
        if (needs.HasFlag(Needs.PublishReferences) && streams.Length > 0)
            yield return Rights.Allow("PutChangeRecords", ["kinesis:ListShards", "kinesis:PutRecords"], streams);
    }

    // A statement is never split by the CDK, only policies between statements are.
    private static IEnumerable<PolicyStatement> Allow(string sid, string[] actions, IEnumerable<string> resources) =>
        resources.ChunkByLength(StatementLength, arn => Math.Max(EstimatedLength, arn.Length)).Select((arns, n) => Rights.Allow(n == 0 ? sid : $"{sid}{n + 1}", actions, arns));

    private static string PlaceOf(string location) => location["s3://".Length..];

    private static string ArnOf(string bucket) => $"arn:{Aws.PARTITION}:s3:::{bucket}";
}
