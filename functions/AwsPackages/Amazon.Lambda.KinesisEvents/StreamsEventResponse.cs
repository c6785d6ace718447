using System.Text.Json.Serialization;

namespace Amazon.Lambda.KinesisEvents;

/// <summary>The records of a batch that failed: the lowest is where the stream goes on. Null takes all of them as done.</summary>
public class StreamsEventResponse
{
    [JsonPropertyName("batchItemFailures")]
    public IList<BatchItemFailure>? BatchItemFailures { get; set; }

    public class BatchItemFailure
    {
        /// <summary>A sequence number.</summary>
        [JsonPropertyName("itemIdentifier")]
        public string? ItemIdentifier { get; set; }
    }
}
