using System.Net;
using System.Text.RegularExpressions;

namespace Limpid.Local.Demo;

/// <summary>
/// An approver with a mailbox and a browser, played: opens the link of the mail, has a code mailed, reads it and posts the decision.
/// Nothing here knows more than a person would.
/// </summary>
/// <param name="mail">The approver's address.</param>
/// <param name="outbox">Where the mails are.</param>
internal sealed partial class ApproverAtThePage(string mail, string outbox) : IDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _browser = new(new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>Waits for the mail that asks for a decision on a request.</summary>
    public Task<OutboxMail> InvitationAsync(string requestId, CancellationToken cancellation) =>
        MailAsync(m => m.Link is not null && m.Text.Contains(requestId, StringComparison.Ordinal), cancellation);

    /// <summary>The page as it comes over the wire. Whoever serves it may still be starting.</summary>
    public async Task<string> OpenAsync(Uri link, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await _browser.GetStringAsync(link, cancellation);
            }
            catch (HttpRequestException notYet) when (notYet.HttpRequestError == HttpRequestError.ConnectionError)
            {
                await Task.Delay(Glance, cancellation);
            }
        }
    }

    /// <summary>Presses "Mail me a code" and waits for that mail.</summary>
    public async Task<OutboxMail> AskForCodeAsync(Uri link, string page, CancellationToken cancellation)
    {
        HashSet<string> known = [.. OutboxMail.To(mail, outbox).Select(m => m.File)];
        await PostAsync(new Uri(link + "/code"), Hidden(page), cancellation);
        return await MailAsync(m => m.Code is not null && !known.Contains(m.File), cancellation);
    }

    /// <summary>Says yes with the code.</summary>
    public Task ApproveAsync(Uri link, string page, string code, string ground, CancellationToken cancellation) =>
        PostAsync(new Uri(link + "/decision"), [.. Hidden(page), new("verdict", "approve"), new("ground", ground), new("code", code)], cancellation);

    /// <summary>The page's own words: a heading, the figures of the plan.</summary>
    public static IEnumerable<string> Glimpse(string page)
    {
        yield return Words(HeadingPattern().Match(page).Groups[1].Value);
        foreach (Match figure in FigurePattern().Matches(page))
            yield return Words(figure.Groups[1].Value + " " + figure.Groups[2].Value);
    }

    public void Dispose() => _browser.Dispose();

    private async Task<OutboxMail> MailAsync(Func<OutboxMail, bool> isIt, CancellationToken cancellation)
    {
        while (true)
        {
            if (OutboxMail.To(mail, outbox).FirstOrDefault(isIt) is { } found)
                return found;
            await Task.Delay(Glance, cancellation);
        }
    }

    // What was recorded sends the browser back to the page; everything else is a page that says what is wrong.
    private async Task PostAsync(Uri address, IEnumerable<KeyValuePair<string, string>> fields, CancellationToken cancellation)
    {
        using var form = new FormUrlEncodedContent(fields);
        using HttpResponseMessage answer = await _browser.PostAsync(address, form, cancellation);
        if (answer.StatusCode != HttpStatusCode.SeeOther)
            throw new HttpRequestException($"the approver's page answers {(int)answer.StatusCode}: {Glimpse(await answer.Content.ReadAsStringAsync(cancellation)).First()}");
    }

    private static IEnumerable<KeyValuePair<string, string>> Hidden(string page) => HiddenPattern().Matches(page)
        .Select(m => new KeyValuePair<string, string>(m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[2].Value)))
        .DistinctBy(field => field.Key);

    private static string Words(string html) => WebUtility.HtmlDecode(TagPattern().Replace(html, "")).Trim();

    [GeneratedRegex("<input type=\"hidden\" name=\"([a-z]+)\" value=\"([^\"]*)\"")]
    private static partial Regex HiddenPattern();

    [GeneratedRegex("<h1>(.*?)</h1>")]
    private static partial Regex HeadingPattern();

    [GeneratedRegex("<li[^>]*><b>([^<]*)</b><span>([^<]*)</span></li>")]
    private static partial Regex FigurePattern();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex TagPattern();
}
