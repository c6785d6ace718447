using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.Scheduler;
using Amazon.CDK.AWS.SQS;
using Constructs;
using CfnRule = Amazon.CDK.AWS.Events.CfnRule;

namespace Limpid.Infra;

/// <summary>What makes a call: exactly one of <see cref="Expression"/> and <see cref="Pattern"/>.</summary>
/// <param name="Does">What comes of it.</param>
internal sealed record AsyncCall(string Id, string Does)
{
    /// <summary>When, as EventBridge writes it.</summary>
    public string? Expression { get; init; }

    /// <summary>Of <see cref="Expression"/>, by whose clock: an IANA name. Null: UTC's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>What the function is given; an event that came is handed on as it is.</summary>
    public string Input { get; init; } = "{}";

    /// <summary>Of events of the account's default bus.</summary>
    public object? Pattern { get; init; }
}

/// <param name="Runs">Whether they are on.</param>
internal sealed record AsyncCallsProps(FunctionConstruct Function, IReadOnlyList<AsyncCall> Calls, bool Runs, IKey Key);

/// <summary>
/// Calls a function from time to time, or when somebody says something, and waits for no answer: what can't be handed over and what fails
/// three times is kept. A call that is lost is made up for by a later one. One of these a function: it says what becomes of all its calls.
/// </summary>
internal sealed class AsyncCalls : Construct
{
    private const int OneHour = 3_600;
    private const int Retries = 10;

    private readonly AsyncCallsProps _props;

    public AsyncCalls(Construct scope, string id, AsyncCallsProps props) : base(scope, id)
    {
        _props = props;
        Failed = Queues.OfFailed(this, props.Key);
        CfnRule[] rules = [.. props.Calls.Where(c => c.TimeZone is null).Select(RuleOf)];
        Failed.LetSend(rules);
        AsyncCall[] scheduled = [.. props.Calls.Where(c => c.TimeZone is not null)];
        if (scheduled.Length > 0)
            Schedule(scheduled);
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

    private string State => _props.Runs ? "ENABLED" : "DISABLED";

    private CfnRule RuleOf(AsyncCall call)
    {
        string function = _props.Function.Lambda.FunctionArn;
        var rule = new CfnRule(this, call.Id, new Amazon.CDK.AWS.Events.CfnRuleProps
        {
            Description = call.Does,
            ScheduleExpression = call.Expression,
            EventPattern = call.Pattern,
            State = State,
            Targets = new[]
            {
                new CfnRule.TargetProperty
                {
                    Id = "function",
                    Arn = function,
                    Input = call.Pattern is null ? call.Input : null,
                    DeadLetterConfig = new CfnRule.DeadLetterConfigProperty { Arn = Failed.QueueArn },
                    RetryPolicy = new CfnRule.RetryPolicyProperty { MaximumEventAgeInSeconds = OneHour, MaximumRetryAttempts = Retries },
                },
            },
        });
        _ = new CfnPermission(this, $"{call.Id}Permission", new CfnPermissionProps
        {
            Action = "lambda:InvokeFunction",
            FunctionName = function,
            Principal = "events.amazonaws.com",
            SourceArn = rule.AttrArn,
        });
        return rule;
    }

    // Rules know UTC alone, EventBridge Scheduler any clock; it calls with a role of its own ("Setting up EventBridge Scheduler").
    private void Schedule(AsyncCall[] calls)
    {
        var role = new Role(this, "Role", new RoleProps { AssumedBy = Trusts.InThisAccount("scheduler.amazonaws.com"), Description = "Limpid: calls by the clock" });
        role.AddToPolicy(Rights.Allow("Call", ["lambda:InvokeFunction"], [_props.Function.Lambda.FunctionArn]));
        role.AddToPolicy(Rights.Allow("GiveUp", ["sqs:SendMessage"], [Failed.QueueArn]));
        role.AddToPolicy(Rights.Allow("GiveUpEncrypted", ["kms:Decrypt", "kms:GenerateDataKey"], [_props.Key.KeyArn], Rights.Via("sqs")));
        foreach (AsyncCall call in calls)
        {
            _ = new CfnSchedule(this, call.Id, new CfnScheduleProps
            {
                Description = call.Does,
                ScheduleExpression = call.Expression!,
                ScheduleExpressionTimezone = call.TimeZone,
                FlexibleTimeWindow = new CfnSchedule.FlexibleTimeWindowProperty { Mode = "OFF" },
                State = State,
                Target = new CfnSchedule.TargetProperty
                {
                    Arn = _props.Function.Lambda.FunctionArn,
                    RoleArn = role.RoleArn,
                    Input = call.Input,
                    DeadLetterConfig = new CfnSchedule.DeadLetterConfigProperty { Arn = Failed.QueueArn },
                    RetryPolicy = new CfnSchedule.RetryPolicyProperty { MaximumEventAgeInSeconds = OneHour, MaximumRetryAttempts = Retries },
                },
            });
        }
    }
}
