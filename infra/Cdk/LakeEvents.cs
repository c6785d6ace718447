using System.Text.Json;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.SQS;
using Constructs;
using Limpid.Core.Lake;
using CfnRule = Amazon.CDK.AWS.Events.CfnRule;

namespace Limpid.Infra;

internal sealed record LakeEventsProps(LakeConfig Lake, IKey Key, FunctionConstruct Follower);

/// <summary>
/// What S3 tells EventBridge of the datasets' objects, through a queue, to the function that follows the lake. The buckets stay as
/// they are: only EventBridge has to be switched on for each, which is their owner's to do.
/// </summary>
internal sealed class LakeEvents : Construct
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

    public LakeEvents(Construct scope, LakeEventsProps props) : base(scope, "LakeEvents")
    {
        Duration timeout = props.Follower.Lambda.Timeout!;
        Failed = new Queue(this, "Failed", Encrypted(props.Key, new QueueProps { RetentionPeriod = Duration.Days(4) }));
        Queue = new Queue(this, "Queue", Encrypted(props.Key, new QueueProps
        {
            VisibilityTimeout = Duration.Seconds(VisibilityInTimeouts * timeout.ToSeconds() + Window.ToSeconds()),
            // Names of objects may be people's: what lies here is gone after a day, and the daily listing repairs what it would have said.
            RetentionPeriod = Duration.Days(1),
            DeadLetterQueue = new DeadLetterQueue { Queue = Failed, MaxReceiveCount = Receives },
        }));
        foreach (LakeBucket bucket in LakeReach.Buckets(props.Lake))
        {
            foreach ((int number, string[] prefixes) in bucket.Prefixes.ChunkByLength(PrefixesLength, LengthInPattern).Index())
                Rules.Add(RuleOf(bucket.Name, number, prefixes));
        }
        foreach (Queue queue in new[] { Queue, Failed })
            LetSend(queue);
        _ = new EventSourceMapping(this, "Source", new EventSourceMappingProps
        {
            Target = props.Follower.Lambda,
            EventSourceArn = Queue.QueueArn,
            BatchSize = 10,
            MaxBatchingWindow = Window,
            // One message that can't be read comes again alone.
            ReportBatchItemFailures = true,
            MaxConcurrency = 20,
        });
        props.Follower.Role.AddToPolicy(Rights.Allow("TakeLakeEvents", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [Queue.QueueArn]));
        props.Follower.Role.AddToPolicy(Rights.Allow("ReadLakeEvents", ["kms:Decrypt"], [props.Key.KeyArn], Rights.Via("sqs")));
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
        // A dataset may be a whole bucket.
        if (!prefixes.Contains(""))
            detail["object"] = new Dictionary<string, object> { ["key"] = prefixes.Select(prefix => new Dictionary<string, object> { ["prefix"] = prefix }).ToArray() };
        return new CfnRule(this, $"Rule-{bucket}-{number}", new Amazon.CDK.AWS.Events.CfnRuleProps
        {
            Description = $"Objects of the datasets in {bucket}",
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

    private void LetSend(Queue queue) => queue.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
    {
        Sid = "RulesOfThisStackSend",
        Principals = [new ServicePrincipal("events.amazonaws.com")],
        Actions = ["sqs:SendMessage"],
        Resources = [queue.QueueArn],
        Conditions = new Dictionary<string, object> { ["ArnEquals"] = new Dictionary<string, object> { ["aws:SourceArn"] = Rules.Select(rule => rule.AttrArn).ToArray() } },
    }));

    private static QueueProps Encrypted(IKey key, QueueProps own) => new()
    {
        VisibilityTimeout = own.VisibilityTimeout,
        RetentionPeriod = own.RetentionPeriod,
        DeadLetterQueue = own.DeadLetterQueue,
        Encryption = QueueEncryption.KMS,
        EncryptionMasterKey = key,
        EnforceSSL = true,
    };
}
