using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Core.Erasure;

namespace Limpid.Functions.Adapters.S3;

/// <summary>Copies of a lake's objects that S3 keeps or makes by itself, and that a rewrite does not reach.</summary>
internal static class S3ResidualCopies
{
    public static async Task<IReadOnlyList<ResidualCopy>> ListAsync(IAmazonS3 s3, IEnumerable<string> buckets, TimeProvider time, CancellationToken cancellation)
    {
        var copies = new List<ResidualCopy>();
        foreach (string name in buckets.Distinct().Order(StringComparer.Ordinal))
        {
            foreach (string destination in await DestinationsAsync(s3, name, cancellation))
                copies.Add(new ResidualCopy($"replicas of the bucket {name} in {destination}: a version that is removed by its id stays there"));
        }
        copies.Add(new ResidualCopy("backups of the lake's buckets, query results and copies that readers of the lake made before the erasure"));
        return copies;
    }

    private static async Task<IEnumerable<string>> DestinationsAsync(IAmazonS3 s3, string bucket, CancellationToken cancellation)
    {
        try
        {
            GetBucketReplicationResponse answer = await s3.GetBucketReplicationAsync(new GetBucketReplicationRequest { BucketName = bucket }, cancellation);
            return (answer.Configuration?.Rules ?? []).Select(rule => rule.Destination.BucketArn).Distinct().Order(StringComparer.Ordinal);
        }
        catch (AmazonS3Exception answer) when (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return [];
        }
    }
}
