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
    private readonly SubjectScan _scan = new(ports);
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

        PlanItem item = await _plans.ItemAsync(plan, input.Item, cancellation);
        if (await _requests.ItemAsync(request.Id, plan.Number, item.Number, cancellation) is { Status: not (ItemStatus.Failed or ItemStatus.Stopped) } done)
            return new ItemResult(Name(done.Status));
        if (item.Blocked is { } blocked)
            return await ReportAsync(request, plan, item, ItemStatus.Blocked, blocked, cancellation);
        Dataset dataset = ports.Lake.Named(item.Dataset) ?? throw new NotAuthorizedException("the plan names a dataset that lake.yaml does not have");
        List<SignedDocument> decisions = await _approvals.DocumentsAsync(request.Id, plan.Number, cancellation).ToListAsync(cancellation);
        if (Authorization.WhyNot(dataset.Name, plan, request, ports.Lake, ports.LakeDigest, decisions, ports.Signer.PublicKey.Span) is { } why)
            throw new NotAuthorizedException(why);
        // A place outside the lake is closed by its attestation, which the certificate reads.
        if (item.External)
            return new ItemResult("external");
        if (await ports.KillSwitch.IsOnAsync(cancellation))
            return await ReportAsync(request, plan, item, ItemStatus.Stopped, "the kill switch is on", cancellation);
        if (EraseGuards.WhyHeld(dataset, request.Subject, await _holds.ActiveAsync(cancellation), ports.Time.GetUtcNow(), ports.Lake.TimeZone) is { } held)
            return await ReportAsync(request, plan, item, ItemStatus.Blocked, held, cancellation);
        return await EraseAsync(request, plan, item, dataset, cancellation);
    }

    private async Task<ItemResult> EraseAsync(ErasureRequest request, Plan plan, PlanItem item, Dataset dataset, CancellationToken cancellation)
    {
        string key = ports.Names.KeyOf(item.Object, item.SealedKey);
        string? reason = null;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (attempt > 1)
                await Task.Delay(Pause * attempt, ports.Time, cancellation);
            if (await ports.Objects.HeadAsync(key, cancellation) is not { } info)
            {
                // Removed by this item, perhaps, when an earlier call died before it came to the metadata file.
                await RemoveSidecarAsync(request, dataset, item, key, cancellation);
                return await FinishAsync(request, plan, item, dataset, key, item.Rows, null, cancellation);
            }
            if (info.Blocked is { } immovable)
                return await ReportAsync(request, plan, item, ItemStatus.Blocked, immovable, cancellation);
            if (!item.WholeObject && (await TableRoots.FindAboveAsync(ports.Objects, dataset, key, cancellation)).Refuse(key) is { } table)
                return await ReportAsync(request, plan, item, ItemStatus.Blocked, table, cancellation);
            try
            {
                SubjectRows rows = await _scan.ReadAsync(dataset, info, request.Subject, cancellation);
                if (!rows.IsAnywhere && rows.Report.Unreadable is null)
                    return await FinishAsync(request, plan, item, dataset, key, item.Rows, null, cancellation);
                if (rows.Digest != item.RowsDigest || rows.WholeObject != item.WholeObject || EraseEdits.WhySharedWhole(dataset, rows) is not null)
                    return await ReportAsync(request, plan, item, ItemStatus.Changed, "the person's rows changed after the approval", cancellation);

                await BeganAsync(request, plan, item, cancellation);
                (StoreResult result, RewriteReport? report) = await RewriteAsync(request, dataset, info, rows, cancellation);
                switch (result.Outcome)
                {
                    case StoreOutcome.Done or StoreOutcome.Gone:
                        await RemoveSidecarAsync(request, dataset, item, key, cancellation);
                        return await FinishAsync(request, plan, item, dataset, key, item.Rows, report is null ? null : Convert.ToHexStringLower(report.SurvivorDigest.Span), cancellation);
                    case StoreOutcome.Unproven:
                        return await ReportAsync(request, plan, item, ItemStatus.Failed, "what was written did not prove equal in all other rows; nothing was changed", cancellation);
                    case StoreOutcome.Blocked:
                        reason = result.Reason;
                        break;
                    default:
                        reason = "others keep writing it";
                        break;
                }
            }
            catch (ObjectChangedException)
            {
                reason = "others keep writing it";
            }
        }
        return await ReportAsync(request, plan, item, ItemStatus.Blocked, reason, cancellation);
    }

    private async Task<(StoreResult, RewriteReport?)> RewriteAsync(
        ErasureRequest request, Dataset dataset, ObjectInfo info, SubjectRows rows, CancellationToken cancellation)
    {
        if (dataset.Erase == EraseMode.Delete)
        {
            return rows.IsAllOf
                ? (await ports.Objects.DeleteAsync(info, cancellation), null)
                : (new StoreResult(StoreOutcome.Blocked, Reason: "not every row in it is proven the person's any more"), null);
        }
        var rewriter = new RowRewriter(dataset, ports.Lake.Kinds, ports.Hasher, request.Subject);
        List<RowEdit> edits = EraseEdits.Of(dataset, rows);
        RewriteReport? report = null;
        StoreResult result = await ports.Objects.ReplaceAsync(
            info,
            async (target, token) =>
            {
                await using Stream source = await ports.Objects.OpenReadAsync(info, 0, token);
                report = await rewriter.RewriteAsync(source, target, edits, token);
            },
            (written, token) => RowRewriter.ProveAsync(written, report!, token),
            cancellation);
        return (result, report);
    }

    // The metadata file names the person, so it goes with what it spoke of; one that names somebody else by now stays.
    private async Task RemoveSidecarAsync(ErasureRequest request, Dataset dataset, PlanItem item, string key, CancellationToken cancellation)
    {
        var matcher = new SubjectMatcher(request.Subject);
        for (int attempt = 1; item.SidecarKey is not null && attempt <= Attempts; attempt++)
        {
            ObjectInfo? sidecar = await ports.Objects.HeadAsync(item.SidecarKey, cancellation);
            if (sidecar is null || !(await _people.WholeAsync(dataset, key, cancellation)).People.Any(matcher.IsSubject))
                return;
            if ((await ports.Objects.DeleteAsync(sidecar, cancellation)).Outcome is not StoreOutcome.Changed)
                return;
        }
    }

    // Recorded before the write, so that a retry which finds the rows gone knows that it was this that removed them.
    private Task BeganAsync(ErasureRequest request, Plan plan, PlanItem item, CancellationToken cancellation) =>
        _requests.PutItemAsync(request.Id, Outcome(plan, item, ItemStatus.Failed, "it was interrupted"), cancellation);

    private async Task<ItemResult> FinishAsync(
        ErasureRequest request, Plan plan, PlanItem item, Dataset dataset, string key, long rows, string? survivors, CancellationToken cancellation)
    {
        bool began = await _requests.ItemAsync(request.Id, plan.Number, item.Number, cancellation) is { Status: ItemStatus.Failed };
        await _indexer.RefreshAsync(dataset, key, "", null, cancellation);
        ObjectInfo? now = await ports.Objects.HeadAsync(key, cancellation);
        ItemOutcome outcome = Outcome(plan, item, began ? ItemStatus.Erased : ItemStatus.Gone, began ? null : "nothing of the person was left in it") with
        {
            RowsErased = began ? rows : 0,
            ETag = now?.ETag ?? "",
            SurvivorsDigest = survivors,
        };
        await _requests.PutItemAsync(request.Id, outcome, cancellation);
        return new ItemResult(Name(outcome.Status));
    }

    private async Task<ItemResult> ReportAsync(
        ErasureRequest request, Plan plan, PlanItem item, ItemStatus status, string? reason, CancellationToken cancellation)
    {
        await _requests.PutItemAsync(request.Id, Outcome(plan, item, status, reason), cancellation);
        return new ItemResult(Name(status));
    }

    private ItemOutcome Outcome(Plan plan, PlanItem item, ItemStatus status, string? reason) => new()
    {
        Plan = plan.Number,
        Item = item.Number,
        Dataset = item.Dataset,
        Object = item.Object,
        Status = status,
        Reason = reason,
        At = ports.Time.GetUtcNow(),
    };

    private static string Name(ItemStatus status) => status.ToString().ToLowerInvariant();
}

/// <summary>Erasing was asked for without an approval of exactly that; nothing was touched.</summary>
internal sealed class NotAuthorizedException(string reason) : Exception("not authorized: " + reason);
