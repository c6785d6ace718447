using System.Runtime.CompilerServices;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Tests.InMemory;

/// <summary>The index as the port promises it, in the plainest form: what tests and the simulator run on. Thread-safe.</summary>
internal sealed class MemoryIndex : ISubjectIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Object, string Version), ObjectRecord> _records = [];
    private readonly Dictionary<(string Object, string Version, long Generation), SortedDictionary<SubjectKey, byte[]>> _entries = [];

    /// <summary>Every entry that is stored, seen by readers or not: what a search for residues looks through.</summary>
    public IReadOnlyList<(string Object, string Version, long Generation, SubjectKey Subject)> Stored
    {
        get
        {
            lock (_lock)
                return [.. _entries.SelectMany(g => g.Value.Keys.Select(s => (g.Key.Object, g.Key.Version, g.Key.Generation, s)))];
        }
    }

    public Task<ObjectRecord?> GetAsync(string objectId, string version, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult(_records.GetValueOrDefault((objectId, version)));
    }

    public Task<bool> TryPutAsync(ObjectRecord record, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(record.Revision, 1);
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
        {
            long stored = _records.TryGetValue((record.Object, record.Version), out ObjectRecord? old) ? old.Revision : 0;
            if (stored != record.Revision - 1)
                return Task.FromResult(false);
            _records[(record.Object, record.Version)] = record;
            return Task.FromResult(true);
        }
    }

    public Task WriteEntriesAsync(ObjectRecord record, long generation, IEnumerable<IndexEntry> entries, CancellationToken cancellation)
    {
        var held = new SortedDictionary<SubjectKey, byte[]>();
        SubjectKey? last = null;
        foreach (IndexEntry entry in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry.Subject.CompareTo(last ?? entry.Subject) < 0 || !held.TryAdd(entry.Subject, entry.Rows.ToArray()))
                throw new ArgumentException("entries come in ascending order of subject, each subject once", nameof(entries));
            last = entry.Subject;
        }
        lock (_lock)
        {
            if (!_records.TryGetValue((record.Object, record.Version), out ObjectRecord? stored))
                throw new InvalidOperationException("entries are written under a generation that a stored record has claimed");
            if (generation >= stored.KeepFrom)
                _entries[(record.Object, record.Version, generation)] = held;
        }
        return Task.CompletedTask;
    }

    public Task SweepAsync(string objectId, string version, long keep, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (!_records.TryGetValue((objectId, version), out ObjectRecord? record))
                return Task.CompletedTask;
            keep = Math.Min(keep, record.KeepFrom);
            foreach (var key in _entries.Keys.Where(k => k.Object == objectId && k.Version == version && k.Generation < keep).ToList())
                _entries.Remove(key);
        }
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<IndexHit> FindAsync(SubjectKey subject, [EnumeratorCancellation] CancellationToken cancellation)
    {
        List<IndexHit> hits = [];
        lock (_lock)
        {
            foreach (ObjectRecord record in _records.Values.Where(r => r.State == RecordState.Present))
            {
                if (_entries.TryGetValue((record.Object, record.Version, record.Generation), out var held) && held.TryGetValue(subject, out byte[]? rows))
                    hits.Add(new IndexHit(record, subject, rows));
            }
        }
        foreach (IndexHit hit in hits)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return hit;
        }
    }

    public IAsyncEnumerable<ObjectRecord> VersionsAsync(string objectId, CancellationToken cancellation) => WhereAsync(r => r.Object == objectId, cancellation);

    public IAsyncEnumerable<ObjectRecord> ListAsync(string dataset, RecordPlace? after, CancellationToken cancellation) =>
        WhereAsync(r => r.Dataset == dataset && (after is null || Compare(r, after) > 0), cancellation);

    private async IAsyncEnumerable<ObjectRecord> WhereAsync(Func<ObjectRecord, bool> wanted, [EnumeratorCancellation] CancellationToken cancellation)
    {
        List<ObjectRecord> records;
        lock (_lock)
            records = [.. _records.Values.Where(wanted).Order(Comparer<ObjectRecord>.Create((a, b) => Compare(a, new RecordPlace(b.Object, b.Version))))];
        foreach (ObjectRecord record in records)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    private static int Compare(ObjectRecord record, RecordPlace place) =>
        string.CompareOrdinal(record.Object, place.Object) is not 0 and var byObject ? byObject : string.CompareOrdinal(record.Version, place.Version);
}
