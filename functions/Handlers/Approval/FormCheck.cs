using System.Globalization;
using Limpid.Core.Erasure;

namespace Limpid.Functions.Approvals;

/// <summary>Whether a posted form is one that Limpid made, for this person and plan, not long ago, and sent from its own page.</summary>
internal static class FormCheck
{
    /// <summary>A page may stand open over a working day.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>Null where it is; else the page that says what is wrong.</summary>
    public static PageResponse? Refusal(PageRequest request, OpenQuestion question, Ports ports, PageSeal seal)
    {
        string lake = ports.Lake.Name;
        if (!IsFromOwnPage(request, ports.PagesUrl))
            return Page.Message(403, lake, "This came from another site", new("<p>Nothing was changed. Please open the link in your mail and use the page there.</p>"));
        if (!long.TryParse(request.Field("expires"), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return Forged(lake);
        DateTimeOffset expires = DateTimeOffset.FromUnixTimeSeconds(seconds);

        // Signed for the plan that was shown: whatever the page is about by now, only a yes to what was on the screen is a yes.
        string shown = request.Field("plan");
        if (!seal.IsFormSignature(request.Field("signature"), question.Scope with { PlanDigest = shown }, expires))
            return Forged(lake);
        if (expires < ports.Time.GetUtcNow())
            return Page.Message(410, lake, "This page has been open for too long", new("<p>Nothing was changed. Please open the link in your mail again; the page then shows how things stand now.</p>"));
        if (shown != question.Plan.Digest || question.Standing == Standing.Outdated)
            return Page.Message(409, lake, "The plan has changed", Html.Of($"<p>Nothing was decided: {question.Outdated ?? "the plan is no longer the one that you were shown"}. If the request goes on, you will get a new mail about it.</p>"));
        return null;
    }

    // The pages send no referrer, so browsers say "null" as the origin of their forms; Sec-Fetch-Site then tells.
    private static bool IsFromOwnPage(PageRequest request, string pagesUrl)
    {
        if (request.Header("sec-fetch-site") is { } site && site is not ("same-origin" or "none"))
            return false;
        return request.Header("origin") is not { } origin
            || origin == "null"
            || request.Header("sec-fetch-site") == "same-origin"
            || string.Equals(origin, new Uri(pagesUrl).GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);
    }

    private static PageResponse Forged(string lake) =>
        Page.Message(403, lake, "This form is not valid", new("<p>Nothing was changed. Please open the link in your mail and use the page there.</p>"));
}
