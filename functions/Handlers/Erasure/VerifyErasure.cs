using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>
/// <c>verify-erasure</c>: the second pass. Reads one object of the plan again, whole, and looks for the person. What it finds goes
/// into a supplementary plan; it erases nothing itself. On replay it reads again, and once the request is over it changes nothing: what
/// came since is no matter of its certificate.
/// </summary>
internal sealed class VerifyErasure(Ports ports)
{
    private const int Attempts = 5;

    private readonly Requests _requests = new(ports.State);
    private readonly Plans _plans = new(ports.Evidence);
    private readonly SubjectScan _scan = new(ports);
    private readonly ObjectIndexer _indexer = new(ports);

    public async Task<ItemResult> HandleAsync(ItemInput input, CancellationToken cancellation)
    {
        ErasureRequest request = await _requests.GetAsync(input.RequestId, cancellation)
            ?? throw new UnknownRequestException(input.RequestId);
        if (request.IsEnded)
            return new ItemResult("skipped");
        Plan plan = await _plans.GetAsync(request.Id, input.Plan, cancellation)
            ?? throw new UnknownPlanException($"{request.Id} has no plan {input.Plan}");
        ItemOutcome? outcome = await _requests.ItemAsync(request.Id, plan.Number, input.Item, cancellation);
        if (outcome is not { Status: ItemStatus.Erased or ItemStatus.Gone })
            return new ItemResult("skipped");
        PlanItem item = await _plans.ItemAsync(plan, input.Item, cancellation);
        Dataset dataset = ports.Lake.Named(item.Dataset) ?? throw new InvalidDataException($"lake.yaml has no dataset {item.Dataset}");
        string key = ports.Names.KeyOf(item.Object, item.SealedKey);

        (ItemStatus status, string? reason, long versions) = await LookAsync(dataset, key, item, request, cancellation);
        TableRoots tables = await TableRoots.FindAboveAsync(ports.Objects, dataset, key, cancellation);
        await _indexer.RefreshAsync(dataset, key, "", tables.Refuse(key), cancellation);
        // Whoever indexed it last may have died before it swept: entries that count no more would still be the person's.
        foreach (string version in new[] { item.Version }.Concat((item.Old ?? []).Select(o => o.Version)).Concat(outcome.Removed ?? []).Distinct())
            await ForgetAsync(dataset, key, version, cancellation);
        foreach (string sidecar in Sidecars.KeysOf(dataset, key))
        {
            foreach (SidecarVersion removed in (item.Sidecars ?? []).Where(s => s.Object == ports.Names.NameOf(dataset, sidecar).Object))
                await ForgetAsync(dataset, sidecar, removed.Version, cancellation);
        }
        bool isClean = status == ItemStatus.Erased;
        outcome = isClean
            ? outcome with { VerifiedAt = ports.Time.GetUtcNow(), VersionsRead = item.Version.Length > 0 || item.Old is not null ? versions : null }
            : outcome with { Status = status, Reason = reason, VerifiedAt = null };
        await _requests.PutItemAsync(request.Id, outcome, cancellation);
        return new ItemResult(isClean ? "clean" : status.ToString().ToLowerInvariant());
    }

    private async Task ForgetAsync(Dataset dataset, string key, string version, CancellationToken cancellation)
    {
        await _indexer.BuryAsync(dataset, key, version, "", cancellation);
        await ports.Index.SweepAsync(ports.Names.NameOf(dataset, key).Object, version, long.MaxValue, cancellation);
    }

    /// <summary>Erased: nothing of the person is left that the dataset's rules would take away. Blocked: nobody can tell.</summary>
    private async Task<(ItemStatus Status, string? Reason, long Versions)> LookAsync(
        Dataset dataset, string key, PlanItem item, ErasureRequest request, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                (ItemStatus, string?, long) current = await LookAtCurrentAsync(dataset, key, item, request, cancellation);
                return current.Item1 == ItemStatus.Erased ? await LookAtOldAsync(dataset, key, request, current.Item3, cancellation) : current;
            }
            catch (ObjectChangedException) when (attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), ports.Time, cancellation);
            }
            catch (ObjectChangedException)
            {
                return (ItemStatus.Changed, "it is being written to all the time", 0);
            }
        }
    }

    private async Task<(ItemStatus, string?, long)> LookAtCurrentAsync(
        Dataset dataset, string key, PlanItem item, ErasureRequest request, CancellationToken cancellation)
    {
        if (await ports.Objects.HeadAsync(key, cancellation) is not { } info)
            return (ItemStatus.Erased, null, 0);
        // Where only old versions were planned, the current one is another item's, or nobody's: then the next plan finds it.
        if (info.Unreadable is { } closed)
            return (item.IsOldOnly ? ItemStatus.Erased : ItemStatus.Blocked, closed, 0);
        SubjectRows rows = await _scan.ReadAsync(dataset, info, request.Subject, edits: null, cancellation);
        if (item.IsOldOnly)
            return (ItemStatus.Erased, null, 1);
        if (!EraseEdits.IsNothingLeft(dataset, rows))
            return (ItemStatus.Changed, "the second pass found rows of the person", 1);
        return (rows.Report.Unreadable ?? rows.WhoseUnreadable) is { } unreadable ? (ItemStatus.Blocked, unreadable, 1) : (ItemStatus.Erased, null, 1);
    }

    // Listed again, whatever was planned. One that can't be read or removed is an exception of its own, in this plan or the next, and
    // what says whose it is stays with it.
    private async Task<(ItemStatus, string?, long)> LookAtOldAsync(Dataset dataset, string key, ErasureRequest request, long read, CancellationToken cancellation)
    {
        bool anyStays = false;
        foreach ((string name, bool isSidecar) in Sidecars.KeysOf(dataset, key).Select(sidecar => (sidecar, true)).Prepend((key, false)))
        {
            if (isSidecar && anyStays)
                continue;
            foreach (ObjectInfo version in await OldVersions.ListAsync(ports.Objects, name, cancellation))
            {
                if (await ports.Objects.HeadVersionAsync(version, cancellation) is not { Unreadable: null, Blocked: null } info)
                {
                    anyStays = true;
                    continue;
                }
                read++;
                SubjectRows rows = await _scan.ReadAsync(dataset, info, request.Subject, edits: null, cancellation);
                if (EraseEdits.GoesWhole(dataset, rows))
                    return (ItemStatus.Changed, $"the second pass found {(isSidecar ? "the person in an old version of its metadata file" : "rows of the person in an old version")}", read);
                anyStays |= rows.IsAnywhere || rows.WhoseUnreadable is not null;
            }
        }
        return (ItemStatus.Erased, null, read);
    }
}
