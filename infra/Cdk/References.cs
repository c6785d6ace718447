using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.SQS;
using Constructs;
using Limpid.Core.Lake;

namespace Limpid.Infra;

internal sealed record ReferencesProps(Deployment Deployment, IKey Key, FunctionConstruct Flagger);

/// <summary>
/// Whatever changes reference data, to the function that flags it: the streams of tables, objects below a source, and the clock, which
/// looks after flags that nobody sees to. As all that overwrites in the lake it begins with <c>erase=on</c>.
/// </summary>
internal sealed class References : Construct
{
    private const int BatchSize = 1_000;

    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(5);

    public References(Construct scope, ReferencesProps props) : base(scope, "References")
    {
        LakeConfig lake = props.Deployment.Lake;
        Reference[] published = [.. lake.References!.Where(r => r.Source is not null)];
        LookAfter = new AsyncCalls(this, "LookAfter", new AsyncCallsProps(
            props.Flagger, [new("Rule", "Begins what somebody died before beginning: refreshes of flagged reference data") { Expression = "rate(1 hour)" }], props.Deployment.Erases, props.Key));
        IReadOnlyList<LakeBucket> sources = LakeReach.SourceBuckets(lake);
        if (sources.Count > 0)
        {
            Objects = new ObjectEvents(this, "Objects", new ObjectEventsProps(
                "Sources of reference data", $"{props.Deployment.Prefix}-refs", sources, props.Key, props.Flagger, AtOnce: 2, props.Deployment.Erases));
        }
        string[] streams = [.. published.Select(r => r.Source!.Stream).OfType<string>().Distinct()];
        if (streams.Length == 0)
            return;
        Failed = Queues.OfFailed(this, props.Key);
        foreach ((int number, string stream) in streams.Index())
        {
            TimeSpan soonest = published.Where(r => r.Source!.Stream == stream).Min(r => r.After!.Within);
            _ = new StreamSource(this, $"Table{number}", new StreamSourceProps(
                stream, props.Flagger, Failed, StreamSource.LeastRetention, BatchSize, soonest < LongestWindow ? TimeSpan.Zero : LongestWindow, props.Deployment.Erases));
        }
        // "Using Lambda with Amazon DynamoDB", required permissions.
        props.Flagger.Role.AddToPolicy(Rights.Allow("ReadTableStreams",
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"], streams));
        if (props.Deployment.LakeKeys.Count > 0)
            props.Flagger.Role.AddToPolicy(Rights.Allow("DecryptTableStreams", ["kms:Decrypt"], [.. props.Deployment.LakeKeys], Rights.Via("dynamodb")));
        props.Flagger.LetGiveUpTo(Failed, "Changes");
    }

    public AsyncCalls LookAfter { get; }

    /// <summary>Null where no source is a folder.</summary>
    public ObjectEvents? Objects { get; }

    /// <summary>Where changes stand that were given up; null where no source is a table.</summary>
    public Queue? Failed { get; }
}
