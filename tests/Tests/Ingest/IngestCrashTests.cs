using Limpid.Tests.Scenarios;
using static Limpid.Tests.Ingest.OrderStream;

namespace Limpid.Tests.Ingest;

/// <summary>Three batches, with a crash at every side effect; what comes again comes whole, in halves, or with other bounds, and the priorities have moved meanwhile.</summary>
public sealed class IngestCrashTests
{
    [Theory]
    [InlineData(Crash.Before, 0)]
    [InlineData(Crash.After, 0)]
    [InlineData(Crash.AnswerLost, 0)]
    [InlineData(Crash.Before, 1)]
    [InlineData(Crash.After, 1)]
    [InlineData(Crash.AnswerLost, 1)]
    [InlineData(Crash.Before, 2)]
    [InlineData(Crash.After, 2)]
    [InlineData(Crash.AnswerLost, 2)]
    [InlineData(Crash.Before, 1, true)]
    [InlineData(Crash.After, 2, true)]
    [InlineData(Crash.AnswerLost, 2, true)]
    public async Task F16_killed_anywhere_every_record_is_written_once_and_indexed(Crash crash, int again, bool inFolder = false)
    {
        int effects;
        using (var nowhere = new CrashPoint(0, crash))
        {
            Assert.Equal("", await RunAsync(nowhere, again, inFolder));
            effects = nowhere.Effects;
        }
        Assert.InRange(effects, 20, 500);
        var wrong = new List<string>();
        for (int at = 1; at <= effects; at++)
        {
            using var point = new CrashPoint(at, crash);
            if (await RunAsync(point, again, inFolder) is { Length: > 0 } why)
                wrong.Add($"{crash} {at} ({point.Where}): {why}");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{effects} side effects");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
    }

    [Theory]
    [MemberData(nameof(Erasures))]
    public async Task F44_what_was_erased_between_a_crash_and_the_retry_stays_erased(Crash crash, string erase, bool versioned)
    {
        int erased = 0;
        for (int at = 1; ; at++)
        {
            using var point = new CrashPoint(at, crash);
            await using var world = new MemoryWorld(Yaml(erase: erase), point.Around, parallelTasks: 1, versioned: versioned);
            world.Publish(1, ("soup", 1));
            string batch = Event((1, Order(7)), (2, Order(8, country: "de")), (3, Order(9, country: erase == "delete" ? "it" : "gr")));
            await world.SendAsync(batch);
            if (point.Where is null)
                break;
            point.StartAgain();
            bool wasThere = (await world.FoundAsync("customer=7")).Length > 0;
            if (wasThere)
                await world.EraseAsync("customer=7");
            string[] failed = await world.SendAsync(batch);
            Assert.True(failed.Length == 0, $"{crash} {at} ({point.Where}): it comes again and again");
            int[] written = [.. world.Rows("orders").Select(IngestTests.Customer).Order()];
            Assert.True(written.SequenceEqual(wasThere ? [8, 9] : [7, 8, 9]), $"{crash} {at} ({point.Where}): {string.Join(',', written)}");
            erased += wasThere ? 1 : 0;
        }
        Assert.InRange(erased, 3, 100);
    }

    public static TheoryData<Crash, string, bool> Erasures()
    {
        var all = new TheoryData<Crash, string, bool>();
        foreach (Crash crash in Enum.GetValues<Crash>())
        {
            foreach (string erase in new[] { "delete", "drop" })
            {
                all.Add(crash, erase, false);
                all.Add(crash, erase, true);
            }
        }
        return all;
    }

    [Fact]
    public async Task F44_what_somebody_deleted_from_a_versioned_lake_does_not_come_back_with_a_retry()
    {
        await using var world = new MemoryWorld(Yaml(), parallelTasks: 1, versioned: true);
        world.Publish(1, ("soup", 1));
        string batch = Event((1, Order(7)));
        bool isAway = true;
        world.Intercept(ports => ports with { State = FlakyState.WhenDone(ports.State, () => isAway) });
        Assert.Single(await world.SendAsync(batch));
        world.Remove(Assert.Single(await world.FoundAsync("customer=7")));
        isAway = false;
        Assert.Empty(await world.SendAsync(batch));
        Assert.Empty(world.Rows("orders"));
    }

    private static async Task<string> RunAsync(CrashPoint point, int again, bool inFolder)
    {
        await using ScenarioWorld world = inFolder ? await FolderWorld.OpenAsync(Yaml()) : new MemoryWorld(Yaml(), parallelTasks: 1);
        world.Intercept(point.Around);
        world.Publish(1, ("soup", 1));
        for (int batch = 0; batch < 3; batch++)
            await DeliverAsync(world, point, batch * 6 + 1, batch * 6 + 6, again);
        int[] written = [.. world.Rows("orders").Select(IngestTests.Customer).Order()];
        if (!written.SequenceEqual(Enumerable.Range(1, 18)))
            return $"rows of {string.Join(',', written)}";
        for (int customer = 1; customer <= 18; customer++)
        {
            string[] found = await world.FoundAsync($"customer={customer}");
            if (found.Length != 1)
                return $"{customer} is found in {found.Length} objects";
        }
        return "";
    }

    private static async Task DeliverAsync(ScenarioWorld world, CrashPoint point, int from, int to, int again)
    {
        if (await IsDoneAsync(world, point, from, to))
            return;
        world.Publish(2, ("soup", 2));
        int middle = (from + to) / 2;
        (int From, int To)[] pieces = again switch
        {
            0 => [(from, to)],
            1 => [(from, middle), (middle + 1, to)],
            _ => [(Math.Max(1, from - 2), middle - 1), (middle, to + 2)],
        };
        foreach ((int first, int last) in pieces)
        {
            for (int attempt = 0; !await IsDoneAsync(world, point, first, Math.Min(last, 18)); attempt++)
                Assert.InRange(attempt, 0, 5);
        }
    }

    private static async Task<bool> IsDoneAsync(ScenarioWorld world, CrashPoint point, int from, int to)
    {
        point.StartAgain();
        // A place for every other record, so that a batch is several objects.
        string batch = Event([.. Enumerable.Range(from, to - from + 1).Select(i => (i, Order(i, country: i % 2 == 0 ? "gr" : "de")))]);
        return (await world.SendAsync(batch)).Length == 0;
    }
}
