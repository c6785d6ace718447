using Limpid.Core.Erasure;
using Limpid.Functions.Approvals;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <param name="Reason">What the person is told; without their identifier.</param>
/// <param name="By">Who extends, for the audit.</param>
/// <param name="Until">The new due day; null: as late as the law allows.</param>
internal sealed record ExtendInput(string RequestId, string Reason, string By, DateOnly? Until = null);

/// <param name="Due">The new due day, or null where it was refused.</param>
/// <param name="Problem">Why it was refused, in one line.</param>
internal sealed record ExtendResult(DateOnly? Due, string? Problem);

/// <summary>
/// <c>extend-erasure</c>: gives a request two months more at most, once, with a reason, while its month still runs (GDPR article
/// 12(3): the person has to be told within that month). Recorded in the audit chain; requester and operators get a text for the
/// person. On replay it finishes what the first call began. Refused input changes nothing.
/// </summary>
internal sealed class ExtendErasure(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);
    private readonly ClaimedMail _mail = new(ports.State, ports.Mailer, ports.Time);

    public async Task<ExtendResult> HandleAsync(ExtendInput input, CancellationToken cancellation)
    {
        string? problem = null;
        ErasureRequest? request = await _requests.UpdateAsync(input.RequestId, stored =>
        {
            Extension wanted = Wanted(stored, input);
            // Replayed: what stands is what was asked for.
            problem = stored.Extension is { } before && before == wanted with { At = before.At, From = before.From } ? null : WhyNot(stored, wanted);
            return problem is null && stored.Extension is null ? stored with { Due = wanted.Until, Extension = wanted } : null;
        }, cancellation);
        if (request is null)
            return new ExtendResult(null, $"there is no request {input.RequestId}");
        if (problem is not null)
            return new ExtendResult(null, problem);
        await _audit.AppendOnceAsync(AuditLog.ChainOf(request.Id), "extended", new Dictionary<string, string>
        {
            ["from"] = FormattableString.Invariant($"{request.Extension!.From:yyyy-MM-dd}"),
            ["until"] = FormattableString.Invariant($"{request.Extension.Until:yyyy-MM-dd}"),
            ["reason"] = request.Extension.Reason,
            ["by"] = request.Extension.By,
        }, cancellation);
        foreach (string reader in Notice.Readers(request, ports.Lake))
            await _mail.SendAsync(request.Id, new ExtensionNotice(ports, request, request.Extension).To(reader), cancellation);
        return new ExtendResult(request.Due, null);
    }

    private Extension Wanted(ErasureRequest request, ExtendInput input) =>
        new(request.Due, input.Until ?? DueDay.Latest(request.Received), input.Reason.Trim(), input.By.Trim(), ports.Time.GetUtcNow());

    private string? WhyNot(ErasureRequest request, Extension wanted)
    {
        var check = new PersonCheck(ports.Lake, ports.Hasher);
        return request switch
        {
            { IsEnded: true } => $"{request.Id} is over already",
            { Extension: { } before } => FormattableString.Invariant($"{request.Id} was extended already, to {before.Until:yyyy-MM-dd}: {before.Reason}"),
            _ when wanted.Reason.Length == 0 => "say why: the person has to be told the reason",
            _ when check.IsNamedIn(request, wanted.Reason) || check.IsNamedIn(request, wanted.By) =>
                "the reason or its author names the person's identifier: leave it out, it would be kept and mailed",
            _ when new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today > request.Due => FormattableString.Invariant(
                $"the month of {request.Id} ended on {request.Due:yyyy-MM-dd}, and only within it can it be extended (GDPR article 12(3))"),
            _ when wanted.Until <= request.Due => FormattableString.Invariant($"{request.Id} is due on {request.Due:yyyy-MM-dd}: an extension ends later"),
            _ when wanted.Until > DueDay.Latest(request.Received) => FormattableString.Invariant(
                $"{request.Id} can be extended to {DueDay.Latest(request.Received):yyyy-MM-dd} at most, two months more than the one (GDPR article 12(3))"),
            _ => null,
        };
    }
}
