using Limpid.Core.Ports;
using Limpid.Local.Folder;

namespace Limpid.Tests.Folder;

/// <summary>The process dies before each single call that changes the folder; the next one sweeps.</summary>
[Collection(Processes.Name)]
public sealed class FolderCrashTests
{
    private const string Old = "{\"id\":1}\n{\"id\":2}\n";
    private const string New = "{\"id\":2}\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData("replace"), InlineData("delete"), InlineData("create")]
    public async Task F43_A_crash_at_any_step_leaves_the_old_content_or_the_new(string action)
    {
        var ends = new List<string?>();
        for (int call = 0; await CrashAsync(action, call) is { } lake; call++)
            using (lake)
            {
                new FolderStore(lake.Root).Sweep(Cancellation);
                SortedDictionary<string, string> all = lake.Everything();
                Assert.True(all.Keys.All(key => key == Rival.Key), string.Join(' ', all.Keys));
                ends.Add(all.GetValueOrDefault(Rival.Key));
                Assert.Equal(0, new FolderStore(lake.Root).Sweep(Cancellation));
            }

        string? before = action == "create" ? null : Old;
        string? after = action == "delete" ? null : New;
        int turn = ends.LastIndexOf(before);
        Assert.True(ends.Take(turn + 1).All(end => end == before) && ends.Skip(turn + 1).All(end => end == after), string.Join('|', ends));
        Assert.Contains(before, ends);
        Assert.Contains(after, ends);
    }

    [Theory, InlineData("replace"), InlineData("delete")]
    public async Task F43_What_a_rival_does_between_the_crash_and_the_sweep_is_kept(string action)
    {
        foreach (Rival rival in Rival.All())
            for (int call = 0; await CrashAsync(action, call) is { } lake; call++)
                using (lake)
                {
                    rival.Act(lake);
                    new FolderStore(lake.Root).Sweep(Cancellation);

                    SortedDictionary<string, string> all = lake.Everything();
                    string at = $"{action}, crash before call {call}, {rival}: {string.Join(' ', all.Select(p => $"{p.Key}={p.Value}"))}";
                    Assert.True(rival.IsVisible(all), at);
                    Assert.True(all.Keys.All(key => key is Rival.Key or Rival.MovedKey), at);
                }
    }

    [Theory, InlineData("replace"), InlineData("delete")]
    public async Task F43_What_a_rival_did_before_the_crash_is_kept(string action)
    {
        foreach (Rival rival in Rival.All())
            await Task.WhenAll(Enumerable.Range(0, 10).Select(when => Task.Run(async () =>
            {
                for (int call = when; await CrashAsync(action, call, (when, rival)) is { } lake; call++)
                    using (lake)
                    {
                        new FolderStore(lake.Root).Sweep(Cancellation);

                        SortedDictionary<string, string> all = lake.Everything();
                        string at = $"{action}, {rival} before call {when}, crash before call {call}: {string.Join(' ', all.Select(p => $"{p.Key}={p.Value}"))}";
                        Assert.True(rival.IsVisible(all) || IsRescued(rival, all), at);
                        Assert.DoesNotContain(all.Keys, key => key.StartsWith(".limpid-", StringComparison.Ordinal));
                    }
            })));
    }

    [Fact]
    public async Task F43_A_write_into_what_was_read_is_put_back_after_a_crash()
    {
        // The one writer whom no check sees: it resolved the name before the exchange and writes after the crash.
        int puts = 0;
        for (int call = 0; await CrashAsync("replace", call) is { } lake; call++)
            using (lake)
            {
                string? beside = Directory.EnumerateFiles(lake.Root, ".limpid-*.tmp").SingleOrDefault();
                if (beside is null || File.ReadAllText(beside) != Old)
                    continue;
                File.AppendAllText(beside, "late\n");
                new FolderStore(lake.Root).Sweep(Cancellation);
                Assert.Equal(Old + "late\n", Assert.Single(lake.Everything()).Value);
                puts++;
            }
        Assert.NotEqual(0, puts);
    }

    [Fact]
    public async Task F43_A_write_into_what_was_read_that_restores_size_and_time_is_put_back_too()
    {
        int puts = 0;
        for (int call = 0; await CrashAsync("replace", call) is { } lake; call++)
            using (lake)
            {
                string? beside = Directory.EnumerateFiles(lake.Root, ".limpid-*.tmp").SingleOrDefault();
                if (beside is null || File.ReadAllText(beside) != Old)
                    continue;
                // As if the crash had been long ago: the record keeps the time at which the exchange was about to happen.
                foreach (string record in Directory.EnumerateFiles(lake.Root, ".limpid-*.rewrite"))
                    File.SetLastWriteTimeUtc(record, DateTime.UtcNow.AddMinutes(-5));
                DateTime modified = File.GetLastWriteTimeUtc(beside);
                string late = Old.Replace('1', '9');
                File.WriteAllText(beside, late);
                File.SetLastWriteTimeUtc(beside, modified);
                new FolderStore(lake.Root).Sweep(Cancellation);
                Assert.Equal(late, Assert.Single(lake.Everything()).Value);
                puts++;
            }
        Assert.NotEqual(0, puts);
    }

    [Fact]
    public async Task Work_under_way_is_not_swept()
    {
        using var lake = new LakeFolder();
        lake.Replace("a/" + Rival.Key, Old);
        var store = new FolderStore(lake.Root);
        ObjectInfo read = (await store.HeadAsync("a/" + Rival.Key, Cancellation))!;

        StoreResult result = await store.ReplaceAsync(read, async (stream, cancellation) =>
        {
            await stream.WriteAsync("{\"id\":2}\n"u8.ToArray(), cancellation);
            Assert.Equal(0, new FolderStore(lake.Root).Sweep(cancellation));
        }, (_, _) => Task.FromResult(true), Cancellation);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        Assert.Equal(New, Assert.Single(lake.Everything()).Value);
    }

    [Fact]
    public void A_torn_record_means_that_nothing_was_exchanged()
    {
        using var lake = new LakeFolder();
        lake.Replace("a/" + Rival.Key, Old);
        RewriteFiles torn = RewriteFiles.New(), begun = RewriteFiles.New();
        File.WriteAllText(lake.PathOf("a/" + torn.Record), "{\"name\":\"peo");
        File.WriteAllText(lake.PathOf("a/" + torn.Content), New);
        File.WriteAllText(lake.PathOf("a/" + begun.Content), New);

        Assert.Equal(2, new FolderStore(lake.Root).Sweep(Cancellation));
        Assert.Equal(Old, Assert.Single(lake.Everything()).Value);
    }

    [Theory]
    [InlineData(".limpid-0123456789abcdef.tmp")]
    [InlineData(".limpid-0123456789abcdef.rewrite")]
    [InlineData(".limpid-0123456789abcdef0123456789abcdef.tmp")]
    [InlineData(".limpid-0123456789abcdef0123456789abcdef.rewrite")]
    [InlineData(".limpid-.tmp")]
    public async Task What_somebody_else_named_like_a_leftover_is_an_object_like_any_other_and_stays(string name)
    {
        using var lake = new LakeFolder();
        lake.Replace("a/" + name, Old);
        var store = new FolderStore(lake.Root);

        Assert.Equal(0, store.Sweep(Cancellation));
        Assert.Equal(Old, Assert.Single(lake.Everything()).Value);
        Assert.Equal("a/" + name, Assert.Single(await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation)).Key);
    }

    [Fact]
    public void Another_spelling_of_a_leftovers_name_is_nobodys_leftover()
    {
        string own = RewriteFiles.New().Content;
        Assert.True(RewriteFiles.IsOne(own));
        for (int at = 0; at < own.Length; at++)
        {
            foreach (char other in "0aF.")
            {
                string changed = own[..at] + other + own[(at + 1)..];
                Assert.Equal(changed == own, RewriteFiles.IsOne(changed));
            }
        }
    }

    private static bool IsRescued(Rival rival, SortedDictionary<string, string> all) =>
        all.Any(pair => pair.Key.StartsWith(Rival.Key + ".limpid-", StringComparison.Ordinal) && pair.Value.Contains(rival.Row, StringComparison.Ordinal));

    // A lake whose process died before that call; null once the action gets by without reaching it.
    private static async Task<LakeFolder?> CrashAsync(string action, int call, params (int Call, Rival Rival)[] plan)
    {
        var lake = new LakeFolder(inMemory: true);
        if (action != "create")
            lake.ReplaceAtRoundTime(Rival.Key, Old);
        ObjectInfo? read = await new FolderStore(lake.Root).HeadAsync(Rival.Key, Cancellation);
        var schedule = new RivalSchedule(lake, plan) { DiesAt = call };
        var store = new FolderStore(lake.Root, null, null, schedule.Calls());
        try
        {
            if (action == "create")
                await store.CreateAsync(Rival.Key, async (stream, cancellation) => await stream.WriteAsync("{\"id\":2}\n"u8.ToArray(), cancellation), Cancellation);
            else
                await FolderRivalTests.ActAsync(action, store, read!);
        }
        catch (ProcessDiedException)
        {
            schedule.Join();
            return lake;
        }
        schedule.Join();
        lake.Dispose();
        return null;
    }
}

/// <summary>Thrown at a call and at every later one, so that cleaning up changes nothing either; descriptors close as they do when a process ends.</summary>
internal sealed class ProcessDiedException : Exception;
