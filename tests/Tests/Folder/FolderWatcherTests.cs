using System.Text;
using Limpid.Core.Ports;
using Limpid.Local.Folder;

namespace Limpid.Tests.Folder;

[Collection(Processes.Name)]
public sealed class FolderWatcherTests : IDisposable
{
    private readonly LakeFolder lake = new();
    private readonly CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    // So that a hint that never comes fails the test instead of hanging it.
    public FolderWatcherTests() => deadline.CancelAfter(TimeSpan.FromMinutes(1));

    public void Dispose()
    {
        deadline.Dispose();
        lake.Dispose();
    }

    [Fact]
    public async Task The_first_hint_is_a_rescan_and_then_every_change_is_hinted_at()
    {
        lake.Replace("a/old.ndjson", "x");
        lake.Replace("a/gone.ndjson", "x");
        lake.Replace("a/moved.ndjson", "x");
        using FolderWatcher watcher = Watch();
        await using IAsyncEnumerator<LakeHint> hints = watcher.ReadAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
        Assert.True(await hints.MoveNextAsync());
        Assert.Equal(LakeHint.Rescan, hints.Current);

        File.AppendAllText(lake.PathOf("a/old.ndjson"), "y");
        await ExpectAsync(hints, "a/old.ndjson");
        File.Delete(lake.PathOf("a/gone.ndjson"));
        await ExpectAsync(hints, "a/gone.ndjson");
        File.Move(lake.PathOf("a/moved.ndjson"), lake.PathOf("a/new.ndjson"));
        await ExpectAsync(hints, "a/moved.ndjson", "a/new.ndjson");
        lake.Replace("a/old.ndjson", "replaced by a rename");
        await ExpectAsync(hints, "a/old.ndjson");
        Directory.CreateDirectory(lake.PathOf("b/c"));
        File.WriteAllText(lake.PathOf("b/c/d.ndjson"), "x");
        await ExpectAsync(hints, "b/c/d.ndjson");
    }

    [Fact]
    public async Task A_folder_that_moves_takes_the_hints_of_everything_in_it_along()
    {
        lake.Replace("a/b/c.ndjson", "x");
        lake.Replace(".limpid/kept", "x");
        using FolderWatcher watcher = Watch();
        await using IAsyncEnumerator<LakeHint> hints = watcher.ReadAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
        // Otherwise the moves may come before the first reading, and its rescan stands for them.
        Assert.True(await hints.MoveNextAsync());

        Directory.Move(lake.PathOf("a"), lake.PathOf("z"));
        await ExpectAsync(hints, "a/b/c.ndjson", "z/b/c.ndjson");
        Directory.Move(lake.PathOf("z/b"), lake.PathOf(".limpid/b"));
        await ExpectAsync(hints, "z/b/c.ndjson");
    }

    [Fact]
    public async Task What_is_Limpids_own_makes_no_hint_but_the_object_it_rewrites()
    {
        lake.Replace("a/b.ndjson", "x");
        var store = new FolderStore(lake.Root);
        ObjectInfo read = (await store.HeadAsync("a/b.ndjson", deadline.Token))!;
        using FolderWatcher watcher = Watch();
        await using IAsyncEnumerator<LakeHint> hints = watcher.ReadAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
        Assert.True(await hints.MoveNextAsync());

        lake.Replace(".limpid/index.db", "x");
        File.WriteAllText(lake.PathOf("lake.yaml"), "lake: x");
        await store.ReplaceAsync(read, async (stream, cancellation) => await stream.WriteAsync(Encoding.UTF8.GetBytes("y"), cancellation),
            (_, _) => Task.FromResult(true), deadline.Token);

        List<LakeHint> seen = await ExpectAsync(hints, "a/b.ndjson");
        Assert.All(seen, hint => Assert.StartsWith("a/", hint.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hints_that_the_system_dropped_become_a_rescan()
    {
        using FolderWatcher watcher = Watch();
        await using IAsyncEnumerator<LakeHint> hints = watcher.ReadAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
        Assert.True(await hints.MoveNextAsync());

        watcher.Lost(new InternalBufferOverflowException());

        Assert.True(await hints.MoveNextAsync());
        Assert.Equal(LakeHint.Rescan, hints.Current);
        Assert.False(watcher.IsPolling);
    }

    [Fact]
    public async Task Where_no_more_folders_can_be_watched_it_goes_on_by_rescans()
    {
        using FolderWatcher watcher = Watch();
        watcher.Lost(new IOException("The limit on watches is reached."));

        Assert.True(watcher.IsPolling);
        Assert.Equal([LakeHint.Rescan, LakeHint.Rescan, LakeHint.Rescan], await watcher.ReadAsync(deadline.Token).Take(3).ToListAsync(deadline.Token));
    }

    [Fact]
    public async Task On_a_share_it_hints_at_everything_at_intervals()
    {
        using var watcher = new FolderWatcher(lake.Root, null, TimeProvider.System, null, TimeSpan.FromMilliseconds(1), polls: true);

        Assert.Equal([LakeHint.Rescan, LakeHint.Rescan, LakeHint.Rescan], await watcher.ReadAsync(deadline.Token).Take(3).ToListAsync(deadline.Token));
    }

    private FolderWatcher Watch() =>
        new(lake.Root, null, TimeProvider.System, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));

    // Reads on until each key was hinted at, itself or by a prefix, with no help of a rescan.
    private static async Task<List<LakeHint>> ExpectAsync(IAsyncEnumerator<LakeHint> hints, params string[] keys)
    {
        var missing = new HashSet<string>(keys);
        var seen = new List<LakeHint>();
        while (missing.Count > 0 && await hints.MoveNextAsync())
        {
            LakeHint hint = hints.Current;
            if (hint == LakeHint.Rescan)
                continue;
            seen.Add(hint);
            missing.RemoveWhere(key => hint.IsPrefix ? key.StartsWith(hint.Key, StringComparison.Ordinal) : key == hint.Key);
        }
        return seen;
    }
}
