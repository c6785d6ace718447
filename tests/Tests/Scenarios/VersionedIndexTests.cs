using Limpid.Core.Index;
using Limpid.Functions.Indexing;

namespace Limpid.Tests.Scenarios;

/// <summary>Faults 1 to 10 on a lake that keeps versions: whatever becomes of events, the index is what the lake shows, version by version.</summary>
public sealed class VersionedIndexTests
{
    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop"));

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task F09_An_overwrite_and_a_delete_marker_keep_the_entries_and_a_permanent_delete_removes_those_of_one_version()
    {
        await using var world = new MemoryWorld(Yaml, versioned: true);
        string first = world.Objects.Put("d/a", "{\"id\":1}\n"u8);
        await FollowAsync(world, "d/a", first);
        string second = world.Objects.Put("d/a", "{\"id\":2}\n"u8);
        await FollowAsync(world, "d/a", second);
        world.Remove("d/a");
        await FollowAsync(world, "d/a", world.Objects.Versions("d/a")[^1].Version);
        await IsWhatTheLakeShowsAsync(world);
        Assert.Equal(["d/a"], await world.FoundAsync("customer=1"));

        world.Objects.RemoveVersion("d/a", first);
        Assert.Equal("removed", (await FollowAsync(world, "d/a", first)).Outcome);
        await IsWhatTheLakeShowsAsync(world);
        Assert.Equal(RecordState.Deleted, (await world.Index.GetAsync("d/a", first, Stop))!.State);
        Assert.Equal(["d/a"], await world.FoundAsync("customer=2"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F08_An_old_version_that_a_lifecycle_rule_removed_leaves_the_index_by_either_route(bool byEvent)
    {
        await using var world = new MemoryWorld(Yaml, versioned: true);
        string old = world.Objects.Put("d/a", "{\"id\":1}\n"u8);
        world.Objects.Put("d/a", "{\"id\":2}\n"u8);
        await world.ReconcileAsync();
        await IsWhatTheLakeShowsAsync(world);
        world.Objects.RemoveVersion("d/a", old);
        if (byEvent)
            await FollowAsync(world, "d/a", old);
        else
            await world.ReconcileAsync();
        await IsWhatTheLakeShowsAsync(world);
        Assert.DoesNotContain(world.Index.Stored, e => e.Version == old);
    }

    [Fact]
    public async Task F04_Listing_repairs_whatever_drifted_in_any_version()
    {
        await using var world = new MemoryWorld(Yaml, versioned: true);
        world.Objects.Suspend(true);
        world.Put("d/a", "{\"id\":1}\n");
        world.Put("d/b", "{\"id\":1}\n");
        world.Objects.Suspend(false);
        world.Put("d/a", "{\"id\":2}\n");
        string lost = world.Objects.Put("d/a", "{\"id\":3}\n"u8);
        await world.ReconcileAsync();
        await IsWhatTheLakeShowsAsync(world);

        // All of it unheard of: a version goes, one comes under a marker, the one without an id is overwritten, another one of it goes.
        world.Objects.RemoveVersion("d/a", lost);
        world.Put("d/c", "{\"id\":4}\n");
        world.Remove("d/c");
        world.Objects.RemoveVersion("d/a", "");
        world.Objects.Suspend(true);
        world.Put("d/b", "{\"id\":5}\n");
        await world.ReconcileAsync();
        await IsWhatTheLakeShowsAsync(world);
        Assert.Equal(0, (await world.ReconcileAsync()).Indexed);
    }

    [Fact]
    public async Task F01_F02_F04_Events_that_come_late_twice_and_in_any_order_end_in_what_the_lake_shows()
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
            await using var world = new MemoryWorld(Yaml, versioned: true);
            var events = new List<(string Key, string Version)>();
            int dropped = 0;
            for (int step = 0; step < 25; step++)
            {
                string key = $"d/{random.Next(3)}";
                IReadOnlyList<(string Version, byte[]? Content)> versions = world.Objects.Versions(key);
                string? happened = random.Next(8) switch
                {
                    0 => Marked(world, key),
                    1 when versions.Count > 0 => Gone(world, key, versions[random.Next(versions.Count)].Version),
                    2 => Toggled(world, random.Next(2) == 0),
                    _ => world.Objects.Put(key, System.Text.Encoding.UTF8.GetBytes($"{{\"id\":{random.Next(6)}}}\n{{\"id\":{random.Next(6)}}}\n")),
                };
                if (happened is not null)
                    events.Add((key, happened));
                // Some are delivered at once, some again later, some not before the end.
                while (events.Count > 0 && random.Next(3) == 0)
                    await FollowAsync(world, events[random.Next(events.Count)]);
            }
            bool lossy = seed % 2 == 0;
            foreach ((string, string) @event in events.OrderBy(_ => random.Next()))
            {
                if (lossy && random.Next(5) == 0)
                    dropped++;
                else
                    await FollowAsync(world, @event);
            }
            if (dropped > 0)
                await world.ReconcileAsync();
            await IsWhatTheLakeShowsAsync(world);
        }
    }

    [Fact]
    public async Task A_reconciliation_that_stops_in_the_middle_passes_over_no_version()
    {
        await using var world = new MemoryWorld(Yaml, versioned: true);
        for (int i = 0; i < 5; i++)
        {
            world.Put("d/a", $"{{\"id\":{i}}}\n");
            world.Put("d/b", $"{{\"id\":{i}}}\n");
        }
        int read = 0;
        world.Objects.OnStep = call =>
        {
            // Each call may work for twelve minutes: three versions.
            if (call.Method == nameof(world.Objects.OpenReadAsync) && call.Step == InMemory.StoreStep.Before && ++read % 3 == 0)
                world.Clock.Advance(TimeSpan.FromMinutes(13));
            return Task.CompletedTask;
        };
        int calls = 0;
        while (!(await new ReconcileLake(world.Ports).HandleAsync(new ReconcileInput("run"), Stop)).Done)
            calls++;
        Assert.InRange(calls, 1, 10);
        Assert.Equal(10, (await ReconcileLake.GetAsync(world.Ports.State, "run", Stop))!.Objects);
        world.Objects.OnStep = null;
        await IsWhatTheLakeShowsAsync(world);
    }

    private static string Marked(MemoryWorld world, string key)
    {
        world.Remove(key);
        return world.Objects.Versions(key)[^1].Version;
    }

    private static string Gone(MemoryWorld world, string key, string version)
    {
        world.Objects.RemoveVersion(key, version);
        return version;
    }

    private static string? Toggled(MemoryWorld world, bool suspended)
    {
        world.Objects.Suspend(suspended);
        return null;
    }

    private static Task<FollowResult> FollowAsync(MemoryWorld world, (string Key, string Version) @event) => FollowAsync(world, @event.Key, @event.Version);

    private static Task<FollowResult> FollowAsync(MemoryWorld world, string key, string version) =>
        new FollowLake(world.Ports).HandleAsync(new LakeEvent(key, "", version), Stop);

    /// <summary>Records are the versions that stand in the store, and entries the people in them.</summary>
    internal static async Task IsWhatTheLakeShowsAsync(MemoryWorld world, string dataset = "d", string field = "id")
    {
        var expected = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string key in world.Objects.Keys())
        {
            foreach ((string version, byte[]? content) in world.Objects.Versions(key))
            {
                if (content is null)
                    continue;
                expected.Add($"{key} {version}");
                for (int person = 0; person < 6; person++)
                {
                    if (System.Text.Encoding.UTF8.GetString(content).Contains($"\"{field}\":{person}", StringComparison.Ordinal))
                        expected.Add($"{key} {version}: {person}");
                }
            }
        }
        var found = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (ObjectRecord record in world.Index.ListAsync(dataset, null, Stop).Where(r => r.State == RecordState.Present))
            found.Add($"{record.Object} {record.Version}");
        for (int person = 0; person < 6; person++)
        {
            foreach (var key in world.Identity($"customer={person}").Keys)
            {
                await foreach (IndexHit hit in world.Index.FindAsync(key, Stop))
                    found.Add($"{hit.Record.Object} {hit.Record.Version}: {person}");
            }
        }
        Assert.Equal(expected, found);
    }
}
