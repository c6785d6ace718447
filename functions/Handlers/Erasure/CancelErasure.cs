using Limpid.Core.Erasure;
using Limpid.Functions.Approvals;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <param name="By">Who cancels, for the audit.</param>
internal sealed record CancelInput(string RequestId, string By);

/// <param name="Cancelled">False: it was too late, there is no such request, or <c>By</c> can't be kept; <paramref name="Problem"/> says which.</param>
internal sealed record CancelResult(bool Cancelled, string? Problem);

/// <summary>
/// <c>cancel-erasure</c>: ends a request before its first write. One compare-and-swap decides between this and the beginning of the
/// erasure. On replay it finishes what the first call began.
/// </summary>
internal sealed class CancelErasure(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    public async Task<CancelResult> HandleAsync(CancelInput input, CancellationToken cancellation)
    {
        var check = new PersonCheck(ports.Lake, ports.Hasher);
        bool isNamed = false;
        ErasureRequest? request = await _requests.UpdateAsync(
            input.RequestId,
            stored =>
            {
                isNamed = check.IsNamedIn(stored, input.By);
                return !isNamed && stored.Status is RequestStatus.Locating or RequestStatus.Waiting or RequestStatus.Approved && stored.BeganErasing is false
                    ? stored with { Status = RequestStatus.Cancelled, Reason = $"cancelled by {input.By}", EndedAt = ports.Time.GetUtcNow() }
                    : null;
            },
            cancellation);
        if (request is null)
            return new CancelResult(false, $"there is no request {input.RequestId}");
        if (isNamed)
            return new CancelResult(false, "who cancels names the person's identifier: leave it out, it would be kept and mailed");
        if (request.Status != RequestStatus.Cancelled)
        {
            return new CancelResult(false, request.IsEnded
                ? $"{request.Id} is over already"
                : $"{request.Id} is being carried out; the kill switch stops it before its next object");
        }
        await _audit.AppendOnceAsync(request.Id, "cancelled", new Dictionary<string, string> { ["by"] = input.By }, cancellation);
        // Told before its workflow is stopped: if this dies in between, the workflow finds the request ended and tells whoever is left.
        await new Notify(ports).HandleAsync(new NotifyInput(request.Id), cancellation);
        await ports.Workflows.StopAsync("purge", request.Id, "Limpid.Cancelled", "the request was cancelled", cancellation);
        return new CancelResult(true, null);
    }
}
