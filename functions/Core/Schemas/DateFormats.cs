using System.Globalization;

namespace Limpid.Core.Schemas;

/// <summary>Dates and times as RFC 3339 writes them.</summary>
internal static class DateFormats
{
    public static bool IsDate(string text) =>
        text.Length == 10 && text.All(char.IsAscii) && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    public static bool IsDateTime(string text) => text.Length > 11 && text[10] is 'T' or 't' && IsDate(text[..10]) && IsTime(text[11..]);

    /// <summary>hh:mm:ss, a fraction, and Z or an offset. A leap second is the last of a day of UTC.</summary>
    public static bool IsTime(string text)
    {
        if (text.Length < 9 || text[2] != ':' || text[5] != ':' || !Two(text, 0, 23, out int hour) || !Two(text, 3, 59, out int minute) || !Two(text, 6, 60, out int second))
            return false;
        int at = 8;
        if (text[at] == '.')
        {
            int begin = ++at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
                at++;
            if (at == begin)
                return false;
        }
        if (!IsOffset(text[at..], out int offset))
            return false;
        return second < 60 || ((hour * 60 + minute - offset) % 1440 + 1440) % 1440 == 1439;
    }

    private static bool IsOffset(string text, out int minutes)
    {
        minutes = 0;
        if (text is "Z" or "z")
            return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':' || !Two(text, 1, 23, out int hours) || !Two(text, 4, 59, out int rest))
            return false;
        minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + rest);
        return true;
    }

    private static bool Two(string text, int at, int most, out int value)
    {
        value = 0;
        if (!char.IsAsciiDigit(text[at]) || !char.IsAsciiDigit(text[at + 1]))
            return false;
        value = (text[at] - '0') * 10 + text[at + 1] - '0';
        return value <= most;
    }
}
