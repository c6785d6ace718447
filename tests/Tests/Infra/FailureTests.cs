using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Limpid.Functions;
using Limpid.Functions.Approvals;

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
        foreach (JsonNode target in Targets(template))
            captured.Add(Template.LogicalId(target["DeadLetterConfig"]!["Arn"]!));
        foreach (JsonNode source in Sources(template))
            captured.Add(Template.LogicalId(IsQueue(template, source) ? QueueOf(template, source)["RedrivePolicy"]!["deadLetterTargetArn"]! : source["DestinationConfig"]!["OnFailure"]!["Destination"]!));
        // What calls a function without waiting hands it to Lambda, which gives it up after three times.
        foreach (string function in Targets(template).Select(t => Template.LogicalId(t["Arn"]!)).Intersect(template.All("Lambda::Function").Keys))
        {
            JsonNode calls = template.All("Lambda::EventInvokeConfig").Values.Select(c => c["Properties"]!).Single(c => Template.LogicalId(c["FunctionName"]!) == function);
            captured.Add(Template.LogicalId(calls["DestinationConfig"]!["OnFailure"]!["Destination"]!));
        }
        Assert.NotEmpty(captured);
        foreach (string queue in captured)
        {
            Assert.Contains(Alarms(template, "ApproximateNumberOfMessagesVisible"), alarm => alarm.Contains(queue, StringComparison.Ordinal));
            // Long enough for somebody to look at it.
            Assert.True(Number(template.Properties(queue)["MessageRetentionPeriod"]) >= TimeSpan.FromDays(4).TotalSeconds, queue);
        }
        foreach (string name in template.All("StepFunctions::StateMachine").Values.Select(m => Template.Text(m["Properties"]!["StateMachineName"])))
        {
            foreach (string end in new[] { "ExecutionsFailed", "ExecutionsTimedOut" })
                Assert.Contains(Alarms(template, end), alarm => alarm.Contains(name, StringComparison.Ordinal));
            // Of a request that is cancelled the workflow is stopped.
            bool isOfRequests = name.EndsWith("-purge", StringComparison.Ordinal) || name.EndsWith("-approval", StringComparison.Ordinal);
            Assert.Equal(!isOfRequests, Alarms(template, "ExecutionsAborted").Any(alarm => alarm.Contains(name, StringComparison.Ordinal)));
        }
        string topic = template.All("SNS::Topic").Keys.Single();
        Assert.All(template.All("CloudWatch::Alarm").Values, alarm => Assert.Equal([topic], alarm["Properties"]!["AlarmActions"]!.AsArray().Select(a => Template.LogicalId(a!))));
        Assert.Equal(["operators@acme.example"], template.All("SNS::Subscription").Values.Select(s => Template.Text(s["Properties"]!["Endpoint"])));
    }

    [Fact]
    public async Task F11_what_is_given_up_can_be_put_where_it_is_kept()
    {
        Template template = await Synthesized.ObservingAsync();
        foreach ((JsonNode of, JsonNode config) in Sources(template).Concat(template.All("Lambda::EventInvokeConfig").Values.Select(c => c["Properties"]!)).Where(c => c["DestinationConfig"] is not null).Select(c => (c, c["DestinationConfig"]!)))
        {
            string queue = Template.LogicalId(config["OnFailure"]!["Destination"]!);
            string role = Template.LogicalId(template.Properties(Template.LogicalId(of["FunctionName"]!))["Role"]!);
            Assert.Contains(template.GrantsOfRole(role), g => g.Actions.Contains("sqs:SendMessage") && g.Reaches(queue));
            Assert.Contains(template.GrantsOfRole(role), g => g.Actions.Contains("kms:GenerateDataKey") && g.Reaches("KeysData") && g.Conditions.Contains("sqs.", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task F12_F14_of_a_batch_only_what_failed_comes_again()
    {
        Template template = await Synthesized.ObservingAsync();
        Assert.All(Sources(template), source => Assert.Equal(["ReportBatchItemFailures"], Template.Texts(source["FunctionResponseTypes"])));
    }

    [Fact]
    public async Task F13_a_message_stays_hidden_for_six_timeouts_and_the_window_and_comes_five_times_at_least()
    {
        Template template = await Synthesized.ObservingAsync();
        JsonNode[] queued = [.. Sources(template).Where(s => IsQueue(template, s))];
        Assert.Equal(["flag-change", "follow-lake", "mark-stale"], queued.Select(s => NameOf(template, s["FunctionName"]!)).Order());
        foreach (JsonNode source in queued)
        {
            JsonNode queue = QueueOf(template, source);
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
        Template template = await Synthesized.ErasingAsync();
        Assert.All(Sources(template).Where(s => IsQueue(template, s)), source => Assert.NotNull(QueueOf(template, source)["RedrivePolicy"]));
        JsonNode[] streams = [.. Sources(template).Where(s => !IsQueue(template, s))];
        Assert.Equal(
            ["flag-change of table/acme-dishes/stream/2026-11-01T10:00:00.000", "ingest-records of stream/acme-orders", "ingest-records of stream/acme-visits"],
            streams.Select(s => $"{NameOf(template, s["FunctionName"]!)} of {SourcePattern().Match(Template.Text(s["EventSourceArn"])).Value}").Order(StringComparer.Ordinal));
        foreach (JsonNode source in streams)
        {
            bool isKeptForAWeek = Template.Text(source["EventSourceArn"]).EndsWith("acme-orders", StringComparison.Ordinal);
            Assert.True(source["BisectBatchOnFunctionError"]!.GetValue<bool>());
            Assert.InRange(Number(source["MaximumRetryAttempts"]), 1, 100);
            // Whatever the stream has kept when the mapping begins is not too old; and no older record is ever there.
            Assert.Equal(isKeptForAWeek ? 604_800 : 86_400, Number(source["MaximumRecordAgeInSeconds"]));
            Assert.Equal("TRIM_HORIZON", Template.Text(source["StartingPosition"]));
            // Two at once of one shard would leave gaps that its ledger takes for written.
            Assert.Equal(1, Number(source["ParallelizationFactor"]));
            Assert.True(source["Enabled"]!.GetValue<bool>());
            JsonNode failed = template.Properties(Template.LogicalId(source["DestinationConfig"]!["OnFailure"]!["Destination"]!));
            Assert.Contains("KeysData", Template.Text(failed["KmsMasterKeyId"]), StringComparison.Ordinal);
        }
        // "Using Lambda with Amazon Kinesis", "... DynamoDB": a mapping is refused where the role can't read the stream.
        Assert.Contains(template.GrantsOf(FunctionTable.Named("ingest-records")), g => g.Actions.Contains("kinesis:GetRecords") && g.Resources.Count == 2 && g.Reaches(":stream/acme-visits"));
        Assert.Contains(template.GrantsOf(FunctionTable.Named("flag-change")), g => g.Actions.Contains("dynamodb:GetRecords") && g.Reaches(":table/acme-dishes/stream/"));
    }

    [Fact]
    public async Task F15_somebody_is_told_while_three_quarters_of_a_records_time_are_left()
    {
        Template template = await Synthesized.ObservingAsync();
        const double Hour = 3_600_000;
        Assert.Equal(42 * Hour, Threshold("GetRecords.IteratorAgeMilliseconds", "acme-orders"));
        Assert.Equal(6 * Hour, Threshold("GetRecords.IteratorAgeMilliseconds", "acme-visits"));
        Assert.Equal(6 * Hour, Threshold("IteratorAge", template.Function("ingest-records").Id));
        Assert.Equal(6 * Hour, Threshold("IteratorAge", template.Function("flag-change").Id));
        string dashboard = Template.Text(template.All("CloudWatch::Dashboard").Values.Single()["Properties"]!["DashboardBody"]);
        Assert.All(["The stream acme-orders", "The stream acme-visits", "IncomingRecords", "IteratorAge"], shown => Assert.Contains(shown, dashboard, StringComparison.Ordinal));

        double Threshold(string metric, string of) => Number(template.All("CloudWatch::Alarm").Values.Select(a => a["Properties"]!)
            .Single(a => Template.Text(a["MetricName"]) == metric && a["Dimensions"]!.AsArray().Any(d => Template.Text(d!["Value"]).Contains(of, StringComparison.Ordinal)))["Threshold"]);
    }

    [Fact]
    public async Task F19_nothing_hands_a_function_more_than_it_takes_without_waiting()
    {
        Template template = await Synthesized.ObservingAsync();
        // Of rules and topics, where an event is 1 MB at most, only the clock's empty ones, what `refresh` says and ends of executions go to a
        // function: what else comes so comes through a queue.
        string[] functions = [.. template.All("Lambda::Function").Keys];
        Assert.All(
            template.All("Events::Rule").Values.Select(r => r["Properties"]!).Where(r => functions.Contains(Template.LogicalId(r["Targets"]!.AsArray().Single()!["Arn"]!))),
            r => Assert.True(Template.Text(r["Targets"]![0]!["Input"]) == "{}" || r["EventPattern"]!["source"]!.ToJsonString() is "[\"limpid\"]" or "[\"aws.states\"]", r.ToJsonString()));
        Assert.DoesNotContain(template.All("SNS::Subscription").Values, s => Template.Text(s["Properties"]!["Protocol"]) == "lambda");
        foreach (JsonNode source in Sources(template).Where(s => IsQueue(template, s)))
            Assert.True(Number(source["BatchSize"]) * Number(QueueOf(template, source)["MaximumMessageSize"]) <= SynchronousPayload);
        // Of a stream Lambda cuts batches to what a function takes; a record that is more is given up in the end, and its place kept, which
        // is said to a queue by less than a message holds.
        Assert.All(template.All("SQS::Queue").Values, queue => Assert.Equal(262_144, Number(queue["Properties"]!["MaximumMessageSize"])));
    }

    [Fact]
    public async Task A_request_whose_workflow_is_gone_is_ended_by_what_Step_Functions_says_of_it()
    {
        Template template = await Synthesized.ObservingAsync();
        JsonNode rule = template.All("Events::Rule").Values.Select(r => r["Properties"]!).Single(r => r["EventPattern"]?["source"]?.ToJsonString() == "[\"aws.states\"]");
        JsonNode pattern = rule["EventPattern"]!, target = rule["Targets"]!.AsArray().Single()!;
        Assert.Equal(["Step Functions Execution Status Change"], Template.Texts(pattern["detail-type"]));
        Assert.Equal(["FAILED", "TIMED_OUT", "ABORTED"], Template.Texts(pattern["detail"]!["status"]));
        // Of this lake alone; items of a Map have another ARN.
        Assert.EndsWith(":stateMachine:limpid-acme-purge", Assert.Single(Template.Texts(pattern["detail"]!["stateMachineArn"])), StringComparison.Ordinal);
        // From the first deploy on: requests may be made before anything is erased.
        Assert.Equal("ENABLED", Template.Text(rule["State"]));
        string function = template.Function("fail-erasure").Id;
        Assert.Equal(function, Template.LogicalId(target["Arn"]!));
        Assert.Null(target["Input"]);
        Assert.NotNull(target["DeadLetterConfig"]);
        Assert.Contains(template.All("Lambda::Permission").Values.Select(p => p["Properties"]!), p =>
            Template.LogicalId(p["FunctionName"]!) == function && Template.Text(p["Principal"]) == "events.amazonaws.com");
    }

    [Fact]
    public async Task Two_lakes_in_one_account_hear_of_their_own_refreshes_alone()
    {
        Template one = await Synthesized.ErasingAsync();
        Template other = await Synthesized.OfLakeAsync(Synthesized.Lake.Replace("lake: acme\n", "lake: other\n", StringComparison.Ordinal), ("erase", "on"));
        Assert.True(Hears(one, EventOf(one)));
        Assert.True(Hears(other, EventOf(other)));
        Assert.False(Hears(one, EventOf(other)));
        Assert.False(Hears(other, EventOf(one)));

        // What the optimized integration adds to the entry by itself, as the local runner does.
        static JsonObject EventOf(Template of)
        {
            string name = of.All("StepFunctions::StateMachine").Values.Select(m => Template.Text(m["Properties"]!["StateMachineName"])).Single(n => n.EndsWith("-refresh", StringComparison.Ordinal));
            const string Home = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:";
            return new JsonObject
            {
                ["source"] = "limpid",
                ["detail-type"] = "Table Refreshed",
                ["resources"] = new JsonArray($"{Home}stateMachine:{name}", $"{Home}execution:{name}:one"),
                ["detail"] = new JsonObject { ["table"] = "revenue" },
            };
        }

        // "Amazon EventBridge event patterns": every member of the pattern has to have one of its values among those of the event.
        static bool Hears(Template template, JsonObject @event) => template.All("Events::Rule").Values.Select(r => r["Properties"]!["EventPattern"])
            .Where(p => p?["source"]?.ToJsonString() == "[\"limpid\"]").Any(p => p!.AsObject().All(member => Template.Texts(member.Value).Intersect(Template.Texts(@event[member.Key])).Any()));
    }

    [Fact]
    public async Task Seventy_buckets_fit_into_the_policies_of_their_queues()
    {
        string datasets = string.Concat(Enumerable.Range(0, 70).Select(n =>
            $"\n  - {{name: d{n}, location: 's3://acme-lake-of-a-department-{n}/reviews/', format: ndjson, subjects: [{{kind: customer, field: id}}], approvers: [dpo@acme.example]}}"));
        Template template = await Synthesized.OfLakeAsync(Synthesized.Lake.Replace("\nreferences:", datasets + "\nreferences:", StringComparison.Ordinal));
        // "Amazon SQS policy quotas"; names of rules have up to 64 characters.
        Assert.All(template.All("SQS::QueuePolicy").Values, policy => Assert.InRange(
            RulePattern().Replace(Template.Deployed(policy["Properties"]!["PolicyDocument"]!), "arn:aws:events:ap-southeast-2:123456789012:rule/" + new string('n', 64)).Length, 1, 8_192));
        string[] names = [.. template.All("Events::Rule").Values.Select(r => Template.Text(r["Properties"]!["Name"])).Where(n => n.Length > 0)];
        Assert.Distinct(names);
        Assert.All(names, name => Assert.InRange(name.Length, 1, 64));
        foreach (string id in template.All("SQS::Queue").Keys)
        {
            JsonNode[] sends = [.. template.All("SQS::QueuePolicy").Values.Select(p => p["Properties"]!).Where(p => p["Queues"]!.AsArray().Any(q => Template.LogicalId(q!) == id))
                .SelectMany(p => p["PolicyDocument"]!["Statement"]!.AsArray()).Select(s => s!).Where(s => Template.Text(s["Sid"]) == "RulesOfThisStackSend")];
            // Whoever may name any rule names those of this stack and account alone.
            Assert.All(sends.Select(s => s["Condition"]!), c => Assert.True(
                c["ArnEquals"] is not null
                || (Template.Text(c["ArnLike"]?["aws:SourceArn"]).EndsWith(":rule/limpid-acme-lake-*", StringComparison.Ordinal) && Template.Text(c["StringEquals"]?["aws:SourceAccount"]) == "${AWS::AccountId}"),
                c.ToJsonString()));
        }
        Assert.True(names.Count(n => n.StartsWith("limpid-acme-lake-", StringComparison.Ordinal)) > 70);
    }

    [Fact]
    public async Task A_lake_all_outside_has_no_queue_that_nobody_may_send_to()
    {
        Template template = await Synthesized.OfLakeAsync("""
            lake: acme
            kinds: {customer: {}}
            requesters: [{mail: privacy-desk@acme.example, principal: 'arn:aws:iam::123456789012:role/PrivacyDesk'}]
            mail: {from: privacy@acme.example, operators: [operators@acme.example]}
            datasets:
              - {name: warehouse, format: external, location: db1.table1.column1, subjects: [{kind: customer, field: id}], approvers: [dpo@acme.example]}
            """);
        Assert.DoesNotContain(template.All("SQS::QueuePolicy").Values, p => p.ToJsonString().Contains("\"aws:SourceArn\":[]", StringComparison.Ordinal));
        Assert.Empty(Sources(template));
    }

    [Fact]
    public async Task F52_an_overdue_request_raises_an_alarm()
    {
        Template template = await Synthesized.ObservingAsync();
        JsonNode filter = template.All("Logs::MetricFilter").Values.Single()["Properties"]!;
        Assert.Equal($"\"{RemindApprovers.Overdue}\"", Template.Text(filter["FilterPattern"]));
        Assert.Equal(Template.LogicalId(template.Function("remind-approvers").Properties["LoggingConfig"]!["LogGroup"]!), Template.LogicalId(filter["LogGroupName"]!));
        JsonNode metric = filter["MetricTransformations"]!.AsArray().Single()!;
        Assert.Contains(template.All("CloudWatch::Alarm").Values.Select(a => a["Properties"]!), a =>
            (Template.Text(a["MetricName"]), Template.Text(a["Namespace"])) == (Template.Text(metric["MetricName"]), Template.Text(metric["MetricNamespace"])));
    }

    [Fact]
    public async Task Whatever_function_fails_somebody_is_told()
    {
        Template template = await Synthesized.ObservingAsync();
        string[] watched = [.. Alarms(template, "Errors")];
        Assert.All(FunctionTable.All, function => Assert.Contains(watched, w => w.Contains(template.Function(function.Name).Id, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_would_overwrite_in_the_lake_does_not_begin_before_it_may_and_new_rows_do()
    {
        Template before = await Synthesized.ObservingAsync(), after = await Synthesized.ErasingAsync();
        Assert.Equal(["flag-change", "ingest-records"], Waiting(before));
        Assert.Empty(Waiting(after));
        Assert.Equal(["begin-hour", "flag-change", "mark-stale", "mark-stale", "queue", "queue"], Off(before));
        Assert.Equal(["DISABLED", "ENABLED"], ((Template[])[before, after]).Select(t => Template.Text(t.All("Scheduler::Schedule").Values.Single()["Properties"]!["State"])));
        Assert.Empty(Off(after));
        // Those that are enriched with what Limpid publishes wait until it does: nothing else would be done with them but giving them up.
        Assert.Equal(["acme-orders"], Sources(before).Where(s => Template.Text(s["Enabled"]) == "false" && NameOf(before, s["FunctionName"]!) == "ingest-records").Select(s => Template.Text(s["EventSourceArn"]).Split('/')[^1]));
        // Once an hour, when the hours before have settled.
        Assert.Contains("cron(10 * * * ? *)", after.All("Events::Rule").Values.Select(r => Template.Text(r["Properties"]!["ScheduleExpression"])));

        static string[] Waiting(Template template) => [.. Sources(template).Where(s => Template.Text(s["Enabled"]) == "false").Select(s => NameOf(template, s["FunctionName"]!)).Order(StringComparer.Ordinal)];

        static string[] Off(Template template) =>
        [
            .. template.All("Events::Rule").Values.Select(r => r["Properties"]!).Where(r => Template.Text(r["State"]) == "DISABLED")
                .Select(r => NameOf(template, r["Targets"]!.AsArray().Single()!["Arn"]!) is { Length: > 0 } name ? name : "queue").Order(StringComparer.Ordinal),
        ];
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
        foreach (Function function in FunctionTable.All.Where(f => f.Needs.HasFlag(Needs.SendMail)))
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

    private static IEnumerable<JsonNode> Sources(Template template) => template.All("Lambda::EventSourceMapping").Values.Select(s => s["Properties"]!);

    private static IEnumerable<JsonNode> Targets(Template template) => template.All("Events::Rule").Values.SelectMany(rule => rule["Properties"]!["Targets"]!.AsArray().Select(t => t!));

    private static bool IsQueue(Template template, JsonNode source) => template.All("SQS::Queue").ContainsKey(Template.LogicalId(source["EventSourceArn"]!));

    private static JsonNode QueueOf(Template template, JsonNode source) => template.Properties(Template.LogicalId(source["EventSourceArn"]!));

    /// <summary>The function's name in the table; empty where it is none.</summary>
    private static string NameOf(Template template, JsonNode function) => FunctionTable.All.FirstOrDefault(f => template.Function(f.Name).Id == Template.LogicalId(function))?.Name ?? "";

    private static double Number(JsonNode? node) => double.Parse(Template.Text(node), System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<string> Alarms(Template template, string metric) => template.All("CloudWatch::Alarm").Values
        .Where(a => Template.Text(a["Properties"]!["MetricName"]) == metric)
        .SelectMany(a => a["Properties"]!["Dimensions"]!.AsArray().Select(d => Template.Text(d!["Value"])));

    [GeneratedRegex(@"\$\{\w*Rule\w*\.Arn\}")]
    private static partial Regex RulePattern();

    [GeneratedRegex("(table|stream)/.*")]
    private static partial Regex SourcePattern();

    [GeneratedRegex(@"\$context\.([\w.]+)")]
    private static partial Regex VariablePattern();
}
