using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.SQS;
using Constructs;
using Limpid.Core.Lake;
using Limpid.Functions.Ingest;

namespace Limpid.Infra;

internal sealed record StreamsProps(Deployment Deployment, IKey Key, FunctionConstruct Taker);

/// <summary>The streams of lake.yaml, to the function that makes rows of their records. They are never owned.</summary>
internal sealed class Streams : Construct
{
    /// <summary>Each batch becomes an object or more: a minute makes them fuller than a second.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public Streams(Construct scope, StreamsProps props) : base(scope, "Streams")
    {
        Failed = Queues.OfFailed(this, props.Key);
        IReadOnlyList<DataStream> streams = props.Deployment.Lake.Streams!;
        foreach (DataStream stream in streams)
        {
            _ = new StreamSource(this, stream.Name, new StreamSourceProps(
                ArnOf(stream.Name), props.Taker, Failed, RetentionOf(stream), IngestRecords.MostRecords, Window, Runs(stream, props.Deployment)));
        }
        // What Lambda's refusals of a mapping name ("Using Lambda with Amazon Kinesis", required permissions); no consumer of its own is registered.
        props.Taker.Role.AddToPolicy(Rights.Allow("ReadStreams",
            ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams"],
            [.. streams.Select(stream => ArnOf(stream.Name))]));
        if (props.Deployment.LakeKeys.Count > 0)
            props.Taker.Role.AddToPolicy(Rights.Allow("DecryptStreams", ["kms:Decrypt"], [.. props.Deployment.LakeKeys], Rights.Via("kinesis")));
        props.Taker.LetGiveUpTo(Failed, "Records");
    }

    /// <summary>Where records stand that were given up.</summary>
    public Queue Failed { get; }

    public static TimeSpan RetentionOf(DataStream stream) => stream.Retention ?? StreamSource.LeastRetention;

    /// <summary>
    /// New rows overwrite nothing, so that they come from the first deploy on; but for those that are enriched with reference data that
    /// Limpid publishes: it publishes none before it erases, and until then they are better off in the stream.
    /// </summary>
    public static bool Runs(DataStream stream, Deployment deployment) =>
        deployment.Erases || !stream.Enrich.Any(rule => deployment.Lake.ReferenceNamed(rule.Reference) is { Source: not null });

    private static string ArnOf(string stream) => Arns.Here("kinesis", $"stream/{stream}");
}
