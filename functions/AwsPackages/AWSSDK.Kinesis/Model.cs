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
