using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Limpid.Core.Schemas;

/// <summary>A JSON number by its value, however many digits it has: <see cref="_digits"/> times ten to the <see cref="_exponent"/>.</summary>
internal readonly struct ExactNumber : IComparable<ExactNumber>
{
    private readonly BigInteger _digits;
    private readonly long _exponent;
    private readonly int _length;

    private ExactNumber(BigInteger digits, long exponent, int length) => (_digits, _exponent, _length) = (digits, exponent, length);

    /// <param name="number">Proven JSON.</param>
    public static ExactNumber Of(ReadOnlySpan<byte> number)
    {
        if (number.Length < 18 && Utf8Parser.TryParse(number, out long whole, out int read) && read == number.Length)
            return Normal(whole, 0);
        int e = number.IndexOfAny((byte)'e', (byte)'E');
        ReadOnlySpan<byte> coefficient = e < 0 ? number : number[..e];
        int point = coefficient.IndexOf((byte)'.');
        long exponent = e < 0 ? 0 : Exponent(number[(e + 1)..]);
        if (point < 0)
            return Normal(BigInteger.Parse(Encoding.ASCII.GetString(coefficient), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), exponent);
        byte[] joined = [.. coefficient[..point], .. coefficient[(point + 1)..]];
        return Normal(BigInteger.Parse(Encoding.ASCII.GetString(joined), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), exponent - (coefficient.Length - point - 1));
    }

    public static bool IsInteger(ReadOnlySpan<byte> number, bool bySyntax)
    {
        if (!number.ContainsAny((byte)'.', (byte)'e', (byte)'E'))
            return true;
        return !bySyntax && Of(number)._exponent >= 0;
    }

    public int CompareTo(ExactNumber other)
    {
        int sign = _digits.Sign.CompareTo(other._digits.Sign);
        if (sign != 0 || _digits.IsZero)
            return sign;
        // Digits before the point decide, unless there are as many; so no power of ten is ever written out for nothing.
        int magnitude = (_length + _exponent).CompareTo(other._length + other._exponent);
        if (magnitude != 0)
            return _digits.Sign * magnitude;
        long shift = _exponent - other._exponent;
        return shift >= 0
            ? (_digits * BigInteger.Pow(10, (int)shift)).CompareTo(other._digits)
            : _digits.CompareTo(other._digits * BigInteger.Pow(10, (int)-shift));
    }

    /// <param name="divisor">Above zero.</param>
    public bool IsMultipleOf(ExactNumber divisor)
    {
        if (_digits.IsZero)
            return true;
        long shift = _exponent - divisor._exponent;
        // The digits end with no zero, so that nothing with a zero at its end divides them.
        return shift >= 0 && (_digits * BigInteger.ModPow(10, shift, divisor._digits) % divisor._digits).IsZero;
    }

    public bool IsAboveZero => _digits.Sign > 0;

    /// <summary>As a count, or null where it is none below 2^31.</summary>
    public int? AsCount => _digits.Sign >= 0 && _exponent >= 0 && _length + _exponent <= 10 && _digits * BigInteger.Pow(10, (int)_exponent) is var value && value <= int.MaxValue
        ? (int)value
        : null;

    private static ExactNumber Normal(BigInteger digits, long exponent)
    {
        if (digits.IsZero)
            return default;
        string text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture);
        int zeros = text.Length - text.AsSpan().TrimEnd('0').Length;
        return new ExactNumber(zeros == 0 ? digits : digits / BigInteger.Pow(10, zeros), exponent + zeros, text.Length - zeros);
    }

    // Beyond what a long holds it makes no difference any more.
    private static long Exponent(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long exponent, out int read) && read == text.Length
            ? Math.Clamp(exponent, -Farthest, Farthest)
            : text[0] == '-' ? -Farthest : Farthest;

    private const long Farthest = 1L << 52;
}
