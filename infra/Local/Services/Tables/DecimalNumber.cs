using System.Globalization;
using System.Numerics;

namespace Limpid.Local.Services;

/// <summary>A number as DynamoDB holds it: decimal, exact, with 38 significant digits at most.</summary>
internal readonly record struct DecimalNumber : IComparable<DecimalNumber>
{
    private const int MostDigits = 38;
    private const int MostMagnitude = 125;
    private const int LeastMagnitude = -130;

    private readonly BigInteger digits;

    /// <summary>The value is the digits times ten to this.</summary>
    private readonly int exponent;

    private DecimalNumber(BigInteger digits, int exponent)
    {
        while (!digits.IsZero && digits % 10 == 0)
        {
            digits /= 10;
            exponent++;
        }
        this.digits = digits;
        this.exponent = digits.IsZero ? 0 : exponent;
    }

    public static DecimalNumber Parse(string text) => TryParse(text, out DecimalNumber number) ? number : throw new FormatException("no number");

    public static bool TryParse(string text, out DecimalNumber number)
    {
        number = default;
        int e = text.IndexOfAny(['e', 'E']);
        string coefficient = e < 0 ? text : text[..e];
        int exponent = 0;
        if (e >= 0 && !int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs((long)exponent) > 1000 || coefficient.Length > 300)
            return false;
        int point = coefficient.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= coefficient.Length - point - 1;
            coefficient = coefficient.Remove(point, 1);
        }
        if (!coefficient.Any(char.IsAsciiDigit) || !BigInteger.TryParse(coefficient, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger digits))
            return false;
        number = new(digits, exponent);
        return true;
    }

    /// <summary>What is wrong with it for DynamoDB, or null.</summary>
    public string? Problem()
    {
        int length = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture).Length;
        if (length > MostDigits)
            return $"Attempting to store more than {MostDigits} significant digits in a Number";
        if (digits.IsZero)
            return null;
        int magnitude = length + exponent - 1;
        if (magnitude > MostMagnitude)
            return "Number overflow. Attempting to store a number with magnitude larger than supported range";
        return magnitude < LeastMagnitude ? "Number underflow. Attempting to store a number with magnitude smaller than supported range" : null;
    }

    public static DecimalNumber operator +(DecimalNumber a, DecimalNumber b)
    {
        int exponent = Math.Min(a.exponent, b.exponent);
        return new(a.Scaled(exponent) + b.Scaled(exponent), exponent);
    }

    public static DecimalNumber operator -(DecimalNumber a, DecimalNumber b) => a + new DecimalNumber(-b.digits, b.exponent);

    public int CompareTo(DecimalNumber other)
    {
        int exponent = Math.Min(this.exponent, other.exponent);
        return Scaled(exponent).CompareTo(other.Scaled(exponent));
    }

    /// <summary>Without an exponent where that takes no more than its digits and zeros; the same text for the same value.</summary>
    public override string ToString()
    {
        string sign = digits.Sign < 0 ? "-" : "";
        string text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture);
        if (exponent >= 0)
            return sign + text + new string('0', exponent);
        return -exponent < text.Length ? $"{sign}{text[..(text.Length + exponent)]}.{text[(text.Length + exponent)..]}" : $"{sign}0.{new string('0', -exponent - text.Length)}{text}";
    }

    private BigInteger Scaled(int to) => digits * BigInteger.Pow(10, exponent - to);
}
