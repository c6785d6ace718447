using Limpid.Core.Erasure;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

internal sealed record CountInput(string RequestId, int Plan);

/// <param name="Outcome"><c>done</c>: every item is erased, gone, changed or blocked; <c>stopped</c>; <c>failed</c>.</param>
internal sealed record CountResult(string Outcome, long Erased, long Blocked, long Changed, long Failed);

/// <summary>
/// <c>count-outcomes</c>: counts what became of every item, from what each one recorded. One that recorded nothing has failed:
/// a request is never carried on as done while an item of it is open.
/// </summary>
internal sealed class CountOutcomes(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly Plans _plans = new(ports.Evidence);
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    public async Task<CountResult> HandleAsync(CountInput input, CancellationToken cancellation)
    {
        Plan plan = await _plans.GetAsync(input.RequestId, input.Plan, cancellation)
            ?? throw new UnknownPlanException($"{input.RequestId} has no plan {input.Plan}");
        var counts = new Dictionary<ItemStatus, long>();
        long reported = 0;
        await foreach (ItemOutcome item in _requests.ItemsAsync(input.RequestId, plan.Number, cancellation))
        {
            reported++;
            counts[item.Status] = counts.GetValueOrDefault(item.Status) + 1;
        }
        long external = 0;
        await foreach (PlanItem item in _plans.ItemsAsync(plan, cancellation))
            external += item is { External: true, Blocked: null } ? 1 : 0;

        long failed = counts.GetValueOrDefault(ItemStatus.Failed) + counts.GetValueOrDefault(ItemStatus.Interrupted) + Math.Max(0, plan.Items - external - reported);
        bool isStopped = counts.ContainsKey(ItemStatus.Stopped);
        var result = new CountResult(
            isStopped ? "stopped" : failed > 0 ? "failed" : "done",
            counts.GetValueOrDefault(ItemStatus.Erased) + counts.GetValueOrDefault(ItemStatus.Gone),
            counts.GetValueOrDefault(ItemStatus.Blocked), counts.GetValueOrDefault(ItemStatus.Changed), failed);
        if (isStopped)
        {
            await _requests.UpdateAsync(input.RequestId, stored => stored.IsEnded ? null : stored with
            {
                Status = RequestStatus.Stopped,
                Reason = "the kill switch is on",
                EndedAt = ports.Time.GetUtcNow(),
            }, cancellation);
        }
        else if (failed > 0 && plan.LakeDigest != ports.LakeDigest)
        {
            // Else all that is told is the name of the workflow's error.
            await _requests.UpdateAsync(input.RequestId, stored => stored.IsEnded ? null : stored with
            {
                Reason = "lake.yaml changed after the approval; what was erased is erased, and a fresh request takes up what is left",
            }, cancellation);
        }
        await _audit.AppendOnceAsync(input.RequestId, "counted", new Dictionary<string, string>
        {
            ["plan"] = FormattableString.Invariant($"{plan.Number}"),
            ["erased"] = FormattableString.Invariant($"{result.Erased}"),
            ["blocked"] = FormattableString.Invariant($"{result.Blocked}"),
            ["changed"] = FormattableString.Invariant($"{result.Changed}"),
            ["failed"] = FormattableString.Invariant($"{result.Failed}"),
        }, cancellation);
        return result;
    }
}
