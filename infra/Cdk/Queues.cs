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

    /// <summary>That are named one by one: a queue's policy has 8,192 bytes, and a rule's ARN more than a hundred.</summary>
    private const int MostRules = 40;

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

    /// <param name="prefix">What the rules' names begin with, where they may be many.</param>
    public static void LetSend(this Queue queue, IReadOnlyList<CfnRule> rules, string? prefix = null)
    {
        bool areMany = prefix is not null && rules.Count > MostRules;
        var conditions = new Dictionary<string, object>
        {
            [areMany ? "ArnLike" : "ArnEquals"] = new Dictionary<string, object>
            {
                ["aws:SourceArn"] = areMany ? Arns.Here("events", $"rule/{prefix}-*") : rules.Select(rule => rule.AttrArn).ToArray(),
            },
        };
        if (areMany)
            conditions["StringEquals"] = new Dictionary<string, object> { ["aws:SourceAccount"] = Aws.ACCOUNT_ID };
        queue.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "RulesOfThisStackSend",
            Principals = [new ServicePrincipal("events.amazonaws.com")],
            Actions = ["sqs:SendMessage"],
            Resources = [queue.QueueArn],
            Conditions = conditions,
        }));
    }

    /// <summary>What Lambda gives up, it puts there in the function's name.</summary>
    public static void LetGiveUpTo(this FunctionConstruct function, Queue queue, string what)
    {
        function.Role.AddToPolicy(Rights.Allow($"GiveUp{what}", ["sqs:SendMessage"], [queue.QueueArn]));
        function.Role.AddToPolicy(Rights.Allow($"GiveUp{what}Encrypted", ["kms:Decrypt", "kms:GenerateDataKey"], [queue.EncryptionMasterKey!.KeyArn], Rights.Via("sqs")));
    }
}
