using System.Text;

namespace Limpid.Core.Subjects;

/// <summary>The <c>integer</c> normalisation: a text that is an integer becomes its plain form, any other stays.</summary>
internal static class IntegerText
{
    /// <summary><c>+007</c>, <c>7.0</c> and <c>7</c> become <c>7</c>; <c>-0</c> becomes <c>0</c>.</summary>
    public static ReadOnlySpan<byte> PlainForm(ReadOnlySpan<byte> text)
    {
        bool negative = text is [(byte)'-', ..];
        ReadOnlySpan<byte> digits = negative || text is [(byte)'+', ..] ? text[1..] : text;
        int point = digits.IndexOf((byte)'.');
        if (point >= 0)
        {
            ReadOnlySpan<byte> fraction = digits[(point + 1)..];
            if (fraction.IsEmpty || fraction.ContainsAnyExcept((byte)'0'))
                return text;
            digits = digits[..point];
        }
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return text;
        digits = digits.TrimStart((byte)'0');
        if (digits.IsEmpty)
            return "0"u8;
        if (!negative)
            return digits;
        byte[] plain = new byte[digits.Length + 1];
        plain[0] = (byte)'-';
        digits.CopyTo(plain.AsSpan(1));
        return plain;
    }

    /// <summary>Only ASCII digits make an integer, so a text beyond ASCII stays, but for one whose white space was trimmed before.</summary>
    public static string PlainForm(string text) =>
        Ascii.IsValid(text) ? Encoding.ASCII.GetString(PlainForm(Encoding.ASCII.GetBytes(text))) : text;
}
