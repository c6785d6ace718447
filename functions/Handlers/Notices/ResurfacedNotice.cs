using System.Globalization;
using Limpid.Core.Erasure;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;

namespace Limpid.Functions.Notices;

/// <summary>
/// Reports that somebody who was erased is back. Nothing is erased for it: whether the new data may stay is a human's decision. One
/// mail a request, reader and day, however much comes back; what came stands in the state table.
/// </summary>
internal sealed class ResurfacedNotice(Ports ports)
{
    private readonly Suppression _suppression = new(ports.State);
    private readonly ClaimedMail _mail = new(ports.State, ports.Mailer, ports.Time);
    private readonly PageSeal _seal = new(ports.PageSecret);

    /// <summary>Mails what was reported and not told yet. What can't be mailed now is left for the next time.</summary>
    public async Task TellAsync(CancellationToken cancellation)
    {
        await foreach (Resurfaced seen in _suppression.ReportedAsync(cancellation))
        {
            if (seen.IsTold)
                continue;
            if (await new Requests(ports.State).GetAsync(seen.RequestId, cancellation) is { } request)
            {
                string day = new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                foreach (string reader in Notice.Readers(request, ports.Lake))
                    await _mail.SendAsync(request.Id, To(reader, request, seen, day), cancellation);
            }
            await _suppression.MarkToldAsync(seen, cancellation);
        }
    }

    private Core.Ports.Mail To(string reader, ErasureRequest request, Resurfaced seen, string day) => MailFrame.Of(
        MailId.Of(request.Id, "resurfaced", day, _seal.PersonReference(reader)),
        reader,
        $"Erased data is back: erasure {request.Id}",
        [
            $"Data of the person whom {request.Id} erased came into the lake {ports.Lake.Name} again. It was not erased: whether it may stay is yours to decide.",
            $"First seen today in: {seen.Object}\nDataset: {seen.Dataset}\nCase: {request.Case ?? "-"}",
            "If it may not stay, submit a new request for the person. If it keeps coming back, its source has to be mended.",
        ]);
}
