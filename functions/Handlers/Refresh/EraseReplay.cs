using Limpid.Core.Evidence;
using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <summary>
/// Erases people once more, in the objects of a version that nobody is served, as its dataset says: rows that name somebody else too are
/// left where they block an erasure. All other rows stay as they are. Repeating it finds nothing left to do.
/// </summary>
internal sealed class EraseReplay(Ports ports, DerivedTable table)
{
    private const string Event = "erasure-replayed";

    /// <summary>How often an object that somebody is writing is tried again.</summary>
    private const int Attempts = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly SubjectScan _scan = new(ports);
    private readonly PeopleInObject _people = new(ports);
    private readonly ObjectErasure _object = new(ports);
    private readonly ObjectIndexer _indexer = new(ports);
    private readonly Dataset _dataset = ports.Lake.VersionsOf(table);

    /// <param name="alive">Called now and then.</param>
    /// <exception cref="InvalidTableException">An object can't be rewritten.</exception>
    /// <exception cref="ErasingStoppedException">The kill switch is on.</exception>
    public async Task RunAsync(string location, long version, Erased erased, Func<Task> alive, CancellationToken cancellation)
    {
        if (erased.People.Count == 0)
            return;
        // Before the first write: whatever dies afterwards, what was done to the version is on record.
        await RecordAsync(version, erased, cancellation);
        foreach (ObjectInfo listed in await TableObjects.ListAsync(ports.Objects, location, cancellation))
        {
            await EraseAsync(listed.Key, erased, cancellation);
            await alive();
        }
        // A rewrite leaves what it replaced as an old version, with the rows; nobody was served any of them.
        foreach (ObjectInfo old in await ports.Objects.ListAsync(location, null, cancellation).Where(v => !v.IsCurrent && !v.IsDeleteMarker).ToListAsync(cancellation))
        {
            await RemoveOldAsync(old, erased, cancellation);
            await alive();
        }
    }

    private async Task RecordAsync(long version, Erased erased, CancellationToken cancellation)
    {
        var audit = new AuditLog(ports.State, ports.Time);
        string number = FormattableString.Invariant($"{version}");
        HashSet<string> recorded = [];
        await foreach (AuditEntry entry in audit.ReadAsync(AuditLog.LakeChain, cancellation))
        {
            if (entry.Event == Event && entry.Detail.GetProperty("table").GetString() == table.Name && entry.Detail.GetProperty("version").GetString() == number)
                recorded.Add(entry.Detail.GetProperty("request").GetString()!);
        }
        foreach (string request in erased.Requests.Where(r => !recorded.Contains(r)))
        {
            await audit.AppendAsync(AuditLog.LakeChain, Event, new Dictionary<string, string>
            {
                ["request"] = request,
                ["table"] = table.Name,
                ["version"] = number,
            }, cancellation);
        }
    }

    private async Task EraseAsync(string key, Erased erased, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (await ports.KillSwitch.IsOnAsync(cancellation))
                throw new ErasingStoppedException(table.Name);
            if (await ports.Objects.HeadAsync(key, cancellation) is not { } info)
                return;
            using var edits = new RowEditLog(ports.Scratch);
            string why = "others keep writing it";
            try
            {
                string whose = await _people.ETagOfAsync(_dataset, info, cancellation);
                SubjectRows rows = await _scan.ReadAsync(_dataset, info, erased.People, edits, cancellation);
                if (rows.Report.Unreadable is { } unreadable)
                    throw new InvalidTableException(table.Name, $"an object can't be read: {unreadable}");
                if (EraseEdits.RowsOf(_dataset, rows) == 0)
                    return;
                (StoreResult result, _) = await _object.EraseAsync(_dataset, erased.People, info, rows, edits, whose, cancellation);
                if (result.Outcome == StoreOutcome.Done)
                    return;
                why = result.Reason ?? why;
            }
            catch (ObjectChangedException)
            {
                // What stands there now counts.
            }
            if (attempt == Attempts)
                throw new InvalidTableException(table.Name, $"people who were erased since can't be erased in an object: {why}");
            await Task.Delay(Pause * attempt, ports.Time, cancellation);
        }
    }

    private async Task RemoveOldAsync(ObjectInfo old, Erased erased, CancellationToken cancellation)
    {
        if (!EraseEdits.GoesWhole(_dataset, await _scan.ReadAsync(_dataset, old, erased.People, edits: null, cancellation)))
            return;
        StoreResult result = await ports.Objects.DeleteAsync(old, cancellation);
        if (result.Outcome is not (StoreOutcome.Done or StoreOutcome.Gone))
            throw new InvalidTableException(table.Name, $"people who were erased since can't be erased in an old version of an object: {result.Reason ?? result.Outcome.ToString()}");
        await _indexer.BuryAsync(_dataset, old.Key, old.Version, "", cancellation);
    }
}
