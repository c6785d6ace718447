using System.Text;
using System.Text.Unicode;
using Limpid.Core.Lake;

namespace Limpid.Core.Subjects;

/// <summary>
/// Brings identifiers of one kind into their canonical text. Returned spans are valid until the next call or point into what was
/// given. Not thread-safe.
/// </summary>
internal sealed class CanonicalText(Kind kind)
{
    private readonly Normalization[] _steps = [.. kind.Normalize];
    private readonly DecimalText _decimal = new();
    private byte[] _scratch = new byte[256];

    /// <summary>Of a text as it stands. What is not UTF-8 has no letters to normalise and stays as it is.</summary>
    public ReadOnlySpan<byte> OfText(ReadOnlySpan<byte> utf8)
    {
        if (_steps.Length == 0)
            return utf8;
        return Ascii.IsValid(utf8) ? NormalizeAscii(utf8) : Utf8.IsValid(utf8) ? NormalizeUnicode(utf8) : utf8;
    }

    /// <summary>Of a JSON number, by its value.</summary>
    public ReadOnlySpan<byte> OfNumber(ReadOnlySpan<byte> number) => OfText(_decimal.PlainForm(number));

    private ReadOnlySpan<byte> NormalizeAscii(ReadOnlySpan<byte> text)
    {
        foreach (Normalization step in _steps)
        {
            text = step switch
            {
                Normalization.Trim => TrimAscii(text),
                Normalization.Lower => LowerAscii(text),
                Normalization.Integer => IntegerText.PlainForm(text),
                _ => text,
            };
        }
        return text;
    }

    private ReadOnlySpan<byte> NormalizeUnicode(ReadOnlySpan<byte> utf8)
    {
        string text = Encoding.UTF8.GetString(utf8);
        foreach (Normalization step in _steps)
        {
            text = step switch
            {
                Normalization.Trim => text.Trim(),
                Normalization.Lower => text.ToLowerInvariant(),
                Normalization.Nfc => ComposedForm.Of(text),
                Normalization.Integer => IntegerText.PlainForm(text),
                _ => text,
            };
        }
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        return _scratch.AsSpan(0, Encoding.UTF8.GetBytes(text, _scratch));
    }

    // The same white space as string.Trim() has below U+0080.
    private static ReadOnlySpan<byte> TrimAscii(ReadOnlySpan<byte> text)
    {
        int start = 0;
        int end = text.Length;
        while (start < end && char.IsWhiteSpace((char)text[start]))
            start++;
        while (end > start && char.IsWhiteSpace((char)text[end - 1]))
            end--;
        return text[start..end];
    }

    private ReadOnlySpan<byte> LowerAscii(ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAnyInRange((byte)'A', (byte)'Z'))
            return text;
        Reserve(text.Length);
        Ascii.ToLower(text, _scratch, out int length);
        return _scratch.AsSpan(0, length);
    }

    private void Reserve(int length)
    {
        if (_scratch.Length < length)
            _scratch = new byte[length];
    }
}
