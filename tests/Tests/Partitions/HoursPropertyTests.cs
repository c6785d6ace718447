using Limpid.Core.Lake;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Partitions;

/// <summary>Weeks of hours with everything that happens to them, from a seed.</summary>
public sealed class HoursPropertyTests
{
    private const int FirstSeed = 20261125;
    private const int Seeds = 24;

    [Fact]
    public async Task However_runs_are_missed_late_repeated_doubled_and_broken_each_row_is_shown_once()
    {
        var wrong = new List<string>();
        int calls = 0, mishaps = 0;
        for (int seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            try
            {
                using var world = new HoursWorld(seed: seed, versioned: seed % 2 == 0) { MayGoBack = true };
                mishaps += await LiveAsync(world, new Random(seed));
                await world.RestAsync(days: 5);
                world.AssertEachRowOnce();
                world.AssertNothingIsLeft();
                calls += world.Calls;
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                wrong.Add($"seed {seed}: {failed.Message}");
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"seeds from {FirstSeed}, {Seeds} of them, {calls} calls, {mishaps} of them wrong");
        Assert.InRange(mishaps, 100, int.MaxValue);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static async Task<int> LiveAsync(HoursWorld world, Random random)
    {
        Hour first = world.Now;
        int mishaps = 0;
        Mishap[] all = Enum.GetValues<Mishap>();
        world.GoesWrong = _ =>
        {
            if (random.Next(12) > 0)
                return null;
            mishaps++;
            return all[random.Next(all.Length)];
        };
        for (int hour = 0; hour < 40; hour++)
        {
            for (int arrival = random.Next(3); arrival > 0; arrival--)
                world.Put(world.Now, random.Next(1, 5));
            if (random.Next(4) == 0)
                world.Put(first + random.NextInt64(hour + 1), random.Next(1, 3));
            if (random.Next(4) > 0)
                await world.RunAsync(random.Next(4) == 0 ? [$"hand-{hour}"] : []);
            if (random.Next(5) == 0)
                await world.RunAsync($"again-{hour}");
            world.Clock.Advance(TimeSpan.FromMinutes(random.Next(3) == 0 ? 65 : 60));
        }
        return mishaps;
    }
}
