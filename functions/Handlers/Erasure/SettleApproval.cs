using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

internal sealed record SettleInput(string RequestId, int Plan);

/// <param name="Verdict"><c>approve</c>, <c>reject</c>, or <c>ended</c> where the request is over.</param>
/// <param name="GraceUntil">When erasing may begin, RFC 3339.</param>
internal sealed record SettleResult(string Verdict, string GraceUntil);

/// <summary>
/// <c>settle-approval</c>: reads what the approvers decided from where it was recorded, whatever the workflow was told, and opens
/// the grace period. A plan without a recorded outcome is an error: somebody called back who had no say.
/// </summary>
internal sealed class SettleApproval(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    public async Task<SettleResult> HandleAsync(SettleInput input, CancellationToken cancellation)
    {
        PlanOutcome outcome = await _requests.OutcomeAsync(input.RequestId, input.Plan, cancellation)
            ?? throw new UndecidedException(input.RequestId, input.Plan);
        bool isApproved = outcome.Verdict == Verdict.Approve;
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
            _ => stored with { Status = RequestStatus.Rejected, Reason = outcome.Ground, EndedAt = ports.Time.GetUtcNow() },
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
        return new SettleResult("approve", FormattableString.Invariant($"{request.GraceUntil!.Value.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}"));
    }
}

/// <summary>The workflow went on without a recorded decision.</summary>
internal sealed class UndecidedException(string requestId, int plan)
    : Exception($"nobody has decided on plan {plan} of {requestId}");
