using System.Buffers.Text;
using System.Globalization;
using System.Numerics;

namespace Limpid.Core.Ingest;

/// <summary>Where a record stands in its shard: digits, 129 at most, that grow.</summary>
public readonly record struct SequenceNumber : IComparable<SequenceNumber>
{
    private const int MostDigits = 129;

    private readonly string? _digits;

    private SequenceNumber(string digits) => _digits = digits;

    public static bool TryParse(string? text, out SequenceNumber number)
    {
        string digits = text?.TrimStart('0') ?? "";
        bool isOne = text is { Length: > 0 and <= MostDigits } && digits.All(char.IsAsciiDigit);
        number = isOne ? new SequenceNumber(digits.Length == 0 ? "0" : digits) : default;
        return isOne;
    }

    public int CompareTo(SequenceNumber other)
    {
        string mine = ToString(), its = other.ToString();
        return mine.Length != its.Length ? mine.Length.CompareTo(its.Length) : string.CompareOrdinal(mine, its);
    }

    public static bool operator <(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) < 0;

    public static bool operator >(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) > 0;

    public static bool operator <=(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) >= 0;

    public override string ToString() => _digits ?? "0";

    /// <summary>Many of them in little space: the first, and how far each is from the one before.</summary>
    /// <param name="ascending">Each once.</param>
    public static string Pack(IEnumerable<SequenceNumber> ascending)
    {
        var bytes = new List<byte>();
        BigInteger last = 0;
        foreach (SequenceNumber number in ascending)
        {
            var value = BigInteger.Parse(number.ToString(), CultureInfo.InvariantCulture);
            byte[] step = (value - last).ToByteArray(isUnsigned: true);
            bytes.Add((byte)step.Length);
            bytes.AddRange(step);
            last = value;
        }
        return Base64Url.EncodeToString(bytes.ToArray());
    }

    /// <exception cref="FormatException">It was not packed so.</exception>
    public static IReadOnlyList<SequenceNumber> Unpack(string packed)
    {
        byte[] bytes = Base64Url.DecodeFromChars(packed);
        var numbers = new List<SequenceNumber>();
        BigInteger value = 0;
        for (int at = 0; at < bytes.Length; at += 1 + bytes[at])
        {
            if (at + 1 + bytes[at] > bytes.Length)
                throw new FormatException("sequence numbers that end too early");
            value += new BigInteger(bytes.AsSpan(at + 1, bytes[at]), isUnsigned: true);
            numbers.Add(new SequenceNumber(value.ToString(CultureInfo.InvariantCulture)));
        }
        return numbers;
    }
}
