using Amazon.CDK;

namespace Limpid.Infra;

/// <summary>ARNs of places in the lake's buckets, by locations as lake.yaml has them: <c>s3://bucket/prefix/</c>.</summary>
internal static class LakeArns
{
    private const string Scheme = "s3://";

    public static string Bucket(string name) => $"arn:{Aws.PARTITION}:s3:::{name}";

    /// <summary>Each bucket once.</summary>
    public static string[] BucketsOf(IEnumerable<string> locations) => [.. locations.Select(location => Bucket(location[Scheme.Length..].Split('/')[0])).Distinct()];

    public static string Object(string key) => Bucket(key[Scheme.Length..]);

    /// <summary>Everything whose key begins so.</summary>
    public static string Below(string prefix) => Object(prefix) + "*";
}
