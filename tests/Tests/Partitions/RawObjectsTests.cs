using System.Text.Json;
using Limpid.Core.Ports;
using Limpid.Functions.Partitions;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Partitions;

public sealed class RawObjectsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_changed_since_a_copy_is_told_from_what_only_went_away()
    {
        var store = new MemoryStore(TimeProvider.System);
        store.Put("h/a", "1"u8);
        store.Put("h/b", "2"u8);
        RawObjects before = await RawObjects.ListAsync(store, "h/", Stop);
        Assert.Equal(RawChange.None, before.To(await RawObjects.ListAsync(store, "h/", Stop)));
        store.Put("h/folder/", []);
        store.Put("hh/a", "3"u8);
        Assert.Equal(RawChange.None, before.To(await RawObjects.ListAsync(store, "h/", Stop)));
        store.Put("h/b", "4"u8);
        Assert.Equal(RawChange.Later, before.To(await RawObjects.ListAsync(store, "h/", Stop)));
        store.Remove("h/b");
        Assert.Equal(RawChange.None, before.To(await RawObjects.ListAsync(store, "h/", Stop)));
        store.Put("h/c", "5"u8);
        Assert.Equal(RawChange.LaterAndGone, before.To(await RawObjects.ListAsync(store, "h/", Stop)));
    }

    [Fact]
    public async Task An_hour_of_very_many_objects_is_remembered_in_items_that_the_state_table_takes()
    {
        var store = new MemoryStore(TimeProvider.System);
        for (int at = 0; at < RawObjects.HashesAnItem + 5; at++)
            store.Put($"h/{at}", [(byte)at]);
        RawObjects all = await RawObjects.ListAsync(store, "h/", Stop);
        byte[][] items = [.. all.ToItems()];
        Assert.Equal(2, items.Length);
        Assert.All(items, item => Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(new CopiedObjects(item), PartitionsJson.Default.CopiedObjects).Length, 1, StateItem.MaxJsonLength));
        Assert.Equal(RawChange.None, RawObjects.Of(items).To(all));
        Assert.True(RawObjects.Of(items).IsAllIn(all));
        Assert.False(all.IsAllIn(RawObjects.Of(items[..1])));
    }
}
