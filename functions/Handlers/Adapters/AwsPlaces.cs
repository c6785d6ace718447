namespace Limpid.Functions.Adapters;

/// <summary>The tables and buckets that Limpid keeps its own in; no data of the lake is there.</summary>
/// <param name="StateTable">Table of requests, decisions, audit, suppression.</param>
/// <param name="IndexTable">Table of the index.</param>
/// <param name="EvidenceBucket">Bucket of plans, certificates and reports, and of the kill switch.</param>
/// <param name="IndexBucket">Bucket of the index's sorted key files.</param>
/// <param name="StagingBucket">Bucket in which new content is proven before it takes an object's place.</param>
internal sealed record AwsPlaces(string StateTable, string IndexTable, string EvidenceBucket, string IndexBucket, string StagingBucket)
{
    public IReadOnlyList<string> Tables => [StateTable, IndexTable];

    public IReadOnlyList<string> Buckets => [EvidenceBucket, IndexBucket, StagingBucket];

    /// <param name="named">Looks one up by the name of its environment variable.</param>
    public static AwsPlaces Read(Func<string, string> named) => new(
        named("LIMPID_STATE_TABLE"), named("LIMPID_INDEX_TABLE"), named("LIMPID_EVIDENCE_BUCKET"), named("LIMPID_INDEX_BUCKET"), named("LIMPID_STAGING_BUCKET"));
}
