using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.SQS;
using Constructs;

namespace Limpid.Infra;

/// <param name="Stream">ARN, of Kinesis or of a table.</param>
/// <param name="Retention">How long it keeps a record.</param>
/// <param name="BatchSize">Records.</param>
/// <param name="Window">How long a batch may wait to become fuller.</param>
internal sealed record StreamSourceProps(
    string Stream, FunctionConstruct Taker, Queue Failed, TimeSpan Retention, int BatchSize, TimeSpan Window, bool Runs);

/// <summary>
/// Hands a stream's records to a function, in batches without gaps, from the oldest on that the stream has. A batch that fails is halved
/// until what fails stands alone; that is tried again, and in the end its place in the stream is kept and the shard goes on.
/// </summary>
internal sealed class StreamSource : Construct
{
    /// <summary>Of a batch that the function took and failed with. What Lambda could not begin, for want of room, is no attempt.</summary>
    private const int Attempts = 100;

    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(7);

    private static readonly string[] PartOfBatch = ["ReportBatchItemFailures"];

    public StreamSource(Construct scope, string id, StreamSourceProps props) : base(scope, id) => _ = new CfnEventSourceMapping(this, "Source", new CfnEventSourceMappingProps
    {
        FunctionName = props.Taker.Lambda.FunctionName,
        EventSourceArn = props.Stream,
        Enabled = props.Runs,
        // From the end, what comes before the mapping is there would be lost.
        StartingPosition = "TRIM_HORIZON",
        BatchSize = props.BatchSize,
        MaximumBatchingWindowInSeconds = props.Window.TotalSeconds,
        // The ledger of a shard takes a batch for a piece without gaps (ShardLedger).
        ParallelizationFactor = 1,
        BisectBatchOnFunctionError = true,
        FunctionResponseTypes = PartOfBatch,
        MaximumRetryAttempts = Attempts,
        // Anything less would give up at once what the stream has kept until now.
        MaximumRecordAgeInSeconds = Math.Min(props.Retention.TotalSeconds, LongestAge.TotalSeconds),
        DestinationConfig = new CfnEventSourceMapping.DestinationConfigProperty
        {
            // Where it stands in the stream, and not what it says: a person may be named in it.
            OnFailure = new CfnEventSourceMapping.OnFailureProperty { Destination = props.Failed.QueueArn },
        },
    });

    /// <summary>What Kinesis keeps records for where nobody says otherwise, and a table's stream always.</summary>
    public static readonly TimeSpan LeastRetention = TimeSpan.FromDays(1);

    /// <summary>
    /// The age of a waiting record at which somebody is told: a quarter of its time, which leaves three quarters to see to it. Of a day,
    /// the least that there is, these are six hours and eighteen: an alarm at night can wait for the morning.
    /// </summary>
    public static TimeSpan Late(TimeSpan retention) => retention / 4;
}
