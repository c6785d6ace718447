using System.Globalization;

namespace Limpid.Core.Lake;

/// <summary>
/// One hour of UTC, written <c>2026-11-25-14</c>: the value of <c>dt</c>. The order of the text is the order of time. Never of a local
/// time zone: where clocks are put back two hours would have one name, and where they are put forward one would be missing for ever.
/// </summary>
public readonly record struct Hour : IComparable<Hour>
{
    private const string Format = "yyyy-MM-dd-HH";

    private readonly long _number;

    private Hour(long number) => _number = number;

    public DateTimeOffset Start => new(_number * TimeSpan.TicksPerHour, TimeSpan.Zero);

    /// <summary>The first moment that is no part of it.</summary>
    public DateTimeOffset End => Start + TimeSpan.FromHours(1);

    public Hour Next => this + 1;

    public static Hour Of(DateTimeOffset moment) => new(moment.UtcTicks / TimeSpan.TicksPerHour);

    public static bool TryParse(string text, out Hour hour)
    {
        bool isHour = DateTimeOffset.TryParseExact(
            text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset start);
        hour = isHour ? Of(start) : default;
        return isHour;
    }

    /// <exception cref="FormatException">It is none.</exception>
    public static Hour Parse(string text) => TryParse(text, out Hour hour) ? hour : throw new FormatException("an hour is written as 2026-11-25-14");

    public int CompareTo(Hour other) => _number.CompareTo(other._number);

    public override string ToString() => Start.ToString(Format, CultureInfo.InvariantCulture);

    public static Hour operator +(Hour hour, long hours) => new(hour._number + hours);

    public static Hour operator -(Hour hour, long hours) => new(hour._number - hours);

    public static bool operator <(Hour a, Hour b) => a._number < b._number;

    public static bool operator >(Hour a, Hour b) => a._number > b._number;

    public static bool operator <=(Hour a, Hour b) => a._number <= b._number;

    public static bool operator >=(Hour a, Hour b) => a._number >= b._number;
}
