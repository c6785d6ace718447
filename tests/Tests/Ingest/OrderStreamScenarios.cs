using System.Globalization;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Ingest;

/// <summary>
/// Orders stream in while the priorities of their dishes change. Every batch that begins after the pointer moved carries the new value;
/// no order is lost or there twice, whatever comes again in whatever pieces. Each world runs all of it.
/// </summary>
public abstract class OrderStreamScenarios
{
    private static readonly string[] Dishes = ["soup", "salad", "stew"];

    /// <summary>How much is done; fewer where each call goes over a wire.</summary>
    protected virtual int Changes => 12;

    private protected abstract Task<OrderWorld> StartAsync(int shards);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task Every_order_is_written_once_with_the_priority_that_was_current_when_its_batch_began(int shards)
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using OrderWorld world = await StartAsync(shards);
        bool isFlaky = false;
        var dice = new Random(seed);
        world.World.Intercept(ports => ports with { State = new FlakyState(ports.State, _ => Fails(dice, ref isFlaky)) });
        OrderPoller[] pollers = [.. world.Shards.Select((shard, number) => new OrderPoller(world, shard, seed + number))];
        foreach (string dish in Dishes)
            await world.SetAsync(dish, 0);
        await world.TellAsync(5);
        await world.World.RunAsync();
        int cost = 0;
        var delays = new List<TimeSpan>();
        for (int change = 1; change <= Changes; change++)
        {
            isFlaky = change % 3 == 0;
            string dish = Dishes[random.Next(Dishes.Length)];
            await world.SetAsync(dish, change);
            DateTimeOffset changed = world.World.Clock.GetUtcNow();
            bool isFull = random.Next(3) == 0;
            await world.TellAsync(isFull ? 5 : 1, twice: random.Next(3) == 0);
            while (true)
            {
                for (int orders = random.Next(2, 6) * shards; orders > 0; orders--)
                {
                    cost++;
                    await world.PutAsync(cost, string.Create(CultureInfo.InvariantCulture, $$"""{"dish":"{{Dishes[random.Next(Dishes.Length)]}}","cost":{{cost}}}"""));
                }
                await Task.WhenAll(pollers.Select(poller => poller.PollAsync(calm: false)));
                await world.World.RunAsync();
                if (world.Current()[dish] == change)
                    break;
                world.World.Clock.Advance(TimeSpan.FromSeconds(5));
                Assert.True(world.World.Clock.GetUtcNow() - changed <= OrderWorld.Within, $"seed {seed}: no version within {OrderWorld.Within}");
            }
            delays.Add(world.World.Clock.GetUtcNow() - changed);
            if (isFull)
                Assert.Equal(TimeSpan.Zero, delays[^1]);
            // The first batches after the pointer moved.
            await Task.WhenAll(pollers.Select(poller => poller.PollAsync(calm: false)));
        }
        isFlaky = false;
        while ((await Task.WhenAll(pollers.Select(poller => poller.PollAsync(calm: true)))).Any(more => more))
        {
        }
        Check(world, pollers, cost, $"seed {seed}, {shards} shards");
        delays.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{cost} orders, {pollers.Sum(p => p.Deliveries)} batches, {pollers.Sum(p => p.Failures)} of them failed; from a change to its pointer (virtual clock): median {delays[delays.Count / 2].TotalSeconds} s, longest {delays[^1].TotalSeconds} s");
    }

    private static Crash? Fails(Random dice, ref bool isFlaky)
    {
        lock (dice)
            return isFlaky && dice.Next(4) == 0 ? (dice.Next(2) == 0 ? Crash.Before : Crash.After) : null;
    }

    private static void Check(OrderWorld world, OrderPoller[] pollers, int orders, string run)
    {
        List<(int Cost, string Dish, int? Priority)> rows = world.Rows();
        int[] lost = [.. Enumerable.Range(1, orders).Except(rows.Select(row => row.Cost))], doubled = [.. rows.CountBy(row => row.Cost).Where(c => c.Value > 1).Select(c => c.Key)];
        Assert.True(lost.Length + doubled.Length == 0, $"{run}: of {orders} orders {string.Join(',', lost)} are lost and {string.Join(',', doubled)} are there twice");
        Dictionary<int, HashSet<int?>> mayBe = pollers.SelectMany(poller => poller.MayBe).ToDictionary();
        Assert.All(rows, row => Assert.True(
            mayBe[row.Cost].Contains(row.Priority), $"{run}: order {row.Cost} ({row.Dish}) has priority {row.Priority}, and {string.Join(',', mayBe[row.Cost])} was current"));
        Assert.Empty(world.World.Rows("refused"));
    }
}

public sealed class OrderStreamInMemory : OrderStreamScenarios
{
    protected override int Changes => 40;

    private protected override Task<OrderWorld> StartAsync(int shards) => Task.FromResult(OrderWorld.InMemory(shards));
}
