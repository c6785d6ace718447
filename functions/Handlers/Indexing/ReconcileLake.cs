using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Indexing;

/// <param name="RunId">Names this reconciliation: a call under the same name goes on where the last one stopped.</param>
/// <param name="Alone">Whether it is over at once where another one that says so still lists.</param>
internal sealed record ReconcileInput(string RunId, bool Alone = false);

/// <param name="Done">False: call again.</param>
/// <param name="ByAnother">Whether another one does it.</param>
internal sealed record ReconcileResult(bool Done, long Objects, long Indexed, long Removed, bool ByAnother = false);

/// <summary>How far a reconciliation has come.</summary>
internal sealed record ReconcileRun
{
    public required DateTimeOffset ListedFrom { get; init; }
    public DateTimeOffset? ListedTo { get; init; }
    public int Dataset { get; init; }

    /// <summary>The last object done, as the index names it (a reference where keys are identifiers); null at a dataset's beginning.</summary>
    public string? After { get; init; }
    public string? SealedAfter { get; init; }

    /// <summary>How far it is with the dataset's records of objects that are gone, which come behind its listing; null before.</summary>
    public MissingSearch? Missing { get; init; }
    public long Objects { get; init; }
    public long Indexed { get; init; }
    public long Removed { get; init; }
}

/// <param name="After">The last record done; null at the beginning.</param>
/// <param name="WasClosed">Whether the listing could not see all that stands there.</param>
internal sealed record MissingSearch(RecordPlace? After, bool WasClosed);

/// <summary>
/// <c>reconcile-lake</c>: lists the lake and repairs the index where it differs, whatever events were lost. Bounded work a call; a
/// workflow calls it until it is done. On replay it goes on behind the last object or record that was saved, and doing one twice changes nothing.
/// </summary>
internal sealed class ReconcileLake(Ports ports)
{
    private const int ObjectsBetweenSaves = 500;

    // A function has 15 minutes. An execution has 25,000 events and each call takes 7, so that the listing of a lake ends after 29 days at most
    // (of five minutes a call: after 12). An object that takes longer than the rest is begun first by the next try.
    private static readonly TimeSpan WorkACall = TimeSpan.FromMinutes(12);

    private readonly ObjectIndexer _indexer = new(ports);
    private readonly BackfillLease _lease = new(ports.State, ports.Time);

    public async Task<ReconcileResult> HandleAsync(ReconcileInput input, CancellationToken cancellation)
    {
        if (input.Alone && !await _lease.TryTakeAsync(input.RunId, cancellation))
            return new ReconcileResult(Done: true, 0, 0, 0, ByAnother: true);
        DateTimeOffset started = ports.Time.GetUtcNow();
        ReconcileRun run = await GetAsync(ports.State, input.RunId, cancellation) ?? new ReconcileRun { ListedFrom = started };
        Dataset[] datasets = [.. ports.Lake.Datasets.Where(d => d.Format != DataFormat.External)];
        while (run.ListedTo is null && ports.Time.GetUtcNow() - started < WorkACall)
        {
            run = run.Dataset == datasets.Length
                ? run with { ListedTo = ports.Time.GetUtcNow() }
                : await ListAsync(input.RunId, run, datasets[run.Dataset], started, cancellation);
            await SaveAsync(input.RunId, run, cancellation);
        }
        if (input.Alone && run.ListedTo is not null)
            await _lease.GiveBackAsync(input.RunId, cancellation);
        return new ReconcileResult(run.ListedTo is not null, run.Objects, run.Indexed, run.Removed);
    }

    /// <summary>What a finished or unfinished run has seen, or null.</summary>
    public static async Task<ReconcileRun?> GetAsync(IStateTable table, string runId, CancellationToken cancellation) =>
        (await table.GetAsync($"reconcile/{runId}", "run", Records.Default.ReconcileRun, cancellation))?.Value;

    /// <summary>Removes a finished run's record; for runs that nothing refers to.</summary>
    public static async Task ForgetAsync(IStateTable table, string runId, CancellationToken cancellation)
    {
        if (await table.GetAsync($"reconcile/{runId}", "run", cancellation) is { } item)
            await table.TryDeleteAsync(item.Partition, item.Sort, item.Version, cancellation);
    }

    private async Task<ReconcileRun> ListAsync(string runId, ReconcileRun run, Dataset dataset, DateTimeOffset started, CancellationToken cancellation)
    {
        string? closed = await ports.Objects.WhyUnlistableAsync(dataset.Location, cancellation);
        if (closed is not null)
            run = Count(run, await _indexer.ListAsync(dataset, Unlistable(dataset, closed), cancellation));
        TableRoots tables = await TableRoots.FindAsync(ports.Objects, dataset, cancellation);
        if (run.Missing is { } missing)
            return await DropMissingAsync(runId, run, missing with { WasClosed = missing.WasClosed || closed is not null }, dataset, tables, started, cancellation);
        string? after = run.After is { } id ? ports.Names.KeyOf(id, run.SealedAfter) : null;
        string? key = null;
        long saved = run.Objects;
        await foreach (ObjectInfo info in ports.Objects.ListAsync(dataset.Location, after, cancellation))
        {
            if (info.IsDeleteMarker)
                continue;
            // Only between objects: a listing resumes behind a key, and would pass over the versions of it that are left.
            if (key is not null && key != info.Key)
            {
                (string name, string? sealedKey) = ports.Names.NameOf(dataset, key);
                run = run with { After = name, SealedAfter = sealedKey };
                if (ports.Time.GetUtcNow() - started >= WorkACall)
                    return run;
                if (run.Objects - saved >= ObjectsBetweenSaves)
                {
                    await SaveAsync(runId, run, cancellation);
                    saved = run.Objects;
                }
            }
            key = info.Key;
            run = Count(run, info switch
            {
                { Unreadable: not null } => await _indexer.ListAsync(dataset, info, cancellation),
                { IsCurrent: true } => await RefreshCurrentAsync(dataset, info, tables.Refuse(info.Key), cancellation),
                _ => await _indexer.RefreshVersionAsync(dataset, info, "", tables.Refuse(info.Key), cancellation),
            });
            ports.Progress?.Invoke(new WorkDone(dataset.Name, run.Objects, null));
        }
        return await DropMissingAsync(runId, run, new MissingSearch(null, closed is not null), dataset, tables, started, cancellation);
    }

    // Somebody may have put a version on top since the page was listed: then this one is an old one, and as much in the lake.
    private async Task<IndexOutcome> RefreshCurrentAsync(Dataset dataset, ObjectInfo info, string? refused, CancellationToken cancellation)
    {
        IndexOutcome outcome = await _indexer.RefreshAsync(dataset, info.Key, "", refused, cancellation);
        if (info.Version.Length == 0 || await ports.Index.GetAsync(ports.Names.NameOf(dataset, info.Key).Object, info.Version, cancellation) is { State: RecordState.Present })
            return outcome;
        // A metadata file has no record of its own while it is the current one.
        return (await ports.Objects.HeadAsync(info.Key, cancellation))?.Version == info.Version
            ? outcome
            : await _indexer.RefreshVersionAsync(dataset, info with { IsCurrent = false }, "", refused, cancellation);
    }

    // As an object that can't be read: a dataset whose folder was moved and linked to would else be certified as one without objects.
    private static ObjectInfo Unlistable(Dataset dataset, string why) => new()
    {
        Key = dataset.Location,
        ETag = "",
        Size = 0,
        Modified = DateTimeOffset.UnixEpoch,
        Unreadable = why,
        Blocked = why,
    };

    /// <summary>Records of objects that are gone: their events were lost.</summary>
    private async Task<ReconcileRun> DropMissingAsync(
        string runId, ReconcileRun run, MissingSearch search, Dataset dataset, TableRoots tables, DateTimeOffset started, CancellationToken cancellation)
    {
        long done = 0;
        await foreach (ObjectRecord record in ports.Index.ListAsync(dataset.Name, search.After, cancellation))
        {
            run = run with { Missing = search };
            if (done > 0 && ports.Time.GetUtcNow() - started >= WorkACall)
                return run;
            if (done > 0 && done % ObjectsBetweenSaves == 0)
                await SaveAsync(runId, run, cancellation);
            done++;
            search = search with { After = new RecordPlace(record.Object, record.Version) };
            if (record.State == RecordState.Deleted)
                continue;
            string key = ports.Names.KeyOf(record.Object, record.SealedKey);
            if (key == dataset.Location && search.WasClosed)
                continue;
            if (!dataset.Counts(key))
            {
                // Its location was moved in lake.yaml. Another dataset that has the object now takes the record over, which is not undone.
                if (await _indexer.TryRemoveAsync(record, "", cancellation))
                    run = run with { Removed = run.Removed + 1 };
                continue;
            }
            if (await ports.Objects.HeadVersionAsync(Named(key, record), cancellation) is not null)
                continue;
            // By the key where nothing is known but that: a metadata file that is gone changes whose the object beside it is.
            IndexOutcome outcome = record.Version.Length == 0 && !await IsListedAsync(key, cancellation)
                ? await _indexer.RefreshAsync(dataset, key, "", tables.Refuse(key), cancellation)
                : IndexOutcome.Unchanged;
            if (outcome == IndexOutcome.Unchanged)
                outcome = await _indexer.BuryAsync(dataset, key, record.Version, "", cancellation);
            run = Count(run, outcome) with { Objects = run.Objects };
        }
        return run with { Dataset = run.Dataset + 1, After = null, SealedAfter = null, Missing = null };
    }

    /// <summary>What a record says of an object version, to ask the store for it.</summary>
    public static ObjectInfo Named(string key, ObjectRecord record) =>
        new() { Key = key, Version = record.Version, ETag = record.ETag, Size = record.Size, Modified = record.Modified, IsCurrent = false };

    // Some things stand in a listing and can't be asked for by their key: names that are no text, folders that can't be opened.
    private async Task<bool> IsListedAsync(string key, CancellationToken cancellation)
    {
        await foreach (ObjectInfo info in ports.Objects.ListAsync(key, null, cancellation))
        {
            if (info.Key == key)
                return true;
        }
        return false;
    }

    private static ReconcileRun Count(ReconcileRun run, IndexOutcome outcome) => run with
    {
        Objects = run.Objects + 1,
        Indexed = run.Indexed + (outcome == IndexOutcome.Indexed ? 1 : 0),
        Removed = run.Removed + (outcome == IndexOutcome.Removed ? 1 : 0),
    };

    private Task SaveAsync(string runId, ReconcileRun run, CancellationToken cancellation) =>
        ports.State.UpdateAsync($"reconcile/{runId}", "run", _ => run, Records.Default.ReconcileRun, cancellation);
}
