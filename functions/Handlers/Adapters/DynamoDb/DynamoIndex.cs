using Amazon.DynamoDBv2;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>
/// The subject index on DynamoDB, and beside it the sorted key files of objects with many people. Each thing is one item that moves
/// by itself; readers put them together and look again where they do not fit. See <see cref="IndexKeys"/>.
/// </summary>
/// <param name="packAbove">People in an object beyond which it is packed.</param>
internal sealed class DynamoIndex(IAmazonDynamoDB dynamo, string tableName, PackedFiles files, TimeProvider time, int packAbove = DynamoIndex.DefaultPackAbove) : ISubjectIndex
{
    /// <summary>
    /// An entry is a write, whereas every packed file costs each look-up two reads of S3. At this an object costs at most as much
    /// to index as 1,300 writes do, whoever is in it.
    /// </summary>
    public const int DefaultPackAbove = 1_024;

    private readonly DynamoTable _table = new(dynamo, tableName, time);

    private IndexRecords Records => new(_table);

    public Task<ObjectRecord?> GetAsync(string objectId, string version, CancellationToken cancellation) => Records.GetAsync(objectId, version, cancellation);

    public Task<bool> TryPutAsync(ObjectRecord record, CancellationToken cancellation) => Records.TryPutAsync(record, cancellation);

    public Task WriteEntriesAsync(ObjectRecord record, long generation, IEnumerable<IndexEntry> entries, CancellationToken cancellation) =>
        new IndexWriter(_table, Records, files, packAbove).WriteAsync(VersionName.Of(record.Object, record.Version), generation, entries, cancellation);

    public Task SweepAsync(string objectId, string version, long keep, CancellationToken cancellation) =>
        new IndexWriter(_table, Records, files, packAbove).SweepAsync(VersionName.Of(objectId, version), keep, cancellation);

    public IAsyncEnumerable<IndexHit> FindAsync(SubjectKey subject, CancellationToken cancellation) =>
        new IndexLookUp(_table, Records, files, subject).FindAsync(cancellation);

    public IAsyncEnumerable<ObjectRecord> VersionsAsync(string objectId, CancellationToken cancellation) => Records.VersionsAsync(objectId, cancellation);

    public IAsyncEnumerable<ObjectRecord> ListAsync(string dataset, RecordPlace? after, CancellationToken cancellation) =>
        Records.ListAsync(dataset, after is null ? null : VersionName.Of(after.Object, after.Version), cancellation);
}
