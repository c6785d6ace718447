using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Lambda.DynamoDBEvents;
using Amazon.Lambda.KinesisEvents;
using Amazon.Lambda.Serialization.SystemTextJson;

namespace Limpid.Tests.Aws;

/// <summary>Streams: their recorded events, and putting records over the wire.</summary>
public sealed partial class StreamTests : IAsyncLifetime
{
    private ServiceServer _server = null!;
    private AmazonKinesisClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ServiceServer.StartAsync();
        _client = new AmazonKinesisClient(ServiceServer.Credentials, _server.Configure(new AmazonKinesisConfig { MaxErrorRetry = 1 }));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void A_Kinesis_event_is_read_as_it_was_recorded()
    {
        KinesisEvent read = new SourceGeneratorLambdaJsonSerializer<KinesisJson>().Deserialize<KinesisEvent>(Open("kinesis-event.json"));
        Assert.Equal(2, read.Records!.Count);
        KinesisEvent.KinesisEventRecord record = read.Records[1];
        Assert.Equal(("us-east-1", "aws:kinesis:record", "aws:kinesis", "1.0"), (record.AwsRegion, record.EventName, record.EventSource, record.EventVersion));
        Assert.Equal("shardId-000000000000:49568167373333333334444444444444444444444444444444444444", record.EventId);
        Assert.Equal(("arn:aws:kinesis:us-east-1:123456789012:stream/simple-stream", "arn:aws:iam::123456789012:role/LambdaRole"), (record.EventSourceARN, record.InvokeIdentityArn));
        KinesisEvent.Record data = record.Kinesis!;
        Assert.Equal(("1.0", "s1", "49568167373333333334444444444444444444444444444444444444"), (data.KinesisSchemaVersion, data.PartitionKey, data.SequenceNumber));
        Assert.Equal("Hello World", Encoding.UTF8.GetString(data.Data!.ToArray()));
        Assert.Equal(DateTimeKind.Utc, data.ApproximateArrivalTimestamp!.Value.Kind);
        Assert.Equal(new DateTime(2016, 12, 4, 8, 52, 3, 477, DateTimeKind.Utc), data.ApproximateArrivalTimestamp.Value, TimeSpan.FromMicroseconds(1));
    }

    [Theory]
    [InlineData("dynamodb-event.json")]
    [InlineData("dynamodb-with-ms-event.json")]
    public void A_DynamoDB_event_is_read_as_it_was_recorded(string file)
    {
        DynamoDBEvent read = new SourceGeneratorLambdaJsonSerializer<DynamoDBJson>().Deserialize<DynamoDBEvent>(Open(file));
        DynamoDBEvent.DynamodbStreamRecord record = read.Records![0];
        Assert.Equal(("f07f8ca4b0b26cb9c4e5e77e69f274ee", "INSERT", "1.1", "aws:dynamodb"), (record.EventID, record.EventName, record.EventVersion, record.EventSource));
        Assert.Equal(("us-east-1", "arn:aws:dynamodb:us-east-1:123456789012:table/Example-Table/stream/2016-12-01T00:00:00.000"), (record.AwsRegion, record.EventSourceArn));
        DynamoDBEvent.StreamRecord change = record.Dynamodb!;
        Assert.Equal(new DateTime(2016, 12, 2, 1, 27, 0, DateTimeKind.Utc), change.ApproximateCreationDateTime);
        Assert.Equal(("1405400000000002063282832", 54L, "NEW_AND_OLD_IMAGES"), (change.SequenceNumber, change.SizeBytes, change.StreamViewType));
        Assert.Equal(("data", "binary"), (change.Keys!["val"].S, change.Keys["key"].S));
        Assert.Equal([0, 1, 42, 65], change.NewImage!["asdf1"].B!.ToArray());
        Assert.Equal([65, 42, 1, 0], change.NewImage["asdf2"].BS![1].ToArray());
        Assert.Empty(change.NewImage["misc1"].L!);
        Dictionary<string, DynamoDBEvent.AttributeValue> map = change.NewImage["misc2"].M!;
        Assert.Equal(("Cookies", "3.14159"), (map["ItemsNonEmpty"].L![0].S, map["ItemsNonEmpty"].L![2].N));
        Assert.Equal((false, true), (map["ItemBoolean"].BOOL, map["ItemNull"].NULL));
        Assert.Equal(["0", "50", "150"], map["ItemNumberSet"].NS!);
        Assert.Equal(["Hippo", "Zebra"], map["ItemStringSet"].SS!);
        Assert.Null(change.OldImage);
        Assert.Equal(("Service", "dynamodb.amazonaws.com"), (read.Records[1].UserIdentity!.Type, read.Records[1].UserIdentity!.PrincipalId));
    }

    [Fact]
    public void F14_the_answer_to_a_batch_has_the_recorded_shape_and_null_is_no_failure()
    {
        var kinesis = new SourceGeneratorLambdaJsonSerializer<KinesisJson>();
        var dynamo = new SourceGeneratorLambdaJsonSerializer<DynamoDBJson>();
        using var written = new MemoryStream();
        kinesis.Serialize(new Amazon.Lambda.KinesisEvents.StreamsEventResponse { BatchItemFailures = [new() { ItemIdentifier = "1405400000000002063282832" }] }, written);
        Assert.True(JsonElement.DeepEquals(Json(Open("kinesis-batchitemfailures-response.json")), Json(written)));
        written.SetLength(0);
        dynamo.Serialize(new Amazon.Lambda.DynamoDBEvents.StreamsEventResponse { BatchItemFailures = [new() { ItemIdentifier = "1405400000000002063282832" }] }, written);
        Assert.True(JsonElement.DeepEquals(Json(Open("dynamodb-batchitemfailures-response.json")), Json(written)));
        written.SetLength(0);
        kinesis.Serialize(new Amazon.Lambda.KinesisEvents.StreamsEventResponse(), written);
        Assert.Equal("{}", Encoding.UTF8.GetString(written.ToArray()));
    }

    [Fact]
    public async Task A_record_is_put()
    {
        _server.Answers("""{"ShardId":"shardId-000000000000","SequenceNumber":"49568","EncryptionType":"KMS"}""");
        PutRecordResponse response = await _client.PutRecordAsync(new PutRecordRequest { StreamName = "s", Data = new MemoryStream("Hello World"u8.ToArray()), PartitionKey = "p" }, Stop);
        Assert.Equal(("shardId-000000000000", "49568"), (response.ShardId, response.SequenceNumber));
        ServiceRequest request = _server.Single();
        Assert.Equal(("Kinesis_20131202.PutRecord", "application/x-amz-json-1.1"), (request.Target, request.Headers["Content-Type"]));
        request.AssertSigned("kinesis");
        request.AssertSays("""{"StreamName":"s","Data":"SGVsbG8gV29ybGQ=","PartitionKey":"p"}""");
    }

    [Fact]
    public async Task F20_of_a_batch_that_is_taken_in_part_the_answer_says_which_were_not()
    {
        _server.Answers("""{"FailedRecordCount":1,"Records":[{"SequenceNumber":"1","ShardId":"shardId-0"},{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"Rate exceeded"}]}""");
        PutRecordsResponse response = await _client.PutRecordsAsync(new PutRecordsRequest
        {
            StreamARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/s",
            Records = [new() { Data = new MemoryStream([1]), PartitionKey = "a" }, new() { Data = new MemoryStream([2]), PartitionKey = "b" }],
        }, Stop);
        Assert.Equal(1, response.FailedRecordCount);
        Assert.Equal([(null, "1"), ("ProvisionedThroughputExceededException", null)], response.Records!.Select(r => (r.ErrorCode, r.SequenceNumber)));
        _server.Single().AssertSays(
            """{"Records":[{"Data":"AQ==","PartitionKey":"a"},{"Data":"Ag==","PartitionKey":"b"}],"StreamARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/s"}""");
    }

    [Fact]
    public async Task A_shard_that_takes_no_more_is_tried_again_and_then_an_error_of_its_own()
    {
        for (int i = 0; i < 2; i++)
            _server.Answers("""{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded for shard"}""", 400);
        await Assert.ThrowsAsync<ProvisionedThroughputExceededException>(() =>
            _client.PutRecordAsync(new PutRecordRequest { StreamName = "s", Data = new MemoryStream([1]), PartitionKey = "p" }, Stop));
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task F20_a_change_record_goes_into_each_open_shard_and_only_those_that_were_not_taken_are_put_again()
    {
        _server.Answers("""{"Shards":[{"ShardId":"s0","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"9"},"SequenceNumberRange":{"StartingSequenceNumber":"1","EndingSequenceNumber":"5"}},{"ShardId":"s1","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"4"},"SequenceNumberRange":{"StartingSequenceNumber":"6"}}],"NextToken":"more"}""");
        _server.Answers("""{"Shards":[{"ShardId":"s2","HashKeyRange":{"StartingHashKey":"5","EndingHashKey":"9"},"SequenceNumberRange":{"StartingSequenceNumber":"6"}}]}""");
        _server.Answers("""{"FailedRecordCount":1,"Records":[{"SequenceNumber":"7","ShardId":"s1"},{"ErrorCode":"InternalFailure","ErrorMessage":"no"}]}""");
        _server.Answers("""{"FailedRecordCount":0,"Records":[{"SequenceNumber":"8","ShardId":"s2"}]}""");
        await new Limpid.Functions.Adapters.KinesisStreams(_client, new Limpid.Tests.Scenarios.ScenarioTime(DateTimeOffset.UnixEpoch)).PutEverywhereAsync("orders", new byte[] { 1 }, Stop);
        Assert.Equal(["ListShards", "ListShards", "PutRecords", "PutRecords"], _server.Requests.Select(r => r.Target!.Split('.')[1]));
        JsonElement[] asked = [.. _server.Requests.Select(r => r.Json)];
        Assert.Equal("{\"StreamName\":\"orders\"}", asked[0].GetRawText());
        Assert.Equal("{\"NextToken\":\"more\"}", asked[1].GetRawText());
        Assert.Equal(["0", "5"], asked[2].GetProperty("Records").EnumerateArray().Select(r => r.GetProperty("ExplicitHashKey").GetString()));
        Assert.Equal(["5"], asked[3].GetProperty("Records").EnumerateArray().Select(r => r.GetProperty("ExplicitHashKey").GetString()));
    }

    [Fact]
    public async Task F20_whichever_are_not_taken_each_shard_gets_the_record_and_nothing_that_was_taken_is_put_again()
    {
        const string Refused = """{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"no"}""", Taken = """{"SequenceNumber":"7","ShardId":"s"}""";
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 20; round++)
        {
            int before = _server.Requests.Count;
            string[] waiting = [.. Enumerable.Range(0, random.Next(1, 40)).Select(shard => $"{shard * 10}")];
            _server.Answers($$"""{"Shards":[{{string.Join(',', waiting.Select(key => $$"""{"ShardId":"s{{key}}","HashKeyRange":{"StartingHashKey":"{{key}}","EndingHashKey":"x"} }"""))}}]}""");
            var expected = new List<string[]>();
            for (int attempt = 1; waiting.Length > 0; attempt++)
            {
                expected.Add(waiting);
                bool[] fails = [.. waiting.Select(_ => attempt < 7 && random.Next(2) == 0)];
                _server.Answers($$"""{"FailedRecordCount":{{fails.Count(f => f)}},"Records":[{{string.Join(',', fails.Select(f => f ? Refused : Taken))}}]}""");
                waiting = [.. waiting.Zip(fails).Where(pair => pair.Second).Select(pair => pair.First)];
            }
            await new Limpid.Functions.Adapters.KinesisStreams(_client, new Limpid.Tests.Scenarios.ScenarioTime(DateTimeOffset.UnixEpoch)).PutEverywhereAsync("orders", new byte[] { 1 }, Stop);
            Assert.Equal(expected, _server.Requests.Skip(before + 1).Select(r => r.Json.GetProperty("Records").EnumerateArray().Select(record => record.GetProperty("ExplicitHashKey").GetString()!).ToArray()));
        }
    }

    private static MemoryStream Open(string file)
    {
        byte[] bytes = File.ReadAllBytes(SharedData.Path("events", file));
        return new MemoryStream(bytes is [0xEF, 0xBB, 0xBF, .. var rest] ? rest : bytes);
    }

    private static JsonElement Json(MemoryStream stream)
    {
        using JsonDocument document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.Clone();
    }

    [JsonSerializable(typeof(KinesisEvent))]
    [JsonSerializable(typeof(Amazon.Lambda.KinesisEvents.StreamsEventResponse))]
    internal sealed partial class KinesisJson : JsonSerializerContext;

    [JsonSerializable(typeof(DynamoDBEvent))]
    [JsonSerializable(typeof(Amazon.Lambda.DynamoDBEvents.StreamsEventResponse))]
    internal sealed partial class DynamoDBJson : JsonSerializerContext;
}
