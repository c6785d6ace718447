using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.SQS;
using Constructs;
using CfnRule = Amazon.CDK.AWS.Events.CfnRule;

namespace Limpid.Infra;

/// <param name="StateMachine">ARN of what lists the lake.</param>
/// <param name="Rate">As EventBridge writes it.</param>
internal sealed record ReconciliationProps(string StateMachine, string Rate, IKey Key);

/// <summary>Lists the lake again and again: events are hints, and some are lost.</summary>
internal sealed class Reconciliation : Construct
{
    public Reconciliation(Construct scope, ReconciliationProps props) : base(scope, "Reconciliation")
    {
        Failed = Queues.OfFailed(this, props.Key);
        var role = new Role(this, "Role", new RoleProps { AssumedBy = Trusts.InThisAccount("events.amazonaws.com"), Description = "Limpid: starts the reconciliation" });
        role.AddToPolicy(Rights.Allow("StartIt", ["states:StartExecution"], [props.StateMachine]));
        var rule = new CfnRule(this, "Rule", new Amazon.CDK.AWS.Events.CfnRuleProps
        {
            Description = "Lists the lake and repairs the index",
            ScheduleExpression = props.Rate,
            Targets = new[]
            {
                new CfnRule.TargetProperty
                {
                    Id = "workflow",
                    Arn = props.StateMachine,
                    RoleArn = role.RoleArn,
                    Input = "{}",
                    DeadLetterConfig = new CfnRule.DeadLetterConfigProperty { Arn = Failed.QueueArn },
                    RetryPolicy = new CfnRule.RetryPolicyProperty { MaximumEventAgeInSeconds = 3_600, MaximumRetryAttempts = 10 },
                },
            },
        });
        Failed.LetSend([rule]);
    }

    /// <summary>What could not be started.</summary>
    public Queue Failed { get; }
}
