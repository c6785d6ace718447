using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Approvals;

/// <summary>
/// What follows a recorded decision: settle the plan's outcome once, then answer the waiting workflow. Every step finds out what is
/// left to do from what is stored, so that after a crash at any point doing it again finishes it.
/// </summary>
internal sealed class Ballot(Ports ports, ApprovalState state)
{
    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    /// <summary>Null while the question is open.</summary>
    public async Task<Verdict?> FinishAsync(Question question, ErasureRequest request, Plan plan, CancellationToken cancellation)
    {
        Verdict? verdict = question.Purpose == ApprovalPurpose.Erasure
            ? await SettleAsync(request, plan, cancellation)
            : (await state.AttestationAsync(question, cancellation))?.Verdict;
        if (verdict is { } settled)
            await AnswerAsync(question, settled, cancellation);
        return verdict;
    }

    private async Task<Verdict?> SettleAsync(ErasureRequest request, Plan plan, CancellationToken cancellation)
    {
        PlanOutcome? outcome = await _requests.OutcomeAsync(request.Id, plan.Number, cancellation);
        if (outcome is null)
        {
            Tally tally = Tally.Of(plan, request, ports.Lake, await state.DecisionsAsync(request.Id, plan.Number, cancellation));
            if (tally.Verdict is not { } verdict)
                return null;
            var reached = new PlanOutcome(plan.Number, plan.Digest, verdict, tally.Ground, ports.Time.GetUtcNow());
            outcome = await _requests.SettleAsync(request.Id, reached, cancellation);
        }
        await _audit.AppendOnceAsync(
            AuditLog.ChainOf(request.Id), "plan-settled",
            new Dictionary<string, string>
            {
                ["plan"] = plan.Digest,
                ["verdict"] = Words.Verdict(outcome.Verdict),
            },
            cancellation);
        return outcome.Verdict;
    }

    /// <remarks>
    /// The token is read after the outcome was stored, and <c>request-approval</c> looks for an outcome after it stored its token:
    /// whichever comes second answers. A closed task was answered already, or timed out and asks again. The ground is free text and
    /// stays out of the workflow's history; who needs it reads the outcome.
    /// </remarks>
    private async Task AnswerAsync(Question question, Verdict verdict, CancellationToken cancellation)
    {
        if (await state.AskedAsync(question, cancellation) is { TaskToken: { } token })
            _ = await ports.Workflows.SendTaskSuccessAsync(token, $$"""{"verdict":"{{Words.Verdict(verdict)}}"}""", cancellation);
    }
}
