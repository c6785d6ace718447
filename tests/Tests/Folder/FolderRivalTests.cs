using System.Text;
using Limpid.Core.Ports;
using Limpid.Local.Folder;

namespace Limpid.Tests.Folder;

/// <summary>A rival, of every kind, at every single call by which a rewrite or a removal changes the folder; then two of them.</summary>
[Collection(Processes.Name)]
public sealed class FolderRivalTests
{
    private const string Old = "{\"id\":1}\n{\"id\":2}\n";
    private const string New = "{\"id\":2}\n";
    private const string Erased = "{\"id\":1}";

    private static readonly string[] Actions = ["replace", "delete"];

    public static TheoryData<string, string> EveryKind()
    {
        var data = new TheoryData<string, string>();
        foreach (string action in Actions)
            foreach (Rival rival in Rival.All())
                data.Add(action, rival.Name);
        return data;
    }

    [Theory, MemberData(nameof(EveryKind))]
    public async Task F43_A_rival_at_any_step_loses_nothing(string action, string kind)
    {
        int calls = await CountAsync(action);
        for (int call = 0; call < calls; call++)
        {
            using var lake = new LakeFolder();
            Rival rival = Rival.All().Single(r => r.Name == kind);
            (StoreOutcome outcome, List<string> announced) = await RunAsync(action, lake, (call, rival));
            string at = $"{action}, {kind} before call {call} ({string.Join(' ', announced)}) -> {outcome}";

            SortedDictionary<string, string> all = lake.Everything();
            Assert.True(rival.IsVisible(all), at + Show(all));
            Assert.DoesNotContain(all.Keys, key => key.StartsWith(".limpid-", StringComparison.Ordinal));
            // Two writers at once are needed to leave anything beside it.
            Assert.All(all.Keys, key => Assert.True(key is Rival.Key or Rival.MovedKey, at + Show(all)));
            if (outcome == StoreOutcome.Done)
                Assert.DoesNotContain(all.Values, content => content.Contains(Erased, StringComparison.Ordinal));
            foreach (string content in all.Values)
                Assert.Contains(content.Replace(rival.Row, "", StringComparison.Ordinal), (string[])[Old, New, ""]);
            AssertWritable(lake);
        }
    }

    [Theory, MemberData(nameof(EveryKind))]
    public async Task F43_A_rival_who_comes_when_the_work_is_done_does_not_undo_the_answer(string action, string kind)
    {
        int last = await CountAsync(action) - 1;
        using var lake = new LakeFolder();

        (StoreOutcome outcome, List<string> announced) = await RunAsync(action, lake, (last, Rival.All().Single(r => r.Name == kind)));

        Assert.Equal("Unlink", announced[last]);
        Assert.Equal(StoreOutcome.Done, outcome);
    }

    [Theory, MemberData(nameof(EveryKind))]
    public async Task F43_Two_rivals_at_any_two_steps_lose_nothing(string action, string kind)
    {
        Rival first = Rival.All().Single(r => r.Name == kind);
        int calls = await CountAsync(action);
        // Mostly waiting for the clock that stamps files: so they wait together.
        await Task.WhenAll(Rival.All("{\"rival\":2}\n").Select(second => Task.Run(() => TwoAsync(action, calls, first, second))));
    }

    [Fact]
    public async Task F43_A_writer_who_held_the_file_open_from_before_blocks_it()
    {
        using var lake = new LakeFolder();
        lake.Replace(Rival.Key, Old);
        var store = new FolderStore(lake.Root);
        ObjectInfo read = (await store.HeadAsync(Rival.Key, TestContext.Current.CancellationToken))!;
        await using (var writer = new FileStream(lake.PathOf(Rival.Key), FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            foreach (string action in Actions)
            {
                StoreResult result = await ActAsync(action, store, read);
                Assert.Equal(StoreOutcome.Blocked, result.Outcome);
                Assert.Equal("open for writing by another process", result.Reason);
            }
            writer.Write("{\"rival\":1}\n"u8);
        }
        Assert.Equal(Old + "{\"rival\":1}\n", lake.Read(Rival.Key));
    }

    [Fact]
    public async Task F43_A_writer_through_a_memory_map_blocks_it()
    {
        using var lake = new LakeFolder();
        lake.Replace(Rival.Key, Old);
        var store = new FolderStore(lake.Root);
        ObjectInfo read = (await store.HeadAsync(Rival.Key, TestContext.Current.CancellationToken))!;
        using var map = System.IO.MemoryMappedFiles.MemoryMappedFile.CreateFromFile(lake.PathOf(Rival.Key), FileMode.Open);
        using System.IO.MemoryMappedFiles.MemoryMappedViewAccessor view = map.CreateViewAccessor();

        Assert.Equal(StoreOutcome.Blocked, (await ActAsync("replace", store, read)).Outcome);
    }

    [Fact]
    public async Task F43_A_writer_who_comes_during_a_long_rewrite_does_not_wait_for_its_end()
    {
        using var lake = new LakeFolder();
        lake.Replace(Rival.Key, Old);
        var schedule = new RivalSchedule(lake);
        var store = new FolderStore(lake.Root);
        ObjectInfo read = (await store.HeadAsync(Rival.Key, TestContext.Current.CancellationToken))!;

        StoreResult result = await store.ReplaceAsync(read, (_, cancellation) =>
        {
            schedule.Start(new Rival.Appends());
            // Longer than the test may run: it ends because the rival is noticed.
            return Task.Delay(Timeout.Infinite, cancellation);
        }, (_, _) => Task.FromResult(true), TestContext.Current.CancellationToken);

        schedule.Join();
        Assert.Equal(StoreOutcome.Changed, result.Outcome);
        Assert.Equal(Old + new Rival.Appends().Row, Assert.Single(lake.Everything()).Value);
    }

    [Fact]
    public async Task F43_A_write_that_restores_size_and_time_still_shows()
    {
        using var lake = new LakeFolder();
        lake.ReplaceAtRoundTime(Rival.Key, "aaaa");
        var store = new FolderStore(lake.Root);
        ObjectInfo read = (await store.HeadAsync(Rival.Key, TestContext.Current.CancellationToken))!;
        DateTime modified = File.GetLastWriteTimeUtc(lake.PathOf(Rival.Key));
        await using (var writer = new FileStream(lake.PathOf(Rival.Key), FileMode.Open, FileAccess.Write))
            writer.Write("bbbb"u8);
        File.SetLastWriteTimeUtc(lake.PathOf(Rival.Key), modified);

        Assert.NotEqual(read.ETag, (await store.HeadAsync(Rival.Key, TestContext.Current.CancellationToken))!.ETag);
        Assert.Equal(StoreOutcome.Changed, (await ActAsync("replace", store, read)).Outcome);
    }

    [Fact]
    public async Task F43_Writes_of_one_clock_tick_have_etags_of_their_own()
    {
        using var lake = new LakeFolder();
        var store = new FolderStore(lake.Root);
        await using var writer = new FileStream(lake.PathOf(Rival.Key), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 0);
        var seen = new HashSet<string>();
        for (byte i = 0; i < 100; i++)
        {
            writer.Position = 0;
            writer.WriteByte(i);
            Assert.True(seen.Add((await store.HeadAsync(Rival.Key, TestContext.Current.CancellationToken))!.ETag));
        }
    }

    private static async Task TwoAsync(string action, int calls, Rival first, Rival second)
    {
        for (int i = 0; i < calls; i++)
            // Putting back makes further calls: the second one comes at each of those, too.
            for (int j = i, made = calls; j < made; j++)
            {
                using var lake = new LakeFolder(inMemory: true);
                (StoreOutcome outcome, List<string> announced) = await RunAsync(action, lake, (i, first), (j, second));
                made = announced.Count;
                if (j >= made)
                    break;
                string at = $"{action}, {first} before call {i}, {second} before call {j} ({string.Join(' ', announced)}) -> {outcome}";

                SortedDictionary<string, string> all = lake.Everything();
                Assert.DoesNotContain(all.Keys, key => key.StartsWith(".limpid-", StringComparison.Ordinal));
                Assert.True(IsSomewhere(second, all), at + Show(all));
                if (!second.Overwrites)
                    Assert.True(IsSomewhere(first, all), at + Show(all));
                AssertWritable(lake);
            }
    }

    private static async Task<int> CountAsync(string action)
    {
        using var lake = new LakeFolder();
        (StoreOutcome outcome, List<string> announced) = await RunAsync(action, lake);
        Assert.Equal(StoreOutcome.Done, outcome);
        return announced.Count;
    }

    private static async Task<(StoreOutcome Outcome, List<string> Announced)> RunAsync(
        string action, LakeFolder lake, params (int Call, Rival Rival)[] plan)
    {
        lake.Replace(Rival.Key, Old);
        ObjectInfo read = (await new FolderStore(lake.Root).HeadAsync(Rival.Key, TestContext.Current.CancellationToken))!;
        var schedule = new RivalSchedule(lake, plan);
        StoreResult result = await ActAsync(action, new FolderStore(lake.Root, null, null, schedule.Calls()), read);
        schedule.Join();
        return (result.Outcome, schedule.Announced);
    }

    internal static Task<StoreResult> ActAsync(string action, FolderStore store, ObjectInfo read) =>
        action == "delete"
            ? store.DeleteAsync(read, TestContext.Current.CancellationToken)
            : store.ReplaceAsync(
                read,
                async (stream, cancellation) => await stream.WriteAsync(Encoding.UTF8.GetBytes(New), cancellation),
                async (stream, cancellation) => await new StreamReader(stream).ReadToEndAsync(cancellation) == New,
                TestContext.Current.CancellationToken);

    // At the name as the rival meant it, or kept beside it because another one took the name.
    private static bool IsSomewhere(Rival rival, SortedDictionary<string, string> all) =>
        rival.IsVisible(all) || rival is Rival.MovesAway or Rival.Removes || all.Values.Any(content => content.Contains(rival.Row, StringComparison.Ordinal));

    private static void AssertWritable(LakeFolder lake)
    {
        foreach (string key in lake.Everything().Keys)
            using (new FileStream(lake.PathOf(key), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
            }
    }

    private static string Show(SortedDictionary<string, string> all) =>
        Environment.NewLine + string.Join(Environment.NewLine, all.Select(pair => $"{pair.Key}: {pair.Value.ReplaceLineEndings(" ")}"));
}
