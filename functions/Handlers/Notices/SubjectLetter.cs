using Limpid.Core.Erasure;
using Limpid.Core.Lake;

namespace Limpid.Functions.Notices;

/// <summary>
/// A text that the requester can send to the person: what was done, what was not and why, and what the person can do about it
/// (GDPR articles 12, 17, 19, 77 and 79), in words that need no lawyer.
/// </summary>
internal static class SubjectLetter
{
    /// <summary>Null where nothing final can be said yet.</summary>
    public static string? For(ErasureRequest request, Certificate? certificate, LakeConfig lake)
    {
        string? body = request.Status switch
        {
            RequestStatus.Certified => Erased(certificate, lake),
            RequestStatus.CertifiedWithExceptions => Erased(certificate, lake) + "\n\n" + NotErased(certificate),
            RequestStatus.NothingFound => "We have searched the data that we keep in this system for you, and found nothing about you. There was therefore nothing to erase there.",
            RequestStatus.Rejected => $"We have looked at your request and are not going to erase this data, for this reason:\n\n{request.Reason ?? "[please put in the reason]"}",
            _ => null,
        };
        return body is null ? null : Letter(request, body);
    }

    /// <summary>That it takes longer than a month, and why (GDPR article 12(3)).</summary>
    public static string Of(ErasureRequest request, Extension extension) => Letter(
        request,
        $"We need more time than the month that the law gives us for an answer, for this reason:\n\n{extension.Reason}\n\nYou will have our answer by {Words.Day(extension.Until)}.");

    private static string Letter(ErasureRequest request, string body) =>
        $"""
        Dear Sir or Madam,

        on {Words.Day(request.Received)} you asked us to erase the personal data that we keep about you.

        {body}

        {Rights(request.Status)}

        Kind regards
        """.ReplaceLineEndings("\n");

    private static string Erased(Certificate? certificate, LakeConfig lake)
    {
        bool outside = lake.Datasets.Any(d => d.Format == DataFormat.External);
        string text = "We have erased it, as article 17 of the General Data Protection Regulation asks. Afterwards we searched everything again.";
        if (certificate is { Residual.Count: > 0 })
        {
            DateOnly? last = certificate.Residual.All(r => r.Until is not null) ? certificate.Residual.Max(r => r.Until) : null;
            text += last is { } day
                ? $" Some technical copies, such as backups, remain until {Words.Day(day)} at the latest and then go by themselves; they are not used until then."
                : " Some technical copies, such as backups, remain until they are overwritten in their turn; they are not used until then.";
        }
        return outside
            ? text + " Other systems of ours that keep data about you were told to erase it too, and we inform those to whom we had passed your data on."
            : text + " We inform those to whom we had passed your data on, unless that is impossible or takes unreasonable effort. You may ask us who they are.";
    }

    private static string NotErased(Certificate? certificate)
    {
        string[] reasons = [.. (certificate?.Exceptions ?? []).Select(e => e.Reason).Distinct(StringComparer.Ordinal).Take(10)];
        return "Some of it we could not or may not erase:\n\n"
            + string.Join('\n', reasons.DefaultIfEmpty("[please put in what and why]").Select(r => $"- {r}"))
            + "\n\n[Please say in your own words what this means for the person, and when it will be erased.]";
    }

    private static string Rights(RequestStatus status) =>
        (status is RequestStatus.Rejected or RequestStatus.CertifiedWithExceptions
            ? "If you do not agree, please write to us; we will look at it again. "
            : "If you have questions, please write to us. ")
        + "You also have the right to complain to a data protection authority, for example in the country where you live or work, and to go to court.";
}
