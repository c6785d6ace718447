namespace Limpid.Local;

/// <summary>A clock that stands still until it is advanced; timers fire while it is, in their order, on the caller's thread.</summary>
public sealed class VirtualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<(Timer Timer, int Version), (DateTimeOffset Due, long Order)> timers = new();
    private DateTimeOffset now = start.ToUniversalTime();
    private long order;

    public VirtualTime()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Whether a runner that has nothing else to do may advance this clock to the next timer.</summary>
    public bool SkipsWaits { get; init; } = true;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on by a span, and fires what is due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset until = GetUtcNow() + by;
        while (TakeDue(until) is { } timer)
            timer.Fire();
        lock (gate)
            now = until > now ? until : now;
    }

    /// <summary>Moves on to the next timer and fires it.</summary>
    /// <returns>False where no timer is set.</returns>
    public bool AdvanceToNextTimer()
    {
        Timer? timer = TakeDue(DateTimeOffset.MaxValue);
        timer?.Fire();
        return timer is not null;
    }

    /// <summary>Takes the next timer that is due by then, with the clock moved on to it.</summary>
    private Timer? TakeDue(DateTimeOffset until)
    {
        lock (gate)
        {
            while (timers.TryPeek(out var next, out var at))
            {
                bool stale = next.Version != next.Timer.Version;
                if (!stale && at.Due > until)
                    return null;
                timers.Dequeue();
                if (stale)
                    continue;
                now = at.Due > now ? at.Due : now;
                next.Timer.Taken();
                return next.Timer;
            }
            return null;
        }
    }

    private sealed class Timer(VirtualTime clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period = Timeout.InfiniteTimeSpan;

        /// <summary>Counts the settings, so that what was set before doesn't fire.</summary>
        public int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                this.period = period;
                Set(dueTime);
                return true;
            }
        }

        public void Taken() => Set(period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan);

        public void Fire() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan dueTime)
        {
            Version++;
            if (dueTime >= TimeSpan.Zero)
                clock.timers.Enqueue((this, Version), (clock.now + dueTime, clock.order++));
        }
    }
}
