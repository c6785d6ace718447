using Limpid.Local;

namespace Limpid.Tests.Ingest;

public sealed class TurnsTests
{
    [Fact]
    public async Task Whoever_shares_a_thing_comes_in_order_and_never_together()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var turns = new Turns();
        var gate = new Lock();
        var at = new Dictionary<string, int>();
        var order = new Dictionary<string, List<int>>();
        Task[] all = [.. Enumerable.Range(0, 500).Select(number =>
        {
            string[] things = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => $"shard {random.Next(4)}").Distinct()];
            int yields = random.Next(5);
            bool fails = random.Next(10) == 0;
            return turns.TakeAsync(things, async () =>
            {
                lock (gate)
                {
                    foreach (string thing in things)
                    {
                        Assert.Equal(0, at.GetValueOrDefault(thing));
                        at[thing] = 1;
                        if (!order.TryGetValue(thing, out List<int>? came))
                            order[thing] = came = [];
                        came.Add(number);
                    }
                }
                for (int i = 0; i < yields; i++)
                    await Task.Yield();
                lock (gate)
                {
                    foreach (string thing in things)
                        at[thing] = 0;
                }
                return fails ? throw new InvalidOperationException() : number;
            }).ContinueWith(ended => Assert.Equal(fails, ended.IsFaulted), TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
        })];
        await Task.WhenAll(all);
        Assert.All(order.Values, came => Assert.Equal(came.Order(), came));
    }
}
