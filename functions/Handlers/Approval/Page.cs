using System.Security.Cryptography;
using System.Text;

namespace Limpid.Functions.Approvals;

/// <summary>Puts a page's frame around its content: style, headers, nothing from elsewhere.</summary>
internal static class Page
{
    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(PageStyle.Css)));

    /// <remarks>
    /// No script, no frame, no cache, no referrer: the address of the page is all that a link holder has, and it goes nowhere. The
    /// icon is inline so that the browser asks for no file.
    /// </remarks>
    private static readonly Dictionary<string, string> Headers = new()
    {
        ["Content-Type"] = "text/html; charset=utf-8",
        ["Content-Security-Policy"] =
            $"default-src 'none'; style-src 'sha256-{StyleHash}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ["Referrer-Policy"] = "no-referrer",
        ["Cache-Control"] = "no-store",
        ["X-Content-Type-Options"] = "nosniff",
        ["X-Frame-Options"] = "DENY",
        ["X-Robots-Tag"] = "noindex, nofollow",
        ["Cross-Origin-Opener-Policy"] = "same-origin",
        ["Cross-Origin-Resource-Policy"] = "same-origin",
        ["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()",
    };

    public static PageResponse Of(int status, string lake, string title, Html content) => new(status, Headers, Html.Of(
        $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex, nofollow">
        <title>{title}</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230b6e69' d='M8 1C6 4.500 3.500 7 3.500 10a4.500 4.500 0 0 0 9 0C12.500 7 10 4.500 8 1z'/%3E%3C/svg%3E">
        <style>{new Html(PageStyle.Css)}</style>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top"><div class="wrap"><span class="brand"><svg aria-hidden="true" viewBox="0 0 16 16" width="20" height="20"><path d="M8 1C6 4.500 3.500 7 3.500 10a4.500 4.500 0 0 0 9 0C12.500 7 10 4.500 8 1z"/></svg>Limpid</span><span class="lake">{lake}</span></div></header>
        <main id="main" class="wrap">
        {content}
        </main>
        <footer class="wrap foot">This page is for the person it was mailed to. It shows no personal data of the person concerned, loads nothing from elsewhere and keeps no cookies.</footer>
        </body>
        </html>
        """).Markup);

    /// <summary>Sends the browser back to a page by GET, so that loading it anew repeats nothing.</summary>
    /// <param name="location">A path on the same host: the browser stays where it is, whatever it calls the host.</param>
    public static PageResponse Redirect(string location) =>
        new(303, new Dictionary<string, string>(Headers) { ["Location"] = location }, "");

    /// <summary>A page that says one thing.</summary>
    public static PageResponse Message(int status, string lake, string title, Html text) =>
        Of(status, lake, title, Html.Of($"""<section class="card message"><h1>{title}</h1>{text}</section>"""));

    public static PageResponse NotFound(string lake) => Message(404, lake, "There is nothing here", new(
        "<p>The address may have been cut off in the mail. Please open the link again, or copy it whole.</p>"));

    /// <summary>What was posted is no form of these pages.</summary>
    public static PageResponse NoForm(int status, string lake) =>
        Message(status, lake, "That is not a form of this page", new("<p>Nothing was changed.</p>"));

    /// <summary>Something behind the page broke.</summary>
    public static PageResponse Broken(string lake) => Message(500, lake, "Something broke here", new(
        "<p>It may or may not have been recorded. Please load the page again: it shows how things stand, and posting the same decision again does no harm.</p>"));
}
