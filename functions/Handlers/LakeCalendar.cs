namespace Limpid.Functions;

/// <summary>Days as the lake's time zone has them: due days end at midnight there.</summary>
/// <param name="timeZone">IANA name, known to the machine: lake.yaml was checked for it.</param>
internal sealed class LakeCalendar(string timeZone, TimeProvider time)
{
    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);

    public DateOnly Today => DayOf(time.GetUtcNow());

    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(Local(at).DateTime);

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, _zone);

    /// <summary>The zone's name as people are shown it.</summary>
    public string Zone => _zone.Id;
}
