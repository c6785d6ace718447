using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Indexing;

internal enum IndexOutcome
{
    /// <summary>The record already said what the store shows.</summary>
    Unchanged,
    Indexed,
    Removed,

    /// <summary>The object changed under every attempt to read it; its record says so, and the next event or listing tries again.</summary>
    Unsettled,
}

/// <summary>
/// Brings the index of one object to what the store shows. Whatever made it run is a hint only: duplicate, late and reordered
/// hints end in the same index, because each looks at the store and then compare-and-swaps the object's record.
/// </summary>
internal sealed class ObjectIndexer(Ports ports)
{
    /// <summary>How often an object that changes while it is read is read again before its record says so.</summary>
    private const int Attempts = 5;

    /// <summary>Why a metadata file without its object is not indexed: the people whom it names are told by <see cref="PeopleInObject.NamesAsync"/>.</summary>
    public const string LoneSidecar = "it is a metadata file whose object is not there";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly PeopleInObject _content = new(ports);
    private readonly Suppression _suppression = new(ports.State);

    /// <param name="sequencer">Of the event that hints, or empty.</param>
    /// <param name="refused">Why nothing under this key may be read (it is part of a table), or null.</param>
    public async Task<IndexOutcome> RefreshAsync(Dataset dataset, string key, string sequencer, string? refused, CancellationToken cancellation)
    {
        if (dataset.OwnerOfSidecar(key) is { } owner)
        {
            // A metadata file speaks of the object beside it. Without that it is an object like any other, or nobody's.
            if (await ports.Objects.HeadAsync(owner, cancellation) is not null)
            {
                string own = (await ports.Objects.HeadAsync(key, cancellation))?.Version ?? "";
                await RemoveAsync(dataset, key, own, sequencer, cancellation);
                return await RefreshAsync(dataset, owner, "", refused, cancellation);
            }
            if (!dataset.Subjects.Any(r => r.IsByRow))
                refused ??= LoneSidecar;
        }
        IndexOutcome outcome = await SettleAsync(
            dataset, key, "", () => ports.Objects.HeadAsync(key, cancellation), sequencer, refused, cancellation);
        // Its metadata files stand alone now, of which no event of theirs tells.
        foreach (string sidecar in outcome == IndexOutcome.Removed ? Sidecars.KeysOf(dataset, key) : [])
            await RefreshAsync(dataset, sidecar, "", refused, cancellation);
        return outcome;
    }

    /// <summary>
    /// Brings one version that need not be the current one to what the store shows. An overwrite and a delete marker leave it there, and
    /// the people in it too; it goes when it is deleted for good.
    /// </summary>
    /// <param name="version">As an event or a listing has it: key, version, whether it is the current one.</param>
    public async Task<IndexOutcome> RefreshVersionAsync(
        Dataset dataset, ObjectInfo version, string sequencer, string? refused, CancellationToken cancellation)
    {
        return await IsIndexedAsync(dataset, version, refused, cancellation)
            ? IndexOutcome.Unchanged
            : await SettleAsync(
                dataset, version.Key, version.Version, () => ports.Objects.HeadVersionAsync(version, cancellation), sequencer, refused, cancellation);
    }

    /// <summary>Indexes what a look at the store shows, or buries it where it is gone; looks again while it changes, up to a number of times.</summary>
    private async Task<IndexOutcome> SettleAsync(
        Dataset dataset, string key, string version, Func<Task<ObjectInfo?>> look, string sequencer, string? refused, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (await look() is not { } info)
                return await BuryAsync(dataset, key, version, sequencer, cancellation);
            try
            {
                if (await TryIndexAsync(dataset, info, sequencer, refused, cancellation) is { } outcome)
                    return outcome;
            }
            catch (ObjectUnreadableException closed)
            {
                // As refused, so that every look tries again: that it may be read by now shows in nothing that a look tells.
                if (await TryIndexAsync(dataset, info, sequencer, closed.Message, cancellation) is { } outcome)
                    return outcome;
            }
            catch (ObjectChangedException) when (attempt < Attempts)
            {
                await Task.Delay(Pause, ports.Time, cancellation);
            }
            catch (ObjectChangedException)
            {
                if (await TryMarkUnsettledAsync(dataset, info, cancellation))
                    return IndexOutcome.Unsettled;
            }
        }
    }

    /// <summary>Removes the record of a version that is there no more. Of one that is still listed it removes nothing.</summary>
    public async Task<IndexOutcome> BuryAsync(Dataset dataset, string key, string version, string sequencer, CancellationToken cancellation)
    {
        if (await ports.Index.GetAsync(ports.Names.NameOf(dataset, key).Object, version, cancellation) is not { State: RecordState.Present })
            return IndexOutcome.Unchanged;
        // Some things stand in a listing and can't be asked for by their key.
        await foreach (ObjectInfo info in ports.Objects.ListAsync(key, null, cancellation))
        {
            if (info.Key != key)
                break;
            if (info.Version == version && !info.IsDeleteMarker)
                return IndexOutcome.Unchanged;
        }
        return await RemoveAsync(dataset, key, version, sequencer, cancellation);
    }

    /// <summary>Records something that a listing shows and that can't be read.</summary>
    public async Task<IndexOutcome> ListAsync(Dataset dataset, ObjectInfo info, CancellationToken cancellation)
    {
        while (true)
        {
            if (await TryIndexAsync(dataset, info, "", info.Unreadable, cancellation) is { } outcome)
                return outcome;
        }
    }

    /// <summary>Null when somebody else's compare-and-swap came first: look at the store again.</summary>
    private async Task<IndexOutcome?> TryIndexAsync(
        Dataset dataset, ObjectInfo info, string sequencer, string? refused, CancellationToken cancellation)
    {
        (string id, string? sealedKey) = ports.Names.NameOf(dataset, info.Key);
        string fingerprint = SubjectFingerprint.Of(dataset, ports.Lake.Kinds, ports.Hasher.Newest);
        ObjectRecord? stored = await ports.Index.GetAsync(id, info.Version, cancellation);
        string etag = await _content.ETagOfAsync(dataset, info, cancellation);
        if (Says(stored, dataset, etag, fingerprint, refused))
            return IndexOutcome.Unchanged;

        // Claimed before anything is written under it, so that two who index at once never mix their entries.
        ObjectRecord known = Known(stored, dataset, id, info);
        ObjectRecord claim = known with { Claimed = known.Claimed + 1, Revision = known.Revision + 1 };
        if (!await ports.Index.TryPutAsync(claim, cancellation))
            return null;

        long generation = claim.Claimed;
        using var sorter = new EntrySorter(ports.Scratch, RowSet.Join);
        ObjectContent content = refused is null
            ? await _content.ReadAsync(dataset, info, sorter, cancellation)
            : ObjectContent.Refused(refused);
        long people = 0;
        IReadOnlyDictionary<SubjectKey, SuppressionEntry> erased = await _suppression.AllAsync(cancellation);
        var seen = new List<(SubjectKey Subject, SuppressionEntry Entry)>();
        await ports.Index.WriteEntriesAsync(claim, generation, Counted(sorter.Sorted()), cancellation);

        IEnumerable<IndexEntry> Counted(IEnumerable<IndexEntry> entries)
        {
            people = 0;
            foreach (IndexEntry entry in entries)
            {
                people++;
                if (erased.Count > 0 && erased.TryGetValue(entry.Subject, out SuppressionEntry? suppressed))
                    seen.Add((entry.Subject, suppressed));
                yield return entry;
            }
        }

        ObjectRecord done = claim with
        {
            Dataset = dataset.Name,
            SealedKey = sealedKey,
            State = RecordState.Present,
            ETag = etag,
            Size = info.Size,
            Modified = info.Modified,
            Sequencer = Sequencer.Latest(claim.Sequencer, sequencer),
            Generation = generation,
            Fingerprint = fingerprint,
            Rows = content.Rows,
            People = people,
            MalformedRows = content.MalformedRows,
            MalformedAt = content.MalformedAt,
            Unreadable = content.Unreadable,
            Refused = refused,
            IndexedAt = ports.Time.GetUtcNow(),
        };
        // Before the record says that all is known: a crash in between must not keep it from being told.
        foreach ((SubjectKey subject, SuppressionEntry entry) in seen)
        {
            if (!await WasThereAsync(subject, id, cancellation))
                await _suppression.ReportAsync(new Resurfaced(id, dataset.Name, subject, entry.RequestId, ports.Time.GetUtcNow()), cancellation);
        }
        if (!await PutOverClaimsAsync(done, claim, cancellation))
            return null;
        await ports.Index.SweepAsync(id, info.Version, generation, cancellation);
        return IndexOutcome.Indexed;
    }

    private static bool Says(ObjectRecord? stored, Dataset dataset, string etag, string fingerprint, string? refused) =>
        stored is { State: RecordState.Present, Generation: > 0 } && stored.ETag == etag && stored.Fingerprint == fingerprint
        && stored.Dataset == dataset.Name && stored.Refused == refused;

    // By what the listing says: a version never changes, so that nobody has to ask for each of them again and again.
    private async Task<bool> IsIndexedAsync(Dataset dataset, ObjectInfo listed, string? refused, CancellationToken cancellation) =>
        listed.ETag.Length > 0
        && Says(
            await ports.Index.GetAsync(ports.Names.NameOf(dataset, listed.Key).Object, listed.Version, cancellation), dataset,
            await _content.ETagOfAsync(dataset, listed, cancellation), SubjectFingerprint.Of(dataset, ports.Lake.Kinds, ports.Hasher.Newest), refused);

    // Rows of an erased person that were there before are an exception of the certificate, or were reported; they are no news.
    private async Task<bool> WasThereAsync(SubjectKey subject, string id, CancellationToken cancellation)
    {
        await foreach (IndexHit hit in ports.Index.FindAsync(subject, cancellation))
        {
            if (hit.Record.Object == id)
                return true;
        }
        return false;
    }

    /// <summary>What was known of its rows stays: they are looked at again before anything is made of them.</summary>
    private async Task<bool> TryMarkUnsettledAsync(Dataset dataset, ObjectInfo info, CancellationToken cancellation)
    {
        string id = ports.Names.NameOf(dataset, info.Key).Object;
        ObjectRecord known = Known(await ports.Index.GetAsync(id, info.Version, cancellation), dataset, id, info);
        return await ports.Index.TryPutAsync(known with
        {
            SealedKey = ports.Names.NameOf(dataset, info.Key).SealedKey,
            ETag = "",
            Size = info.Size,
            Modified = info.Modified,
            Unreadable = "it is being written to all the time",
            IndexedAt = ports.Time.GetUtcNow(),
            Revision = known.Revision + 1,
        }, cancellation);
    }

    private ObjectRecord Known(ObjectRecord? stored, Dataset dataset, string id, ObjectInfo info) => stored switch
    {
        { State: RecordState.Present } => stored,
        { } tombstone => tombstone with { FirstSeen = ports.Time.GetUtcNow() },
        null => new ObjectRecord
        {
            Object = id,
            Version = info.Version,
            Dataset = dataset.Name,
            State = RecordState.Present,
            FirstSeen = ports.Time.GetUtcNow(),
        },
    };

    /// <summary>
    /// A claim that came after this one changes nothing of what this one found: its owner will finish later and win. Were it a
    /// failure, two who keep claiming could keep each other from ever finishing.
    /// </summary>
    private async Task<bool> PutOverClaimsAsync(ObjectRecord done, ObjectRecord claim, CancellationToken cancellation)
    {
        for (ObjectRecord seen = claim; ;)
        {
            if (await ports.Index.TryPutAsync(done with { Revision = seen.Revision + 1, Claimed = seen.Claimed }, cancellation))
                return true;
            ObjectRecord? now = await ports.Index.GetAsync(done.Object, done.Version, cancellation);
            if (now is null || now with { Claimed = claim.Claimed, Revision = claim.Revision } != claim)
                return false;
            seen = now;
        }
    }

    /// <summary>Removes a record, whatever the store shows.</summary>
    public async Task<IndexOutcome> RemoveAsync(Dataset dataset, string key, string version, string sequencer, CancellationToken cancellation)
    {
        string id = ports.Names.NameOf(dataset, key).Object;
        while (true)
        {
            ObjectRecord? stored = await ports.Index.GetAsync(id, version, cancellation);
            if (stored is null || stored.State == RecordState.Deleted)
                return IndexOutcome.Unchanged;
            if (await TryRemoveAsync(stored, sequencer, cancellation))
                return IndexOutcome.Removed;
        }
    }

    /// <summary>Removes a record, only if it still is what was read.</summary>
    public async Task<bool> TryRemoveAsync(ObjectRecord stored, string sequencer, CancellationToken cancellation)
    {
        // The tombstone stays: a late event of the object's creation then finds it, and the store, and adds nothing.
        ObjectRecord tombstone = stored.Bury() with
        {
            Sequencer = Sequencer.Latest(stored.Sequencer, sequencer),
            ETag = "",
            Rows = 0,
            People = 0,
            MalformedRows = 0,
            MalformedAt = null,
            Unreadable = null,
            Refused = null,
            // In a dataset whose names are identifiers this would be the person's name, kept for ever.
            SealedKey = null,
            IndexedAt = ports.Time.GetUtcNow(),
        };
        if (!await ports.Index.TryPutAsync(tombstone, cancellation))
            return false;
        await ports.Index.SweepAsync(stored.Object, stored.Version, long.MaxValue, cancellation);
        return true;
    }
}
