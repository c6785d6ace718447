using Limpid.Core.Lake;
using Limpid.Tests.Ingest;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Refresh;

/// <summary>Versions that nobody reads any more go; the current one, and those that were current lately, stay.</summary>
public sealed class ReferenceRetentionTests
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_version_goes_a_whole_keep_after_it_was_current_for_the_last_time(bool inFolder)
    {
        await using ReferenceBench bench = inFolder ? await ReferenceBench.InFolderAsync() : ReferenceBench.InMemory();
        for (int day = 0; day < 3; day++)
            await ChangeAsync(bench, day, TimeSpan.FromDays(10));
        // Version 3 is of the 21st day. A change on the 49th finds 1 and 2 gone by: until then they were young enough.
        Assert.Equal(["v=1.ndjson", "v=2.ndjson", "v=3.ndjson"], Versions(bench));
        bench.World.Clock.Advance(TimeSpan.FromDays(10));
        await ChangeAsync(bench, 4, TimeSpan.Zero);
        Assert.Equal(["v=2.ndjson", "v=3.ndjson", "v=4.ndjson"], Versions(bench));
        // However old version 4 is by then, it was current until now.
        bench.World.Clock.Advance(TimeSpan.FromDays(400));
        await ChangeAsync(bench, 5, TimeSpan.Zero);
        Assert.Equal(["v=4.ndjson", "v=5.ndjson"], Versions(bench));
        Assert.Equal(bench.Expected, bench.Current);
    }

    [Fact]
    public async Task Where_nothing_changes_any_more_the_old_versions_go_with_the_next_look()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await ChangeAsync(bench, 1, TimeSpan.Zero);
        await ChangeAsync(bench, 2, TimeSpan.FromDays(31));
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        Assert.Equal(["v=2.ndjson"], Versions(bench));
        Assert.Equal(2, bench.Pointer!.Version);
    }

    // The rule itself, against a plain record of what was current when.
    [Fact]
    public void None_that_was_current_within_the_keep_is_below_the_bound_and_none_stays_much_longer()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            DateTimeOffset now = ScenarioWorld.Start;
            var until = new Dictionary<int, DateTimeOffset>();
            var history = new ReferenceHistory(1, []);
            int current = 0;
            for (int step = 0; step < 60; step++)
            {
                now += TimeSpan.FromHours(random.Next(1, round % 2 == 0 ? 24 : 24 * 20));
                // Numbers are left out where somebody died.
                int next = current + random.Next(1, 3);
                if (current > 0)
                    until[current] = now;
                history = history.With(current = next, now, Keep);
                int bound = history.Bound(now, Keep);
                Assert.All(until, old => Assert.True(old.Key >= bound || old.Value + Keep <= now, $"seed {seed}: version {old.Key} was current until {old.Value}, and it is {now}"));
                Assert.True(current >= bound);
                Assert.All(until, old => Assert.True(old.Key < bound || old.Value + Keep * 1.25 + TimeSpan.FromDays(40) > now, $"seed {seed}: version {old.Key} stays"));
                Assert.True(history.Marks.Count <= 12, $"seed {seed}: {history.Marks.Count} marks");
            }
        }
    }

    [Fact]
    public async Task One_that_was_stored_and_never_became_current_makes_none_older()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await ChangeAsync(bench, 1, TimeSpan.Zero);
        bench.World.Put("reference/priorities/v=2.ndjson", "{}\n");
        bench.World.Clock.Advance(TimeSpan.FromDays(400));
        await ChangeAsync(bench, 3, TimeSpan.Zero);
        // Version 1 was current until a moment ago.
        Assert.Contains("v=1.ndjson", Versions(bench));
        Assert.Equal(3, bench.Pointer!.Version);
    }

    [Fact]
    public async Task F28_the_pointer_of_the_version_before_is_read_and_gets_its_history()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await ChangeAsync(bench, 1, TimeSpan.Zero);
        ReferencePointer before = bench.Pointer!;
        bench.World.Put(bench.Reference.PointerKey(), $$"""{"version":1,"object":"v=1.ndjson","rows":{{before.Rows}},"sha256":"{{before.Sha256}}","publishedAt":"2026-03-10T09:00:00+00:00"}""");
        bench.World.Clock.Advance(TimeSpan.FromDays(31));
        await ChangeAsync(bench, 2, TimeSpan.FromDays(31));
        await ChangeAsync(bench, 3, TimeSpan.Zero);
        Assert.Equal(["v=2.ndjson", "v=3.ndjson"], Versions(bench));
    }

    [Fact]
    public async Task Of_a_dataset_nothing_is_removed()
    {
        await using var world = new MemoryWorld(OrderStream.Yaml(OrderStream.Settings.Replace(
            "location: reference/, key: dish", "location: orders/, key: dish, source: {location: in/}, after: {within: 0}", StringComparison.Ordinal)));
        for (int version = 1; version <= 3; version++)
        {
            world.Put("in/a", $"{{\"dish\":\"soup\",\"priority\":{version}}}\n");
            await world.CallAsync("publish-reference", "{\"reference\":\"priorities\"}");
            world.Clock.Advance(TimeSpan.FromDays(60));
        }
        Assert.Equal(3, world.Lake().Keys.Count(key => key.Contains("/v=", StringComparison.Ordinal)));
    }

    // Its shard stood still for longer than `keep`.
    [Theory]
    [InlineData(Crash.Before)]
    [InlineData(Crash.After)]
    public async Task A_batch_whose_version_is_gone_is_ended_with_what_is_current_and_nothing_comes_twice(Crash crash)
    {
        for (int at = 1; ; at++)
        {
            using var point = new CrashPoint(at, crash);
            await using var world = new MemoryWorld(OrderStream.Yaml(), point.Around, parallelTasks: 1);
            world.Publish(1, ("soup", 1));
            string batch = OrderStream.Event([.. Enumerable.Range(1, 6).Select(i => (i, OrderStream.Order(i, country: i % 2 == 0 ? "gr" : "de")))]);
            await world.SendAsync(batch);
            if (point.Where is null)
                break;
            point.StartAgain();
            world.Publish(2, ("soup", 2));
            world.Remove("reference/priorities/v=1.ndjson");
            for (int attempt = 0; (await world.SendAsync(batch)).Length > 0; attempt++)
                Assert.InRange(attempt, 0, 5);
            Assert.Equal(Enumerable.Range(1, 6), world.Rows("orders").Select(IngestTests.Customer).Order());
        }
    }

    [Fact]
    public async Task What_can_not_be_removed_fails_no_refresh()
    {
        await using ReferenceBench bench = ReferenceBench.InMemory();
        await ChangeAsync(bench, 1, TimeSpan.Zero);
        await ChangeAsync(bench, 2, TimeSpan.FromDays(31));
        ((MemoryWorld)bench.World).Objects.Block("reference/priorities/v=1.ndjson", "a lock");
        await ChangeAsync(bench, 3, TimeSpan.Zero);
        Assert.Equal(["v=1.ndjson", "v=2.ndjson", "v=3.ndjson"], Versions(bench));
        Assert.Equal(bench.Expected, bench.Current);
        Assert.All(bench.Executions, e => Assert.Equal("SUCCEEDED", e.Status));
    }

    private static async Task ChangeAsync(ReferenceBench bench, int priority, TimeSpan then)
    {
        bench.Set("soup", 100 + priority);
        await bench.DeliverAsync(bench.Event());
        await bench.SettleAsync();
        bench.World.Clock.Advance(then);
    }

    private static string[] Versions(ReferenceBench bench) => [.. bench.Versions.Select(key => key[(key.LastIndexOf('/') + 1)..])];
}
