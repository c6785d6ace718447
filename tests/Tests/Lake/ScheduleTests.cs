using System.Globalization;
using Limpid.Core.Lake;

namespace Limpid.Tests.Lake;

/// <summary>Schedules as EventBridge Scheduler has them.</summary>
public class ScheduleTests
{
    private static readonly TimeZoneInfo Athens = TimeZoneInfo.FindSystemTimeZoneById("Europe/Athens");

    [Theory]
    [InlineData("rate(5 minutes)", "2026-11-29T10:00:00Z 2026-11-29T10:05:00Z")]
    [InlineData("rate(1 day)", "2026-11-30T00:00:00Z 2026-12-01T00:00:00Z")]
    [InlineData("cron(15 10 * * ? *)", "2026-11-29T10:15:00Z 2026-11-30T10:15:00Z")]
    [InlineData("cron(0/20 10 * * ? *)", "2026-11-29T10:00:00Z 2026-11-29T10:20:00Z 2026-11-29T10:40:00Z 2026-11-30T10:00:00Z")]
    [InlineData("cron(0 8,18 ? * MON-FRI *)", "2026-11-30T08:00:00Z 2026-11-30T18:00:00Z 2026-12-01T08:00:00Z")]
    [InlineData("cron(0 0 ? * sat-mon *)", "2026-11-30T00:00:00Z 2026-12-05T00:00:00Z 2026-12-06T00:00:00Z 2026-12-07T00:00:00Z")]
    [InlineData("cron(0 3 L * ? *)", "2026-11-30T03:00:00Z 2026-12-31T03:00:00Z 2027-01-31T03:00:00Z 2027-02-28T03:00:00Z")]
    [InlineData("cron(0 3 LW * ? *)", "2026-11-30T03:00:00Z 2026-12-31T03:00:00Z 2027-01-29T03:00:00Z")]
    [InlineData("cron(0 3 1W * ? *)", "2026-12-01T03:00:00Z 2027-01-01T03:00:00Z 2027-02-01T03:00:00Z 2027-03-01T03:00:00Z 2027-04-01T03:00:00Z 2027-05-03T03:00:00Z")]
    [InlineData("cron(0 3 31W * ? *)", "2026-12-31T03:00:00Z 2027-01-29T03:00:00Z 2027-03-31T03:00:00Z")]
    [InlineData("cron(0 3 ? * 6L *)", "2026-12-25T03:00:00Z 2027-01-29T03:00:00Z")]
    [InlineData("cron(0 3 ? * 2#1 *)", "2026-12-07T03:00:00Z 2027-01-04T03:00:00Z")]
    [InlineData("cron(0 3 ? * 6#5 *)", "2027-01-29T03:00:00Z 2027-04-30T03:00:00Z")]
    [InlineData("cron(0 3 ? * L *)", "2026-12-05T03:00:00Z 2026-12-12T03:00:00Z")]
    [InlineData("cron(0 3 29 2 ? *)", "2028-02-29T03:00:00Z 2032-02-29T03:00:00Z")]
    [InlineData("cron(0 3 1 JAN,jul ? 2027-2030/3)", "2027-01-01T03:00:00Z 2027-07-01T03:00:00Z 2030-01-01T03:00:00Z 2030-07-01T03:00:00Z never")]
    [InlineData("cron(0 3 30 2 ? *)", "never")]
    public void The_next_times_are_those_of_the_expression(string text, string expected) =>
        Assert.Equal(expected, Times(text, "2026-11-29T09:59:30Z", TimeZoneInfo.Utc, expected.Split(' ').Length));

    [Theory]
    // Summer time begins on 2027-03-28, when 03:00 becomes 04:00, and ends on 2027-10-31, when 04:00 becomes 03:00.
    [InlineData("cron(30 3 * * ? *)", "2027-03-27T00:00:00Z", "2027-03-27T01:30:00Z 2027-03-29T00:30:00Z")]
    [InlineData("cron(0 4 * * ? *)", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T01:00:00Z")]
    [InlineData("cron(30 3 * * ? *)", "2027-10-30T12:00:00Z", "2027-10-31T00:30:00Z 2027-11-01T01:30:00Z")]
    [InlineData("cron(0 * * * ? *)", "2027-10-30T23:30:00Z", "2027-10-31T00:00:00Z 2027-10-31T02:00:00Z")]
    [InlineData("cron(45 3 * * ? *)", "2027-10-31T01:10:00Z", "2027-11-01T01:45:00Z")]
    [InlineData("rate(1 hour)", "2027-10-30T23:30:00Z", "2027-10-31T00:00:00Z 2027-10-31T01:00:00Z")]
    public void What_summer_time_leaves_out_is_passed_over_and_what_comes_twice_counts_once(string text, string after, string expected) =>
        Assert.Equal(expected, Times(text, after, Athens, expected.Split(' ').Length));

    [Theory]
    [InlineData("every hour")]
    [InlineData("rate(5)")]
    [InlineData("rate(0 minutes)")]
    [InlineData("rate(1 hours)")]
    [InlineData("rate(2 hour)")]
    [InlineData("rate(5 seconds)")]
    [InlineData("rate(5 minutes")]
    [InlineData("cron(* * * * *)")]
    [InlineData("cron(0 9 * * * *)")]
    [InlineData("cron(0 9 ? * ? *)")]
    [InlineData("cron(60 9 * * ? *)")]
    [InlineData("cron(0 24 * * ? *)")]
    [InlineData("cron(0 9 32 * ? *)")]
    [InlineData("cron(0 9 0W * ? *)")]
    [InlineData("cron(0 9 * 13 ? *)")]
    [InlineData("cron(0 9 ? * 8 *)")]
    [InlineData("cron(0 9 ? * 6#6 *)")]
    [InlineData("cron(0 9 * * ? 1969)")]
    [InlineData("cron(0/0 9 * * ? *)")]
    [InlineData("cron(0 9 - * ? *)")]
    [InlineData("cron(,0 9 * * ? *)")]
    public void What_is_none_is_refused_and_says_why(string text)
    {
        Assert.False(Schedule.TryParse(text, out Schedule? schedule, out string? problem));
        Assert.Null(schedule);
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void The_next_time_is_the_first_that_a_slow_calendar_finds()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0; i < 60; i++)
        {
            int minute = random.Next(60), hour = random.Next(24), day = random.Next(1, 29);
            string text = $"cron({minute} {hour} {day} * ? *)";
            Assert.True(Schedule.TryParse(text, out Schedule? schedule, out _));
            DateTimeOffset from = DateTimeOffset.UnixEpoch.AddMinutes(random.NextInt64(100_000_000));
            DateTimeOffset expected = from.AddTicks(TimeSpan.TicksPerMinute - from.Ticks % TimeSpan.TicksPerMinute);
            while (Local(expected) is var local && (local.Minute != minute || local.Hour != hour || local.Day != day || IsSecondRound(expected)))
                expected = expected.AddMinutes(1);
            Assert.True(schedule.After(from, Athens) == expected, $"seed {seed}: {text} after {from:u}");
        }

        static DateTime Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Athens).DateTime;
        static bool IsSecondRound(DateTimeOffset time) => Athens.IsAmbiguousTime(Local(time)) && Local(time.AddHours(-1)) == Local(time);
    }

    private static string Times(string text, string after, TimeZoneInfo zone, int count)
    {
        Assert.True(Schedule.TryParse(text, out Schedule? schedule, out string? problem), problem);
        DateTimeOffset? moment = DateTimeOffset.Parse(after, CultureInfo.InvariantCulture);
        var times = new List<string>();
        for (int i = 0; i < count && moment is { } last; i++)
        {
            moment = schedule.After(last, zone);
            times.Add(moment?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "never");
        }
        return string.Join(' ', times);
    }
}
