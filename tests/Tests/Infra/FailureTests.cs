using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Limpid.Functions;

namespace Limpid.Tests.Infra;

/// <summary>What the stack does about what fails, and what it keeps to itself.</summary>
[Collection(Processes.Name)]
public sealed partial class FailureTests
{
    private const int SynchronousPayload = 6 * 1024 * 1024;

    [Fact]
    public async Task F11_what_nobody_waits_for_is_captured_when_it_fails_and_somebody_is_told()
    {
        Template template = await Synthesized.ObservingAsync();
        var captured = new HashSet<string>();
        foreach (JsonNode target in template.All("Events::Rule").Values.SelectMany(rule => rule["Properties"]!["Targets"]!.AsArray().Select(t => t!)))
            captured.Add(Template.LogicalId(target["DeadLetterConfig"]!["Arn"]!));
        foreach (JsonNode source in template.All("Lambda::EventSourceMapping").Values)
            captured.Add(Template.LogicalId(template.Properties(Template.LogicalId(source["Properties"]!["EventSourceArn"]!))["RedrivePolicy"]!["deadLetterTargetArn"]!));
        Assert.NotEmpty(captured);
        foreach (string queue in captured)
        {
            Assert.Contains(Alarms(template, "ApproximateNumberOfMessagesVisible"), alarm => alarm.Contains(queue, StringComparison.Ordinal));
            // Long enough for somebody to look at it.
            Assert.True(Number(template.Properties(queue)["MessageRetentionPeriod"]) >= TimeSpan.FromDays(4).TotalSeconds, queue);
        }
        foreach (string name in template.All("StepFunctions::StateMachine").Values.Select(m => Template.Text(m["Properties"]!["StateMachineName"])))
        {
            Assert.Contains(Alarms(template, "ExecutionsFailed"), alarm => alarm.Contains(name, StringComparison.Ordinal));
            Assert.Contains(Alarms(template, "ExecutionsTimedOut"), alarm => alarm.Contains(name, StringComparison.Ordinal));
        }
        string topic = template.All("SNS::Topic").Keys.Single();
        Assert.All(template.All("CloudWatch::Alarm").Values, alarm => Assert.Equal([topic], alarm["Properties"]!["AlarmActions"]!.AsArray().Select(a => Template.LogicalId(a!))));
        Assert.Equal(["operators@acme.example"], template.All("SNS::Subscription").Values.Select(s => Template.Text(s["Properties"]!["Endpoint"])));
    }

    [Fact]
    public async Task F12_of_a_batch_only_what_failed_comes_again()
    {
        Template template = await Synthesized.ObservingAsync();
        Assert.All(template.All("Lambda::EventSourceMapping").Values, source => Assert.Equal(["ReportBatchItemFailures"], Template.Texts(source["Properties"]!["FunctionResponseTypes"])));
    }

    [Fact]
    public async Task F13_a_message_stays_hidden_for_six_timeouts_and_the_window_and_comes_five_times_at_least()
    {
        Template template = await Synthesized.ObservingAsync();
        Assert.NotEmpty(template.All("Lambda::EventSourceMapping"));
        foreach (JsonNode source in template.All("Lambda::EventSourceMapping").Values.Select(s => s["Properties"]!).Where(s => IsQueue(template, s)))
        {
            JsonNode queue = template.Properties(Template.LogicalId(source["EventSourceArn"]!));
            double timeout = Number(template.Properties(Template.LogicalId(source["FunctionName"]!))["Timeout"]);
            double visibility = Number(queue["VisibilityTimeout"]), receives = Number(queue["RedrivePolicy"]!["maxReceiveCount"]);
            Assert.True(visibility >= 6 * timeout + Number(source["MaximumBatchingWindowInSeconds"]), $"{visibility} s");
            Assert.True(receives >= 5, $"{receives} receives");
            // Else it lapses in the queue, before it is captured.
            Assert.True(Number(queue["MessageRetentionPeriod"]) > receives * visibility);
        }
    }

    [Fact]
    public async Task F15_no_record_is_tried_for_ever()
    {
        Template template = await Synthesized.ObservingAsync();
        foreach (JsonNode source in template.All("Lambda::EventSourceMapping").Values.Select(s => s["Properties"]!))
        {
            if (IsQueue(template, source))
            {
                Assert.NotNull(template.Properties(Template.LogicalId(source["EventSourceArn"]!))["RedrivePolicy"]);
                continue;
            }
            Assert.True(source["BisectBatchOnFunctionError"]!.GetValue<bool>());
            Assert.InRange(Number(source["MaximumRetryAttempts"]), 0, 100);
            Assert.InRange(Number(source["MaximumRecordAgeInSeconds"]), 60, 604_800);
            Assert.NotNull(source["DestinationConfig"]!["OnFailure"]!["Destination"]);
        }
    }

    [Fact]
    public async Task F19_nothing_hands_a_function_more_than_it_takes_without_waiting()
    {
        Template template = await Synthesized.ObservingAsync();
        // No function is a target of a rule or a topic, where an event is 1 MB at most: what comes so comes through a queue.
        string[] functions = [.. template.All("Lambda::Function").Keys];
        Assert.DoesNotContain(template.All("Events::Rule").Values.SelectMany(rule => rule["Properties"]!["Targets"]!.AsArray()), t => functions.Contains(Template.LogicalId(t!["Arn"]!)));
        Assert.DoesNotContain(template.All("SNS::Subscription").Values, s => Template.Text(s["Properties"]!["Protocol"]) == "lambda");
        foreach (JsonNode source in template.All("Lambda::EventSourceMapping").Values.Select(s => s["Properties"]!).Where(s => IsQueue(template, s)))
        {
            double largest = template.Properties(Template.LogicalId(source["EventSourceArn"]!))["MaximumMessageSize"] is { } size ? Number(size) : 262_144;
            Assert.True(Number(source["BatchSize"]) * largest <= SynchronousPayload);
        }
    }

    [Fact]
    public async Task F36_access_logs_hold_no_path_and_no_query_and_workflow_logs_no_data()
    {
        Template template = await Synthesized.ObservingAsync();
        Assert.NotEmpty(template.All("ApiGatewayV2::Stage"));
        string[] known = ["requestId", "requestTime", "routeKey", "status", "identity.userArn", "responseLatency", "integration.status", "error.message"];
        foreach (JsonNode stage in template.All("ApiGatewayV2::Stage").Values)
        {
            string format = Template.Text(stage["Properties"]!["AccessLogSettings"]!["Format"]);
            string[] variables = [.. VariablePattern().Matches(format).Select(m => m.Groups[1].Value)];
            Assert.NotEmpty(variables);
            Assert.Empty(variables.Except(known));
        }
        Assert.All(template.All("StepFunctions::StateMachine").Values, m => Assert.False(m["Properties"]!["LoggingConfiguration"]!["IncludeExecutionData"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task F37_nothing_listens_for_opens_or_clicks_so_that_links_stay_as_they_are()
    {
        Template template = await Synthesized.ObservingAsync();
        (string id, JsonNode set) = template.All("SES::ConfigurationSet").Single();
        Assert.Null(set["Properties"]!["TrackingOptions"]);
        Assert.Equal("DISABLED", Template.Text(set["Properties"]!["VdmOptions"]!["DashboardOptions"]!["EngagementMetrics"]));
        foreach (JsonNode destination in template.All("SES::ConfigurationSetEventDestination").Values.Select(d => d["Properties"]!["EventDestination"]!))
            Assert.Empty(Template.Texts(destination["MatchingEventTypes"]).Intersect(["OPEN", "CLICK"], StringComparer.OrdinalIgnoreCase));
        string name = Template.Text(template.Properties(id)["Name"]);
        foreach (Function function in Synthesized.Functions.Where(f => f.Needs.HasFlag(Needs.SendMail)))
            Assert.Equal(name, Template.Text(template.Function(function.Name).Properties["Environment"]!["Variables"]!["LIMPID_MAIL_CONFIGURATION_SET"]));
    }

    [Fact]
    public async Task A_demand_is_never_kept_for_later()
    {
        Template template = await Synthesized.ObservingAsync();
        string id = template.Function("submit-erasure").Id;
        Assert.Null(template.Properties(id)["DeadLetterConfig"]);
        JsonNode invoked = template.All("Lambda::EventInvokeConfig").Values.Select(c => c["Properties"]!).Single(c => Template.LogicalId(c["FunctionName"]!) == id);
        Assert.Null(invoked["DestinationConfig"]);
        Assert.Equal((0, 60), (Number(invoked["MaximumRetryAttempts"]), Number(invoked["MaximumEventAgeInSeconds"])));
    }

    private static bool IsQueue(Template template, JsonNode source) => Template.Text(template.Resources[Template.LogicalId(source["EventSourceArn"]!)]["Type"]) == "AWS::SQS::Queue";

    private static double Number(JsonNode? node) => double.Parse(Template.Text(node), System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<string> Alarms(Template template, string metric) => template.All("CloudWatch::Alarm").Values
        .Where(a => Template.Text(a["Properties"]!["MetricName"]) == metric)
        .SelectMany(a => a["Properties"]!["Dimensions"]!.AsArray().Select(d => Template.Text(d!["Value"])));

    [GeneratedRegex(@"\$context\.([\w.]+)")]
    private static partial Regex VariablePattern();
}
