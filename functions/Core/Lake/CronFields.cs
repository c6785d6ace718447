using System.Diagnostics.CodeAnalysis;

namespace Limpid.Core.Lake;

/// <summary>The six fields of a cron expression of EventBridge Scheduler: minutes, hours, day of month, month, day of week, year.</summary>
internal sealed class CronFields
{
    private const int FirstYear = 1970;
    private const int LastYear = 2199;

    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    private readonly CronField _minutes, _hours, _months, _years;
    private readonly CronField? _daysOfMonth, _daysOfWeek;

    private CronFields(CronField minutes, CronField hours, CronField? daysOfMonth, CronField months, CronField? daysOfWeek, CronField years) =>
        (_minutes, _hours, _daysOfMonth, _months, _daysOfWeek, _years) = (minutes, hours, daysOfMonth, months, daysOfWeek, years);

    public static bool TryParse(string text, [NotNullWhen(true)] out CronFields? cron, [NotNullWhen(false)] out string? problem)
    {
        cron = null;
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 6)
        {
            problem = "has a cron of six fields: minutes, hours, day of month, month, day of week, year";
            return false;
        }
        if (parts[2] == "?" == (parts[4] == "?"))
        {
            problem = "has a cron with exactly one `?`, in its day of month or its day of week";
            return false;
        }
        problem = null;
        CronField? minutes = Field("minutes", parts[0], 0, 59, [], ref problem);
        CronField? hours = Field("hours", parts[1], 0, 23, [], ref problem);
        CronField? daysOfMonth = parts[2] == "?" ? null : Field("day of month", parts[2], 1, 31, [], ref problem, CronDays.OfMonth);
        CronField? months = Field("month", parts[3], 1, 12, Months, ref problem);
        CronField? daysOfWeek = parts[4] == "?" ? null : Field("day of week", parts[4], 1, 7, Days, ref problem, CronDays.OfWeek);
        CronField? years = Field("year", parts[5], FirstYear, LastYear, [], ref problem);
        if (problem is not null)
            return false;
        cron = new CronFields(minutes!, hours!, daysOfMonth, months!, daysOfWeek, years!);
        return true;
    }

    /// <summary>The first minute after a moment of the same clock; null where there is none.</summary>
    public DateTime? After(DateTime moment)
    {
        DateTime time = moment.AddTicks(-(moment.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(1);
        for (DateTime day = time.Date; day.Year <= LastYear; day = NextDay(day))
        {
            if (!IsOn(day))
                continue;
            TimeSpan from = day == time.Date ? time.TimeOfDay : TimeSpan.Zero;
            for (int hour = from.Hours; hour < 24; hour++)
            {
                if (!_hours.Has(hour))
                    continue;
                for (int minute = hour == from.Hours ? from.Minutes : 0; minute < 60; minute++)
                {
                    if (_minutes.Has(minute))
                        return day.AddHours(hour).AddMinutes(minute);
                }
            }
        }
        return null;
    }

    // Years and months that are none are passed over whole: a rare day may be decades away.
    private DateTime NextDay(DateTime day)
    {
        if (!_years.Has(day.Year))
            return new DateTime(day.Year + 1, 1, 1);
        return _months.Has(day.Month) ? day.AddDays(1) : new DateTime(day.Year, day.Month, 1).AddMonths(1);
    }

    private bool IsOn(DateTime day) =>
        _years.Has(day.Year) && _months.Has(day.Month)
        && (_daysOfMonth is { } inMonth ? CronDays.IsOnDayOfMonth(inMonth, day) : CronDays.IsOnDayOfWeek(_daysOfWeek!, day));

    private static CronField? Field(string name, string text, int least, int most, string[] names, ref string? problem, Func<string, bool>? isSpecial = null)
    {
        if (CronField.TryParse(text, least, most, names, isSpecial, out CronField? field))
            return field;
        problem ??= $"has a cron whose {name} is not understood";
        return null;
    }
}
