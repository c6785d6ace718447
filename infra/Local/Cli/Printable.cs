using System.Globalization;
using System.Text;

namespace Limpid.Local.Cli;

/// <summary>Texts of others, made fit for a terminal.</summary>
internal static class Printable
{
    /// <summary>
    /// Control characters and those that turn the direction of writing, as escapes: whoever may name a file in the lake could else
    /// clear the operator's screen, or write "certified" on it.
    /// </summary>
    /// <param name="lines">Whether the text may have several lines.</param>
    public static string Of(string text, bool lines = false)
    {
        if (!text.Any(c => IsHarmful(c, lines)))
            return text;
        var printable = new StringBuilder();
        foreach (char c in text)
        {
            if (IsHarmful(c, lines))
                printable.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                printable.Append(c);
        }
        return printable.ToString();
    }

    private static bool IsHarmful(char c, bool lines) =>
        (char.IsControl(c) && !(lines && c is '\n' or '\r')) || c is (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
