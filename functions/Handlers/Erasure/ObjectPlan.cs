using System.Runtime.CompilerServices;
using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>
/// Plans what happens to one object in which the index has the person: its current version as the dataset's rules say, its old
/// versions whole. What may not be touched is an item of its own, version by version.
/// </summary>
/// <param name="whyHeld">Why nothing of a dataset may be touched, or null.</param>
internal sealed class ObjectPlan(Ports ports, ErasureRequest request, EarlierPlans known, Func<Dataset, string?> whyHeld)
{
    private const int Attempts = 5;

    private readonly SubjectScan _scan = new(ports);
    private readonly SubjectMatcher _subject = new(request.Subject);
    private HashSet<UInt128>? _named;

    /// <summary>None where nothing of the person stands in the object any more.</summary>
    public async IAsyncEnumerable<PlanItem> ItemsAsync(Dataset dataset, ObjectRecord record, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string key = ports.Names.KeyOf(record.Object, record.SealedKey);
        List<ObjectInfo> old = await OldVersions.ListAsync(ports.Objects, key, cancellation);
        if (old.Count == 0)
        {
            if (await CurrentAsync(dataset, record, key, null, cancellation) is { } only)
                yield return only;
            yield break;
        }
        using var others = new OthersInHistory(ports);
        PlanItem? current = await CurrentAsync(dataset, record, key, others.OfCurrent(_subject), cancellation);
        var going = new List<OldVersion>();
        var numbers = new List<int>();
        for (int number = 0; number < old.Count; number++)
        {
            if (old[number].Version == current?.Version || !await IsNamedAsync(record, old[number], cancellation))
                continue;
            (OldVersion? goes, PlanItem? stays) = await OldAsync(dataset, record, old[number], others.OfOld(_subject, number), cancellation);
            if (goes is not null)
            {
                going.Add(goes);
                numbers.Add(number);
            }
            if (stays is not null)
                yield return stays;
        }
        if (current is { Blocked: not null } || (current is not null && going.Count == 0))
            yield return current;
        if (going.Count == 0)
            yield break;
        HistoryLoss loss = others.Settle(numbers);
        yield return (current is { Blocked: null } ? current : Only(dataset, record)) with
        {
            Old = [.. going.Zip(loss.Versions, (version, lost) => version with { OthersRows = lost.Rows, OthersDigest = lost.Digest })],
            OthersRows = loss.Rows,
        };
    }

    /// <summary>Null where nothing of the person stands in it any more, or where it stays an exception of an earlier plan.</summary>
    private async Task<PlanItem?> CurrentAsync(
        Dataset dataset, ObjectRecord found, string key, OthersInHistory.StayingRows? staying, CancellationToken cancellation)
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
                rows = await _scan.ReadAsync(dataset, info, request.Subject, edits: null, cancellation, staying);
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
        if (rows is { IsAnywhere: false, Report.Unreadable: null })
            return null;
        ObjectRecord? record = info!.Version == found.Version ? found : await ports.Index.GetAsync(found.Object, info.Version, cancellation);
        // Another version of it was found: of this one nothing is known, or it is an exception already.
        if (known.StaysBlocked(found.Object, info.Version, info.ETag)
            || (info.Version != found.Version && rows is not { IsAnywhere: true } && !await IsNamedAsync(found, info, cancellation)))
            return null;

        string? blocked = whyHeld(dataset) ?? (known.IsLast ? EarlierPlans.KeptChanging : null) ?? unsettled ?? info.Unreadable ?? info.Blocked ?? record?.Unreadable
            ?? (rows!.WholeObject && dataset.Erase == EraseMode.Delete ? null : rows.Report.Unreadable)
            ?? WhyNotErasable(dataset, rows);
        return new PlanItem
        {
            Number = 0,
            Dataset = dataset.Name,
            Object = found.Object,
            SealedKey = found.SealedKey,
            Version = info.Version,
            ETag = info.ETag,
            Erase = dataset.Erase,
            WholeObject = rows?.WholeObject ?? false,
            HasSidecar = rows?.HasSidecar ?? false,
            Rows = rows is null ? 0 : EraseEdits.RowsOf(dataset, rows),
            RowsDigest = rows?.Digest ?? "",
            SharedRows = rows?.Shared ?? 0,
            KeepsShared = rows?.Shared > 0 && dataset is { Shared: SharedMode.Block, Erase: not EraseMode.Delete },
            RowBytes = rows is null ? 0 : EraseEdits.BytesOf(dataset, rows),
            Size = info.Size,
            Blocked = blocked,
        };
    }

    /// <summary>What goes of an old version, or the item that says why it stays; neither where nothing of the person is in it.</summary>
    private async Task<(OldVersion? Goes, PlanItem? Stays)> OldAsync(
        Dataset dataset, ObjectRecord found, ObjectInfo listed, OthersInHistory.StayingRows staying, CancellationToken cancellation)
    {
        if (known.OldStaysBlocked(found.Object, listed.Version, listed.ETag) || await ports.Objects.HeadVersionAsync(listed, cancellation) is not { } info)
            return default;
        SubjectRows? rows = null;
        if (info.Unreadable is null)
        {
            try
            {
                rows = await _scan.ReadAsync(dataset, info, request.Subject, edits: null, cancellation, staying);
            }
            catch (ObjectChangedException)
            {
                // Somebody removed it meanwhile.
                return default;
            }
            if (!rows.IsAnywhere)
                return default;
        }
        ObjectRecord? record = await ports.Index.GetAsync(found.Object, info.Version, cancellation);
        string? blocked = whyHeld(dataset) ?? (known.IsLast ? EarlierPlans.KeptChanging : null) ?? info.Unreadable ?? info.Blocked ?? record?.Refused
            ?? (EraseEdits.GoesWhole(dataset, rows!) ? null : rows!.Report.Unreadable ?? EraseEdits.WhyOldStays(rows));
        if (blocked is not null)
        {
            return (null, Only(dataset, found) with
            {
                Version = info.Version,
                ETag = info.ETag,
                Rows = rows is null ? 0 : EraseEdits.RowsOf(dataset, rows),
                SharedRows = rows?.Shared ?? 0,
                Size = info.Size,
                Blocked = blocked,
            });
        }
        return (new OldVersion
        {
            Version = info.Version,
            ETag = info.ETag,
            Size = info.Size,
            Rows = EraseEdits.RowsOf(dataset, rows!),
            RowBytes = EraseEdits.BytesOf(dataset, rows!),
            RowsDigest = rows!.Digest,
        }, null);
    }

    // Asked for once, and only where there are old versions: it takes a mark for each version that names the person.
    private async ValueTask<bool> IsNamedAsync(ObjectRecord record, ObjectInfo version, CancellationToken cancellation)
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
        return _named.Contains(ItemHistory.MarkOf(record.Object, version.Version));
    }

    private static PlanItem Only(Dataset dataset, ObjectRecord record) => new()
    {
        Number = 0,
        Dataset = dataset.Name,
        Object = record.Object,
        SealedKey = record.SealedKey,
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
}
