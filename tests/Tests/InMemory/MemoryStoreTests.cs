using System.Text;
using Limpid.Core.Ports;
using Limpid.Tests.Contracts;

namespace Limpid.Tests.InMemory;

public sealed class MemoryStoreTests : ObjectStoreContract
{
    private readonly MemoryStore store = new(TimeProvider.System);

    protected override IObjectStore Store => store;

    protected override void RivalWrites(string key, string content) => store.Put(key, Encoding.UTF8.GetBytes(content));

    protected override void RivalRemoves(string key) => store.Remove(key);

    protected override bool RivalTags(string key, string tag, string value)
    {
        store.Tag(key, new Dictionary<string, string> { [tag] = value });
        return true;
    }

    [Fact]
    public async Task A_fault_after_the_effect_loses_the_answer_and_not_the_effect()
    {
        store.OnStep = call => call.Step == StoreStep.After ? throw new TimeoutException() : Task.CompletedTask;

        await Assert.ThrowsAsync<TimeoutException>(() => store.CreateAsync("a", Writing(Old), Cancellation));
        Assert.Equal(Old, Encoding.UTF8.GetString(store.Read("a")!));
        Assert.Equal(1, store.Calls(nameof(IObjectStore.CreateAsync)));
    }

    [Fact]
    public async Task What_is_blocked_is_neither_replaced_nor_removed()
    {
        RivalWrites("a", Old);
        store.Block("a", "under a lock");
        ObjectInfo read = await HeadAsync("a");

        Assert.Equal("under a lock", read.Blocked);
        Assert.Equal(StoreOutcome.Blocked, (await store.ReplaceAsync(read, Writing(New), Proving(New), Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Blocked, (await store.DeleteAsync(read, Cancellation)).Outcome);
        Assert.Equal(Old, await CurrentAsync("a"));
    }
}

public sealed class VersionedMemoryStoreTests : VersionedStoreContract
{
    private readonly MemoryStore store = new(TimeProvider.System, versioned: true);

    protected override IObjectStore Store => store;

    protected override void RivalWrites(string key, string content) => store.Put(key, Encoding.UTF8.GetBytes(content));

    protected override void RivalRemoves(string key) => store.Remove(key);

    protected override void Suspend(bool suspended) => store.Suspend(suspended);

    [Fact]
    public async Task F45_Old_versions_stay_until_they_are_removed_by_their_id()
    {
        RivalWrites("a", Old);
        await store.ReplaceAsync(await HeadAsync("a"), Writing(New), Proving(New), Cancellation);
        store.Remove("a");

        List<ObjectInfo> versions = await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation);
        Assert.Equal([true, false, false], versions.Select(v => v.IsDeleteMarker));
        Assert.Equal([true, false, false], versions.Select(v => v.IsCurrent));
        Assert.Equal(Old, await ReadAsync(versions[2]));

        Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(versions[2], Cancellation)).Outcome);
        await Assert.ThrowsAsync<ObjectChangedException>(() => ReadAsync(versions[2]));
        Assert.Null(await store.HeadAsync("a", Cancellation));

        Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(versions[0], Cancellation)).Outcome);
        Assert.Equal(New, await CurrentAsync("a"));
    }

    [Fact]
    public async Task F45_Only_the_current_version_is_replaced()
    {
        RivalWrites("a", Old);
        ObjectInfo old = await HeadAsync("a");
        RivalWrites("a", Old);

        Assert.Equal(StoreOutcome.Changed, (await store.ReplaceAsync(old, Writing(New), Proving(New), Cancellation)).Outcome);
    }
}
