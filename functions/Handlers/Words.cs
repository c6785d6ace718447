using System.Globalization;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;

namespace Limpid.Functions;

/// <summary>Numbers, days and the lake's own terms as people read them.</summary>
internal static class Words
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public static string Verdict(Verdict verdict) => verdict == Core.Erasure.Verdict.Approve ? "approve" : "reject";

    public static string Number(long number) => number.ToString("N0", Invariant);

    /// <summary><c>1 row</c>, <c>2,000 rows</c>.</summary>
    public static string Count(long number, string one, string? many = null) =>
        $"{Number(number)} {(number == 1 ? one : many ?? one + "s")}";

    /// <summary>In decimal units: 1 MB is a million bytes.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["KB", "MB", "GB", "TB", "PB", "EB"];
        if (bytes < 1000)
            return Count(bytes, "byte");
        double value = bytes / 1000.0;
        int unit = 0;
        while (value >= 999.5 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }
        return string.Create(Invariant, $"{value.ToString(value < 9.95 ? "0.#" : "0", Invariant)} {units[unit]}");
    }

    /// <summary><c>$1,240</c>, <c>$3.07</c>; below a cent, <c>less than $0.01</c>.</summary>
    public static string Dollars(double dollars) =>
        dollars < 0.01 ? "less than $0.01" : dollars.ToString(dollars < 100 ? "'$'0.00" : "'$'#,0", Invariant);

    /// <summary><c>22 November 2026</c>.</summary>
    public static string Day(DateOnly day) => day.ToString("d MMMM yyyy", Invariant);

    /// <summary><c>extended from 22 December 2026: many files</c>.</summary>
    public static string Extended(Extension extension) => $"extended from {Day(extension.From)}: {extension.Reason}";

    /// <summary><c>22 November 2026, 14:05 (Europe/Athens)</c>.</summary>
    public static string Moment(DateTimeOffset at, LakeCalendar calendar) =>
        $"{calendar.Local(at).ToString("d MMMM yyyy, HH:mm", Invariant)} ({calendar.Zone})";

    /// <summary>As a state that waits takes it, RFC 3339 in UTC: <c>2026-11-22T12:05:00.000Z</c>.</summary>
    public static string Timestamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", Invariant);

    public static string Clock(DateTimeOffset at, LakeCalendar calendar) => calendar.Local(at).ToString("HH:mm", Invariant);

    /// <summary><c>24 hours</c>, <c>7 days</c>, <c>90 minutes</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 120 } => Count((long)span.TotalSeconds, "second"),
        { TotalMinutes: < 120 } => Count((long)span.TotalMinutes, "minute"),
        { TotalHours: <= 48 } => Count((long)span.TotalHours, "hour"),
        _ => Count((long)span.TotalDays, "day"),
    };

    /// <summary><c>10 days left</c>, <c>due today</c>, <c>3 days overdue</c>.</summary>
    public static string DaysLeft(DateOnly due, DateOnly today) => (due.DayNumber - today.DayNumber) switch
    {
        0 => "due today",
        < 0 and int late => $"{Count(-late, "day")} overdue",
        int left => $"{Count(left, "day")} left",
    };

    /// <summary>The first 12 digits in groups of four: enough to compare by eye.</summary>
    public static string Fingerprint(string digest) => string.Join(' ', digest[..12].Chunk(4).Select(group => new string(group)));

    /// <summary>What happens to the person's rows in a dataset.</summary>
    public static string WhatHappens(DatasetPlan plan) => plan.Format == DataFormat.External
        ? "Held outside this lake. Limpid cannot erase there: somebody has to, and will be asked to confirm it with evidence."
        : plan.Erase switch
        {
            EraseMode.Blank => "Each row about the person is overwritten with an empty record of the same length. No other row is touched or moved.",
            EraseMode.Drop => "Each row about the person is taken out of its file. All other rows stay exactly as they are.",
            EraseMode.Delete => "Whole files are removed, and only those in which every row is about the person.",
            _ => "The personal fields in each row about the person are overwritten. The rest of the row stays.",
        };
}
