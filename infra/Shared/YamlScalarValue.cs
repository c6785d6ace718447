using System.Globalization;

namespace Limpid.Infra.Lake;

/// <summary>
/// What YAML 1.2's core schema makes of an unquoted scalar. <c>yes</c>, <c>on</c> and dates are text there. Nothing in a
/// lake.yaml is written in octal or hexadecimal, so such numbers are text too, as <c>.inf</c> and <c>.nan</c> are.
/// </summary>
internal static class YamlScalarValue
{
    /// <returns>A string, long, double, bool or null.</returns>
    public static object? Of(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => IsNumber(text) ? NumberOf(text) : text,
    };

    private static object NumberOf(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return whole;
        return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary>[-+]? ( digits [. digits?] | . digits ) ( [eE] [-+]? digits )?</summary>
    private static bool IsNumber(string text)
    {
        int at = text[0] is '-' or '+' ? 1 : 0;
        int whole = Digits(text, ref at);
        int fraction = 0;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            fraction = Digits(text, ref at);
        }
        if (whole + fraction == 0)
            return false;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            at++;
            if (at < text.Length && text[at] is '-' or '+')
                at++;
            if (Digits(text, ref at) == 0)
                return false;
        }
        return at == text.Length;
    }

    private static int Digits(string text, ref int at)
    {
        int begin = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return at - begin;
    }
}
