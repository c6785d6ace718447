using Amazon.DynamoDBv2;
using Amazon.S3;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.Adapters.S3;

namespace Limpid.Functions.Adapters;

/// <summary>The stores of one lake: the buckets and tables that the settings name.</summary>
/// <param name="CopiesOutOfReach">What S3 and DynamoDB keep of the lake and its index by themselves.</param>
internal sealed record AwsStores(
    IObjectStore Objects, IObjectStore Evidence, IObjectStore Secrets, ISubjectIndex Index, IStateTable State,
    Func<CancellationToken, Task<IReadOnlyList<ResidualCopy>>> CopiesOutOfReach)
{
    /// <summary>Null where there is no such bucket.</summary>
    public IObjectStore? Anchors { get; init; }

    /// <summary>Below which new content is put together in the staging bucket.</summary>
    private const string StagingPrefix = "staging/";

    public static AwsStores Of(AwsSettings settings, TimeProvider time)
    {
        var s3 = new AmazonS3Client(new AmazonS3Config { HttpClientFactory = new S3HttpClients(), ForcePathStyle = settings.S3PathStyle });
        var dynamo = new AmazonDynamoDBClient();
        var staging = new S3Place(settings.StagingBucket, StagingPrefix);
        return new AwsStores(
            new S3Lake(s3, BucketsOf(settings.Lake), staging, time),
            new S3Store(s3, new S3Place(settings.EvidenceBucket), staging, time),
            new S3Store(s3, new S3Place(settings.SecretsBucket), staging, time),
            new DynamoIndex(dynamo, settings.IndexTable, new PackedFiles(s3, new S3Place(settings.IndexBucket)), time),
            new DynamoStateTable(dynamo, settings.StateTable, time),
            async cancellation =>
            [
                .. await S3ResidualCopies.ListAsync(s3, BucketsOf(settings.Lake), time, cancellation),
                new ResidualCopy("backups of the index, which names the person by keyed hashes alone: its point-in-time recovery, for 35 days, where that is on"),
            ])
        {
            Anchors = settings.AnchorsBucket is { } anchors ? new S3Store(s3, new S3Place(anchors), staging, time) : null,
        };
    }

    /// <summary>Those that the datasets lie in.</summary>
    private static IEnumerable<string> BucketsOf(LakeConfig lake)
    {
        const string Scheme = "s3://";
        return lake.Datasets.Where(d => d.Format != DataFormat.External && d.Location.StartsWith(Scheme, StringComparison.Ordinal))
            .Select(d => d.Location[Scheme.Length..].Split('/')[0]);
    }
}
