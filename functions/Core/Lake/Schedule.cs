using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Limpid.Core.Lake;

/// <summary>
/// When something is done again and again, as EventBridge Scheduler says it: <c>rate(1 hour)</c>, or
/// <c>cron(minutes hours day-of-month month day-of-week year)</c> by the clock of a time zone. A time that the change to summer time
/// leaves out is passed over, and one that comes twice in autumn counts once
/// (docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
/// </summary>
public sealed class Schedule
{
    private readonly TimeSpan _rate;
    private readonly CronFields? _cron;

    private Schedule(TimeSpan rate, CronFields? cron) => (_rate, _cron) = (rate, cron);

    /// <param name="problem">What is wrong with it, in a few words that go on after its name.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Schedule? schedule, [NotNullWhen(false)] out string? problem)
    {
        schedule = null;
        if (Inside(text, "rate(") is { } rate)
        {
            if ((problem = RateProblem(rate, out TimeSpan span)) is null)
                schedule = new Schedule(span, null);
        }
        else if (Inside(text, "cron(") is { } cron)
        {
            if (CronFields.TryParse(cron, out CronFields? fields, out problem))
                schedule = new Schedule(default, fields);
        }
        else
        {
            problem = "is rate(...) or cron(...), such as rate(1 hour) or cron(0 3 * * ? *)";
        }
        return problem is null && schedule is not null;
    }

    /// <summary>
    /// The first time after a moment; null where there is none any more. Rates count from 1970, so that whoever was away for a while
    /// knows by the clock alone what it has missed.
    /// </summary>
    public DateTimeOffset? After(DateTimeOffset moment, TimeZoneInfo zone)
    {
        if (_cron is null)
        {
            long ticks = (moment.UtcDateTime - DateTime.UnixEpoch).Ticks;
            return new DateTimeOffset(DateTime.UnixEpoch.AddTicks((ticks / _rate.Ticks + 1) * _rate.Ticks), TimeSpan.Zero);
        }
        DateTime local = TimeZoneInfo.ConvertTime(moment, zone).DateTime;
        // In autumn an hour of the clock comes again: what is asked for may be in its second round, whose times were the first one's.
        for (DateTime? next = _cron.After(local.AddHours(-3)); next is { } time; next = _cron.After(time))
        {
            if (zone.IsInvalidTime(time))
                continue;
            // Of the two offsets the greater one is that of the first round.
            TimeSpan offset = zone.IsAmbiguousTime(time) ? zone.GetAmbiguousTimeOffsets(time).Max() : zone.GetUtcOffset(time);
            var at = new DateTimeOffset(time, offset);
            if (at > moment)
                return at.ToUniversalTime();
        }
        return null;
    }

    private static string? Inside(string text, string opening) =>
        text.StartsWith(opening, StringComparison.Ordinal) && text.EndsWith(')') ? text[opening.Length..^1] : null;

    private static string? RateProblem(string text, out TimeSpan rate)
    {
        rate = default;
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value is 0 or > 1_000_000)
            return "has a rate of a positive number and a unit, such as rate(5 minutes)";
        TimeSpan? unit = parts[1] switch
        {
            "minute" or "minutes" => TimeSpan.FromMinutes(1),
            "hour" or "hours" => TimeSpan.FromHours(1),
            "day" or "days" => TimeSpan.FromDays(1),
            _ => null,
        };
        if (unit is null)
            return "has a rate in minutes, hours or days";
        if (value == 1 == parts[1].EndsWith('s'))
            return value == 1 ? "has a rate of 1, whose unit is in the singular: rate(1 hour)" : "has a rate of several, whose unit is in the plural: rate(2 hours)";
        rate = unit.Value * value;
        return null;
    }
}
