using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Limpid.Local.Demo;

/// <summary>A mail of the outbox as its reader sees it.</summary>
/// <param name="Text">The plain text, its lines ending in LF.</param>
internal sealed partial record OutboxMail(string File, string Text)
{
    /// <summary>Those to somebody, as far as they are written; in no order.</summary>
    public static IEnumerable<OutboxMail> To(string address, string outbox)
    {
        foreach (string file in Directory.Exists(outbox) ? Directory.GetFiles(outbox, "*.eml") : [])
        {
            string mail = System.IO.File.ReadAllText(file, Encoding.ASCII);
            if (mail.Contains($"\r\nTo: {address}\r\n", StringComparison.OrdinalIgnoreCase))
                yield return new OutboxMail(file, PlainText(mail));
        }
    }

    /// <summary>The approver's page, or null.</summary>
    public Uri? Link => LinkPattern().Match(Text) is { Success: true } link ? new Uri(link.Value) : null;

    /// <summary>The code that decides, or null.</summary>
    public string? Code => CodePattern().Match(Text) is { Success: true } code ? code.Groups[1].Value : null;

    private static string PlainText(string mail)
    {
        string boundary = "--" + BoundaryPattern().Match(mail).Groups[1].Value;
        string part = mail.Split(boundary).First(p => p.Contains("Content-Type: text/plain", StringComparison.Ordinal));
        string body = part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].Replace("=\r\n", "", StringComparison.Ordinal);
        // Runs of =XX are the bytes of UTF-8.
        string text = EscapePattern().Replace(body, run => Encoding.UTF8.GetString(
            [.. run.Value.Split('=', StringSplitOptions.RemoveEmptyEntries).Select(hex => byte.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]));
        return text.ReplaceLineEndings("\n").Trim();
    }

    [GeneratedRegex("boundary=\"([^\"]+)\"")]
    private static partial Regex BoundaryPattern();

    [GeneratedRegex("(?:=[0-9A-F]{2})+")]
    private static partial Regex EscapePattern();

    [GeneratedRegex(@"https?://\S+/approvals/[A-Za-z0-9_-]+")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"^ +(\d{4} \d{4})$", RegexOptions.Multiline)]
    private static partial Regex CodePattern();
}
