using Limpid.Core.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <param name="Plan">1 for the first plan, then the supplementary ones.</param>
/// <param name="ReconcileRun">The reconciliation that came before.</param>
/// <param name="MayPause">Whether the workflow calls again when there is <c>more</c>: one that began under an earlier version does not.</param>
internal sealed record LocateInput(string RequestId, int Plan, string ReconcileRun, bool MayPause = false);

/// <param name="Outcome"><c>more</c>: call again; <c>plan</c>: something may be erased, so it goes to the approvers; <c>nothing</c>; <c>stopped</c>: beyond the limits; <c>declined</c>: a supplementary plan beyond the limits, left alone; <c>ended</c>: the request was over already.</param>
/// <param name="MapKey">The evidence key of the list of items, for the workflow's Map.</param>
/// <param name="External">External datasets that need an attestation.</param>
internal sealed record LocateResult(string Outcome, int Plan, string MapKey, IReadOnlyList<string> External);

/// <summary>
/// <c>locate-subject</c>: plans what would be erased and stores the plan. Bounded work a call; what it came to is saved now and then, and
/// the next call, or a replay of one that died, goes on behind the last object of that. Once a plan is stored it stands, on replay too.
/// </summary>
internal sealed class LocateSubject(Ports ports)
{
    /// <summary>Supplementary plans go on until nothing of the person has changed since the last one, but not for ever.</summary>
    public const int MostPlans = 8;

    /// <summary>From the first object on that is read: how long it takes to get there grows with what is done, and must not use the call up.</summary>
    private static readonly TimeSpan WorkACall = TimeSpan.FromMinutes(5);

    /// <summary>Otherwise a large object behind many small ones, in which a call comes to its end, would have the next one read all of these again.</summary>
    private static readonly TimeSpan BetweenSaves = TimeSpan.FromMinutes(1);

    private readonly Requests _requests = new(ports.State);
    private readonly Plans _plans = new(ports.Evidence);
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    public async Task<LocateResult> HandleAsync(LocateInput input, CancellationToken cancellation)
    {
        ErasureRequest request = await _requests.GetAsync(input.RequestId, cancellation)
            ?? throw new UnknownRequestException(input.RequestId);
        if (request.IsEnded)
            return new LocateResult("ended", input.Plan, "", []);
        ReconcileRun listing = await ReconcileLake.GetAsync(ports.State, input.ReconcileRun, cancellation)
            ?? throw new InvalidOperationException($"reconciliation {input.ReconcileRun} has not run");

        if ((await _plans.GetAsync(request.Id, input.Plan, cancellation) ?? await BuildAsync(request, input, listing, cancellation)) is not { } plan)
            return new LocateResult("more", input.Plan, "", []);
        await PlanDrafts.ForgetAsync(ports.State, request.Id, plan.Number, cancellation);
        var reference = new PlanReference(plan.Number, plan.Digest, plan.Objects, plan.Rows, plan.BlockedObjects);
        bool isBeyond = plan.BeyondLimits is not null && !request.BeyondLimits;
        if (isBeyond && request.BeganErasing)
        {
            await new LeftAlone(ports).RecordAsync(plan, plan.BeyondLimits!, cancellation);
            return new LocateResult("declined", plan.Number, "", []);
        }
        bool isStopped = isBeyond;
        bool isEmpty = plan.Objects + plan.ExternalPlaces == 0;
        // A twin that comes late finds the plan taken on, and changes nothing.
        request = (await _requests.UpdateAsync(request.Id, stored => stored.IsEnded || stored.Plan?.Number >= plan.Number || (isEmpty && plan.Number > 1) ? null : stored with
        {
            AsOf = stored.AsOf ?? plan.AsOf,
            Plan = reference,
            Status = isStopped ? RequestStatus.Stopped : isEmpty ? stored.Status : RequestStatus.Waiting,
            Reason = isStopped ? plan.BeyondLimits : stored.Reason,
            EndedAt = isStopped ? ports.Time.GetUtcNow() : null,
        }, cancellation))!;
        if (request.IsEnded && request.Status != RequestStatus.Stopped)
            return new LocateResult("ended", input.Plan, "", []);
        await _audit.AppendOnceAsync(request.Id, isStopped ? "stopped" : "planned", new Dictionary<string, string>
        {
            ["plan"] = FormattableString.Invariant($"{plan.Number}"),
            ["digest"] = plan.Digest,
            ["objects"] = FormattableString.Invariant($"{plan.Objects}"),
            ["rows"] = FormattableString.Invariant($"{plan.Rows}"),
            ["blocked"] = FormattableString.Invariant($"{plan.BlockedObjects}"),
        }, cancellation);
        string[] external = request.ApproveAs is null && plan.Number == 1
            ? [.. plan.Datasets.Where(d => d.ExternalPlaces > 0).Select(d => d.Name)]
            : [];
        return new LocateResult(
            isStopped ? "stopped" : isEmpty ? "nothing" : "plan",
            plan.Number, Plan.MapKey(plan.Items), external);
    }

    /// <summary>Null where there is more to do.</summary>
    private async Task<Plan?> BuildAsync(ErasureRequest request, LocateInput input, ReconcileRun listing, CancellationToken cancellation)
    {
        EarlierPlans earlier = await EarlierPlans.ReadAsync(ports, request.Id, input.Plan, cancellation);
        var drafts = new PlanDrafts(ports, request.Id, input.Plan, listing.ListedTo!.Value);
        PlanDraft draft = await drafts.OpenAsync(cancellation);
        DateTimeOffset? began = null;
        DateTimeOffset saved = default;
        Plan? plan = await new Planner(ports).BuildAsync(request, input.Plan, listing, earlier, draft, GoesOnAsync, cancellation);
        // Of a twin that came late the other's stands, which may not see the saving of this one any more.
        return plan is null ? await _plans.GetAsync(request.Id, input.Plan, cancellation) : await _plans.PutAsync(plan, cancellation);

        async Task<bool> GoesOnAsync()
        {
            DateTimeOffset now = ports.Time.GetUtcNow();
            if (began is null)
            {
                // Whatever it took to get here: each call gets through with one object at least.
                (began, saved) = (now, now);
                return true;
            }
            bool isUp = input.MayPause && now - began >= WorkACall;
            if (!isUp && now - saved < BetweenSaves)
                return true;
            saved = now;
            // Where a twin is faster there is nothing to be gained here.
            return (await drafts.TrySaveAsync(draft, cancellation) || !input.MayPause) && !isUp;
        }
    }
}

/// <summary>A workflow speaks of a request that was never submitted: nothing is done for it.</summary>
internal sealed class UnknownRequestException(string requestId) : Exception($"there is no request {requestId}");
