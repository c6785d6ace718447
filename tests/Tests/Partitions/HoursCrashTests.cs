using Limpid.Core.Lake;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Partitions;

/// <summary>
/// A story of a few hours (rows in time, rows that come late, a repeated run and a missed one) with one thing going wrong at every call of the
/// state machine and at every side effect of the handlers. Whatever it was, each row is shown once at the end, and nothing is left behind.
/// </summary>
public sealed class HoursCrashTests
{
    [Theory]
    [InlineData(Mishap.Before)]
    [InlineData(Mishap.AnswerLost)]
    [InlineData(Mishap.Twice)]
    [InlineData(Mishap.HalfWay)]
    [InlineData(Mishap.RunDies)]
    [InlineData(Mishap.Late)]
    public async Task F16_whichever_call_of_the_workflow_goes_wrong_each_row_is_shown_once(Mishap mishap)
    {
        int calls;
        using (var clean = new HoursWorld())
        {
            await StoryAsync(clean);
            clean.AssertEachRowOnce();
            calls = clean.Calls;
        }
        Assert.InRange(calls, 40, 400);
        var wrong = new List<string>();
        for (int at = 1; at <= calls; at++)
        {
            int which = at;
            using var world = new HoursWorld { GoesWrong = call => call == which ? mishap : null, MayGoBack = mishap == Mishap.Late };
            wrong.AddRange(await WhatIsWrongAsync(world, () => $"{mishap} at call {at} ({world.WentWrong})"));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} calls, {mishap}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(10)));
    }

    [Theory]
    [InlineData(Crash.Before)]
    [InlineData(Crash.After)]
    [InlineData(Crash.AnswerLost)]
    public async Task F16_whichever_side_effect_of_a_handler_goes_wrong_each_row_is_shown_once(Crash crash)
    {
        int effects;
        using (var nowhere = new CrashPoint(0, crash))
        {
            using var clean = new HoursWorld(point: nowhere);
            await StoryAsync(clean);
            await clean.RestAsync();
            effects = nowhere.Effects;
        }
        Assert.InRange(effects, 60, 2000);
        var wrong = new List<string>();
        for (int at = 1; at <= effects; at++)
        {
            using var point = new CrashPoint(at, crash);
            using var world = new HoursWorld(point: point);
            wrong.AddRange(await WhatIsWrongAsync(world, () => $"{crash} at effect {at} ({point.Where})"));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{effects} effects, {crash}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(10)));
    }

    private static async Task<string[]> WhatIsWrongAsync(HoursWorld world, Func<string> where)
    {
        try
        {
            await StoryAsync(world);
            // A statement that came late is put right when the copy that it brought back is looked at, a day later.
            await world.RestAsync();
            world.AssertEachRowOnce();
            world.AssertNothingIsLeft();
            return [];
        }
        catch (Exception wrong) when (wrong is not OperationCanceledException)
        {
            return [$"{where()}: {wrong.Message}"];
        }
    }

    private static async Task StoryAsync(HoursWorld world)
    {
        Hour first = world.Now;
        world.Put(first);
        world.Put(first);
        await world.RunAsync();
        world.Clock.Advance(TimeSpan.FromHours(1));
        world.Put(first + 1);
        await world.RunAsync();
        await world.RunAsync("again");
        // Late for the first hour; the next run is missed.
        world.Put(first, rows: 2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Put(first + 3);
        await world.RunAsync();
        world.Put(first + 2, rows: 1);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.RunAsync();
    }
}
