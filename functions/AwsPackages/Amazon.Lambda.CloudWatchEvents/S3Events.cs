using System.Text.Json.Serialization;

namespace Amazon.Lambda.CloudWatchEvents.S3Events;

/// <summary>What all events of S3 objects have.</summary>
public class S3ObjectEventDetails
{
    public string? Version { get; set; }

    public Bucket? Bucket { get; set; }

    public S3Object? Object { get; set; }

    [JsonPropertyName("request-id")]
    public string? RequestId { get; set; }

    public string? Requester { get; set; }
}

public class Bucket
{
    public string? Name { get; set; }
}

public class S3Object
{
    /// <summary>As it is, not encoded.</summary>
    public string? Key { get; set; }

    public long Size { get; set; }

    public string? ETag { get; set; }

    [JsonPropertyName("version-id")]
    public string? VersionId { get; set; }

    /// <summary>Of puts and deletes alone.</summary>
    public string? Sequencer { get; set; }
}
