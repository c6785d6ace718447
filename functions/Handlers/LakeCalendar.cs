namespace Limpid.Functions;

/// <summary>Days as the lake's time zone has them: due days end at midnight there.</summary>
/// <param name="timeZone">IANA name; UTC where the machine does not know it.</param>
internal sealed class LakeCalendar(string timeZone, TimeProvider time)
{
    private readonly TimeZoneInfo _zone = TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out TimeZoneInfo? zone) ? zone : TimeZoneInfo.Utc;

    public DateOnly Today => DayOf(time.GetUtcNow());

    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(Local(at).DateTime);

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, _zone);

    /// <summary>The zone's name as people are shown it.</summary>
    public string Zone => _zone.Id;
}
