using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Indexing;

namespace Limpid.Tests.Scenarios;

public sealed class MemoryIndexFaultTests : IndexFaultTests
{
    private protected override Task<ScenarioWorld> OpenAsync(string yaml) => Task.FromResult<ScenarioWorld>(new MemoryWorld(yaml));
}

public sealed class FolderIndexFaultTests : IndexFaultTests
{
    private protected override async Task<ScenarioWorld> OpenAsync(string yaml) => await FolderWorld.OpenAsync(yaml);
}

/// <summary>Faults 1 to 10 as far as a store without versions has them: whatever becomes of events, the index is what the lake shows.</summary>
public abstract class IndexFaultTests
{
    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop"));

    private protected abstract Task<ScenarioWorld> OpenAsync(string yaml);

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task F01_an_event_delivered_again_changes_nothing()
    {
        const int Seed = 1;
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        await using ScenarioWorld world = await OpenAsync(Yaml);
        for (int i = 0; i < 30; i++)
        {
            string key = $"d/{random.Next(5)}";
            if (random.Next(4) == 0)
                world.Remove(key);
            else
                world.Put(key, Content(random));
            await FollowAsync(world, key, $"{i:X4}");
            string once = await RecordsAsync(world);
            for (int again = random.Next(5); again > 0; again--)
                await FollowAsync(world, key, $"{i:X4}");
            Assert.Equal(once, await RecordsAsync(world));
        }
        await IsWhatTheLakeShowsAsync(world);
    }

    [Fact]
    public async Task F02_all_orders_of_six_events_end_in_the_same_index()
    {
        (string Key, string Sequencer)[] events = [("d/a", "00AE"), ("d/a", "00AF"), ("d/a", "00B"), ("d/b", "01"), ("d/b", "02"), ("d/c", "0100")];
        await using ScenarioWorld world = await OpenAsync(Yaml);
        int orders = 0;
        string latest = "";
        foreach ((string Key, string Sequencer)[] order in Orders(events, 6))
        {
            orders++;
            world.Put("d/a", $"{{\"id\":1}}\n{{\"id\":{orders % 5}}}\n");
            world.Put("d/b", "{\"id\":2}\n");
            if (orders % 2 == 0)
                world.Remove("d/b");
            foreach ((string key, string sequencer) in order)
                await FollowAsync(world, key, sequencer);
            ObjectRecord record = (await world.Ports.Index.GetAsync("d/a", "", Stop))!;
            // It never goes back: 00B is later than 00AF.
            Assert.Equal(record.Sequencer, Sequencer.Latest(latest, record.Sequencer));
            latest = record.Sequencer;
            if (orders % 60 == 0)
                await IsWhatTheLakeShowsAsync(world);
        }
        Assert.Equal((720, "00B"), (orders, latest));
        await IsWhatTheLakeShowsAsync(world);
    }

    [Fact]
    public async Task What_a_moved_dataset_left_behind_goes_from_the_index_unless_another_has_it()
    {
        const string Rules = "subjects: [{kind: customer, field: id}], erase: drop";
        LakeConfig before = ScenarioWorld.Read(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("d", "ndjson", Rules), ScenarioWorld.Dataset("e", "ndjson", Rules)));
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Reread(before);
        foreach (string key in (string[])["d/a", "e/a", "f/a"])
            world.Put(key, "{\"id\":1}\n");
        await world.ReconcileAsync();
        Assert.Equal(["d/a", "e/a"], await world.FoundAsync("customer=1"));
        world.Reread(before with { Datasets = [before.Datasets[0] with { Location = "e/" }, before.Datasets[1] with { Location = "f/" }] });
        for (int pass = 0; pass < 2; pass++)
        {
            await world.ReconcileAsync();
            Assert.Equal(["e/a", "f/a"], await world.FoundAsync("customer=1"));
        }
        Assert.Equal("d", (await world.Ports.Index.GetAsync("e/a", "", Stop))!.Dataset);
    }

    [Fact]
    public async Task F03_an_event_without_a_sequencer_overwrites_none()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put("d/a", "{\"id\":1}\n");
        await FollowAsync(world, "d/a", "0009");
        world.Put("d/a", "{\"id\":2}\n");
        await FollowAsync(world, "d/a", "");
        Assert.Equal("0009", (await world.Ports.Index.GetAsync("d/a", "", Stop))!.Sequencer);
        Assert.Empty(await world.FoundAsync("customer=1"));
        Assert.Equal(["d/a"], await world.FoundAsync("customer=2"));
    }

    [Fact]
    public async Task F04_what_was_lost_is_repaired_by_a_listing()
    {
        const int Seed = 4;
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        await using ScenarioWorld world = await OpenAsync(Yaml);
        for (int i = 0; i < 60; i++)
        {
            string key = $"d/{random.Next(12)}";
            if (random.Next(4) == 0)
                world.Remove(key);
            else
                world.Put(key, Content(random));
            if (random.Next(100) >= 5)
                await FollowAsync(world, key, $"{i:X4}");
        }
        world.Put("d/never-told", "{\"id\":3}\n");
        await world.ReconcileAsync();
        await IsWhatTheLakeShowsAsync(world);
        Assert.Equal((0, 0), ((await world.ReconcileAsync()).Indexed, (await world.ReconcileAsync()).Removed));
    }

    [Fact]
    public async Task Records_of_objects_that_are_gone_are_looked_for_in_bounded_calls_that_go_on_where_the_last_one_stopped()
    {
        const int Objects = 30;
        await using ScenarioWorld world = await OpenAsync(Yaml);
        for (int i = 0; i < Objects; i++)
            world.Put($"d/{i:d2}", "{\"id\":1}\n");
        await world.ReconcileAsync();
        for (int i = 0; i < Objects; i += 2)
            world.Remove($"d/{i:d2}");
        int heads = 0;
        world.Intercept(ports => ports with
        {
            Objects = new SlowStore(ports.Objects, method =>
            {
                if (method == nameof(IObjectStore.HeadVersionAsync))
                    Take(TimeSpan.FromMinutes(1));
            }),
        });
        var places = new HashSet<RecordPlace?>();
        ReconcileResult result;
        int calls = 0;
        do
        {
            int before = heads;
            result = await world.AsAsync("reconcile-lake", ports => new ReconcileLake(ports).HandleAsync(new ReconcileInput("slow"), Stop));
            Assert.InRange(heads - before, 0, 15);
            Assert.True(result.Done || places.Add((await ReconcileLake.GetAsync(world.Ports.State, "slow", Stop))!.Missing?.After), "it began anew");
            // Meanwhile somebody puts and removes objects.
            world.Put($"d/new-{calls}", "{\"id\":1}\n");
            await FollowAsync(world, $"d/new-{calls}", "");
            world.Remove($"d/{(calls * 2) + 1:d2}");
            await FollowAsync(world, $"d/{(calls * 2) + 1:d2}", "");
        }
        while (!result.Done && ++calls < Objects / 2);
        Assert.True(result.Done, "it does not end");
        Assert.InRange(calls, 2, Objects);
        Assert.Equal(Objects / 2, result.Removed);
        await IsWhatTheLakeShowsAsync(world);

        void Take(TimeSpan time)
        {
            heads++;
            world.Clock.Advance(time);
        }
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("%2B%20")]
    [InlineData("é")]
    [InlineData("e\u0301")]
    [InlineData("日本/x y+z%41.ndjson")]
    [InlineData("back\\slash")]
    [InlineData("quote'\"")]
    public async Task F05_a_key_is_taken_as_it_is(string name)
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put("d/" + name, "{\"id\":1}\n{\"id\":2}\n");
        await FollowAsync(world, "d/" + name, "");
        Assert.Equal(["d/" + name], await world.FoundAsync("customer=2"));
        Assert.Equal(Core.Erasure.RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal("{\"id\":1}\n", world.Text("d/" + name));
    }

    [Fact]
    public async Task F06_what_is_no_objects_event_changes_nothing_and_holds_up_no_other()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put("elsewhere/a", "{\"id\":1}\n");
        world.Put("d/in/a", "{\"id\":1}\n");
        // A test event names no object; others name what is none, is Limpid's own, or lies in no dataset.
        string[] foreign = ["", "/", "d", "d/", "d/in", "d/in/", "elsewhere/a", "lake.yaml", ".limpid/state.db", "d/../elsewhere/a", "d//in/a", "d/\0", "d/never"];
        foreach (string key in foreign)
        {
            Assert.True((await FollowAsync(world, key, "")).Outcome is "ignored" or "unchanged", key);
            await FollowAsync(world, "d/in/a", "");
        }
        Assert.Equal(["d/in/a"], (await world.Ports.Index.ListAsync("d", null, Stop).ToListAsync(Stop)).Select(r => r.Object));
        await IsWhatTheLakeShowsAsync(world, but: "elsewhere/");
    }

    [Fact]
    public async Task F07_own_writes_make_nobody_write_again()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        for (int i = 0; i < 4; i++)
            world.Put($"d/{i}", "{\"id\":1}\n{\"id\":2}\n");
        await world.EraseAsync("customer=2");
        Dictionary<string, string> lake = world.Snapshot();
        string records = await RecordsAsync(world);
        for (int i = 0; i < 4; i++)
            Assert.Equal("unchanged", (await FollowAsync(world, $"d/{i}", "")).Outcome);
        await world.RunAsync();
        Assert.Equal(lake, world.Snapshot());
        Assert.Equal(records, await RecordsAsync(world));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F08_what_is_removed_leaves_the_index_by_either_route(bool byEvent)
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put("d/a", "{\"id\":1}\n");
        await world.ReconcileAsync();
        world.Remove("d/a");
        if (byEvent)
            await FollowAsync(world, "d/a", "");
        else
            await world.ReconcileAsync();
        Assert.Empty(await world.FoundAsync("customer=1"));
        Assert.Equal(RecordState.Deleted, (await world.Ports.Index.GetAsync("d/a", "", Stop))!.State);
        if (world is MemoryWorld memory)
            Assert.Empty(memory.Index.Stored);
    }

    [Fact]
    public async Task F09_without_versions_a_removal_is_for_good_and_a_new_object_of_the_name_starts_afresh()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put("d/a", "{\"id\":1}\n");
        await FollowAsync(world, "d/a", "01");
        world.Remove("d/a");
        await FollowAsync(world, "d/a", "03");
        // Its tombstone stays, and the event of a write before comes late.
        await FollowAsync(world, "d/a", "02");
        Assert.Empty(await world.FoundAsync("customer=1"));
        ObjectRecord tombstone = (await world.Ports.Index.GetAsync("d/a", "", Stop))!;
        Assert.Equal((RecordState.Deleted, "03"), (tombstone.State, tombstone.Sequencer));
        world.Put("d/a", "{\"id\":2}\n");
        await FollowAsync(world, "d/a", "04");
        Assert.Empty(await world.FoundAsync("customer=1"));
        await IsWhatTheLakeShowsAsync(world);
    }

    [Fact]
    public async Task F10_copied_renamed_and_overwritten_objects_are_indexed_alike()
    {
        await using ScenarioWorld world = await OpenAsync(Yaml);
        world.Put("d/a", "{\"id\":1}\n");
        await FollowAsync(world, "d/a", "01");
        world.Put("d/copy", world.Content("d/a"));
        await FollowAsync(world, "d/copy", "01");
        world.Put("d/moved", world.Content("d/a"));
        world.Remove("d/a");
        await FollowAsync(world, "d/moved", "01");
        await FollowAsync(world, "d/a", "02");
        world.Put("d/copy", "{\"id\":5}\n");
        await FollowAsync(world, "d/copy", "02");
        Assert.Equal(["d/moved"], await world.FoundAsync("customer=1"));
        await IsWhatTheLakeShowsAsync(world);
    }

    private static string Content(Random random) => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => $"{{\"id\":{random.Next(6)}}}\n"));

    private static Task<FollowResult> FollowAsync(ScenarioWorld world, string key, string sequencer) =>
        new FollowLake(world.Ports).HandleAsync(new LakeEvent(key, sequencer), Stop);

    private static async Task<string> RecordsAsync(ScenarioWorld world)
    {
        List<ObjectRecord> records = await world.Ports.Index.ListAsync("d", null, Stop).ToListAsync(Stop);
        return string.Join('\n', records.OrderBy(r => r.Object, StringComparer.Ordinal));
    }

    private static async Task IsWhatTheLakeShowsAsync(ScenarioWorld world, string but = "-")
    {
        Dictionary<string, byte[]> lake = world.Lake().Where(o => !o.Key.StartsWith(but, StringComparison.Ordinal)).ToDictionary();
        for (int person = 0; person < 6; person++)
        {
            string row = $"{{\"id\":{person}}}";
            Assert.Equal(lake.Where(o => System.Text.Encoding.UTF8.GetString(o.Value).Contains(row, StringComparison.Ordinal)).Select(o => o.Key), await world.FoundAsync($"customer={person}"));
        }
        List<ObjectRecord> records = await world.Ports.Index.ListAsync("d", null, Stop).Where(r => r.State == RecordState.Present).ToListAsync(Stop);
        Assert.Equal(lake.Keys, records.Select(r => r.Object).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<T[]> Orders<T>(T[] items, int count)
    {
        if (count == 1)
        {
            yield return items;
            yield break;
        }
        for (int i = 0; i < count; i++)
        {
            foreach (T[] order in Orders(items, count - 1))
                yield return order;
            int other = count % 2 == 0 ? i : 0;
            (items[other], items[count - 1]) = (items[count - 1], items[other]);
        }
    }
}
