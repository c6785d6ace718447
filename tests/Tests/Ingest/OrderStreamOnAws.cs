using System.Globalization;
using System.Text;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Limpid.Functions.Adapters;
using Limpid.Tests.Adapters;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Ingest;

/// <summary>S3 and DynamoDB on the wire, with a table of priorities that is one.</summary>
[Collection(Processes.Name)]
public sealed class OrderStreamOnAws(Dynalite dynalite) : OrderStreamScenarios, IClassFixture<Dynalite>
{
    protected override int Changes => 6;

    private protected override async Task<OrderWorld> StartAsync(int shards) => await AwsOrders.OpenAsync(dynalite, null, shards);
}

/// <summary>The same with a stream that is one: orders are put into it and read from its shards, and each new version puts a record beside them.</summary>
[Collection(Processes.Name)]
public sealed class OrderStreamOnKinesis(Dynalite dynalite, Kinesalite kinesalite) : OrderStreamScenarios, IClassFixture<Dynalite>, IClassFixture<Kinesalite>
{
    protected override int Changes => 6;

    private protected override async Task<OrderWorld> StartAsync(int shards) => await AwsOrders.OpenAsync(dynalite, kinesalite, shards);
}

internal sealed class AwsOrders : OrderWorld
{
    private readonly AmazonDynamoDBClient _dynamo;
    private readonly AmazonKinesisClient? _kinesis;
    private readonly string _table, _stream;

    private AwsOrders(AwsWorld world, IReadOnlyList<string>? shards, int count, AmazonDynamoDBClient dynamo, string table, AmazonKinesisClient? kinesis, string stream)
        : base(world, count)
    {
        (_dynamo, _table, _kinesis, _stream) = (dynamo, table, kinesis, stream);
        Shards = shards ?? Shards;
    }

    protected override string Table => _table;

    protected override string Name => _stream;

    public static async Task<AwsOrders> OpenAsync(Dynalite dynalite, Kinesalite? kinesalite, int shards)
    {
        AmazonDynamoDBClient dynamo = dynalite.Client();
        string table = await Dynalite.TableAsync(dynamo);
        AmazonKinesisClient? kinesis = kinesalite?.Client();
        string stream = kinesalite is null ? Stream : await kinesalite.StreamAsync(shards);
        AwsWorld world = await AwsWorld.StartAsync(Yaml(table, stream, kinesis is null ? "" : $", changeRecords: {stream}"), dynalite);
        if (kinesis is not null)
            world.Intercept(ports => ports with { Streams = new KinesisStreams(kinesis, world.Clock) });
        IReadOnlyList<string>? names = kinesis is null ? null
            : [.. (await kinesis.ListShardsAsync(new ListShardsRequest { StreamName = stream }, ScenarioWorld.Stop)).Shards!.Select(shard => shard.ShardId!)];
        return new AwsOrders(world, names, shards, dynamo, table, kinesis, stream);
    }

    public override Task SetAsync(string dish, int priority) => _dynamo.PutItemAsync(new PutItemRequest
    {
        TableName = _table,
        Item = new() { ["pk"] = new(dish), ["sk"] = new("-"), ["dish"] = new(dish), ["priority"] = new() { N = priority.ToString(CultureInfo.InvariantCulture) } },
    }, ScenarioWorld.Stop);

    public override async Task PutAsync(int cost, string order)
    {
        if (_kinesis is null)
        {
            await base.PutAsync(cost, order);
            return;
        }
        PutRecordsResponse put = await _kinesis.PutRecordsAsync(new PutRecordsRequest
        {
            StreamName = _stream,
            Records = [new PutRecordsRequestEntry { PartitionKey = cost.ToString(CultureInfo.InvariantCulture), Data = new MemoryStream(Encoding.UTF8.GetBytes(order)) }],
        }, ScenarioWorld.Stop);
        Assert.Equal(0, put.FailedRecordCount);
    }

    public override async Task<IReadOnlyList<StreamedRecord>> ReadAsync(string shard, string? after, int most)
    {
        if (_kinesis is null)
            return await base.ReadAsync(shard, after, most);
        GetShardIteratorResponse begin = await _kinesis.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = _stream,
            ShardId = shard,
            ShardIteratorType = after is null ? ShardIteratorType.TRIM_HORIZON : ShardIteratorType.AFTER_SEQUENCE_NUMBER,
            StartingSequenceNumber = after,
        }, ScenarioWorld.Stop);
        GetRecordsResponse read = await _kinesis.GetRecordsAsync(new GetRecordsRequest { ShardIterator = begin.ShardIterator, Limit = most }, ScenarioWorld.Stop);
        return [.. read.Records!.Select(record => new StreamedRecord(record.SequenceNumber!, record.Data!.ToArray(), record.ApproximateArrivalTimestamp!.Value))];
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _kinesis?.Dispose();
        _dynamo.Dispose();
    }
}
