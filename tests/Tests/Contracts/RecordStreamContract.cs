using System.Text;
using Limpid.Core.Ports;

namespace Limpid.Tests.Contracts;

/// <summary>What every stream into which change records are put promises. Each implementation runs all of it.</summary>
public abstract class RecordStreamContract
{
    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A stream of its own for each test, and its name; where there are no shards, one.</summary>
    private protected abstract Task<(IRecordStream Stream, string Name)> StartAsync(int shards);

    /// <summary>What readers of each shard find, in order.</summary>
    private protected abstract Task<IReadOnlyList<string[]>> ReadAsync(string stream);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Every_reader_comes_by_every_record_in_the_order_in_which_they_were_put(int shards)
    {
        (IRecordStream stream, string name) = await StartAsync(shards);
        string[] records = ["{\"version\":1}", "{\"text\":\"\u00e9 \U0001F600\"}", "{\"version\":1}"];
        foreach (string record in records)
            await stream.PutEverywhereAsync(name, Encoding.UTF8.GetBytes(record), Stop);
        IReadOnlyList<string[]> read = await ReadAsync(name);
        Assert.NotEmpty(read);
        Assert.All(read, shard => Assert.Equal(records, shard));
    }

    [Fact]
    public async Task Streams_do_not_see_each_others_records()
    {
        (IRecordStream stream, string name) = await StartAsync(1);
        (IRecordStream other, string otherName) = await StartAsync(1);
        await stream.PutEverywhereAsync(name, "{\"a\":1}"u8.ToArray(), Stop);
        await other.PutEverywhereAsync(otherName, "{\"b\":1}"u8.ToArray(), Stop);
        Assert.Equal("{\"a\":1}", Assert.Single(Assert.Single(await ReadAsync(name))));
    }

    [Fact]
    public async Task Of_many_that_put_at_once_none_is_lost()
    {
        (IRecordStream stream, string name) = await StartAsync(2);
        string[] records = [.. Enumerable.Range(0, 20).Select(number => $"{{\"version\":{number}}}")];
        await Task.WhenAll(records.Select(record => stream.PutEverywhereAsync(name, Encoding.UTF8.GetBytes(record), Stop)));
        Assert.All(await ReadAsync(name), shard => Assert.Equal(records.Order(StringComparer.Ordinal), shard.Distinct().Order(StringComparer.Ordinal)));
    }
}
