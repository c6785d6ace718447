using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

/// <summary>As it comes out of a stream.</summary>
public class Record
{
    public DateTime? ApproximateArrivalTimestamp { get; set; }

    public MemoryStream? Data { get; set; }

    public string? PartitionKey { get; set; }

    public string? SequenceNumber { get; set; }
}

public class GetShardIteratorRequest : AmazonWebServiceRequest
{
    public string? StreamName { get; set; }

    public string? StreamARN { get; set; }

    public string? ShardId { get; set; }

    public ShardIteratorType? ShardIteratorType { get; set; }

    /// <summary>With AFTER_SEQUENCE_NUMBER.</summary>
    public string? StartingSequenceNumber { get; set; }
}

public class GetShardIteratorResponse : AmazonWebServiceResponse
{
    public string? ShardIterator { get; set; }
}

public class GetRecordsRequest : AmazonWebServiceRequest
{
    public string? ShardIterator { get; set; }

    /// <summary>10,000 at most.</summary>
    public int? Limit { get; set; }
}

public class GetRecordsResponse : AmazonWebServiceResponse
{
    public List<Record>? Records { get; set; }

    /// <summary>Null at the end of a shard that takes no more.</summary>
    public string? NextShardIterator { get; set; }

    public long? MillisBehindLatest { get; set; }
}

public class ListShardsRequest : AmazonWebServiceRequest
{
    public string? StreamName { get; set; }

    public string? StreamARN { get; set; }

    /// <summary>Of the page before; without a name then.</summary>
    public string? NextToken { get; set; }
}

public class ListShardsResponse : AmazonWebServiceResponse
{
    public List<Shard>? Shards { get; set; }

    public string? NextToken { get; set; }
}

public class Shard
{
    public string? ShardId { get; set; }

    public HashKeyRange? HashKeyRange { get; set; }

    public SequenceNumberRange? SequenceNumberRange { get; set; }
}

public class HashKeyRange
{
    public string? StartingHashKey { get; set; }

    public string? EndingHashKey { get; set; }
}

public class SequenceNumberRange
{
    public string? StartingSequenceNumber { get; set; }

    /// <summary>Null while the shard is open.</summary>
    public string? EndingSequenceNumber { get; set; }
}

public class PutRecordRequest : AmazonWebServiceRequest
{
    public string? StreamName { get; set; }

    public string? StreamARN { get; set; }

    public MemoryStream? Data { get; set; }

    public string? PartitionKey { get; set; }
}

public class PutRecordResponse : AmazonWebServiceResponse
{
    public string? ShardId { get; set; }

    public string? SequenceNumber { get; set; }
}

public class PutRecordsRequest : AmazonWebServiceRequest
{
    /// <summary>500 at most.</summary>
    public List<PutRecordsRequestEntry>? Records { get; set; }

    public string? StreamName { get; set; }

    public string? StreamARN { get; set; }
}

public class PutRecordsRequestEntry
{
    public MemoryStream? Data { get; set; }

    public string? PartitionKey { get; set; }

    /// <summary>Takes the place of the partition key's hash: the record goes to the shard whose range it is in.</summary>
    public string? ExplicitHashKey { get; set; }
}

public class PutRecordsResponse : AmazonWebServiceResponse
{
    public int? FailedRecordCount { get; set; }

    /// <summary>In the order of the request's.</summary>
    public List<PutRecordsResultEntry>? Records { get; set; }
}

public class PutRecordsResultEntry
{
    public string? SequenceNumber { get; set; }

    public string? ShardId { get; set; }

    /// <summary>Null where it was taken.</summary>
    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }
}
