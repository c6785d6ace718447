using System.Globalization;
using System.Text;
using Amazon.DynamoDBv2;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Tests.Contracts;
using Limpid.Tests.Refresh;

namespace Limpid.Tests.Adapters;

/// <summary>Kinesis, as npm's kinesalite has it.</summary>
[Collection(Processes.Name)]
public sealed class KinesisStreamContractTests(Kinesalite kinesalite) : RecordStreamContract, IClassFixture<Kinesalite>, IDisposable
{
    private AmazonKinesisClient? _client;

    private AmazonKinesisClient Client => _client ??= kinesalite.Client();

    private protected override async Task<(IRecordStream Stream, string Name)> StartAsync(int shards) =>
        (new KinesisStreams(Client, TimeProvider.System), await kinesalite.StreamAsync(shards));

    private protected override async Task<IReadOnlyList<string[]>> ReadAsync(string stream)
    {
        var all = new List<string[]>();
        foreach (Shard shard in await ShardsAsync(stream))
            all.Add(await ReadAsync(stream, shard.ShardId!));
        return all;
    }

    [Fact]
    public async Task A_shard_that_was_split_gets_none_and_those_that_took_its_place_do()
    {
        (IRecordStream stream, string name) = await StartAsync(1);
        await stream.PutEverywhereAsync(name, "{\"v\":1}"u8.ToArray(), Stop);
        await kinesalite.SplitAsync(name, "shardId-000000000000", "170141183460469231731687303715884105728");
        await stream.PutEverywhereAsync(name, "{\"v\":2}"u8.ToArray(), Stop);
        Assert.Equal([["{\"v\":1}"], ["{\"v\":2}"], ["{\"v\":2}"]], await ReadAsync(name));
    }

    // PutRecords takes 500.
    [Fact]
    public async Task More_shards_than_one_request_takes_have_it_all()
    {
        (IRecordStream stream, string name) = await StartAsync(502);
        await stream.PutEverywhereAsync(name, "{\"v\":1}"u8.ToArray(), Stop);
        IReadOnlyList<Shard> shards = await ShardsAsync(name);
        Assert.Equal(502, shards.Count);
        foreach (Shard shard in (Shard[])[shards[0], shards[499], shards[500], shards[501]])
            Assert.Equal(["{\"v\":1}"], await ReadAsync(name, shard.ShardId!));
    }

    [Fact]
    public async Task A_stream_that_there_is_not_is_an_error() =>
        await Assert.ThrowsAsync<ResourceNotFoundException>(() => new KinesisStreams(Client, TimeProvider.System).PutEverywhereAsync("none", "{}"u8.ToArray(), Stop));

    public void Dispose() => _client?.Dispose();

    private async Task<IReadOnlyList<Shard>> ShardsAsync(string stream)
    {
        var all = new List<Shard>();
        for (var request = new ListShardsRequest { StreamName = stream }; ;)
        {
            ListShardsResponse page = await Client.ListShardsAsync(request, Stop);
            all.AddRange(page.Shards!);
            if (page.NextToken is not { Length: > 0 } next)
                return all;
            request = new ListShardsRequest { NextToken = next };
        }
    }

    private async Task<string[]> ReadAsync(string stream, string shard)
    {
        string? iterator = (await Client.GetShardIteratorAsync(
            new GetShardIteratorRequest { StreamName = stream, ShardId = shard, ShardIteratorType = ShardIteratorType.TRIM_HORIZON }, Stop)).ShardIterator;
        GetRecordsResponse read = await Client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator, Limit = 1000 }, Stop);
        return [.. read.Records!.Select(record => Encoding.UTF8.GetString(record.Data!.ToArray()))];
    }
}

/// <summary>The streams that tests have in memory.</summary>
public sealed class MemoryStreamContractTests : RecordStreamContract
{
    private readonly MemoryTables _streams = new();
    private int _named;

    private protected override Task<(IRecordStream Stream, string Name)> StartAsync(int shards) =>
        Task.FromResult<(IRecordStream, string)>((_streams, string.Create(CultureInfo.InvariantCulture, $"s{_named++}")));

    private protected override Task<IReadOnlyList<string[]>> ReadAsync(string stream) =>
        Task.FromResult<IReadOnlyList<string[]>>([[.. _streams.Records.Where(r => r.Stream == stream).Select(r => r.Record)]]);
}

/// <summary>DynamoDB, as npm's dynalite has it.</summary>
[Collection(Processes.Name)]
public sealed class DynamoTableReaderContractTests(Dynalite dynalite) : TableReaderContract, IClassFixture<Dynalite>, IDisposable
{
    private AmazonDynamoDBClient? _client;

    private AmazonDynamoDBClient Client => _client ??= dynalite.Client();

    private protected override ITableReader Tables => new DynamoTableReader(Client);

    private protected override Task<string> TableAsync() => Dynalite.TableAsync(Client);

    private protected override Task PutAsync(string table, string item) => Client.PutItemAsync(table, DynamoItem.Of(item), Stop);

    public void Dispose() => _client?.Dispose();
}
