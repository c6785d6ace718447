using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.SQS;
using Constructs;
using CfnRule = Amazon.CDK.AWS.Events.CfnRule;

namespace Limpid.Infra;

/// <summary>Queues under the customer's key.</summary>
internal static class Queues
{
    /// <summary>The largest event that EventBridge hands over. Ten of these are less than a function takes at once, ten of what SQS takes by default are more.</summary>
    private const int LargestMessage = 256 * 1024;

    /// <summary>Long enough for somebody to look at what was given up.</summary>
    public static Queue OfFailed(Construct scope, IKey key) => Of(scope, "Failed", key, new QueueProps { RetentionPeriod = Duration.Days(4) });

    public static Queue Of(Construct scope, string id, IKey key, QueueProps own) => new(scope, id, new QueueProps
    {
        VisibilityTimeout = own.VisibilityTimeout,
        RetentionPeriod = own.RetentionPeriod,
        DeadLetterQueue = own.DeadLetterQueue,
        MaxMessageSizeBytes = LargestMessage,
        Encryption = QueueEncryption.KMS,
        EncryptionMasterKey = key,
        EnforceSSL = true,
    });

    public static void LetSend(this Queue queue, IEnumerable<CfnRule> rules) => queue.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
    {
        Sid = "RulesOfThisStackSend",
        Principals = [new ServicePrincipal("events.amazonaws.com")],
        Actions = ["sqs:SendMessage"],
        Resources = [queue.QueueArn],
        Conditions = new Dictionary<string, object> { ["ArnEquals"] = new Dictionary<string, object> { ["aws:SourceArn"] = rules.Select(rule => rule.AttrArn).ToArray() } },
    }));

    /// <summary>What Lambda gives up, it puts there in the function's name.</summary>
    public static void LetGiveUpTo(this FunctionConstruct function, Queue queue, string what)
    {
        function.Role.AddToPolicy(Rights.Allow($"GiveUp{what}", ["sqs:SendMessage"], [queue.QueueArn]));
        function.Role.AddToPolicy(Rights.Allow($"GiveUp{what}Encrypted", ["kms:Decrypt", "kms:GenerateDataKey"], [queue.EncryptionMasterKey!.KeyArn], Rights.Via("sqs")));
    }
}
