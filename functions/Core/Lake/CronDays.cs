using System.Globalization;

namespace Limpid.Core.Lake;

/// <summary>
/// The forms of days that only a calendar can tell: <c>L</c>, the last day of the month; <c>15W</c>, the weekday that is nearest to the
/// 15th, in the same month; <c>6L</c>, the last Friday; <c>6#3</c>, the third Friday. Days of the week count from Sunday, 1.
/// </summary>
internal static class CronDays
{
    private const int Week = 7;

    public static bool OfMonth(string part) => part is "L" or "LW" || part.EndsWith('W') && TryNumber(part[..^1], 31, out _);

    public static bool OfWeek(string part) => part == "L" || part.EndsWith('L') && TryNumber(part[..^1], Week, out _)
        || part.Split('#') is [var day, var which] && TryNumber(day, Week, out _) && TryNumber(which, 5, out _);

    public static bool IsOnDayOfMonth(CronField field, DateTime day)
    {
        if (field.Has(day.Day))
            return true;
        foreach (string part in field.Special)
        {
            int last = DateTime.DaysInMonth(day.Year, day.Month);
            if (part == "L" ? day.Day == last : NearestWeekday(day, part == "LW" ? last : Number(part[..^1])) == day.Day)
                return true;
        }
        return false;
    }

    public static bool IsOnDayOfWeek(CronField field, DateTime day)
    {
        int ofWeek = (int)day.DayOfWeek + 1;
        if (field.Has(ofWeek))
            return true;
        foreach (string part in field.Special)
        {
            // L alone is the last day of the week.
            bool isOn = part == "L" ? ofWeek == Week
                : part.EndsWith('L') ? ofWeek == Number(part[..^1]) && day.Day + Week > DateTime.DaysInMonth(day.Year, day.Month)
                : ofWeek == Number(part[..1]) && (day.Day - 1) / Week + 1 == Number(part[2..]);
            if (isOn)
                return true;
        }
        return false;
    }

    /// <summary>0 where the month has no such day.</summary>
    private static int NearestWeekday(DateTime month, int day)
    {
        int last = DateTime.DaysInMonth(month.Year, month.Month);
        if (day > last)
            return 0;
        return new DateTime(month.Year, month.Month, day).DayOfWeek switch
        {
            DayOfWeek.Saturday => day > 1 ? day - 1 : day + 2,
            DayOfWeek.Sunday => day < last ? day + 1 : day - 2,
            _ => day,
        };
    }

    private static bool TryNumber(string text, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
