using Limpid.Core.Erasure;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

internal sealed record SettleInput(string RequestId, int Plan);

/// <param name="Verdict"><c>approve</c>, <c>reject</c>, <c>declined</c> (a no to a supplementary plan: it is left alone), or <c>ended</c> where the request is over.</param>
/// <param name="GraceUntil">When erasing may begin, RFC 3339.</param>
internal sealed record SettleResult(string Verdict, string GraceUntil);

/// <summary>
/// <c>settle-approval</c>: reads what the approvers decided from where it was recorded, whatever the workflow was told, and opens
/// the grace period. A plan without a recorded outcome is an error: somebody called back who had no say.
/// </summary>
internal sealed class SettleApproval(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly ApprovalState _approvals = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    public async Task<SettleResult> HandleAsync(SettleInput input, CancellationToken cancellation)
    {
        PlanOutcome outcome = await _requests.OutcomeAsync(input.RequestId, input.Plan, cancellation)
            ?? throw new UndecidedException(input.RequestId, input.Plan);
        ErasureRequest known = await _requests.GetAsync(input.RequestId, cancellation) ?? throw new UnknownRequestException(input.RequestId);
        Plan plan = await new Plans(ports.Evidence).GetAsync(input.RequestId, input.Plan, cancellation)
            ?? throw new UnknownPlanException($"{input.RequestId} has no plan {input.Plan}");
        // A no that was signed in the same moment as the last yes counts: erase-rows would refuse everything for it.
        Tally tally = Tally.Of(plan, known, ports.Lake, await _approvals.DecisionsAsync(input.RequestId, input.Plan, cancellation));
        bool isApproved = outcome.Verdict == Verdict.Approve && tally.Verdict != Verdict.Reject;
        string? ground = isApproved ? null : outcome.Ground ?? tally.Ground;
        if (!isApproved && known is { BeganErasing: true, IsEnded: false })
        {
            await new LeftAlone(ports).RecordAsync(plan, $"an approver said no to it{(ground is null ? "" : $": {ground}")}", cancellation);
            await _requests.UpdateAsync(known.Id, stored => stored.Status == RequestStatus.Waiting ? stored with { Status = RequestStatus.Erasing } : null, cancellation);
            return new SettleResult("declined", "");
        }
        ErasureRequest request = await _requests.UpdateAsync(input.RequestId, stored => stored switch
        {
            { IsEnded: true } => null,
            { Status: RequestStatus.Approved or RequestStatus.Erasing, Plan.Number: var plan } when plan == input.Plan && isApproved => null,
            _ when isApproved => stored with
            {
                Status = RequestStatus.Approved,
                // A supplementary plan of a request whose grace is over does not wait again.
                GraceUntil = stored.GraceUntil ?? outcome.At + ports.Lake.Grace,
            },
            _ => stored with { Status = RequestStatus.Rejected, Reason = ground, EndedAt = ports.Time.GetUtcNow() },
        }, cancellation) ?? throw new UnknownRequestException(input.RequestId);

        if (request.Status == RequestStatus.Rejected)
        {
            await _audit.AppendOnceAsync(request.Id, "rejected", new Dictionary<string, string> { ["plan"] = FormattableString.Invariant($"{input.Plan}") }, cancellation);
            return new SettleResult("reject", "");
        }
        if (request.IsEnded)
            return new SettleResult("ended", "");
        await _audit.AppendOnceAsync(request.Id, "approved", new Dictionary<string, string>
        {
            ["plan"] = FormattableString.Invariant($"{input.Plan}"),
            ["digest"] = outcome.PlanDigest,
        }, cancellation);
        return new SettleResult("approve", Words.Timestamp(request.GraceUntil!.Value));
    }
}

/// <summary>The workflow went on without a recorded decision.</summary>
internal sealed class UndecidedException(string requestId, int plan)
    : Exception($"nobody has decided on plan {plan} of {requestId}");
