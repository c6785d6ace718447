using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.SQS;
using Constructs;
using CfnRule = Amazon.CDK.AWS.Events.CfnRule;

namespace Limpid.Infra;

/// <param name="Does">What comes of it.</param>
/// <param name="Expression">When, as EventBridge writes it.</param>
/// <param name="Runs">Whether it is on.</param>
internal sealed record ClockProps(FunctionConstruct Function, string Does, string Expression, bool Runs, IKey Key);

/// <summary>
/// Calls a function from time to time, with an empty event and without waiting: what EventBridge can't hand over and what fails three
/// times is kept. A call that is lost is made up for by the next.
/// </summary>
internal sealed class Clock : Construct
{
    private const int OneHour = 3_600;

    public Clock(Construct scope, string id, ClockProps props) : base(scope, id)
    {
        Failed = Queues.OfFailed(this, props.Key);
        string function = props.Function.Lambda.FunctionArn;
        var rule = new CfnRule(this, "Rule", new Amazon.CDK.AWS.Events.CfnRuleProps
        {
            Description = props.Does,
            ScheduleExpression = props.Expression,
            State = props.Runs ? "ENABLED" : "DISABLED",
            Targets = new[]
            {
                new CfnRule.TargetProperty
                {
                    Id = "function",
                    Arn = function,
                    Input = "{}",
                    DeadLetterConfig = new CfnRule.DeadLetterConfigProperty { Arn = Failed.QueueArn },
                    RetryPolicy = new CfnRule.RetryPolicyProperty { MaximumEventAgeInSeconds = OneHour, MaximumRetryAttempts = 10 },
                },
            },
        });
        Failed.LetSend([rule]);
        _ = new CfnPermission(this, "Permission", new CfnPermissionProps
        {
            Action = "lambda:InvokeFunction",
            FunctionName = function,
            Principal = "events.amazonaws.com",
            SourceArn = rule.AttrArn,
        });
        _ = new CfnEventInvokeConfig(this, "Calls", new CfnEventInvokeConfigProps
        {
            FunctionName = props.Function.Lambda.FunctionName,
            Qualifier = "$LATEST",
            MaximumRetryAttempts = 2,
            MaximumEventAgeInSeconds = OneHour,
            DestinationConfig = new CfnEventInvokeConfig.DestinationConfigProperty
            {
                OnFailure = new CfnEventInvokeConfig.OnFailureProperty { Destination = Failed.QueueArn },
            },
        });
        props.Function.LetGiveUpTo(Failed, "Calls");
    }

    public Queue Failed { get; }
}
