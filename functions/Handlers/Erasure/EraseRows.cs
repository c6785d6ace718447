using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Approvals;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

internal sealed record ItemInput(string RequestId, int Plan, int Item);

internal sealed record ItemResult(string Status);

/// <summary>
/// <c>erase-rows</c>: carries out one item of an approved plan. It trusts no workflow: it checks the recorded, signed decision over
/// the plan's digest, the request's state, holds and the kill switch itself, matches the rows again by identifier, and rewrites the
/// object only if it still is what it read. On replay it finds nothing left to do.
/// </summary>
internal sealed class EraseRows(Ports ports)
{
    /// <summary>How often an object that somebody is writing is tried again before it is left alone.</summary>
    private const int Attempts = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Requests _requests = new(ports.State);
    private readonly Plans _plans = new(ports.Evidence);
    private readonly ApprovalState _approvals = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));
    private readonly Holds _holds = new(ports.State);
    private readonly PersonCheck _check = new(ports.Lake, ports.Hasher);
    private readonly SubjectScan _scan = new(ports);
    private readonly OldVersions _old = new(ports);
    private readonly PeopleInObject _people = new(ports);
    private readonly ObjectIndexer _indexer = new(ports);

    public async Task<ItemResult> HandleAsync(ItemInput input, CancellationToken cancellation)
    {
        ErasureRequest request = await _requests.GetAsync(input.RequestId, cancellation)
            ?? throw new UnknownRequestException(input.RequestId);
        Plan plan = await _plans.GetAsync(request.Id, input.Plan, cancellation)
            ?? throw new NotAuthorizedException("there is no such plan");
        if (request.Status != RequestStatus.Erasing)
            throw new NotAuthorizedException($"the request is not being carried out, it is {request.Status}");
        if (!PlanDigest.Holds(plan))
            throw new NotAuthorizedException("the plan is not what its digest says");

        if (plan.BeyondLimits is { } beyond && !request.BeyondLimits)
            throw new NotAuthorizedException($"it is beyond the limits, and nobody asked for that: {beyond}");

        PlanItem item = await _plans.ItemAsync(plan, input.Item, cancellation);
        ItemOutcome? earlier = await _requests.ItemAsync(request.Id, plan.Number, item.Number, cancellation);
        if (earlier is { Status: not (ItemStatus.Failed or ItemStatus.Interrupted or ItemStatus.Stopped) })
            return new ItemResult(Name(earlier.Status));
        Dataset dataset = ports.Lake.Named(item.Dataset) ?? throw new NotAuthorizedException("the plan names a dataset that lake.yaml does not have");
        var work = new Work(request, plan, item, dataset, item.External ? "" : ports.Names.KeyOf(item.Object, item.SealedKey));
        if (item.Blocked is { } blocked)
            return await ReportAsync(work, ItemStatus.Blocked, blocked, cancellation);
        List<SignedDocument> decisions = await _approvals.DocumentsAsync(request.Id, plan.Number, cancellation).ToListAsync(cancellation);
        if (Authorization.WhyNot(dataset.Name, plan, request, ports.Lake, ports.LakeDigest, decisions, ports.Signer.PublicKey.Span) is { } why)
            throw new NotAuthorizedException(why);
        // A place outside the lake is closed by its attestation, which the certificate reads.
        if (item.External)
            return new ItemResult("external");
        if (await ports.KillSwitch.IsOnAsync(cancellation))
            return await ReportAsync(work, ItemStatus.Stopped, "the kill switch is on", cancellation);
        if (EraseGuards.WhyHeld(dataset, request.Subject, await _holds.ActiveAsync(request, _check, cancellation), new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today) is { } held)
            return await ReportAsync(work, ItemStatus.Blocked, held, cancellation);
        return await EraseAsync(work, earlier, cancellation);
    }

    private async Task<ItemResult> EraseAsync(Work work, ItemOutcome? earlier, CancellationToken cancellation)
    {
        // Somebody began the write and died, so that it may have happened: only then are rows that are gone this item's doing.
        bool wasInterrupted = earlier is { Status: ItemStatus.Interrupted };
        // Nothing is to be done to the current version, or it was done before the process died.
        Done? done = work.Item.IsOldOnly ? new Done(false)
            : earlier is { IsCurrentDone: true } ? new Done(earlier.RowsErased > 0 || earlier.ETag.Length > 0, earlier.ETag, earlier.Version, earlier.SurvivorsDigest)
            : null;
        bool wasPurging = earlier is { IsCurrentDone: true };
        string? reason = null;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (attempt > 1)
                await Task.Delay(Pause * attempt, ports.Time, cancellation);
            try
            {
                if (done is not null)
                    return await FinishAsync(work, done, wasPurging, cancellation);
                ObjectInfo? found = await ports.Objects.HeadAsync(work.Key, cancellation);
                if (found is null)
                {
                    done = new Done(wasInterrupted);
                    return await FinishAsync(work, done, wasPurging, cancellation);
                }
                SubjectRows? rows = null;
                using var edits = new RowEditLog(ports.Scratch);
                if (found.Blocked is null && await RefusedAsync(work, cancellation) is null)
                    rows = await _scan.ReadAsync(work.Dataset, found, work.Request.Subject, edits, cancellation);
                if (await WhyBlockedAsync(work, found, rows, cancellation) is { } blocked)
                    return await ReportAsync(work, ItemStatus.Blocked, blocked, cancellation);
                if (!rows!.IsAnywhere || (wasInterrupted && EraseEdits.RowsOf(work.Dataset, rows) == 0 && !IsToBeDeleted(work, rows)))
                {
                    done = new Done(wasInterrupted, found.ETag, found.Version);
                    return await FinishAsync(work, done, wasPurging, cancellation);
                }
                // No tolerance: a single row more or fewer than was approved, or another content of one, is for the approvers to see first.
                if (rows.Digest != work.Item.RowsDigest || rows.WholeObject != work.Item.WholeObject)
                    return await ReportAsync(work, ItemStatus.Changed, "the person's rows changed after the approval", cancellation);

                // Recorded before the write, so that a retry knows that it may have happened.
                await ReportAsync(work, ItemStatus.Interrupted, "it was interrupted", cancellation);
                (StoreResult result, RewriteReport? report) = await RewriteAsync(work, found, rows, edits, cancellation);
                if (result.Outcome == StoreOutcome.Done)
                {
                    done = new Done(true, result.Info?.ETag ?? "", result.Info?.Version, report is null ? null : Convert.ToHexStringLower(report.SurvivorDigest.Span));
                    return await FinishAsync(work, done, wasPurging, cancellation);
                }
                wasInterrupted = false;
                reason = result switch
                {
                    { Outcome: StoreOutcome.Unproven } => "what was written did not prove equal in all other rows; nothing was changed",
                    { Outcome: StoreOutcome.Blocked, Reason: { } why } => why,
                    _ => "others keep writing it",
                };
                await ReportAsync(work, ItemStatus.Failed, reason, cancellation);
                if (result.Outcome == StoreOutcome.Unproven)
                    return new ItemResult(Name(ItemStatus.Failed));
            }
            catch (ObjectChangedException)
            {
                reason = "others keep writing it";
            }
        }
        // What was done to the current version is done: only old ones are left, and a supplementary plan looks at them.
        return await ReportAsync(work, done is null ? ItemStatus.Blocked : ItemStatus.Changed, reason, cancellation);
    }

    private async Task<string?> WhyBlockedAsync(Work work, ObjectInfo found, SubjectRows? rows, CancellationToken cancellation) =>
        found.Blocked ?? await RefusedAsync(work, cancellation)
        // What can't be read may only go whole, where its name, tag or metadata file says whose it is.
        ?? (IsToBeDeleted(work, rows!) ? null : rows!.Report.Unreadable);

    private async Task<string?> RefusedAsync(Work work, CancellationToken cancellation) =>
        (await TableRoots.FindAboveAsync(ports.Objects, work.Dataset, work.Key, cancellation)).Refuse(work.Key);

    private static bool IsToBeDeleted(Work work, SubjectRows rows) => rows.WholeObject && work.Dataset.Erase == EraseMode.Delete;

    private async Task<(StoreResult, RewriteReport?)> RewriteAsync(
        Work work, ObjectInfo info, SubjectRows rows, RowEditLog edits, CancellationToken cancellation)
    {
        if (work.Dataset.Erase == EraseMode.Delete)
        {
            return rows.IsAllOf
                ? (await ports.Objects.RemoveAsync(info, cancellation), null)
                : (new StoreResult(StoreOutcome.Blocked, Reason: "not every row in it is proven the person's any more"), null);
        }
        return await RowErasure.RewriteAsync(ports, work.Dataset, info, work.Request.Subject, rows.Report.Compression, edits, cancellation);
    }

    // A metadata file that names the person and nobody else goes with what it spoke of, whoever removed that. Its own old versions are
    // found and planned like any others; only the newest may have been left below its delete marker by an earlier try of this item.
    private async Task<string?> RemoveSidecarsAsync(Work work, CancellationToken cancellation)
    {
        if (!work.Item.HasSidecar)
            return null;
        WholeObject whole = await _people.WholeAsync(work.Dataset, work.Key, info: null, cancellation);
        var newest = whole with { Sidecars = [.. whole.Sidecars.DistinctBy(s => s.File.Key)] };
        foreach (ObjectInfo sidecar in newest.SidecarsOf(new SubjectMatcher(work.Request.Subject), work.Dataset))
        {
            // Under a delete marker first, so that no older version takes its place.
            if (sidecar.IsCurrent && WhyLeft(await ports.Objects.RemoveAsync(sidecar, cancellation)) is { } notRemoved)
                return notRemoved;
            if (WhyLeft(await ports.Objects.DeleteAsync(sidecar, cancellation)) is { } notDeleted)
                return notDeleted;
        }
        foreach (SubjectRule rule in work.Dataset.Subjects.Where(r => r.Sidecar is not null))
            await _old.RemoveLoneMarkersAsync(rule.SidecarOf(work.Key), cancellation);
        return null;

        static string? WhyLeft(StoreResult result) => result.Outcome is StoreOutcome.Done or StoreOutcome.Gone
            ? null
            : $"its metadata file could not be removed: {result.Reason ?? "others keep writing it"}";
    }

    /// <summary>After the current version: old versions, the metadata files that say whose these are, and the index last.</summary>
    /// <param name="wasPurging">Whether old versions may have been removed before the process died.</param>
    private async Task<ItemResult> FinishAsync(Work work, Done done, bool wasPurging, CancellationToken cancellation)
    {
        ItemOutcome outcome = Outcome(work, ItemStatus.Interrupted, "it was interrupted") with
        {
            RowsErased = done.ByUs ? work.Item.Rows : 0,
            ETag = done.ETag,
            Version = done.Version is { Length: > 0 } version ? version : null,
            SurvivorsDigest = done.Survivors,
        };
        Purged purged = await _old.PurgeAsync(
            work.Dataset, work.Key, work.Plan, work.Item, work.Request.Subject,
            wasPurging ? null : () => _requests.PutItemAsync(work.Request.Id, outcome with { IsCurrentDone = true }, cancellation), cancellation);
        if (purged.Removed.Count > 0)
            await _old.RemoveLoneMarkersAsync(work.Key, cancellation);

        if (purged.Left is null && await RemoveSidecarsAsync(work, cancellation) is { } left)
            return await ReportAsync(work, ItemStatus.Blocked, left, cancellation);
        await _indexer.RefreshAsync(work.Dataset, work.Key, "", await RefusedAsync(work, cancellation), cancellation);
        foreach (string removed in purged.Removed)
            await _indexer.BuryAsync(work.Dataset, work.Key, removed, "", cancellation);
        bool byUs = done.ByUs || purged.Removed.Count > 0;
        outcome = outcome with
        {
            Status = purged.Left is not null ? ItemStatus.Changed : byUs ? ItemStatus.Erased : ItemStatus.Gone,
            Reason = purged.Left ?? (byUs ? null : "nothing of the person was left in it"),
            RowsErased = outcome.RowsErased + purged.RowsRemoved,
            Removed = purged.Removed.Count > 0 ? purged.Removed : null,
        };
        await _requests.PutItemAsync(work.Request.Id, outcome, cancellation);
        return new ItemResult(Name(outcome.Status));
    }

    private async Task<ItemResult> ReportAsync(Work work, ItemStatus status, string? reason, CancellationToken cancellation)
    {
        await _requests.PutItemAsync(work.Request.Id, Outcome(work, status, reason), cancellation);
        return new ItemResult(Name(status));
    }

    private ItemOutcome Outcome(Work work, ItemStatus status, string? reason) => new()
    {
        Plan = work.Plan.Number,
        Item = work.Item.Number,
        Dataset = work.Item.Dataset,
        Object = work.Item.Object,
        Status = status,
        Reason = reason,
        At = ports.Time.GetUtcNow(),
    };

    private static string Name(ItemStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>What became of the current version.</summary>
    private sealed record Done(bool ByUs, string ETag = "", string? Version = null, string? Survivors = null);

    /// <param name="Key">Of the object, unsealed.</param>
    private sealed record Work(ErasureRequest Request, Plan Plan, PlanItem Item, Dataset Dataset, string Key);
}

/// <summary>Erasing was asked for without an approval of exactly that; nothing was touched.</summary>
internal sealed class NotAuthorizedException(string reason) : Exception("not authorized: " + reason);
