using Limpid.Local;

namespace Limpid.Tests.StateMachines;

public class VirtualTimeTests
{
    [Fact]
    public void Timers_fire_in_their_order_at_their_time()
    {
        var time = new VirtualTime();
        DateTimeOffset start = time.GetUtcNow();
        var fired = new List<(string, double)>();
        void Set(string name, int due) => time.CreateTimer(_ => fired.Add((name, (time.GetUtcNow() - start).TotalSeconds)), null, TimeSpan.FromSeconds(due), Timeout.InfiniteTimeSpan);
        Set("c", 30);
        Set("a", 10);
        Set("b", 10);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal([("a", 10), ("b", 10)], fired);
        Assert.Equal(20, (time.GetUtcNow() - start).TotalSeconds);
        Assert.True(time.AdvanceToNextTimer());
        Assert.Equal(("c", 30), fired[^1]);
        Assert.False(time.AdvanceToNextTimer());
    }

    [Fact]
    public void A_timer_that_is_disposed_or_set_anew_does_not_fire_as_before()
    {
        var time = new VirtualTime();
        int fired = 0;
        ITimer gone = time.CreateTimer(_ => fired += 100, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        ITimer later = time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        gone.Dispose();
        later.Change(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, fired);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(3, fired);
    }

    [Fact]
    public async Task Delays_end_when_the_clock_is_advanced()
    {
        var time = new VirtualTime();
        Task delay = Task.Delay(TimeSpan.FromDays(30), time, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromDays(29));
        Assert.False(delay.IsCompleted);
        time.Advance(TimeSpan.FromDays(1));
        await delay;
    }
}
