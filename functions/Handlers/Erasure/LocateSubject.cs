using Limpid.Core.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <param name="Plan">1 for the first plan, then the supplementary ones.</param>
/// <param name="ReconcileRun">The reconciliation that came before.</param>
internal sealed record LocateInput(string RequestId, int Plan, string ReconcileRun);

/// <param name="Outcome"><c>plan</c>: something may be erased, so it goes to the approvers; <c>nothing</c>; <c>stopped</c>: beyond the limits; <c>declined</c>: a supplementary plan beyond the limits, left alone; <c>ended</c>: the request was over already.</param>
/// <param name="MapKey">The evidence key of the list of items, for the workflow's Map.</param>
/// <param name="External">External datasets that need an attestation.</param>
internal sealed record LocateResult(string Outcome, int Plan, string MapKey, IReadOnlyList<string> External);

/// <summary>
/// <c>locate-subject</c>: plans what would be erased and stores the plan. On replay the plan that was stored first stands.
/// </summary>
internal sealed class LocateSubject(Ports ports)
{
    /// <summary>Supplementary plans go on until nothing of the person has changed since the last one, but not for ever.</summary>
    public const int MostPlans = 8;

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

        Plan plan = await _plans.GetAsync(request.Id, input.Plan, cancellation) ?? await BuildAsync(request, input.Plan, listing, cancellation);
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

    private async Task<Plan> BuildAsync(ErasureRequest request, int number, ReconcileRun listing, CancellationToken cancellation)
    {
        EarlierPlans earlier = await EarlierPlans.ReadAsync(ports, request.Id, number, cancellation);
        Plan plan = await new Planner(ports).BuildAsync(request, number, listing, earlier, _plans.PutChunkAsync, cancellation);
        return await _plans.PutAsync(plan, cancellation);
    }
}

/// <summary>A workflow speaks of a request that was never submitted: nothing is done for it.</summary>
internal sealed class UnknownRequestException(string requestId) : Exception($"there is no request {requestId}");
