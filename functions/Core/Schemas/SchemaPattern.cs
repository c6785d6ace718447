using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Limpid.Core.Schemas;

/// <summary>
/// Patterns as ECMA-262 means them, in .NET's notation: <c>$</c> is the very end, <c>\d</c> and <c>\w</c> are ASCII's, and a character
/// beyond U+FFFF is one. They match in time that grows with the text alone, whatever somebody puts into it.
/// </summary>
internal static class SchemaPattern
{
    private const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";

    private const string Space = @"\t\n\v\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF";

    private static readonly Dictionary<string, string> Categories = new()
    {
        ["Letter"] = "L",
        ["Lowercase_Letter"] = "Ll",
        ["Uppercase_Letter"] = "Lu",
        ["Number"] = "N",
        ["Decimal_Number"] = "Nd",
        ["digit"] = "Nd",
        ["Punctuation"] = "P",
        ["punct"] = "P",
        ["Symbol"] = "S",
        ["Separator"] = "Z",
        ["Space_Separator"] = "Zs",
        ["Mark"] = "M",
        ["Other"] = "C",
        ["Control"] = "Cc",
    };

    /// <exception cref="NotSupportedException">It needs look-around or back-references.</exception>
    /// <exception cref="FormatException">It is no pattern, or one that has no counterpart.</exception>
    public static Regex Of(string pattern) => new(Translate(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    private static string Translate(string pattern)
    {
        var translated = new StringBuilder();
        for (int at = 0; at < pattern.Length;)
        {
            char c = pattern[at];
            if (c == '[')
            {
                translated.Append(Class(pattern, ref at));
            }
            else if (c == '\\')
            {
                translated.Append(Escape(pattern, ref at, inClass: false));
            }
            else if (char.IsHighSurrogate(c) && at + 1 < pattern.Length && char.IsLowSurrogate(pattern[at + 1]))
            {
                translated.Append("(?:").Append(pattern, at, 2).Append(')');
                at += 2;
            }
            else
            {
                translated.Append(c switch
                {
                    '.' => $"(?:{Pair}|[^\\n\\r\\u2028\\u2029])",
                    '$' => "\\z",
                    _ => c.ToString(),
                });
                at++;
            }
        }
        return translated.ToString();
    }

    private static string Class(string pattern, ref int at)
    {
        bool negated = at + 1 < pattern.Length && pattern[at + 1] == '^';
        at += negated ? 2 : 1;
        var inside = new StringBuilder();
        while (at < pattern.Length && pattern[at] != ']')
        {
            if (char.IsSurrogate(pattern[at]))
                throw new FormatException();
            if (pattern[at] == '\\')
                inside.Append(Escape(pattern, ref at, inClass: true));
            else
                inside.Append(pattern[at] == '[' ? "\\[" : pattern[at].ToString()).Append(pattern[at++] == '-' && at < pattern.Length && pattern[at] == '[' ? "\\" : "");
        }
        if (at == pattern.Length)
            throw new FormatException();
        at++;
        if (inside.Length == 0)
            return negated ? $"(?:{Pair}|[\\s\\S])" : "(?:[^\\s\\S])";
        return negated ? $"(?:{Pair}|[^{inside}])" : $"[{inside}]";
    }

    private static string Escape(string pattern, ref int at, bool inClass)
    {
        if (at + 1 == pattern.Length)
            throw new FormatException();
        char c = pattern[at + 1];
        at += 2;
        switch (c)
        {
            case 'd':
                return inClass ? "0-9" : "[0-9]";
            case 'w':
                return inClass ? "A-Za-z0-9_" : "[A-Za-z0-9_]";
            case 's':
                return inClass ? Space : $"[{Space}]";
            case 'D' or 'W' or 'S' when inClass:
                // What is left out of one part of a class can't be said beside other parts.
                throw new FormatException();
            case 'D':
                return $"(?:{Pair}|[^0-9])";
            case 'W':
                return $"(?:{Pair}|[^A-Za-z0-9_])";
            case 'S':
                return $"(?:{Pair}|[^{Space}])";
            case 'p' or 'P':
                return Category(pattern, c, ref at);
            case 'u' when at < pattern.Length && pattern[at] == '{':
                return CodePoint(pattern, ref at, inClass);
            case 'a' or 'A' or 'Z' or 'z' or 'G' or 'e':
                throw new FormatException();
            case '/' or '-':
                return $"\\{c}";
            default:
                return $"\\{c}";
        }
    }

    private static string Category(string pattern, char kind, ref int at)
    {
        int end = at < pattern.Length && pattern[at] == '{' ? pattern.IndexOf('}', at) : -1;
        if (end < 0)
            throw new FormatException();
        string name = pattern[(at + 1)..end];
        name = name[(name.IndexOf('=', StringComparison.Ordinal) + 1)..];
        at = end + 1;
        return $"\\{kind}{{{(Categories.TryGetValue(name, out string? known) ? known : name.Length <= 2 ? name : throw new FormatException())}}}";
    }

    private static string CodePoint(string pattern, ref int at, bool inClass)
    {
        int end = pattern.IndexOf('}', at);
        if (end < 0 || !int.TryParse(pattern.AsSpan(at + 1, end - at - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int point)
            || !Rune.IsValid(point) || (inClass && point > char.MaxValue))
            throw new FormatException();
        at = end + 1;
        return inClass ? $"\\u{point:X4}" : $"(?:{Regex.Escape(char.ConvertFromUtf32(point))})";
    }
}
