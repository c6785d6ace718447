using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Approvals;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>Stores a file of items, or only digests it (a dry run), and returns its digest.</summary>
internal delegate Task<string> PutChunk(string requestId, IReadOnlyList<PlanItem> items, CancellationToken cancellation);

/// <summary>
/// Finds what would be erased: looks the person up in the index, reads exactly the objects that were hit, and says of each what
/// would go, or why it may not be touched. Writes nothing but the items it is given a place for.
/// </summary>
internal sealed class Planner(Ports ports)
{
    private const int MostSearchedShown = 20;

    private readonly Holds _holds = new(ports.State);
    private readonly PersonCheck _check = new(ports.Lake, ports.Hasher);

    /// <param name="known">What earlier plans of the request said; empty for the first.</param>
    public async Task<Plan> BuildAsync(
        ErasureRequest request, int number, ReconcileRun listing, EarlierPlans known, PutChunk put, CancellationToken cancellation)
    {
        DateTimeOffset asOf = request.AsOf ?? listing.ListedTo!.Value;
        IReadOnlyList<Hold> holds = await _holds.ActiveAsync(request, _check, cancellation);
        var datasets = new Dictionary<string, DatasetPlan>();
        foreach (Dataset dataset in ports.Lake.Datasets)
            datasets.Add(dataset.Name, await DescribeAsync(dataset, cancellation));

        var chunk = new List<PlanItem>(Plan.ItemsPerChunk);
        var digests = new List<string>();
        int items = 0;
        await foreach (PlanItem item in FindAsync(request, asOf, holds, known, cancellation))
        {
            PlanItem numbered = item with { Number = items++ };
            chunk.Add(numbered);
            datasets[item.Dataset] = Add(datasets[item.Dataset], numbered);
            if (chunk.Count == Plan.ItemsPerChunk)
            {
                digests.Add(await put(request.Id, chunk, cancellation));
                chunk.Clear();
            }
        }
        if (chunk.Count > 0)
            digests.Add(await put(request.Id, chunk, cancellation));

        DatasetPlan[] described = [.. datasets.Values];
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
            Items = items,
            BeyondLimits = beyond,
            Digest = PlanDigest.Of(request.Id, number, request.Subject, ports.LakeDigest, described, beyond, digests),
        };
    }

    private async IAsyncEnumerable<PlanItem> FindAsync(
        ErasureRequest request, DateTimeOffset asOf, IReadOnlyList<Hold> holds, EarlierPlans known,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var plan = new ObjectPlan(ports, request, known, dataset => WhyHeld(dataset, request, holds));
        // A person with two identifiers is found twice in an object that holds both, and once in each of its versions.
        var seen = new HashSet<UInt128>();
        foreach (SubjectKey key in request.Subject.SelectMany(s => s.Keys))
        {
            await foreach (IndexHit hit in ports.Index.FindAsync(key, cancellation))
            {
                if (ports.Lake.Named(hit.Record.Dataset) is not { } dataset || !dataset.Holds(ports.Names.KeyOf(hit.Record.Object, hit.Record.SealedKey))
                    // A version of a derived table that was built meanwhile holds old rows once more: it came back by itself, and goes like its sources.
                    || (known.IsResurfaced(hit.Record, asOf) && ports.Lake.Tables?.Any(t => t.Dataset == dataset.Name) is not true) || known.StaysBlocked(hit.Record))
                    continue;
                PlannedPlace place = await plan.PlaceOfAsync(dataset, hit.Record, cancellation);
                if (!seen.Add(ItemHistory.MarkOf(place.Object)))
                    continue;
                await foreach (PlanItem item in plan.ItemsAsync(dataset, place, cancellation))
                    yield return item;
            }
        }
        if (!known.IsFirst)
            yield break;
        foreach (Dataset dataset in ports.Lake.Datasets.Where(d => d.Format == DataFormat.External))
        {
            yield return new PlanItem
            {
                Number = 0,
                Dataset = dataset.Name,
                Object = dataset.Location,
                Erase = dataset.Erase,
                External = true,
                Blocked = WhyHeld(dataset, request, holds),
            };
        }
    }

    private string? WhyHeld(Dataset dataset, ErasureRequest request, IReadOnlyList<Hold> holds) =>
        EraseGuards.WhyHeld(dataset, request.Subject, holds, new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today);

    private async Task<DatasetPlan> DescribeAsync(Dataset dataset, CancellationToken cancellation)
    {
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
            unreadable++;
            if (shown.Count < DatasetPlan.MostBlockedShown)
                shown.Add(new BlockedObject(record.Object, why) { Version = record.Version.Length > 0 ? record.Version : null });
        }
        return new DatasetPlan
        {
            Name = dataset.Name,
            Erase = dataset.Erase,
            Format = dataset.Format,
            Approvers = dataset.Approvers,
            Searched = [.. dataset.Subjects.Select(Searched).Distinct().Take(MostSearchedShown)],
            OldVersions = keepsVersions ? 0 : null,
            DatasetObjects = objects,
            DatasetRows = rows,
            UnreadableObjects = unreadable,
            Unreadable = shown,
            MalformedRows = malformed,
        };
    }

    private static string Searched(SubjectRule rule) => rule switch
    {
        { Sidecar: not null } => $"field {rule.Field} of the metadata file",
        { Field: not null } => $"field {rule.Field}",
        { FileName: not null } => "object name",
        _ => $"object tag {rule.Tag}",
    };

    private static DatasetPlan Add(DatasetPlan dataset, PlanItem item)
    {
        string? partly = item is { Blocked: null, KeepsShared: true } ? EraseEdits.SharedReason(item.SharedRows) : null;
        bool isBlocked = item.Blocked is not null;
        IReadOnlyList<OldVersion> old = item.Old ?? [];
        IReadOnlyList<SidecarVersion> sidecars = item.Sidecars ?? [];
        int versions = old.Count + sidecars.Count(s => !s.IsCurrent);
        return dataset with
        {
            ExternalPlaces = dataset.ExternalPlaces + (item.External && !isBlocked ? 1 : 0),
            Objects = dataset.Objects + (item.External || isBlocked ? 0 : 1),
            Rows = dataset.Rows + (isBlocked ? 0 : item.Rows) + old.Sum(o => o.Rows),
            RowBytes = dataset.RowBytes + (isBlocked ? 0 : item.RowBytes) + old.Sum(o => o.RowBytes),
            ObjectBytes = dataset.ObjectBytes + (isBlocked ? 0 : item.Size) + old.Sum(o => o.Size) + sidecars.Sum(s => s.Size),
            OldVersions = versions > 0 ? (dataset.OldVersions ?? 0) + versions : dataset.OldVersions,
            OthersRowsInHistory = dataset.OthersRowsInHistory + item.OthersRows,
            SharedRows = dataset.SharedRows + item.SharedRows + old.Sum(o => o.SharedRows),
            BlockedObjects = dataset.BlockedObjects + (isBlocked ? 1 : 0),
            Blocked = (item.Blocked ?? partly) is { } why && dataset.Blocked.Count < DatasetPlan.MostBlockedShown
                ? [.. dataset.Blocked, new BlockedObject(item.Object, why) { Version = item.Version.Length > 0 ? item.Version : null }]
                : dataset.Blocked,
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
