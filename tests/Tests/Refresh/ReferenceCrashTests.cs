using System.Text.Json;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Refresh;

/// <summary>
/// Changes of reference data go wrong at each side effect, in each way that there is: the process dies before it, after it, or lives and
/// does not learn that it happened. Whatever went wrong, what is current at the end is what the table says, and no flag is left.
/// </summary>
public sealed class ReferenceCrashTests
{
    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Theory]
    [InlineData(Crash.Before, false)]
    [InlineData(Crash.After, false)]
    [InlineData(Crash.AnswerLost, false)]
    [InlineData(Crash.Before, true)]
    [InlineData(Crash.After, true)]
    [InlineData(Crash.AnswerLost, true)]
    public async Task F16_wherever_it_crashes_no_change_is_lost(Crash crash, bool inFolder)
    {
        int effects;
        using (var nowhere = new CrashPoint(0, crash))
        {
            await RunAsync(nowhere, inFolder);
            effects = nowhere.Effects;
        }
        Assert.InRange(effects, 15, 200);
        TestContext.Current.TestOutputHelper?.WriteLine($"{effects} side effects");
        for (int at = 1; at <= effects; at++)
        {
            using var point = new CrashPoint(at, crash);
            await RunAsync(point, inFolder);
        }
    }

    // Deaths of several processes, in an order that the seed says.
    [Theory]
    [InlineData(20261125)]
    [InlineData(20261126)]
    [InlineData(20261127)]
    public async Task Duplicates_late_batches_and_changes_in_the_midst_of_it_end_in_what_the_table_says(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using ReferenceBench bench = ReferenceBench.InMemory();
        var late = new List<string>();
        int priority = 0;
        Task ChangeAsync()
        {
            bench.Set(random.Next(2) == 0 ? "soup" : "salad", ++priority);
            late.Add(bench.Event());
            return Task.CompletedTask;
        }
        for (int step = 0; step < 120; step++)
        {
            if (random.Next(3) == 0)
                await ChangeAsync();
            bench.Tables.WhileScanning = random.Next(3) == 0 ? ChangeAsync : null;
            // Any batch that has not come yet comes now, or once more, or stays away for the moment.
            foreach (string batch in late.ToArray())
            {
                if (random.Next(3) != 0)
                    continue;
                await bench.DeliverAsync(batch);
                if (random.Next(4) != 0)
                    late.Remove(batch);
            }
            int fails = random.Next(4);
            bench.World.FailsWith = _ => fails-- > 0 && random.Next(2) == 0 ? "Lambda.Unknown" : null;
            bench.World.Clock.Advance(TimeSpan.FromSeconds(random.Next(20)));
            await bench.World.RunAsync();
        }
        bench.World.FailsWith = null;
        bench.Tables.WhileScanning = null;
        foreach (string batch in late)
            await bench.DeliverAsync(batch);
        await bench.SettleAsync();
        await bench.DeliverAsync("{}");
        await bench.SettleAsync();
        Assert.Equal(bench.Expected, bench.Current);
        Assert.Null(bench.Flag);
    }

    private static async Task RunAsync(CrashPoint point, bool inFolder)
    {
        await using ReferenceBench bench = inFolder ? await ReferenceBench.InFolderAsync() : ReferenceBench.InMemory();
        ScenarioWorld world = bench.World;
        world.Intercept(ports => point.Around(ports) with { Workflows = point.Around(ports.Workflows) });
        world.IsDead = () => point.IsDead;
        // Two changes before the first version, one while it is read, and one that finds another flag or none.
        var undelivered = new Queue<string>([bench.Event(), bench.Event(2)]);
        bench.Tables.WhileScanning = () =>
        {
            bench.Tables.WhileScanning = null;
            bench.Set("salad", 7);
            undelivered.Enqueue(bench.Event());
            return Task.CompletedTask;
        };
        bool isLastMade = false;
        for (int step = 0; step < 100; step++)
        {
            point.StartAgain();
            try
            {
                // As a stream has it: the next batch comes once the one before is done.
                while (undelivered.TryPeek(out string? batch))
                {
                    JsonElement answer = await bench.DeliverAsync(batch);
                    Assert.Equal(0, answer.GetProperty("batchItemFailures").GetArrayLength());
                    undelivered.Dequeue();
                }
                using (var ends = CancellationTokenSource.CreateLinkedTokenSource(Stop, point.Death))
                    await world.Runner.RunUntilIdleAsync(ends.Token);
                if (point.IsDead)
                    continue;
                if (bench.Executions.Any(e => e.Status == "RUNNING") || undelivered.Count > 0)
                {
                    world.Clock.Advance(TimeSpan.FromSeconds(10));
                    continue;
                }
                if (isLastMade)
                    break;
                isLastMade = true;
                bench.Set("soup", 9);
                undelivered.Enqueue(bench.Event());
            }
            catch (Exception gone) when (gone is ProcessDiedException or IOException)
            {
                // Whoever was at it does it again.
            }
        }
        string where = $"crash at {point.Where}";
        Assert.True(isLastMade && bench.Executions.All(e => e.Status == "SUCCEEDED"), $"{where}: {string.Join(", ", bench.Executions.Select(e => $"{e.Name} {e.Status} {e.Error}"))}");
        Assert.True(bench.Expected == bench.Current, $"{where}: {bench.Current}");
        Assert.True(bench.Flag is null, $"{where}: {bench.Flag}");
        Assert.True(bench.Versions.Length is >= 2 and <= 4, $"{where}: {string.Join(", ", bench.Versions)}");
    }
}
