using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <param name="Error">The error's name, as the state machine caught it.</param>
internal sealed record FailInput(string RequestId, string Error);

internal sealed record FailResult(string Status);

/// <summary>
/// <c>fail-erasure</c>: something broke that retries did not mend, so the request ends as failed and says so. What was erased stays
/// erased; a fresh request takes up only what is left. A request that is over stays as it is.
/// </summary>
internal sealed class FailErasure(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    public async Task<FailResult> HandleAsync(FailInput input, CancellationToken cancellation)
    {
        // The certificate is stored already: what broke came after, and is finished here.
        if (await _requests.GetAsync(input.RequestId, cancellation) is { IsEnded: false } open && await new CertifyErasure(ports).FinishAsync(open, cancellation) is { } certified)
            return new FailResult(certified.Status);
        ErasureRequest request = await _requests.UpdateAsync(input.RequestId, stored => stored.IsEnded ? null : stored with
        {
            Status = RequestStatus.Failed,
            // A step that knows better than an error's name has said so.
            Reason = stored.Reason ?? $"it failed with {input.Error}; what was erased is erased, and a fresh request takes up what is left",
            EndedAt = ports.Time.GetUtcNow(),
        }, cancellation) ?? throw new UnknownRequestException(input.RequestId);
        if (request.Status == RequestStatus.Failed)
            await _audit.AppendOnceAsync(request.Id, "failed", new Dictionary<string, string> { ["error"] = input.Error }, cancellation);
        return new FailResult(request.Status.ToString());
    }
}
