using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.CloudWatch.Actions;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.SNS;
using Amazon.CDK.AWS.SNS.Subscriptions;
using Amazon.CDK.AWS.SQS;
using Constructs;
using Limpid.Functions.Approvals;

namespace Limpid.Infra;

/// <param name="Mails">Who subscribes to the alarms.</param>
internal sealed record OperatorsProps(string Prefix, IReadOnlyList<string> Mails, IKey Key);

/// <summary>Where alarms go, and the dashboard that shows what they watch.</summary>
internal sealed class Operators : Construct
{
    private static readonly string[] Takings = ["Invocations", "Errors", "Throttles"];

    private readonly Dashboard _dashboard;
    private readonly SnsAction _tell;
    private readonly string _prefix;

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
        _prefix = props.Prefix;
        _tell = new SnsAction(Topic);
        _dashboard = new Dashboard(this, "Dashboard", new DashboardProps { DashboardName = props.Prefix });
    }

    public Topic Topic { get; }

    /// <summary>Anything in it is work that was given up.</summary>
    public void WatchFailed(string id, string what, Queue queue) => Watch(id, $"{what} could not be seen to, and wait in {id}", queue.MetricApproximateNumberOfMessagesVisible(Often("Maximum")));

    /// <summary>More than an hour behind, what the index says is of an older lake.</summary>
    public void WatchDelay(string id, string what, Queue queue) => Watch(id, $"{what} wait for more than an hour", queue.MetricApproximateAgeOfOldestMessage(Often("Maximum")), 3_600);

    /// <summary>Executions that came to no good end.</summary>
    /// <param name="isOfRequests">Whoever cancels a request stops its workflow, which is no alarm; of one that is stopped by hand its request tells.</param>
    public void WatchWorkflow(string name, string arn, bool isOfRequests)
    {
        foreach (string end in (string[])["ExecutionsFailed", "ExecutionsTimedOut", .. isOfRequests ? [] : (string[])["ExecutionsAborted"]])
            Watch($"{name}-{end}", $"The workflow {name}: {end}", Counted("AWS/States", end, "StateMachineArn", arn));
    }

    /// <summary>Of an HTTP API: pages that broke answer 500 as well.</summary>
    public void WatchApi(string id) => Watch("api-5xx", "Pages or calls of the API broke", Counted("AWS/ApiGateway", "5xx", "ApiId", id));

    /// <param name="isRetried">Whether it is a step of a workflow, which tries it again: a failure now and then comes to nothing, and is told of by the workflow where it does not.</param>
    public void WatchFunction(string name, string functionName, bool isRetried) => Watch(
        $"{name}-errors", isRetried ? $"{name} fails again and again" : $"{name} fails", Counted("AWS/Lambda", "Errors", "FunctionName", functionName), isRetried ? 3 : 0);

    /// <summary>A stream, by what its readers see of it: others that read it count too.</summary>
    /// <param name="retention">How long it keeps a record.</param>
    public void WatchStream(string name, TimeSpan retention)
    {
        IMetric age = Of("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", name, "Maximum");
        Watch($"stream-{name}-late", $"Readers of the stream {name} are {Hours(retention)} behind", age, StreamSource.Late(retention).TotalMilliseconds);
        Show($"The stream {name}", [Counted("AWS/Kinesis", "IncomingRecords", "StreamName", name), Counted("AWS/Kinesis", "GetRecords.Records", "StreamName", name)], [age]);
    }

    /// <summary>A function that takes records from streams: what it is given over and over again is seen here alone.</summary>
    /// <param name="retention">The shortest of its streams'.</param>
    public void WatchTaker(string name, string functionName, TimeSpan retention)
    {
        IMetric age = Of("AWS/Lambda", "IteratorAge", "FunctionName", functionName, "Maximum");
        Watch($"{name}-late", $"{name} is {Hours(retention)} behind its streams", age, StreamSource.Late(retention).TotalMilliseconds);
        Show(name, [.. Takings.Select(metric => Counted("AWS/Lambda", metric, "FunctionName", functionName))], [age]);
    }

    /// <summary>A request whose month is over and that nobody has decided.</summary>
    /// <param name="log">Of the function that reminds approvers.</param>
    public void WatchOverdue(LogGroup log)
    {
        const string Space = "Limpid", Name = "OverdueRequests";
        string metric = $"{_prefix}-{Name}";
        _ = new CfnMetricFilter(this, "Overdue", new CfnMetricFilterProps
        {
            LogGroupName = log.LogGroupName,
            FilterPattern = $"\"{RemindApprovers.Overdue}\"",
            MetricTransformations = new[] { new CfnMetricFilter.MetricTransformationProperty { MetricNamespace = Space, MetricName = metric, MetricValue = "1" } },
        });
        Watch("overdue", "A request is overdue, and not all of its approvers have answered", new Metric(new MetricProps { Namespace = Space, MetricName = metric, Statistic = "Sum", Period = Duration.Minutes(5) }));
    }

    /// <summary>An approver or requester who gets no mail never answers.</summary>
    public void WatchMail(string configurationSet)
    {
        foreach (string failure in new[] { "Bounce", "Complaint", "Reject" })
            Watch($"mail-{failure.ToLowerInvariant()}", $"Mail did not reach its reader: {failure}", Counted("AWS/SES", failure, Mail.Dimension, configurationSet));
    }

    private void Show(string title, IMetric[] left, IMetric[] right) => _dashboard.AddWidgets(new GraphWidget(new GraphWidgetProps { Title = title, Left = left, Right = right, Width = 12 }));

    private static Metric Counted(string space, string name, string dimension, string value) => Of(space, name, dimension, value, "Sum");

    private static Metric Of(string space, string name, string dimension, string value, string statistic) => new(new MetricProps
    {
        Namespace = space,
        MetricName = name,
        DimensionsMap = new Dictionary<string, string> { [dimension] = value },
        Statistic = statistic,
        Period = Duration.Minutes(5),
    });

    private static string Hours(TimeSpan retention) => FormattableString.Invariant($"{StreamSource.Late(retention).TotalHours:0.#} hours");

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
