using System.Runtime.CompilerServices;
using Amazon.DynamoDBv2.Model;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>
/// Finds one person. First the entries that stand under the person's key, each held against its object's record; then the objects
/// that are or were packed. Where an entry and the record do not fit, the object was indexed anew in between and is looked at again.
/// </summary>
internal sealed class IndexLookUp(DynamoTable table, IndexRecords records, PackedFiles files, SubjectKey subject)
{
    public const string Rows = "rows";

    private const int AtOnce = 100;

    // Of packed objects, each of which takes two reads.
    private const int FilesAtOnce = 16;

    private readonly HashSet<string> _seen = [];

    public async IAsyncEnumerable<IndexHit> FindAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (int shard = 0; shard < IndexKeys.Shards; shard++)
        {
            await foreach (Candidate[] page in CandidatesAsync(shard, cancellation).Chunk(AtOnce).WithCancellation(cancellation))
            {
                foreach (IndexHit hit in await MatchAsync(page, cancellation))
                    yield return hit;
            }
        }
        for (int shard = 0; shard < IndexKeys.Shards; shard++)
        {
            await foreach (VersionName[] page in IndexRecords.NamesAsync(table.QueryAsync(IndexKeys.PackedPk(shard), "", cancellation))
                .Where(name => !_seen.Contains(name.Id)).Chunk(AtOnce).WithCancellation(cancellation))
            {
                foreach (IndexHit hit in await MatchAsync([.. page.Select(name => new Candidate(name, []))], cancellation))
                    yield return hit;
            }
        }
    }

    /// <summary>What stands under the person's key, by object version: they lie side by side.</summary>
    private async IAsyncEnumerable<Candidate> CandidatesAsync(int shard, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Candidate? last = null;
        await foreach (Dictionary<string, AttributeValue> item in table.QueryAsync(IndexKeys.SubjectPk(subject, shard), "", cancellation))
        {
            (string id, Attempt attempt) = IndexKeys.EntryOf(item[DynamoTable.Sk].S);
            if (last is { } whole && whole.Name.Id != id)
            {
                yield return whole;
                last = null;
            }
            last ??= new Candidate(IndexRecords.NameOf(item), []);
            last.Entries.Add((attempt, RowsOf(item)));
        }
        if (last is { } end)
            yield return end;
    }

    private async Task<List<IndexHit>> MatchAsync(Candidate[] page, CancellationToken cancellation)
    {
        Dictionary<string, ObjectRecord> found = await records.GetAllAsync(page.Select(c => c.Name), cancellation);
        var present = page.Where(c => found.TryGetValue(c.Name.Id, out ObjectRecord? record) && record.State == RecordState.Present).ToList();
        Dictionary<string, IndexHead> heads = await IndexHead.GetAllAsync(table, [.. present.Select(c => (c.Name, found[c.Name.Id]))], cancellation);
        var hits = new List<IndexHit>();
        foreach (Candidate[] some in present.Chunk(FilesAtOnce))
        {
            IndexHit?[] matched = await Task.WhenAll(some.Select(c => MatchAsync(c, found[c.Name.Id], heads.GetValueOrDefault(c.Name.Id), cancellation)));
            hits.AddRange(matched.OfType<IndexHit>());
        }
        hits.ForEach(hit => _seen.Add(VersionName.Of(hit.Record.Object, hit.Record.Version).Id));
        return hits;
    }

    private async Task<IndexHit?> MatchAsync(Candidate candidate, ObjectRecord? record, IndexHead? head, CancellationToken cancellation)
    {
        foreach ((Attempt attempt, ReadOnlyMemory<byte> rows) in candidate.Entries)
        {
            if (record is not null && attempt.Generation == record.Generation && attempt.Id == head?.Live)
                return new IndexHit(record, subject, rows);
        }
        string? missing = null;
        while (record is { State: RecordState.Present })
        {
            if (head?.File is { } file)
            {
                try
                {
                    return await files.FindAsync(file, subject, cancellation) is { } rows ? new IndexHit(record, subject, rows) : null;
                }
                catch (ObjectChangedException) when (missing != file.Name)
                {
                    missing = file.Name;
                }
                catch (ObjectChangedException)
                {
                    throw new InvalidDataException($"the packed key file {file.Name} of the index is missing: index the lake anew");
                }
            }
            else if (head is not null && await EntryAsync(candidate.Name, new Attempt(record.Generation, head.Live), cancellation) is { } rows)
            {
                return new IndexHit(record, subject, rows);
            }
            // There is nothing under what counted when it was read. If it still counts, the person is not in the object.
            (ObjectRecord? was, IndexHead? had) = (record, head);
            record = await records.GetAsync(was.Object, was.Version, cancellation);
            head = record is null ? null : await IndexHead.GetAsync(table, candidate.Name, record.Generation, cancellation);
            if (missing is null && record?.Generation == was.Generation && head?.Live == had?.Live)
                return null;
        }
        return null;
    }

    private async Task<ReadOnlyMemory<byte>?> EntryAsync(VersionName name, Attempt attempt, CancellationToken cancellation) =>
        await table.GetAsync(IndexKeys.SubjectPk(subject, IndexKeys.ShardOf(name)), IndexKeys.EntrySk(name, attempt), cancellation) is { } item
            ? RowsOf(item)
            : default(ReadOnlyMemory<byte>?);

    private static ReadOnlyMemory<byte> RowsOf(Dictionary<string, AttributeValue> item) => item.GetValueOrDefault(Rows)?.B.ToArray();

    /// <param name="Entries">Those seen under the person's key; none for an object that is only known to be or have been packed.</param>
    private sealed record Candidate(VersionName Name, List<(Attempt Attempt, ReadOnlyMemory<byte> Rows)> Entries);
}
