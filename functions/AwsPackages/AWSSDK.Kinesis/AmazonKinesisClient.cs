using System.Text.Json;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Limpid.AwsPackages;

namespace Amazon.Kinesis;

public class AmazonKinesisConfig : ServiceConfig
{
    public AmazonKinesisConfig()
        : base("Kinesis", "kinesis", "kinesis", "2013-12-02")
    {
    }
}

public interface IAmazonKinesis : IAmazonService, IDisposable
{
    Task<GetRecordsResponse> GetRecordsAsync(GetRecordsRequest request, CancellationToken cancellationToken = default);

    Task<GetShardIteratorResponse> GetShardIteratorAsync(GetShardIteratorRequest request, CancellationToken cancellationToken = default);

    Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default);

    Task<PutRecordResponse> PutRecordAsync(PutRecordRequest request, CancellationToken cancellationToken = default);

    Task<PutRecordsResponse> PutRecordsAsync(PutRecordsRequest request, CancellationToken cancellationToken = default);
}

public class AmazonKinesisClient : ServiceClient, IAmazonKinesis
{
    private static readonly Operation<GetRecordsRequest, GetRecordsResponse> GetRecords = Of<GetRecordsRequest, GetRecordsResponse>(
        "GetRecords",
        (writer, request) =>
        {
            writer.WriteIfSet("ShardIterator", request.ShardIterator);
            if (request.Limit is { } limit)
                writer.WriteNumber("Limit", limit);
        },
        (answer, response) =>
        {
            response.NextShardIterator = answer.Text("NextShardIterator");
            response.MillisBehindLatest = answer.TryGetProperty("MillisBehindLatest", out JsonElement behind) ? behind.GetInt64() : null;
            response.Records = answer.TryGetProperty("Records", out JsonElement records) ? [.. records.EnumerateArray().Select(RecordOf)] : null;
        });

    private static readonly Operation<GetShardIteratorRequest, GetShardIteratorResponse> GetShardIterator = Of<GetShardIteratorRequest, GetShardIteratorResponse>(
        "GetShardIterator",
        (writer, request) =>
        {
            writer.WriteIfSet("StreamName", request.StreamName);
            writer.WriteIfSet("StreamARN", request.StreamARN);
            writer.WriteIfSet("ShardId", request.ShardId);
            writer.WriteIfSet("ShardIteratorType", request.ShardIteratorType?.Value);
            writer.WriteIfSet("StartingSequenceNumber", request.StartingSequenceNumber);
        },
        (answer, response) => response.ShardIterator = answer.Text("ShardIterator"));

    private static readonly Operation<ListShardsRequest, ListShardsResponse> ListShards = Of<ListShardsRequest, ListShardsResponse>(
        "ListShards",
        (writer, request) =>
        {
            writer.WriteIfSet("StreamName", request.StreamName);
            writer.WriteIfSet("StreamARN", request.StreamARN);
            writer.WriteIfSet("NextToken", request.NextToken);
        },
        (answer, response) =>
        {
            response.NextToken = answer.Text("NextToken");
            response.Shards = answer.TryGetProperty("Shards", out JsonElement shards) ? [.. shards.EnumerateArray().Select(ShardOf)] : null;
        });

    private static readonly Operation<PutRecordRequest, PutRecordResponse> PutRecord = Of<PutRecordRequest, PutRecordResponse>(
        "PutRecord",
        (writer, request) =>
        {
            writer.WriteIfSet("StreamName", request.StreamName);
            writer.WriteIfSet("StreamARN", request.StreamARN);
            WriteData(writer, request.Data);
            writer.WriteIfSet("PartitionKey", request.PartitionKey);
        },
        (answer, response) => (response.ShardId, response.SequenceNumber) = (answer.Text("ShardId"), answer.Text("SequenceNumber")));

    private static readonly Operation<PutRecordsRequest, PutRecordsResponse> PutRecords = Of<PutRecordsRequest, PutRecordsResponse>(
        "PutRecords",
        (writer, request) =>
        {
            writer.WriteStartArray("Records");
            foreach (PutRecordsRequestEntry entry in request.Records ?? [])
            {
                writer.WriteStartObject();
                WriteData(writer, entry.Data);
                writer.WriteIfSet("PartitionKey", entry.PartitionKey);
                writer.WriteIfSet("ExplicitHashKey", entry.ExplicitHashKey);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteIfSet("StreamName", request.StreamName);
            writer.WriteIfSet("StreamARN", request.StreamARN);
        },
        (answer, response) =>
        {
            response.FailedRecordCount = answer.TryGetProperty("FailedRecordCount", out JsonElement count) ? count.GetInt32() : null;
            response.Records = answer.TryGetProperty("Records", out JsonElement records) ? [.. records.EnumerateArray().Select(ResultOf)] : null;
        });

    public AmazonKinesisClient()
        : this(new AmazonKinesisConfig())
    {
    }

    public AmazonKinesisClient(AmazonKinesisConfig config)
        : base(config)
    {
    }

    public AmazonKinesisClient(AWSCredentials credentials, AmazonKinesisConfig clientConfig)
        : base(credentials, clientConfig)
    {
    }

    public virtual Task<GetRecordsResponse> GetRecordsAsync(GetRecordsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(GetRecords, request, cancellationToken);

    public virtual Task<GetShardIteratorResponse> GetShardIteratorAsync(GetShardIteratorRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(GetShardIterator, request, cancellationToken);

    public virtual Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(ListShards, request, cancellationToken);

    public virtual Task<PutRecordResponse> PutRecordAsync(PutRecordRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(PutRecord, request, cancellationToken);

    public virtual Task<PutRecordsResponse> PutRecordsAsync(PutRecordsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(PutRecords, request, cancellationToken);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonKinesisConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) =>
        new AmazonKinesisClient(awsCredentials, (AmazonKinesisConfig)clientConfig);

    private static void WriteData(Utf8JsonWriter writer, MemoryStream? data)
    {
        if (data is not null)
            writer.WriteBase64String("Data", data.ToArray());
    }

    private static Record RecordOf(JsonElement record) => new()
    {
        ApproximateArrivalTimestamp = record.Time("ApproximateArrivalTimestamp"),
        Data = record.TryGetProperty("Data", out JsonElement data) ? new MemoryStream(data.GetBytesFromBase64()) : null,
        PartitionKey = record.Text("PartitionKey"),
        SequenceNumber = record.Text("SequenceNumber"),
    };

    private static Shard ShardOf(JsonElement shard) => new()
    {
        ShardId = shard.Text("ShardId"),
        HashKeyRange = shard.TryGetProperty("HashKeyRange", out JsonElement keys)
            ? new HashKeyRange { StartingHashKey = keys.Text("StartingHashKey"), EndingHashKey = keys.Text("EndingHashKey") } : null,
        SequenceNumberRange = shard.TryGetProperty("SequenceNumberRange", out JsonElement numbers)
            ? new SequenceNumberRange { StartingSequenceNumber = numbers.Text("StartingSequenceNumber"), EndingSequenceNumber = numbers.Text("EndingSequenceNumber") } : null,
    };

    private static PutRecordsResultEntry ResultOf(JsonElement record) => new()
    {
        SequenceNumber = record.Text("SequenceNumber"),
        ShardId = record.Text("ShardId"),
        ErrorCode = record.Text("ErrorCode"),
        ErrorMessage = record.Text("ErrorMessage"),
    };

    private static Operation<TRequest, TResponse> Of<TRequest, TResponse>(
        string operation, Action<Utf8JsonWriter, TRequest> write, Action<JsonElement, TResponse> read)
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new("Amazon.Kinesis", "/",
            [("X-Amz-Target", "Kinesis_20131202." + operation), ("Content-Type", "application/x-amz-json-1.1"), ("x-amz-api-version", "2013-12-02")],
            write, read, AmazonKinesisException.Of);
}
