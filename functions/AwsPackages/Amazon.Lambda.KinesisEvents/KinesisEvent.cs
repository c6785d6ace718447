namespace Amazon.Lambda.KinesisEvents;

/// <summary>Records of a Kinesis stream.</summary>
public class KinesisEvent
{
    public IList<KinesisEventRecord>? Records { get; set; }

    public class KinesisEventRecord
    {
        public string? AwsRegion { get; set; }

        /// <summary>The shard's id, a colon, the sequence number.</summary>
        public string? EventId { get; set; }

        public string? EventName { get; set; }

        public string? EventSource { get; set; }

        public string? EventSourceARN { get; set; }

        public string? EventVersion { get; set; }

        public string? InvokeIdentityArn { get; set; }

        public Record? Kinesis { get; set; }
    }

    public class Record : Amazon.Kinesis.Model.Record
    {
        public string? KinesisSchemaVersion { get; set; }
    }
}
