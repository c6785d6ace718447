using Limpid.Core.Ports;

namespace Limpid.Functions.Approvals;

/// <summary>Lays a mail out twice, as text and as HTML, from the same words. No picture, no tracking, at most one link.</summary>
internal static class MailFrame
{
    /// <param name="Label">What the link says.</param>
    internal sealed record Link(string Label, string Address);

    /// <param name="paragraphs">In order; the link or the code stands after the first.</param>
    /// <param name="letter">A text to be passed on; set apart, at the end.</param>
    public static Mail Of(string id, string to, string subject, IReadOnlyList<string> paragraphs, Link? link = null, string? code = null, string? letter = null)
    {
        const string Font = "font:16px/1.55 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
        var text = new List<string> { paragraphs[0] };
        if (code is not null)
            text.Add("    " + code);
        if (link is not null)
            text.Add($"{link.Label}:\n{link.Address}");
        text.AddRange(paragraphs.Skip(1));
        if (letter is not null)
            text.Add($"----------\n\n{letter}\n\n----------");
        Html button = link is null ? Html.Nothing : Html.Of(
            $"""<p style="margin:24px 0"><a href="{link.Address}" style="display:inline-block;background:#0b6e69;color:#ffffff;text-decoration:none;font-weight:600;padding:12px 22px;border-radius:10px">{link.Label}</a></p>""");
        Html digits = code is null ? Html.Nothing : Html.Of(
            $"""<p style="margin:24px 0;font:600 28px/1.3 ui-monospace,Menlo,Consolas,monospace;letter-spacing:3px">{code}</p>""");
        Html box = letter is null ? Html.Nothing : Html.Of(
            $"""<div style="margin:24px 0;padding:16px 20px;border:1px solid #9db4b0;border-radius:10px">{Lines(letter)}</div>""");
        Html html = Html.Of(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{subject}</title></head>
            <body style="margin:0;padding:24px 16px;{Font}"><div style="max-width:560px;margin:0 auto">
            <p style="margin:0 0 16px">{Lines(paragraphs[0])}</p>{digits}{button}
            {paragraphs.Skip(1).Select(p => Html.Of($"""<p style="margin:0 0 16px">{Lines(p)}</p>"""))}
            {box}
            </div></body></html>
            """);
        return new Mail
        {
            Id = id,
            To = [to],
            Subject = subject,
            Text = string.Join("\n\n", text) + "\n",
            Html = html.Markup,
        };
    }

    private static Html Lines(string paragraph) =>
        new(string.Join("<br>\n", paragraph.Split('\n').Select(line => Html.Text(line).Markup)));
}
