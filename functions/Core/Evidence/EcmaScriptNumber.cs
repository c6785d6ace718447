using System.Globalization;
using System.Text;

namespace Limpid.Core.Evidence;

/// <summary>Writes a number as ECMAScript's <c>Number::toString</c> does in radix 10: the form that RFC 8785 prescribes.</summary>
internal static class EcmaScriptNumber
{
    /// <param name="value">Finite.</param>
    public static string Format(double value)
    {
        if (value == 0)
            return "0";
        string digits = ShortestDigits(Math.Abs(value), out int point);
        var text = new StringBuilder(32);
        if (value < 0)
            text.Append('-');

        if (digits.Length <= point && point <= 21)
            text.Append(digits).Append('0', point - digits.Length);
        else if (point is > 0 and <= 21)
            text.Append(digits, 0, point).Append('.').Append(digits, point, digits.Length - point);
        else if (point is > -6 and <= 0)
            text.Append("0.").Append('0', -point).Append(digits);
        else
            AppendExponential(text, digits, point - 1);
        return text.ToString();
    }

    private static void AppendExponential(StringBuilder text, string digits, int exponent)
    {
        text.Append(digits[0]);
        if (digits.Length > 1)
            text.Append('.').Append(digits, 1, digits.Length - 1);
        text.Append('e').Append(exponent < 0 ? '-' : '+').Append(CultureInfo.InvariantCulture, $"{Math.Abs(exponent)}");
    }

    /// <summary>
    /// The fewest digits that read back as the same double, without zeros at either end; the value is
    /// <c>0.digits × 10^point</c>.
    /// </summary>
    private static string ShortestDigits(double value, out int point)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        int mantissaEnd = text.IndexOf('E', StringComparison.Ordinal);
        int exponent = 0;
        if (mantissaEnd >= 0)
            exponent = int.Parse(text.AsSpan(mantissaEnd + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        else
            mantissaEnd = text.Length;

        string mantissa = text[..mantissaEnd];
        int dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        string trimmed = digits.TrimStart('0');
        point = (dot >= 0 ? dot : mantissa.Length) - (digits.Length - trimmed.Length) + exponent;
        return trimmed.TrimEnd('0');
    }
}
