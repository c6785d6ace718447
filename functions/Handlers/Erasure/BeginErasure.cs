using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

internal sealed record BeginInput(string RequestId, int Plan);

/// <param name="Outcome"><c>go</c>, <c>wait</c> while the grace period runs, or <c>ended</c> where the request was cancelled or is over.</param>
internal sealed record BeginResult(string Outcome);

/// <summary>
/// <c>begin-erasure</c>: the one moment after which cancelling is too late. One compare-and-swap decides between this and a
/// cancellation. On replay it says the same again.
/// </summary>
internal sealed class BeginErasure(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);

    public async Task<BeginResult> HandleAsync(BeginInput input, CancellationToken cancellation)
    {
        DateTimeOffset now = ports.Time.GetUtcNow();
        ErasureRequest request = await _requests.UpdateAsync(
            input.RequestId,
            stored => stored.Status == RequestStatus.Approved && now >= stored.GraceUntil ? stored with { Status = RequestStatus.Erasing, BeganErasing = true } : null,
            cancellation) ?? throw new UnknownRequestException(input.RequestId);
        switch (request.Status)
        {
            case RequestStatus.Erasing:
                await _audit.AppendOnceAsync(
                    request.Id, "erasing", new Dictionary<string, string> { ["plan"] = FormattableString.Invariant($"{input.Plan}") }, cancellation);
                return new BeginResult("go");
            case RequestStatus.Approved:
                return new BeginResult("wait");
            default:
                return request.IsEnded ? new BeginResult("ended") : throw new UndecidedException(input.RequestId, input.Plan);
        }
    }
}
