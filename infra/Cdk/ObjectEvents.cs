using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amazon.CDK;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.SQS;
using Constructs;
using CfnRule = Amazon.CDK.AWS.Events.CfnRule;

namespace Limpid.Infra;

/// <param name="What">The objects, as the rules' descriptions call them.</param>
/// <param name="Prefix">Of the rules' names, 48 characters at most: a rule's name has 64.</param>
/// <param name="AtOnce">Invocations, at most; 2 at least.</param>
/// <param name="Runs">Whether the rules are on.</param>
internal sealed record ObjectEventsProps(string What, string Prefix, IReadOnlyList<LakeBucket> Buckets, IKey Key, FunctionConstruct Follower, int AtOnce, bool Runs = true);

/// <summary>
/// What S3 tells EventBridge of some of the lake's objects, through a queue, to the function that follows them. The buckets stay as
/// they are: only EventBridge has to be switched on for each, which is their owner's to do.
/// </summary>
internal sealed class ObjectEvents : Construct
{
    /// <summary>How long a batch may wait to become fuller.</summary>
    private static readonly Duration Window = Duration.Seconds(5);

    /// <summary>"Using Lambda with Amazon SQS": at least six times the function's time-out, and the window on top.</summary>
    private const int VisibilityInTimeouts = 6;

    /// <summary>By the same page at least five: throttled functions use receives up.</summary>
    private const int Receives = 5;

    /// <summary>Of a rule's prefixes: a pattern is 2,048 characters at most, of which bucket and kinds of events take about 400.</summary>
    private const int PrefixesLength = 1_600;

    private static readonly string[] Sources = ["aws.s3"];

    // Everything by which an object comes, goes, or becomes readable or not; tags, because they may say whose it is.
    private static readonly string[] Kinds =
        ["Object Created", "Object Deleted", "Object Tags Added", "Object Tags Deleted", "Object Restore Completed", "Object Restore Expired", "Object Storage Class Changed", "Object Access Tier Changed"];

    private readonly ObjectEventsProps _props;

    public ObjectEvents(Construct scope, string id, ObjectEventsProps props) : base(scope, id)
    {
        _props = props;
        Duration timeout = props.Follower.Lambda.Timeout!;
        Failed = Queues.OfFailed(this, props.Key);
        Queue = Queues.Of(this, "Queue", props.Key, new QueueProps
        {
            VisibilityTimeout = Duration.Seconds(VisibilityInTimeouts * timeout.ToSeconds() + Window.ToSeconds()),
            // Names of objects may be people's: what lies here is gone after a day, and a listing repairs what it would have said.
            RetentionPeriod = Duration.Days(1),
            DeadLetterQueue = new DeadLetterQueue { Queue = Failed, MaxReceiveCount = Receives },
        });
        foreach (LakeBucket bucket in props.Buckets)
        {
            foreach ((int number, string[] prefixes) in bucket.Prefixes.ChunkByLength(PrefixesLength, LengthInPattern).Index())
                Rules.Add(RuleOf(bucket.Name, number, prefixes));
        }
        foreach (Queue queue in new[] { Queue, Failed })
            queue.LetSend(Rules, props.Prefix);
        _ = new EventSourceMapping(this, "Source", new EventSourceMappingProps
        {
            Target = props.Follower.Lambda,
            EventSourceArn = Queue.QueueArn,
            BatchSize = 10,
            MaxBatchingWindow = Window,
            // One message that can't be read comes again alone.
            ReportBatchItemFailures = true,
            MaxConcurrency = props.AtOnce,
        });
        props.Follower.Role.AddToPolicy(Rights.Allow($"Take{id}", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [Queue.QueueArn]));
        props.Follower.Role.AddToPolicy(Rights.Allow($"Read{id}", ["kms:Decrypt"], [props.Key.KeyArn], Rights.Via("sqs")));
    }

    public Queue Queue { get; }

    /// <summary>What could not be delivered, or was not seen to however often.</summary>
    public Queue Failed { get; }

    public List<CfnRule> Rules { get; } = [];

    private CfnRule RuleOf(string bucket, int number, string[] prefixes)
    {
        var detail = new Dictionary<string, object>
        {
            ["bucket"] = new Dictionary<string, object> { ["name"] = new[] { bucket } },
        };
        // It may be a whole bucket.
        if (!prefixes.Contains(""))
            detail["object"] = new Dictionary<string, object> { ["key"] = prefixes.Select(prefix => new Dictionary<string, object> { ["prefix"] = prefix }).ToArray() };
        return new CfnRule(this, $"Rule-{bucket}-{number}", new Amazon.CDK.AWS.Events.CfnRuleProps
        {
            // Of its own and always the same, so that a policy can mean all of them and none of another lake's.
            Name = $"{_props.Prefix}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bucket)).AsSpan(0, 4))}-{number}",
            Description = $"{_props.What} in {bucket}",
            State = _props.Runs ? "ENABLED" : "DISABLED",
            EventPattern = new Dictionary<string, object> { ["source"] = Sources, ["detail-type"] = Kinds, ["detail"] = detail },
            Targets = new[]
            {
                new CfnRule.TargetProperty
                {
                    Id = "queue",
                    Arn = Queue.QueueArn,
                    DeadLetterConfig = new CfnRule.DeadLetterConfigProperty { Arn = Failed.QueueArn },
                    RetryPolicy = new CfnRule.RetryPolicyProperty { MaximumEventAgeInSeconds = 86_400, MaximumRetryAttempts = 185 },
                },
            },
        });
    }

    // {"prefix":"..."} and a comma, as long as JSON can make it.
    private static int LengthInPattern(string prefix) => JsonEncodedText.Encode(prefix).Value.Length + 14;
}
