using System.Globalization;

namespace Limpid.Core.Ingest;

/// <summary>When something happened, as records say it.</summary>
public static class EventTime
{
    /// <summary>From here on a number counts milliseconds: as seconds it would be the year 2286 and later.</summary>
    private const double Milliseconds = 1e10;

    /// <summary>RFC 3339 with <c>T</c> or a space, UTC where there is no offset; or seconds or milliseconds since 1970.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
        {
            double seconds = Math.Abs(number) < Milliseconds ? number : number / 1000;
            bool isIn = seconds is > -62_135_596_800 and < 253_402_300_800;
            time = isIn ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : default;
            return isIn;
        }
        return DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
