using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.CloudWatch.Actions;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.SNS;
using Amazon.CDK.AWS.SNS.Subscriptions;
using Amazon.CDK.AWS.SQS;
using Constructs;

namespace Limpid.Infra;

/// <param name="Mails">Who subscribes to the alarms.</param>
internal sealed record OperatorsProps(string Prefix, IReadOnlyList<string> Mails, IKey Key);

/// <summary>Where alarms go, and the dashboard that shows what they watch.</summary>
internal sealed class Operators : Construct
{
    private readonly Dashboard _dashboard;
    private readonly SnsAction _tell;

    public Operators(Construct scope, OperatorsProps props) : base(scope, "Operators")
    {
        Topic = new Topic(this, "Topic", new TopicProps { DisplayName = $"{props.Prefix} alarms", MasterKey = props.Key, EnforceSSL = true });
        // A topic with a policy of its own forgets the one by which its account's alarms may publish.
        Topic.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
        {
            Sid = "AlarmsOfThisAccountPublish",
            Principals = [new ServicePrincipal("cloudwatch.amazonaws.com")],
            Actions = ["sns:Publish"],
            Resources = [Topic.TopicArn],
            Conditions = new Dictionary<string, object> { ["StringEquals"] = new Dictionary<string, object> { ["aws:SourceAccount"] = Aws.ACCOUNT_ID } },
        }));
        foreach (string mail in props.Mails)
            Topic.AddSubscription(new EmailSubscription(mail));
        _tell = new SnsAction(Topic);
        _dashboard = new Dashboard(this, "Dashboard", new DashboardProps { DashboardName = props.Prefix });
    }

    public Topic Topic { get; }

    /// <summary>Anything in it is work that was given up.</summary>
    public void WatchFailed(string id, string what, Queue queue) => Watch(id, $"{what} could not be seen to, and wait in {id}", queue.MetricApproximateNumberOfMessagesVisible(Often("Maximum")));

    /// <summary>More than an hour behind, what the index says is of an older lake.</summary>
    public void WatchDelay(string id, Queue queue) => Watch(id, "Events of the lake wait for more than an hour", queue.MetricApproximateAgeOfOldestMessage(Often("Maximum")), 3_600);

    /// <summary>However an execution ends but well.</summary>
    public void WatchWorkflow(string name, string arn)
    {
        foreach (string end in new[] { "ExecutionsFailed", "ExecutionsTimedOut" })
            Watch($"{name}-{end}", $"The workflow {name}: {end}", Counted("AWS/States", end, "StateMachineArn", arn));
    }

    /// <summary>Of an HTTP API: pages that broke answer 500 as well.</summary>
    public void WatchApi(string id) => Watch("api-5xx", "Pages or calls of the API broke", Counted("AWS/ApiGateway", "5xx", "ApiId", id));

    public void WatchFunction(string name, string functionName) => Watch($"{name}-errors", $"{name} fails", Counted("AWS/Lambda", "Errors", "FunctionName", functionName));

    /// <summary>An approver or requester who gets no mail never answers.</summary>
    public void WatchMail(string configurationSet)
    {
        foreach (string failure in new[] { "Bounce", "Complaint", "Reject" })
            Watch($"mail-{failure.ToLowerInvariant()}", $"Mail did not reach its reader: {failure}", Counted("AWS/SES", failure, Mail.Dimension, configurationSet));
    }

    /// <summary>Shows a number beside the alarms.</summary>
    public void Show(string title, params IMetric[] metrics) => _dashboard.AddWidgets(new GraphWidget(new GraphWidgetProps { Title = title, Left = metrics, Width = 12 }));

    public static Metric Counted(string space, string name, string dimension, string value) => new(new MetricProps
    {
        Namespace = space,
        MetricName = name,
        DimensionsMap = new Dictionary<string, string> { [dimension] = value },
        Statistic = "Sum",
        Period = Duration.Minutes(5),
    });

    private void Watch(string id, string what, IMetric metric, double above = 0)
    {
        var alarm = new Alarm(this, $"{id}-alarm", new AlarmProps
        {
            AlarmDescription = what,
            Metric = metric,
            Threshold = above,
            ComparisonOperator = ComparisonOperator.GREATER_THAN_THRESHOLD,
            EvaluationPeriods = 1,
            TreatMissingData = TreatMissingData.NOT_BREACHING,
        });
        alarm.AddAlarmAction(_tell);
        _dashboard.AddWidgets(new AlarmWidget(new AlarmWidgetProps { Title = what, Alarm = alarm, Width = 6, Height = 4 }));
    }

    private static MetricOptions Often(string statistic) => new() { Period = Duration.Minutes(5), Statistic = statistic };
}
