using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;

namespace Limpid.Functions.Notices;

/// <summary>
/// The mail that says what came of a request. It names no person, case or file. It carries the digest of the certificate and the head
/// of the audit chain away from the lake, so that a later change or truncation of either shows.
/// </summary>
/// <param name="certificate">Null where the request ended without one.</param>
/// <param name="file">The certificate's bytes as they are kept.</param>
/// <param name="heads">How far the audit chains have come: the request's, and the lake's.</param>
internal sealed class OutcomeNotice(
    Ports ports, ErasureRequest request, Certificate? certificate, byte[]? file, IReadOnlyList<ChainHead> heads)
{
    private readonly LakeCalendar _calendar = new(ports.Lake.TimeZone, ports.Time);

    public Mail To(string reader)
    {
        string? letter = SubjectLetter.For(request, certificate, ports.Lake);
        var paragraphs = new List<string> { Outcome(), Facts() };
        if (Exceptions() is { } exceptions)
            paragraphs.Add(exceptions);
        if (certificate is { ResurfacedCount: > 0 })
            paragraphs.Add($"{Words.Count(certificate.ResurfacedCount, "file")} that came after the request name the person again. They were not erased: please decide about them.");
        if (certificate is { ObjectsErased: > 0 })
            paragraphs.Add(Recipients());
        if (Anchor() is { } anchor)
            paragraphs.Add(anchor);
        paragraphs.Add(letter is null
            ? $"There is nothing final to tell the person yet. The answer to them is due on {Words.Day(request.Due)}; article 12(3) and (4) GDPR ask you to tell them within that time why it takes longer, or why nothing is done."
            : "Below is a text for the person. Please read it over, put in what only you know, and send it yourself: Limpid does not know who the person is.");
        return MailFrame.Of(
            MailId.Of(request.Id, "outcome", Name(request.Status), new PageSeal(ports.PageSecret).PersonReference(MailIdentity.Normalize(reader))),
            reader, $"{Title()}: erasure {request.Id}", paragraphs, letter: letter);
    }

    /// <summary>As in <c>--json</c> and in certificates.</summary>
    public static string Name(RequestStatus status) => status switch
    {
        RequestStatus.Certified => "certified",
        RequestStatus.CertifiedWithExceptions => "certified-with-exceptions",
        RequestStatus.NothingFound => "nothing-found",
        RequestStatus.Rejected => "rejected",
        RequestStatus.Cancelled => "cancelled",
        RequestStatus.Stopped => "stopped",
        RequestStatus.Failed => "failed",
        _ => "open",
    };

    private string Title() => request.Status switch
    {
        RequestStatus.Certified => "Erased and certified",
        RequestStatus.CertifiedWithExceptions => "Erased and certified, with exceptions",
        RequestStatus.NothingFound => "Nothing found",
        RequestStatus.Rejected => "Rejected",
        RequestStatus.Cancelled => "Cancelled",
        RequestStatus.Stopped => "Stopped",
        _ => "Failed",
    };

    private string Outcome() => request.Status switch
    {
        RequestStatus.Certified => "The person’s data was erased. A second pass read everything again and found nothing left, and a signed certificate says so.",
        RequestStatus.CertifiedWithExceptions => "The person’s data was erased, but not all of it could be. A signed certificate says what was erased and what was not.",
        RequestStatus.NothingFound => "The lake was searched and holds nothing about the person. A signed certificate says where it was looked for.",
        RequestStatus.Rejected => $"An approver said no, so nothing was erased.{Because()}",
        RequestStatus.Cancelled => $"The request was cancelled before anything was erased.{Because()}",
        RequestStatus.Stopped when request.BeganErasing => $"The request was stopped in the middle. What was erased before stays erased, and no certificate says so; a fresh request takes up what is left.{Because()}",
        RequestStatus.Stopped => $"The request was stopped before anything was erased.{Because()}",
        _ => $"The request failed and needs an operator.{Because()} What was erased stays erased; a fresh request takes up what is left.",
    };

    private string Because() => request.Reason is { Length: > 0 } reason ? $" The reason given: {reason.TrimEnd('.')}." : "";

    private string Facts()
    {
        var lines = new List<string>
        {
            $"Request: {request.Id}",
            $"Lake: {ports.Lake.Name}",
            $"Received: {Words.Day(request.Received)}",
            $"Due: {Words.Day(request.Due)}{(request.Extension is { } extension ? $" ({Words.Extended(extension)})" : "")}",
        };
        if (certificate is not null)
            lines.Add($"Erased: {Words.Count(certificate.RowsErased, "row")} in {Words.Count(certificate.ObjectsErased, "file")}{(certificate.VersionsRemoved is { } versions ? $", {Words.Count(versions, "old version")} of them removed" : "")}");
        if (request.EndedAt is { } ended)
            lines.Add($"Ended: {Words.Moment(ended, _calendar)}");
        return string.Join('\n', lines);
    }

    // By reason and not by file: a file's name may say more than a mail should.
    private string? Exceptions() => certificate is not { ExceptionCount: > 0 } ? null : string.Join('\n',
    [
        $"Exceptions: {Words.Number(certificate.ExceptionCount)}, listed in the certificate.",
        .. certificate.Exceptions
            .GroupBy(e => e.Reason, StringComparer.Ordinal)
            .OrderByDescending(g => g.Count())
            .Take(10)
            .Select(g => $"- {Words.Number(g.Count())}: {g.Key}"),
    ]);

    private string Recipients()
    {
        string[] outside = [.. ports.Lake.Datasets.Where(d => d.Format == DataFormat.External).Select(d => d.Name)];
        string known = outside.Length > 0
            ? $"lake.yaml knows of these places outside the lake: {string.Join(", ", outside)}."
            : "lake.yaml knows of no place outside the lake.";
        return $"Article 19 GDPR asks you to tell everybody to whom this data was passed on that it was erased. {known} Whoever else received it (processors, partners, those who load exports), only you can know.";
    }

    private string? Anchor()
    {
        var lines = new List<string>();
        if (certificate is not null && file is not null)
            lines.Add($"Certificate: {request.Certificate}\nSHA-256: {CanonicalJson.Digest(file)}");
        foreach (ChainHead head in heads)
            lines.Add($"Audit chain: entry {head.Sequence} of {head.Chain}, {head.Hash}");
        return lines.Count == 0
            ? null
            : $"Please keep this mail. With it, a change of the evidence made later can be told.\n{string.Join('\n', lines)}";
    }
}
