using Amazon.DynamoDBv2;
using Amazon.S3;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.Adapters.S3;

namespace Limpid.Functions.Adapters;

/// <summary>The stores of one lake, and of what Limpid keeps of it.</summary>
/// <param name="CopiesOutOfReach">What S3 and DynamoDB keep of the lake and its index by themselves.</param>
internal sealed record AwsStores(
    IObjectStore Objects, IObjectStore Evidence, ISubjectIndex Index, IStateTable State,
    Func<CancellationToken, Task<IReadOnlyList<ResidualCopy>>> CopiesOutOfReach)
{
    /// <summary>Below which new content is put together in the staging bucket.</summary>
    public const string StagingPrefix = "staging/";

    /// <param name="s3">Made with <see cref="S3HttpClients"/>.</param>
    public static AwsStores Of(LakeConfig lake, AwsPlaces places, IAmazonS3 s3, IAmazonDynamoDB dynamo, TimeProvider time) =>
        new(
            new S3Lake(s3, BucketsOf(lake), Staging(places), time),
            Whole(places.EvidenceBucket, places, s3, time),
            new DynamoIndex(dynamo, places.IndexTable, new PackedFiles(s3, new S3Place(places.IndexBucket)), time),
            new DynamoStateTable(dynamo, places.StateTable, time),
            async cancellation =>
            [
                .. await S3ResidualCopies.ListAsync(s3, BucketsOf(lake), time, cancellation),
                new ResidualCopy("backups of the index, which names the person by keyed hashes alone: its point-in-time recovery, for 35 days, where that is on"),
            ]);

    /// <summary>A bucket under the names that its objects have in it.</summary>
    public static S3Store Whole(string bucket, AwsPlaces places, IAmazonS3 s3, TimeProvider time) => new(s3, new S3Place(bucket), Staging(places), time);

    /// <summary>Those that the datasets and the reference data lie in.</summary>
    public static IEnumerable<string> BucketsOf(LakeConfig lake)
    {
        const string Scheme = "s3://";
        return lake.Datasets.Where(d => d.Format != DataFormat.External).Select(d => d.Location)
            .Concat((lake.References ?? []).SelectMany(r => (string[])[r.Location, r.Source?.Location ?? ""]))
            .Where(location => location.StartsWith(Scheme, StringComparison.Ordinal))
            .Select(location => location[Scheme.Length..].Split('/')[0]).Distinct();
    }

    private static S3Place Staging(AwsPlaces places) => new(places.StagingBucket, StagingPrefix);
}
