using System.Globalization;

namespace Limpid.Core.Subjects;

/// <summary>
/// Writes JSON numbers by their value, digit by digit and never by way of a double: <c>2</c>, <c>2.0</c>, <c>2e0</c> and <c>20e-1</c>
/// are <c>2</c>, <c>-0</c> is <c>0</c>. Not thread-safe.
/// </summary>
internal sealed class DecimalText
{
    /// <summary>
    /// Exponents that would add more zeros than this are written as <c>12e5000</c> instead of with their zeros, so that a dozen bytes
    /// of input can't ask for gigabytes.
    /// </summary>
    public const int MostZerosAdded = 1_000;

    private byte[] _digits = new byte[64];
    private byte[] _text = new byte[64];

    /// <param name="number">A JSON number whose syntax was proven.</param>
    /// <returns>Valid until the next call, or the given span where it is plain already.</returns>
    public ReadOnlySpan<byte> PlainForm(ReadOnlySpan<byte> number)
    {
        if (IsPlainInteger(number))
            return number;
        bool negative = number[0] == '-';
        ReadOnlySpan<byte> unsigned = negative ? number[1..] : number;
        int e = unsigned.IndexOfAny((byte)'e', (byte)'E');
        ReadOnlySpan<byte> coefficient = e < 0 ? unsigned : unsigned[..e];
        ReadOnlySpan<byte> digits = Digits(coefficient, out long scale);
        if (digits.IsEmpty)
            return "0"u8;
        if (e >= 0)
        {
            if (!TryExponent(unsigned[(e + 1)..], out long exponent))
                return number;
            scale += exponent;
        }
        ReadOnlySpan<byte> significant = digits.TrimEnd((byte)'0');
        return Write(negative, significant, scale + digits.Length - significant.Length);
    }

    private static bool IsPlainInteger(ReadOnlySpan<byte> number) =>
        !number.ContainsAnyExceptInRange((byte)'0', (byte)'9')
        || (number is [(byte)'-', not (byte)'0', ..] && !number[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'));

    /// <summary>The digits of the coefficient without leading zeros; the value is those, times ten to the scale.</summary>
    private ReadOnlySpan<byte> Digits(ReadOnlySpan<byte> coefficient, out long scale)
    {
        int point = coefficient.IndexOf((byte)'.');
        scale = 0;
        if (point < 0)
            return coefficient.TrimStart((byte)'0');
        ReadOnlySpan<byte> fraction = coefficient[(point + 1)..];
        scale = -fraction.Length;
        Reserve(ref _digits, coefficient.Length);
        coefficient[..point].CopyTo(_digits);
        fraction.CopyTo(_digits.AsSpan(point));
        return _digits.AsSpan(0, coefficient.Length - 1).TrimStart((byte)'0');
    }

    // An exponent of more digits than this names a number that nobody is numbered with: such a one stands as it is written.
    private static bool TryExponent(ReadOnlySpan<byte> text, out long exponent)
    {
        bool negative = text[0] == '-';
        ReadOnlySpan<byte> digits = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        digits = digits.TrimStart((byte)'0');
        exponent = 0;
        if (digits.Length > 17)
            return false;
        foreach (byte digit in digits)
            exponent = exponent * 10 + (digit - '0');
        if (negative)
            exponent = -exponent;
        return true;
    }

    private ReadOnlySpan<byte> Write(bool negative, ReadOnlySpan<byte> significant, long scale)
    {
        long before = significant.Length + scale;
        long zeros = scale >= 0 ? scale : Math.Max(0, -before);
        Reserve(ref _text, significant.Length + 32 + (int)Math.Min(zeros, MostZerosAdded));
        Span<byte> text = _text;
        int length = 0;
        if (negative)
            text[length++] = (byte)'-';
        if (zeros > MostZerosAdded)
        {
            significant.CopyTo(text[length..]);
            length += significant.Length;
            text[length++] = (byte)'e';
            scale.TryFormat(text[length..], out int written, provider: CultureInfo.InvariantCulture);
            return text[..(length + written)];
        }
        if (scale < 0 && before <= 0)
        {
            "0."u8.CopyTo(text[length..]);
            length += 2;
            length += Zeros(text[length..], zeros);
            significant.CopyTo(text[length..]);
            return text[..(length + significant.Length)];
        }
        int whole = scale >= 0 ? significant.Length : (int)before;
        significant[..whole].CopyTo(text[length..]);
        length += whole;
        if (scale >= 0)
            return text[..(length + Zeros(text[length..], zeros))];
        text[length++] = (byte)'.';
        significant[whole..].CopyTo(text[length..]);
        return text[..(length + significant.Length - whole)];
    }

    private static int Zeros(Span<byte> text, long count)
    {
        text[..(int)count].Fill((byte)'0');
        return (int)count;
    }

    private static void Reserve(ref byte[] bytes, int length)
    {
        if (bytes.Length < length)
            bytes = new byte[length];
    }
}
