using System.Net;

namespace Amazon.Lambda.S3Events;

/// <summary>What S3 sends of itself: to a function, a queue or a topic.</summary>
public class S3Event
{
    public List<S3EventNotificationRecord>? Records { get; set; }

    public class S3EventNotificationRecord
    {
        public string? AwsRegion { get; set; }

        /// <summary>Without <c>s3:</c> in front: <c>ObjectCreated:Put</c>.</summary>
        public string? EventName { get; set; }

        public string? EventSource { get; set; }

        public string? EventVersion { get; set; }

        public S3Entity? S3 { get; set; }
    }

    public class S3Entity
    {
        public string? ConfigurationId { get; set; }

        public S3BucketEntity? Bucket { get; set; }

        public S3ObjectEntity? Object { get; set; }
    }

    public class S3BucketEntity
    {
        public string? Name { get; set; }

        public string? Arn { get; set; }
    }

    public class S3ObjectEntity
    {
        /// <summary>Form-encoded.</summary>
        public string? Key { get; set; }

        public string? KeyDecoded => WebUtility.UrlDecode(Key);

        public long Size { get; set; }

        public string? ETag { get; set; }

        public string? VersionId { get; set; }

        public string? Sequencer { get; set; }
    }
}
