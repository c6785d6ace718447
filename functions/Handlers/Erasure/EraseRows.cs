using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>One item of a plan, for <c>erase-rows</c> and <c>verify-erasure</c>.</summary>
internal sealed record ItemInput(string RequestId, int Plan, int Item);

/// <param name="Status">Of <c>erase-rows</c> the <see cref="ItemStatus"/> in lower case, or <c>external</c>; of <c>verify-erasure</c> <c>clean</c>, <c>skipped</c>, or such a status where it found something.</param>
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

    private const string OthersWrite = "others keep writing it";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Requests _requests = new(ports.State);
    private readonly Plans _plans = new(ports.Evidence);
    private readonly ApprovalState _approvals = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));
    private readonly Holds _holds = new(ports.State);
    private readonly PersonCheck _check = new(ports.Lake, ports.Hasher);
    private readonly SubjectScan _scan = new(ports);
    private readonly ObjectErasure _object = new(ports);
    private readonly HistoryErasure _history = new(ports);
    private readonly Sidecars _sidecars = new(ports);
    private readonly PeopleInObject _people = new(ports);

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
        var work = new ItemWork(request, plan, item, dataset, item.External ? "" : ports.Names.KeyOf(item.Object, item.SealedKey), earlier);
        if (item.Blocked is { } blocked)
            return await ReportAsync(work, ItemStatus.Blocked, blocked, cancellation);
        List<SignedDocument> decisions = await _approvals.DocumentsAsync(request.Id, plan.Number, cancellation).ToListAsync(cancellation);
        if (Authorization.WhyNot(dataset.Name, plan, request, ports.Lake, ports.LakeDigest, decisions, ports.Signer.PublicKey.Span) is { } why)
            throw new NotAuthorizedException(why);
        // A place outside the lake is closed by its attestation, which the certificate reads.
        if (item.External)
            return new ItemResult("external");
        Forbidden? forbidden = await WhyForbiddenAsync(work, cancellation);
        // What was begun before that may have happened, and is not to be reported as held: it is looked at first.
        return forbidden is not null && earlier is not { Status: ItemStatus.Interrupted, IsCurrentDone: not true }
            ? await ReportAsync(work, forbidden.Status, forbidden.Reason, cancellation)
            : await EraseAsync(work, forbidden, cancellation);
    }

    private async Task<Forbidden?> WhyForbiddenAsync(ItemWork work, CancellationToken cancellation)
    {
        if (await ports.KillSwitch.IsOnAsync(cancellation))
            return new Forbidden(ItemStatus.Stopped, "the kill switch is on");
        IReadOnlyList<Hold> holds = await _holds.ActiveAsync(work.Request, _check, cancellation);
        return EraseGuards.WhyHeld(work.Dataset, work.Request.Subject, holds, new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today) is { } held
            ? new Forbidden(ItemStatus.Blocked, held)
            : null;
    }

    /// <param name="forbidden">Why nothing more may be done; what was done already is recorded all the same.</param>
    private async Task<ItemResult> EraseAsync(ItemWork work, Forbidden? forbidden, CancellationToken cancellation)
    {
        if (work.Item is { IsOldOnly: true, Old: not null } && await _sidecars.OwnerAsync(work.Dataset, work.Key, cancellation) is not null)
            return await ReportAsync(work, ItemStatus.Changed, "it goes with the object that it speaks of", cancellation);
        var progress = new ItemProgress(work.Earlier)
        {
            // Nothing is to be done to the current version, or it was done before the process died.
            Current = work.Item.IsOldOnly ? new CurrentDone(false) : CurrentDone.Of(work.Earlier),
        };
        string? reason = null;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (attempt > 1)
                await Task.Delay(Pause * attempt, ports.Time, cancellation);
            try
            {
                if (progress.Current is not null)
                    return await GoOnAsync(work, progress, forbidden, cancellation);
                ObjectInfo? found = await ports.Objects.HeadAsync(work.Key, cancellation);
                if (found is null)
                {
                    progress.Current = new CurrentDone(progress.MayHaveWritten);
                    return await GoOnAsync(work, progress, forbidden, cancellation);
                }
                SubjectRows? rows = null;
                string whose = "";
                using var edits = new RowEditLog(ports.Scratch);
                if (found.Blocked is null && await work.RefusedAsync(ports.Objects, cancellation) is null)
                {
                    whose = await _people.ETagOfAsync(work.Dataset, found, cancellation);
                    rows = await _scan.ReadAsync(work.Dataset, found, work.Request.Subject, edits, cancellation);
                }
                if (await WhyBlockedAsync(work, found, rows, cancellation) is { } blocked)
                    return await ReportAsync(work, ItemStatus.Blocked, blocked, cancellation);
                if (!rows!.IsAnywhere || (progress.MayHaveWritten && EraseEdits.RowsOf(work.Dataset, rows) == 0 && !IsToBeDeleted(work, rows)))
                {
                    progress.Current = new CurrentDone(progress.MayHaveWritten, found.ETag, found.Version);
                    return await GoOnAsync(work, progress, forbidden, cancellation);
                }
                if (forbidden is not null)
                    return await ReportAsync(work, forbidden.Status, forbidden.Reason, cancellation);
                if (WhyNotAsApproved(work, rows) is { } changed)
                    return await ReportAsync(work, ItemStatus.Changed, changed, cancellation);

                // Recorded before the write, so that a retry knows that it may have happened.
                await ReportAsync(work, ItemStatus.Interrupted, "it was interrupted", cancellation);
                progress.MayHaveWritten = true;
                (StoreResult result, RewriteReport? report) = await _object.EraseAsync(work.Dataset, work.Request.Subject, found, rows, edits, whose, cancellation);
                if (result.Outcome == StoreOutcome.Done)
                {
                    progress.Current = new CurrentDone(true, result.Info?.ETag ?? "", result.Info?.Version, report is null ? null : Convert.ToHexStringLower(report.SurvivorDigest.Span));
                    return await FinishAsync(work, progress, cancellation);
                }
                // Where the answer to a removal was lost, the store's client asked for it again: what is gone may be our own doing.
                if (result.Outcome == StoreOutcome.Gone && work.Dataset.Erase == EraseMode.Delete)
                    continue;
                progress.MayHaveWritten = false;
                reason = result switch
                {
                    { Outcome: StoreOutcome.Unproven } => "what was written did not prove equal in all other rows; nothing was changed",
                    { Outcome: StoreOutcome.Blocked, Reason: { } why } => why,
                    _ => OthersWrite,
                };
                await ReportAsync(work, ItemStatus.Failed, reason, cancellation);
                if (result.Outcome == StoreOutcome.Unproven)
                    return new ItemResult(Name(ItemStatus.Failed));
            }
            catch (ObjectChangedException)
            {
                reason = OthersWrite;
            }
        }
        // What was done to the current version is done: only old ones are left, and a supplementary plan looks at them.
        return progress.Current is null
            ? await ReportAsync(work, ItemStatus.Blocked, reason ?? OthersWrite, cancellation)
            : await RecordAsync(work, progress.Outcome(work, ports.Time.GetUtcNow()) with { Status = ItemStatus.Changed, Reason = reason }, cancellation);
    }

    // No tolerance: a single row more or fewer than was approved, another content of one, or another metadata file is for the approvers
    // to see first.
    private string? WhyNotAsApproved(ItemWork work, SubjectRows rows)
    {
        if (rows.Digest != work.Item.RowsDigest || rows.WholeObject != work.Item.WholeObject)
            return "the person's rows changed after the approval";
        SidecarVersion[]? planned = work.Item.Sidecars?.Where(s => s.IsCurrent).ToArray();
        return work.Item.HasSidecar && planned is not null && !planned.SequenceEqual(_sidecars.Planned(work.Dataset, rows.Sidecars)) ? Sidecars.Changed : null;
    }

    private async Task<string?> WhyBlockedAsync(ItemWork work, ObjectInfo found, SubjectRows? rows, CancellationToken cancellation) =>
        found.Blocked ?? await work.RefusedAsync(ports.Objects, cancellation)
        // What can't be read may only go whole, where its name, tag or metadata file says whose it is.
        ?? rows!.WhoseUnreadable ?? (IsToBeDeleted(work, rows) ? null : rows.Report.Unreadable);

    private static bool IsToBeDeleted(ItemWork work, SubjectRows rows) => rows.WholeObject && work.Dataset.Erase == EraseMode.Delete;

    // The current version is done with: old ones and metadata files stay where nothing more may be done. A supplementary plan says which.
    private Task<ItemResult> GoOnAsync(ItemWork work, ItemProgress progress, Forbidden? forbidden, CancellationToken cancellation) =>
        forbidden is null || work.Item is { Version.Length: 0, Old: null, HasSidecar: false }
            ? FinishAsync(work, progress, cancellation)
            : RecordAsync(work, progress.Outcome(work, ports.Time.GetUtcNow()) with { Status = forbidden.Status == ItemStatus.Blocked ? ItemStatus.Changed : forbidden.Status, Reason = forbidden.Reason, IsCurrentDone = true }, cancellation);

    private async Task<ItemResult> FinishAsync(ItemWork work, ItemProgress progress, CancellationToken cancellation)
    {
        (ItemStatus? status, string? left) = await _history.EraseAsync(work, progress, BeginAsync, cancellation);
        bool byUs = progress.Current!.ByUs || progress.Removed.Count > 0 || progress.SidecarsRemoved > 0;
        return await RecordAsync(work, progress.Outcome(work, ports.Time.GetUtcNow()) with
        {
            Status = status ?? (byUs ? ItemStatus.Erased : ItemStatus.Gone),
            Reason = left ?? (byUs ? null : "nothing of the person was left in it"),
        }, cancellation);

        // Recorded before the first is removed: what is gone afterwards was this item's doing.
        async Task BeginAsync()
        {
            if (progress.IsRemoving)
                return;
            await _requests.PutItemAsync(work.Request.Id, progress.Outcome(work, ports.Time.GetUtcNow()) with { IsCurrentDone = true }, cancellation);
            progress.IsRemoving = true;
        }
    }

    private Task<ItemResult> ReportAsync(ItemWork work, ItemStatus status, string? reason, CancellationToken cancellation) =>
        RecordAsync(work, work.Outcome(status, reason, ports.Time.GetUtcNow()), cancellation);

    private async Task<ItemResult> RecordAsync(ItemWork work, ItemOutcome outcome, CancellationToken cancellation)
    {
        await _requests.PutItemAsync(work.Request.Id, outcome, cancellation);
        return new ItemResult(Name(outcome.Status));
    }

    private static string Name(ItemStatus status) => status.ToString().ToLowerInvariant();

    private sealed record Forbidden(ItemStatus Status, string Reason);
}

/// <summary>Erasing was asked for without an approval of exactly that; nothing was touched.</summary>
internal sealed class NotAuthorizedException(string reason) : Exception("not authorized: " + reason);
