using Limpid.Core.Evidence;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <summary>
/// Erases people once more, in the objects of a version that nobody is served, as its dataset says and one after another, as their requests
/// did: rows that name somebody else too are left where they block an erasure. All other rows stay as they are. Repeating it finds nothing
/// left to do.
/// </summary>
internal sealed class EraseReplay(Ports ports, DerivedTable table)
{
    private const string Event = "erasure-replayed";

    /// <summary>How often an object that somebody is writing is tried again.</summary>
    private const int Attempts = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly ErasedSince _erased = new(ports);
    private readonly SubjectScan _scan = new(ports);
    private readonly PeopleInObject _people = new(ports);
    private readonly ObjectErasure _object = new(ports);
    private readonly ObjectIndexer _indexer = new(ports);
    private readonly Dataset _dataset = ports.Lake.VersionsOf(table);

    /// <param name="alive">Called now and then.</param>
    /// <returns>Those of them whom nothing held at any object: the others may still be in the version.</returns>
    /// <exception cref="InvalidTableException">An object can't be rewritten.</exception>
    /// <exception cref="ErasingStoppedException">The kill switch is on.</exception>
    public async Task<Erased> RunAsync(string location, long version, Erased erased, Func<Task> alive, CancellationToken cancellation)
    {
        if (erased.People.Count == 0)
            return erased;
        // Before the first write: whatever dies afterwards, what was done to the version is on record.
        await RecordAsync(version, erased, cancellation);
        foreach (ObjectInfo listed in await TableObjects.ListAsync(ports.Objects, location, cancellation))
        {
            foreach (ErasedPerson person in await NamedInAsync(listed, erased.People, cancellation))
            {
                if (await MayAsync(person))
                    await EraseAsync(listed.Key, person.Subject, cancellation);
            }
            await alive();
        }
        // A rewrite leaves what it replaced as an old version, with the rows; nobody was served any of them.
        foreach (ObjectInfo old in await ports.Objects.ListAsync(location, null, cancellation).Where(v => !v.IsCurrent && !v.IsDeleteMarker).ToListAsync(cancellation))
        {
            foreach (ErasedPerson person in await NamedInAsync(old, erased.People, cancellation))
            {
                if (await MayAsync(person) && await RemoveOldAsync(old, person.Subject, cancellation))
                    break;
            }
            await alive();
        }
        return erased;

        async Task<bool> MayAsync(ErasedPerson person)
        {
            await alive();
            if (await ports.KillSwitch.IsOnAsync(cancellation))
                throw new ErasingStoppedException(table.Name);
            if (!await _erased.IsHeldAsync(_dataset, person, cancellation))
                return true;
            erased = new Erased([.. erased.People.Where(p => p.Request != person.Request)]);
            return false;
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
        foreach (string request in erased.People.Select(p => p.Request).Where(r => !recorded.Contains(r)))
        {
            await audit.AppendAsync(AuditLog.LakeChain, Event, new Dictionary<string, string>
            {
                ["request"] = request,
                ["table"] = table.Name,
                ["version"] = number,
            }, cancellation);
        }
    }

    /// <summary>Those of them whom an object names, by one reading, so that it is not read once for everybody who was erased; all where that can't be told.</summary>
    private async Task<IReadOnlyList<ErasedPerson>> NamedInAsync(ObjectInfo info, IReadOnlyList<ErasedPerson> people, CancellationToken cancellation)
    {
        if (people.Count < 2)
            return people;
        var named = new Named(people);
        try
        {
            WholeObject whole = await _people.WholeAsync(_dataset, info.Key, info, cancellation);
            named.Add([.. whole.People]);
            if (whole.Unreadable is not null || PeopleInObject.HasNoRows(_dataset, info))
                return people;
            await using Stream content = await ports.Objects.OpenReadAsync(info, 0, cancellation);
            ScanReport report = await _people.ScannerOf(_dataset).ScanAsync(ports.Watched(content), named, cancellation);
            return report.Unreadable is null ? named.People : people;
        }
        catch (ObjectChangedException)
        {
            return people;
        }
    }

    private async Task EraseAsync(string key, IReadOnlyList<SubjectIdentity> subject, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (await ports.Objects.HeadAsync(key, cancellation) is not { } info)
                return;
            using var edits = new RowEditLog(ports.Scratch);
            string why = "others keep writing it";
            try
            {
                string whose = await _people.ETagOfAsync(_dataset, info, cancellation);
                SubjectRows rows = await _scan.ReadAsync(_dataset, info, subject, edits, cancellation);
                if (rows.Report.Unreadable is { } unreadable)
                    throw new InvalidTableException(table.Name, $"an object can't be read: {unreadable}");
                if (EraseEdits.RowsOf(_dataset, rows) == 0)
                    return;
                (StoreResult result, _) = await _object.EraseAsync(_dataset, subject, info, rows, edits, whose, cancellation);
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

    /// <summary>Whether it is gone.</summary>
    private async Task<bool> RemoveOldAsync(ObjectInfo old, IReadOnlyList<SubjectIdentity> subject, CancellationToken cancellation)
    {
        if (!EraseEdits.GoesWhole(_dataset, await _scan.ReadAsync(_dataset, old, subject, edits: null, cancellation)))
            return false;
        StoreResult result = await ports.Objects.DeleteAsync(old, cancellation);
        if (result.Outcome is not (StoreOutcome.Done or StoreOutcome.Gone))
            throw new InvalidTableException(table.Name, $"people who were erased since can't be erased in an old version of an object: {result.Reason ?? result.Outcome.ToString()}");
        await _indexer.BuryAsync(_dataset, old.Key, old.Version, "", cancellation);
        return true;
    }

    private sealed class Named : IRowSink
    {
        private readonly ILookup<SubjectKey, ErasedPerson> _byKey;
        private readonly IReadOnlyList<ErasedPerson> _all;
        private readonly HashSet<ErasedPerson> _named = new(ReferenceEqualityComparer.Instance);

        public Named(IReadOnlyList<ErasedPerson> all)
        {
            _all = all;
            _byKey = all.SelectMany(p => p.Subject.SelectMany(s => s.Keys).Distinct(), (person, key) => (person, key)).ToLookup(p => p.key, p => p.person);
        }

        public IReadOnlyList<ErasedPerson> People => [.. _all.Where(_named.Contains)];

        public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people) => Add(people);

        public void Add(ReadOnlySpan<RowPerson> people)
        {
            foreach (RowPerson person in people)
            {
                foreach (SubjectKey key in person.Keys)
                    _named.UnionWith(_byKey[key]);
            }
        }
    }
}
