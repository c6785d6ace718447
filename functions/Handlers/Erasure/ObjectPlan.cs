using System.Runtime.CompilerServices;
using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>An object that may have to be planned.</summary>
/// <param name="Object">As in the index, with its sealed key.</param>
/// <param name="Hit">The record by which it was found; null where that is a metadata file's.</param>
internal sealed record PlannedPlace(string Object, string? SealedKey, ObjectRecord? Hit);

/// <summary>
/// Plans what happens to one object in which the index has the person: its current version as the dataset's rules say, its old
/// versions whole, and behind them the metadata files that say whose they are. What may not be touched is an item of its own, version
/// by version.
/// </summary>
/// <param name="whyHeld">Why nothing of a dataset may be touched, or null.</param>
internal sealed class ObjectPlan(Ports ports, ErasureRequest request, EarlierPlans known, Func<Dataset, string?> whyHeld)
{
    private const int Attempts = 5;

    private readonly SubjectScan _scan = new(ports);
    private readonly Sidecars _sidecars = new(ports);
    private readonly SubjectMatcher _subject = new(request.Subject);
    private HashSet<UInt128>? _named;

    /// <summary>Old versions of a metadata file are planned with the object that they speak of, as long as any version of that is there.</summary>
    public async Task<PlannedPlace> PlaceOfAsync(Dataset dataset, ObjectRecord hit, CancellationToken cancellation)
    {
        string key = ports.Names.KeyOf(hit.Object, hit.SealedKey);
        // As the current version it is an object like any other, or it would have no record.
        if (await _sidecars.OwnerAsync(dataset, key, cancellation) is not { } owner || (await ports.Objects.HeadAsync(key, cancellation))?.Version == hit.Version)
            return new PlannedPlace(hit.Object, hit.SealedKey, hit);
        (string name, string? sealedKey) = ports.Names.NameOf(dataset, owner);
        return new PlannedPlace(name, sealedKey, null);
    }

    /// <summary>None where nothing of the person stands in the object any more.</summary>
    public async IAsyncEnumerable<PlanItem> ItemsAsync(Dataset dataset, PlannedPlace place, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string key = ports.Names.KeyOf(place.Object, place.SealedKey);
        List<ObjectInfo> old = await _sidecars.OwnerAsync(dataset, key, cancellation) is null ? await OldVersions.ListAsync(ports.Objects, key, cancellation) : [];
        using OthersInHistory? others = old.Count > 0 ? new OthersInHistory(ports) : null;
        PlanItem? current = await CurrentAsync(dataset, place, key, others?.OfCurrent(_subject), cancellation);
        var going = new List<OldVersion>();
        var numbers = new List<int>();
        bool anyStays = false;
        for (int number = 0; number < old.Count; number++)
        {
            if (old[number].Version == current?.Version || !await IsNamedAsync(place.Object, old[number], cancellation))
                continue;
            Old version = await OldAsync(dataset, place, old[number], others!.OfOld(_subject, number), cancellation);
            if (version.Goes is { } goes)
            {
                going.Add(goes);
                numbers.Add(number);
            }
            if (version.Stays is { } stays)
                yield return stays;
            anyStays |= version.IsLeft;
        }
        var sidecars = new List<SidecarVersion>();
        await foreach ((SidecarVersion? goes, PlanItem? stays) in SidecarsAsync(dataset, key, current, anyStays, cancellation))
        {
            if (goes is not null)
                sidecars.Add(goes);
            if (stays is not null)
                yield return stays;
        }
        if (anyStays && current is { Blocked: null, HasSidecar: true })
            current = current with { HasSidecar = false, Blocked = current is { Rows: 0, Erase: not EraseMode.Delete } ? Sidecars.Held : null };
        if (current is { Blocked: not null })
            yield return current;
        PlanItem item = current is { Blocked: null } ? current : Only(dataset, place.Object, place.SealedKey);
        if (item.IsOldOnly && going.Count == 0 && sidecars.Count == 0)
            yield break;
        HistoryLoss? loss = others?.Settle(numbers);
        yield return item with
        {
            Old = going.Count == 0 ? null : [.. going.Zip(loss!.Versions, (version, lost) => version with { OthersRows = lost.Rows, OthersDigest = lost.Digest })],
            OthersRows = loss?.Rows ?? 0,
            Sidecars = sidecars.Count == 0 ? null : sidecars,
        };
    }

    /// <summary>What goes of the object's metadata files, each file's oldest version first, and what of them has to stay.</summary>
    private async IAsyncEnumerable<(SidecarVersion? Goes, PlanItem? Stays)> SidecarsAsync(
        Dataset dataset, string key, PlanItem? current, bool anyStays, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (string sidecar in Sidecars.KeysOf(dataset, key))
        {
            (string name, string? sealedKey) = ports.Names.NameOf(dataset, sidecar);
            var place = new PlannedPlace(name, sealedKey, null);
            foreach (ObjectInfo listed in await OldVersions.ListAsync(ports.Objects, sidecar, cancellation))
            {
                if (!await IsNamedAsync(name, listed, cancellation))
                    continue;
                Old version = await OldAsync(dataset, place, listed, staying: null, cancellation);
                if (version.Stays is not null)
                    yield return (null, version.Stays);
                if (version.Goes is { } goes)
                    yield return OrHeld(new SidecarVersion { Object = name, Version = goes.Version, ETag = goes.ETag, Size = goes.Size }, sealedKey);
            }
            foreach (SidecarVersion beside in current is { Blocked: null, Sidecars: { } files } ? files.Where(file => file.Object == name) : [])
                yield return OrHeld(beside, sealedKey);
        }

        (SidecarVersion? Goes, PlanItem? Stays) OrHeld(SidecarVersion file, string? sealedKey) =>
            !anyStays ? (file, null)
            : known.OldStaysBlocked(file.Object, file.Version, file.ETag) ? default
            : (null, Only(dataset, file.Object, sealedKey) with { Version = file.Version, ETag = file.ETag, Size = file.Size, Blocked = Sidecars.Held });
    }

    /// <summary>Null where nothing of the person stands in it any more, or where it stays an exception of an earlier plan.</summary>
    private async Task<PlanItem?> CurrentAsync(
        Dataset dataset, PlannedPlace place, string key, OthersInHistory.StayingRows? staying, CancellationToken cancellation)
    {
        ObjectInfo? info = null;
        SubjectRows? rows = null;
        string? unsettled = null;
        for (int attempt = 1; rows is null && unsettled is null; attempt++)
        {
            info = await ports.Objects.HeadAsync(key, cancellation);
            if (info is null)
                return null;
            if (info.Unreadable is not null)
                break;
            try
            {
                // Rows taken of a version that changed meanwhile would count as standing twice: only what has no old versions changes so.
                rows = await _scan.ReadAsync(dataset, info, request.Subject, edits: null, cancellation, staying, shared: staying);
            }
            catch (ObjectChangedException) when (attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt), ports.Time, cancellation);
            }
            catch (ObjectChangedException)
            {
                unsettled = "it is being written to all the time";
            }
        }
        if (rows is { IsAnywhere: false, Report.Unreadable: null, WhoseUnreadable: null })
            return null;
        bool isFound = info!.Version == place.Hit?.Version;
        ObjectRecord? record = isFound ? place.Hit : await ports.Index.GetAsync(place.Object, info.Version, cancellation);
        // Another version of it was found: of this one nothing is known, or it is an exception already.
        if (known.StaysBlocked(place.Object, info.Version, info.ETag)
            || (!isFound && rows is not { IsAnywhere: true } && !await IsNamedAsync(place.Object, info, cancellation)))
            return null;

        string? blocked = whyHeld(dataset) ?? (known.IsLast ? EarlierPlans.KeptChanging : null) ?? unsettled ?? info.Unreadable ?? info.Blocked ?? record?.Unreadable ?? rows!.WhoseUnreadable
            ?? (rows.WholeObject && dataset.Erase == EraseMode.Delete ? null : rows.Report.Unreadable)
            ?? WhyNotErasable(dataset, rows);
        return new PlanItem
        {
            Number = 0,
            Dataset = dataset.Name,
            Object = place.Object,
            SealedKey = place.SealedKey,
            Version = info.Version,
            ETag = info.ETag,
            Erase = dataset.Erase,
            WholeObject = rows?.WholeObject ?? false,
            HasSidecar = rows?.HasSidecar ?? false,
            Sidecars = blocked is null && rows is { HasSidecar: true } ? _sidecars.Planned(dataset, rows.Sidecars) : null,
            Rows = rows is null ? 0 : EraseEdits.RowsOf(dataset, rows),
            RowsDigest = rows?.Digest ?? "",
            SharedRows = rows?.Shared ?? 0,
            KeepsShared = rows?.Shared > 0 && dataset is { Shared: SharedMode.Block, Erase: not EraseMode.Delete },
            RowBytes = rows is null ? 0 : EraseEdits.BytesOf(dataset, rows),
            Size = info.Size,
            Blocked = blocked,
        };
    }

    private async Task<Old> OldAsync(
        Dataset dataset, PlannedPlace place, ObjectInfo listed, OthersInHistory.StayingRows? staying, CancellationToken cancellation)
    {
        if (known.OldStaysBlocked(place.Object, listed.Version, listed.ETag))
            return new Old(null, null, IsLeft: true);
        if (await ports.Objects.HeadVersionAsync(listed, cancellation) is not { } info)
            return Old.Nothing;
        SubjectRows? rows = null;
        if (info.Unreadable is null)
        {
            try
            {
                rows = await _scan.ReadAsync(dataset, info, request.Subject, edits: null, cancellation, staying, shared: staying);
            }
            catch (ObjectChangedException)
            {
                // Somebody removed it meanwhile.
                return Old.Nothing;
            }
            if (rows is { IsAnywhere: false, WhoseUnreadable: null })
                return Old.Nothing;
        }
        ObjectRecord? record = await ports.Index.GetAsync(place.Object, info.Version, cancellation);
        string? blocked = whyHeld(dataset) ?? (known.IsLast ? EarlierPlans.KeptChanging : null) ?? info.Unreadable ?? info.Blocked ?? record?.Refused
            ?? rows!.WhoseUnreadable ?? (EraseEdits.GoesWhole(dataset, rows) ? null : rows.Report.Unreadable ?? EraseEdits.WhyOldStays(rows));
        if (blocked is not null)
        {
            return new Old(null, Only(dataset, place.Object, place.SealedKey) with
            {
                Version = info.Version,
                ETag = info.ETag,
                Rows = rows is null ? 0 : EraseEdits.RowsOf(dataset, rows),
                SharedRows = rows?.Shared ?? 0,
                Size = info.Size,
                Blocked = blocked,
            }, IsLeft: true);
        }
        return new Old(new OldVersion
        {
            Version = info.Version,
            ETag = info.ETag,
            Size = info.Size,
            Rows = EraseEdits.RowsOf(dataset, rows!),
            RowBytes = EraseEdits.BytesOf(dataset, rows!),
            SharedRows = EraseEdits.TakesShared(dataset) ? rows!.Shared : 0,
            RowsDigest = rows!.Digest,
        }, null, IsLeft: false);
    }

    // Asked for once, and only where there are old versions: it takes a mark for each version that names the person.
    private async ValueTask<bool> IsNamedAsync(string objectId, ObjectInfo version, CancellationToken cancellation)
    {
        if (_named is null)
        {
            _named = [];
            foreach (SubjectKey key in request.Subject.SelectMany(s => s.Keys))
            {
                await foreach (IndexHit hit in ports.Index.FindAsync(key, cancellation))
                    _named.Add(ItemHistory.MarkOf(hit.Record.Object, hit.Record.Version));
            }
        }
        return _named.Contains(ItemHistory.MarkOf(objectId, version.Version));
    }

    private static PlanItem Only(Dataset dataset, string objectId, string? sealedKey) => new()
    {
        Number = 0,
        Dataset = dataset.Name,
        Object = objectId,
        SealedKey = sealedKey,
        Erase = dataset.Erase,
        IsOldOnly = true,
    };

    private static string? WhyNotErasable(Dataset dataset, SubjectRows rows)
    {
        if (dataset.Erase == EraseMode.Delete)
        {
            if (rows.IsSharedObject)
                return "its name, tag or metadata file names somebody else as well";
            return rows.IsAllOf
                ? null
                : $"it is to be deleted whole, but not every row is proven the person's ({rows.Own} of {rows.Report.Rows} are, {rows.Report.MalformedRows} can't be read)";
        }
        if (rows.Own == 0 && rows.Shared > 0 && dataset.Shared == SharedMode.Block)
            return EraseEdits.SharedReason(rows.Shared);
        return rows.WholeObject && rows.Own + rows.Shared == 0 && !rows.HasSidecar
            ? dataset.Subjects.Any(s => s.Tag is not null)
                ? "its name or tag still names the person; only `erase: delete` removes them"
                : "its name still names the person; only `erase: delete` removes a name"
            : null;
    }

    /// <summary>What goes of an old version, or the item that says why it stays; neither where nothing of the person is in it.</summary>
    /// <param name="IsLeft">Whether it stays though it names the person, now or by an earlier plan.</param>
    private sealed record Old(OldVersion? Goes, PlanItem? Stays, bool IsLeft)
    {
        public static Old Nothing { get; } = new(null, null, false);
    }
}
