using System.Text;
using Limpid.Core.Ports;
using Limpid.Local.Folder;

namespace Limpid.Tests.Folder;

/// <summary>What the lake's folder is on a system without leases: the same to look at, and nothing in it is ever changed.</summary>
[Collection(Processes.Name)]
public sealed class PlainFolderStoreTests : IDisposable
{
    private const string Content = "{\"id\":1}\n";

    private readonly LakeFolder lake = new();
    private readonly PlainFolderStore store;

    public PlainFolderStoreTests() => store = new PlainFolderStore(lake.Root);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task It_lists_the_same_keys_as_the_full_store()
    {
        foreach (string key in (string[])["a-", "a.b", "a/b/c", "a/b-", "a0", ".limpid/x", "lake.yaml", "b/é", "b/\U0001F600"])
            lake.Replace(key, Content);
        File.CreateSymbolicLink(lake.PathOf("link"), lake.PathOf("a"));
        var full = new FolderStore(lake.Root);

        foreach (string prefix in (string[])["", "a", "a/", "a/b", "b/", "x"])
            foreach (string? after in (string?[])[null, "a.b", "a/b", "a/b/c", "zzz"])
                Assert.Equal(
                    await full.ListAsync(prefix, after, Cancellation).Select(i => (i.Key, i.Unreadable)).ToListAsync(Cancellation),
                    await store.ListAsync(prefix, after, Cancellation).Select(i => (i.Key, i.Unreadable)).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Erasing_is_blocked_and_says_why()
    {
        lake.Replace("a", Content);
        ObjectInfo read = (await store.HeadAsync("a", Cancellation))!;
        StoreResult replaced = await store.ReplaceAsync(read, (_, _) => Task.CompletedTask, (_, _) => Task.FromResult(true), Cancellation);
        StoreResult deleted = await store.DeleteAsync(read, Cancellation);

        Assert.Equal(StoreOutcome.Blocked, replaced.Outcome);
        Assert.Equal(StoreOutcome.Blocked, deleted.Outcome);
        Assert.Contains("64-bit Linux", read.Blocked, StringComparison.Ordinal);
        Assert.Equal(read.Blocked, replaced.Reason);
        Assert.Equal(Content, lake.Read("a"));
        Assert.Equal(StoreOutcome.Gone, (await store.DeleteAsync(read with { Key = "b" }, Cancellation)).Outcome);
    }

    [Fact]
    public async Task What_is_created_reads_back_and_is_never_overwritten()
    {
        StoreResult created = await store.CreateAsync("a/b", Writing, Cancellation);
        await using Stream stream = await store.OpenReadAsync(created.Info!, 0, Cancellation);

        Assert.Equal(Content, await new StreamReader(stream).ReadToEndAsync(Cancellation));
        Assert.Equal(StoreOutcome.Changed, (await store.CreateAsync("a/b", Writing, Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Blocked, (await store.CreateAsync("../b", Writing, Cancellation)).Outcome);
        await Assert.ThrowsAsync<InvalidDataException>(() => store.CreateAsync("c", (_, _) => throw new InvalidDataException(), Cancellation));
        Assert.Equal("a/b", Assert.Single(lake.Everything()).Key);
    }

    [Fact]
    public async Task F43_Reading_never_ends_well_after_a_change()
    {
        lake.Replace("a", new string('a', 300_000));
        ObjectInfo read = (await store.HeadAsync("a", Cancellation))!;
        await using Stream stream = await store.OpenReadAsync(read, 0, Cancellation);
        await stream.ReadExactlyAsync(new byte[1000], Cancellation);
        lake.Replace("a", "b");

        await Assert.ThrowsAsync<ObjectChangedException>(() => stream.CopyToAsync(Stream.Null, Cancellation));
        await Assert.ThrowsAsync<ObjectChangedException>(() => store.OpenReadAsync(read, 0, Cancellation));
    }

    private static async Task Writing(Stream stream, CancellationToken cancellation) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(Content), cancellation);
}
