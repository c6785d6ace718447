namespace Limpid.Tests.Scenarios;

/// <summary>A clock that stands still until it is moved. What waits (a pause between two attempts) waits a moment of real time only.</summary>
internal sealed class ScenarioTime(DateTimeOffset start) : TimeProvider
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private DateTimeOffset _now = start;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public void Advance(TimeSpan by)
    {
        lock (_lock)
            _now += by;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime > Moment ? Moment : dueTime, period);
}
