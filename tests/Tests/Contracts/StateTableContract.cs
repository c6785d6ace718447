using System.Text;
using Limpid.Core.Ports;
using Limpid.Local.Storage;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Contracts;

/// <summary>What every state table promises. Each implementation runs all of it.</summary>
public abstract class StateTableContract
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected abstract IStateTable Table { get; }

    [Fact]
    public async Task What_was_put_is_got_back()
    {
        Assert.True(await Table.TryPutAsync(Item("p", "s", 1, """{"a":1}"""), Cancellation));
        StateItem item = (await Table.GetAsync("p", "s", Cancellation))!.Value;
        Assert.Equal(("p", "s", 1L, """{"a":1}"""), (item.Partition, item.Sort, item.Version, Text(item)));
        Assert.Null(await Table.GetAsync("p", "S", Cancellation));
        Assert.Null(await Table.GetAsync("P", "s", Cancellation));
        Assert.Null(await Table.GetAsync("p", "", Cancellation));
    }

    [Fact]
    public async Task A_write_takes_place_only_on_the_version_before_it()
    {
        Assert.False(await Table.TryPutAsync(Item("p", "s", 2, "{}"), Cancellation));
        Assert.Null(await Table.GetAsync("p", "s", Cancellation));
        Assert.True(await Table.TryPutAsync(Item("p", "s", 1, "1"), Cancellation));
        Assert.False(await Table.TryPutAsync(Item("p", "s", 1, "2"), Cancellation));
        Assert.False(await Table.TryPutAsync(Item("p", "s", 3, "3"), Cancellation));
        Assert.True(await Table.TryPutAsync(Item("p", "s", 2, "4"), Cancellation));
        Assert.False(await Table.TryPutAsync(Item("p", "s", 2, "5"), Cancellation));
        Assert.Equal("4", Text((await Table.GetAsync("p", "s", Cancellation))!.Value));
    }

    [Fact]
    public async Task A_delete_takes_place_only_at_its_version_and_makes_room_for_a_first_write()
    {
        Assert.False(await Table.TryDeleteAsync("p", "s", 1, Cancellation));
        await PutAsync("p", "s");
        Assert.True(await Table.TryPutAsync(Item("p", "s", 2, "{}"), Cancellation));
        Assert.False(await Table.TryDeleteAsync("p", "s", 1, Cancellation));
        Assert.False(await Table.TryDeleteAsync("p", "s", 3, Cancellation));
        Assert.True(await Table.TryDeleteAsync("p", "s", 2, Cancellation));
        Assert.False(await Table.TryDeleteAsync("p", "s", 2, Cancellation));
        Assert.Null(await Table.GetAsync("p", "s", Cancellation));
        Assert.True(await Table.TryPutAsync(Item("p", "s", 1, "{}"), Cancellation));
    }

    [Fact]
    public async Task A_query_returns_exactly_the_items_under_the_prefix_in_order_of_their_bytes()
    {
        // U+FFFD stands before U+1F600 in UTF-8 and behind its surrogates in UTF-16; _ and % are wildcards elsewhere.
        string[] sorts = ["a", "a/", "a/\uFFFD", "a/\U0001F600", "a/1", "a/10", "a/2", "A/3", "a0", "a_", "a/%", "a/_x", "b/1", "a/\u00e9"];
        foreach (string sort in sorts.Reverse())
            await PutAsync("p", sort);
        await PutAsync("p2", "a/9");
        await PutAsync("", "a/8");

        Assert.Equal(["a/", "a/%", "a/1", "a/10", "a/2", "a/_x", "a/\u00e9", "a/\uFFFD", "a/\U0001F600"], await SortsAsync("p", "a/"));
        Assert.Equal(["a/1", "a/10"], await SortsAsync("p", "a/1"));
        Assert.Equal(sorts.Length, (await SortsAsync("p", "")).Count);
        Assert.Equal(["a/8"], await SortsAsync("", ""));
        Assert.Empty(await SortsAsync("p", "c"));
        Assert.Empty(await SortsAsync("q", ""));
    }

    [Fact]
    public async Task A_query_may_write_while_it_enumerates_and_sees_every_item_that_was_there_once()
    {
        for (int i = 0; i < 500; i++)
            await PutAsync("p", $"x/{i:0000}");
        var seen = new List<string>();
        await foreach (StateItem item in Table.QueryAsync("p", "x/", Cancellation))
        {
            seen.Add(item.Sort);
            Assert.True(await Table.TryPutAsync(item with { Version = item.Version + 1, Json = "2"u8.ToArray() }, Cancellation));
            await PutAsync("p", $"w/{item.Sort}");
        }
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"x/{i:0000}"), seen);
    }

    [Fact]
    public async Task Of_concurrent_writers_of_one_version_exactly_one_wins()
    {
        for (int version = 1; version <= 20; version++)
        {
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer =>
                Task.Run(() => Table.TryPutAsync(Item("p", "s", version, $"{version}-{writer}"), Cancellation), Cancellation)));
            Assert.Equal(1, won.Count(w => w));
            Assert.Equal($"{version}-{Array.IndexOf(won, true)}", Text((await Table.GetAsync("p", "s", Cancellation))!.Value));
        }
    }

    [Fact]
    public async Task An_item_may_have_256_KiB_and_not_a_byte_more()
    {
        string largest = new('1', StateItem.MaxJsonLength);
        Assert.True(await Table.TryPutAsync(Item("p", "s", 1, largest), Cancellation));
        Assert.Equal(largest, Text((await Table.GetAsync("p", "s", Cancellation))!.Value));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Table.TryPutAsync(Item("p", "t", 1, largest + "1"), Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Table.TryPutAsync(Item("p", "t", 0, "{}"), Cancellation));
        Assert.Null(await Table.GetAsync("p", "t", Cancellation));
    }

    [Fact]
    public async Task What_the_caller_does_to_its_buffer_afterwards_changes_nothing()
    {
        byte[] json = "12345"u8.ToArray();
        Assert.True(await Table.TryPutAsync(new StateItem("p", "s", 1, json), Cancellation));
        json.AsSpan().Clear();
        Assert.Equal("12345", Text((await Table.GetAsync("p", "s", Cancellation))!.Value));
    }

    private static StateItem Item(string partition, string sort, long version, string json) => new(partition, sort, version, Encoding.UTF8.GetBytes(json));

    private static string Text(StateItem item) => Encoding.UTF8.GetString(item.Json.Span);

    private async Task PutAsync(string partition, string sort) => Assert.True(await Table.TryPutAsync(Item(partition, sort, 1, "{}"), Cancellation));

    private async Task<List<string>> SortsAsync(string partition, string prefix) =>
        await Table.QueryAsync(partition, prefix, Cancellation).Select(item => item.Sort).ToListAsync(Cancellation);
}

public sealed class MemoryStateTableTests : StateTableContract
{
    private protected override IStateTable Table { get; } = new MemoryStateTable();
}

public sealed class SqliteStateTableTests : StateTableContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteStateTable _table;

    public SqliteStateTableTests() => Table = _table = new SqliteStateTable(_folder.Path);

    private protected override IStateTable Table { get; }

    [Fact]
    public async Task Two_processes_share_one_table()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var other = new SqliteStateTable(_folder.Path);
        var item = new StateItem("p", "s", 1, "1"u8.ToArray());
        Assert.True(await _table.TryPutAsync(item, cancellation));
        Assert.False(await other.TryPutAsync(item, cancellation));
        Assert.True(await other.TryPutAsync(item with { Version = 2 }, cancellation));
        Assert.Equal(2, (await _table.GetAsync("p", "s", cancellation))!.Value.Version);
    }

    public void Dispose()
    {
        _table.Dispose();
        _folder.Dispose();
    }
}
