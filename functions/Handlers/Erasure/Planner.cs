using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Approvals;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>
/// Finds what would be erased: looks the person up in the index, reads exactly the objects that were hit, and says of each what
/// would go, or why it may not be touched. Writes nothing but the items it is given a place for.
/// </summary>
internal sealed class Planner(Ports ports)
{
    /// <summary>So many a dataset are looked into at most: they are asked for one by one, and should be few. The rest count as unread.</summary>
    private const int MostLoneSidecarsRead = 1000;

    private readonly PeopleInObject _people = new(ports);
    private readonly Holds _holds = new(ports.State);
    private readonly PersonCheck _check = new(ports.Lake, ports.Hasher);

    /// <param name="known">What earlier plans of the request said; empty for the first.</param>
    /// <param name="draft">Takes what is found; what it is through with already is not read again.</param>
    /// <param name="goesOn">Asked before each object and behind the last one, when the draft holds whole objects alone.</param>
    /// <returns>Null where it was not to go on.</returns>
    public async Task<Plan?> BuildAsync(
        ErasureRequest request, int number, ReconcileRun listing, EarlierPlans known, PlanDraft draft, Func<Task<bool>> goesOn, CancellationToken cancellation)
    {
        DateTimeOffset asOf = request.AsOf ?? listing.ListedTo!.Value;
        IReadOnlyList<Hold> holds = await _holds.ActiveAsync(request, _check, cancellation);
        if (!await FindAsync(request, asOf, holds, known, draft, goesOn, cancellation))
            return null;
        if (known.IsFirst)
            await AddExternalAsync(request, holds, draft, cancellation);

        IReadOnlyList<string> digests = await draft.CompleteAsync(cancellation);
        var described = new List<DatasetPlan>();
        foreach (Dataset dataset in ports.Lake.Datasets)
            described.Add(await CountAsync(dataset, draft.SumOf(dataset), new SubjectMatcher(request.Subject), cancellation));
        string? beyond = BeyondLimits(request, described);
        return new Plan
        {
            RequestId = request.Id,
            Number = number,
            Subject = request.Subject,
            LakeDigest = ports.LakeDigest,
            AsOf = asOf,
            ListedFrom = listing.ListedFrom,
            ListedTo = listing.ListedTo!.Value,
            Datasets = described,
            ChunkDigests = digests,
            Items = draft.Items,
            BeyondLimits = beyond,
            Digest = PlanDigest.Of(request.Id, number, request.Subject, ports.LakeDigest, described, beyond, digests),
        };
    }

    /// <summary>False where it was not to go on.</summary>
    private async Task<bool> FindAsync(
        ErasureRequest request, DateTimeOffset asOf, IReadOnlyList<Hold> holds, EarlierPlans known, PlanDraft draft, Func<Task<bool>> goesOn, CancellationToken cancellation)
    {
        var plan = new ObjectPlan(ports, request, known, dataset => WhyHeld(dataset, request, holds));
        foreach (SubjectKey key in request.Subject.SelectMany(s => s.Keys))
        {
            await foreach (IndexHit hit in ports.Index.FindAsync(key, cancellation))
            {
                if (ports.Lake.Named(hit.Record.Dataset) is not { } dataset || !dataset.Holds(ports.Names.KeyOf(hit.Record.Object, hit.Record.SealedKey))
                    // A version of a derived table that was built meanwhile holds old rows once more: it came back by itself, and goes like its sources.
                    || (known.IsResurfaced(hit.Record, asOf) && ports.Lake.Tables?.Any(t => t.Dataset == dataset.Name) is not true) || known.StaysBlocked(hit.Record))
                    continue;
                PlannedPlace place = await plan.PlaceOfAsync(dataset, hit.Record, cancellation);
                // A person with two identifiers is found twice in an object that holds both, and once in each of its versions.
                if (draft.IsThrough(place.Object))
                    continue;
                if (!await goesOn())
                    return false;
                await foreach (PlanItem item in plan.ItemsAsync(dataset, place, cancellation))
                    await draft.AddAsync(item, cancellation);
                draft.GetThrough(place.Object);
            }
        }
        return await goesOn();
    }

    private async Task AddExternalAsync(ErasureRequest request, IReadOnlyList<Hold> holds, PlanDraft draft, CancellationToken cancellation)
    {
        foreach (Dataset dataset in ports.Lake.Datasets.Where(d => d.Format == DataFormat.External))
        {
            await draft.AddAsync(new PlanItem
            {
                Number = 0,
                Dataset = dataset.Name,
                Object = dataset.Location,
                Erase = dataset.Erase,
                External = true,
                Blocked = WhyHeld(dataset, request, holds),
            }, cancellation);
        }
    }

    private string? WhyHeld(Dataset dataset, ErasureRequest request, IReadOnlyList<Hold> holds) =>
        EraseGuards.WhyHeld(dataset, request.Subject, holds, new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today);

    /// <summary>What the index knows of the dataset besides.</summary>
    private async Task<DatasetPlan> CountAsync(Dataset dataset, DatasetPlan planned, SubjectMatcher subject, CancellationToken cancellation)
    {
        int read = 0;
        long objects = 0, rows = 0, malformed = 0, unreadable = 0;
        bool keepsVersions = false;
        var shown = new List<BlockedObject>();
        await foreach (ObjectRecord record in ports.Index.ListAsync(dataset.Name, null, cancellation))
        {
            string key = ports.Names.KeyOf(record.Object, record.SealedKey);
            if (record.State == RecordState.Deleted || !dataset.Counts(key))
                continue;
            objects += dataset.Holds(key) ? 1 : 0;
            keepsVersions |= record.Version.Length > 0;
            rows += record.Rows;
            malformed += record.MalformedRows;
            if (record.Unreadable is not { } why)
                continue;
            // Another request may be between an object and its metadata file, which names somebody else then.
            if (why == ObjectIndexer.LoneSidecar && read++ < MostLoneSidecarsRead
                && !await _people.NamesAsync(dataset, ReconcileLake.Named(key, record), subject, cancellation))
                continue;
            unreadable++;
            if (shown.Count < DatasetPlan.MostBlockedShown)
                shown.Add(new BlockedObject(record.Object, why) { Version = record.Version.Length > 0 ? record.Version : null });
        }
        return planned with
        {
            OldVersions = keepsVersions ? planned.OldVersions ?? 0 : planned.OldVersions,
            DatasetObjects = objects,
            DatasetRows = rows,
            UnreadableObjects = unreadable,
            Unreadable = shown,
            MalformedRows = malformed,
        };
    }

    private string? BeyondLimits(ErasureRequest request, IReadOnlyList<DatasetPlan> datasets)
    {
        if (request.Placeholder)
            return "an identifier is empty or a placeholder, which may stand in anybody's rows";
        // A whole object counts as a row at least: a pattern that finds one person in every name must not slip through.
        long rows = datasets.Sum(d => Math.Max(d.Rows, d.Objects)), others = datasets.Sum(d => d.OthersRowsInHistory);
        // What goes with old versions is lost as well, whosever it is.
        if (rows + others > ports.Lake.Limits.Rows)
        {
            return others == 0
                ? $"{rows} rows are more than the limit of {ports.Lake.Limits.Rows}"
                : $"{rows} rows, and {others} of other people that stand only in old versions, are more than the limit of {ports.Lake.Limits.Rows}";
        }
        DatasetPlan? large = datasets.FirstOrDefault(d => d.DatasetRows >= Limits.ShareCountsFrom && d.Rows > d.DatasetRows * ports.Lake.Limits.Share);
        return large is null
            ? null
            : FormattableString.Invariant($"{large.Rows} of the {large.DatasetRows} rows in {large.Name} are more than the limit of {ports.Lake.Limits.Share:P0}");
    }
}
