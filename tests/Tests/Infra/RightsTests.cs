using System.Text.Json.Nodes;
using Limpid.Functions;

namespace Limpid.Tests.Infra;

/// <summary>What roles may do, and what follows from it.</summary>
[Collection(Processes.Name)]
public sealed class RightsTests
{
    // All of them, and no other bucket, begin so.
    private const string LakeBuckets = ":s3:::acme-";

    private const string AddsOnly = """{"Null":{"s3:if-none-match":"false"}}""", PartsOnly = """{"Bool":{"s3:ObjectCreationOperation":"false"}}""";

    [Fact]
    public async Task The_first_deploy_overwrites_and_removes_nothing()
    {
        Template template = await Synthesized.ObservingAsync();
        string rows = RoleOf(template, "ingest-records");
        (string Role, Grant Grant)[] changing = [.. Changing(template)];
        // New rows come, where there is no object yet: parts of an upload are none before it is completed.
        Assert.NotEmpty(changing);
        Assert.All(changing, change =>
        {
            Assert.Equal(rows, change.Role);
            Assert.Equal([Objects("acme-orders/all/*"), Objects("acme-orders/refused/*")], change.Grant.Resources);
            Assert.True(change.Grant is { Actions: ["s3:AbortMultipartUpload"], Conditions: "" } or { Actions: ["s3:PutObject"], Conditions: AddsOnly or PartsOnly }, change.Grant.ToString());
        });
        Assert.DoesNotContain(template.AllGrants(), g => g.Grant.Actions.Any(a => a.StartsWith("athena:", StringComparison.Ordinal) || a.StartsWith("glue:", StringComparison.Ordinal)));
        Assert.All(template.All("Lambda::Function").Values, f => Assert.Equal("off", Template.Text(f["Properties"]!["Environment"]!["Variables"]!["LIMPID_ERASE"])));
        Assert.StartsWith("no:", template.Outputs["Erases"], StringComparison.Ordinal);
        // And it does observe: those that follow the lake read it.
        Assert.All(["follow-lake", "reconcile-lake"], name => Assert.Contains(
            template.GrantsOf(FunctionTable.Named(name)), g => g.Actions.Contains("s3:GetObject") && g.Reaches(LakeBuckets + "lake") && g.Reaches(LakeBuckets + "letters")));
    }

    [Fact]
    public async Task Once_it_erases_each_may_change_of_the_lake_what_it_is_there_for()
    {
        Template template = await Synthesized.ErasingAsync();
        string[] datasets = ["acme-lake/reviews/*", "acme-letters/in/*", "acme-orders/all/*", "acme-orders/by-hour/*", "acme-orders/refused/*", "acme-raw/orders/*", "acme-tables/revenue/versions/*"];
        string[] served = ["acme-tables/revenue/versions/*"], pointer = ["acme-tables/revenue/pointer.json"];
        string[] flags = ["acme-small/reference/priorities/changed.json", "acme-small/reference/prices/changed.json"];
        string[] pointers = ["acme-small/reference/priorities/pointer.json", "acme-small/reference/prices/pointer.json"];
        string[] versions = ["acme-small/reference/priorities/v=*", "acme-small/reference/priorities/changes/*", "acme-small/reference/prices/v=*", "acme-small/reference/prices/changes/*"];
        (string Role, string Action, string Condition, string[] Where)[] expected =
        [
            ("erase-rows", "s3:DeleteObjectVersion", "", datasets),
            ("erase-rows", "s3:PutObject", "", datasets),
            ("ingest-records", "s3:PutObject", AddsOnly, ["acme-orders/all/*", "acme-orders/refused/*"]),
            ("ingest-records", "s3:PutObject", PartsOnly, ["acme-orders/all/*", "acme-orders/refused/*"]),
            ("flag-change", "s3:PutObject", "", flags),
            ("publish-reference", "s3:PutObject", "", [.. pointers, .. flags]),
            ("publish-reference", "s3:PutObject", AddsOnly, versions),
            ("publish-reference", "s3:PutObject", PartsOnly, versions),
            ("publish-reference", "s3:DeleteObject", "", [.. flags, .. versions.Where(v => v.EndsWith("v=*", StringComparison.Ordinal))]),
            ("publish-reference", "s3:DeleteObjectVersion", "", [.. flags, .. versions.Where(v => v.EndsWith("v=*", StringComparison.Ordinal))]),
            ("clear-partition", "s3:DeleteObject", "", ["acme-orders/by-hour/*"]),
            ("clear-partition", "s3:DeleteObjectVersion", "", ["acme-orders/by-hour/*"]),
            ("bucket", "s3:PutObject", "", ["acme-orders/by-hour/*"]),
            .. new[] { "PutObject", "DeleteObjectVersion", "PutObjectTagging", "PutObjectVersionTagging", "PutObjectAcl", "PutObjectVersionAcl" }
                .Select(action => ("validate-table", $"s3:{action}", "", served)),
            ("publish-table", "s3:PutObject", "", pointer),
            ("end-refresh", "s3:PutObject", "", pointer),
            ("end-refresh", "s3:DeleteObject", "", served),
            ("end-refresh", "s3:DeleteObjectVersion", "", served),
            ("refresh", "s3:PutObject", "", served),
        ];
        ILookup<(string, string, string), string> granted = Changing(template)
            .SelectMany(c => c.Grant.Actions.Where(a => a.StartsWith("s3:Put", StringComparison.Ordinal) || a.StartsWith("s3:Delete", StringComparison.Ordinal))
                .SelectMany(action => c.Grant.Resources.Where(r => r.Contains(LakeBuckets, StringComparison.Ordinal)).Select(resource => (Of: (NameOf(template, c.Role), action, c.Grant.Conditions), resource))))
            .ToLookup(g => g.Of, g => g.resource);
        foreach ((string role, string action, string condition, string[] where) in expected)
            Assert.Equal(where.Select(Objects).Order(StringComparer.Ordinal), granted[(role, action, condition)].Order(StringComparer.Ordinal));
        Assert.Empty(granted.Select(g => g.Key).Where(g => g.Item1 != "erase-rows").Except(expected.Select(e => (e.Role, e.Action, e.Condition))));
        Assert.Equal(["bucket", "clear-partition", "end-refresh", "erase-rows", "flag-change", "ingest-records", "publish-reference", "publish-table", "refresh", "validate-table"], granted.Select(g => g.Key.Item1).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_run_of_the_hours_reaches_its_own_tables_work_group_and_places()
    {
        Template template = await Synthesized.ErasingAsync();
        (string Role, Grant Grant)[] queries = [.. template.AllGrants().Where(g => NameOf(template, g.Role) == "bucket" && g.Grant.Actions.Any(a => a.StartsWith("athena:", StringComparison.Ordinal) || a.StartsWith("glue:", StringComparison.Ordinal)))];
        const string Glue = "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:";
        string[] databases = [Glue + "catalog", Glue + "database/default", Glue + "database/acme"];
        Assert.Equal(["arn:${AWS::Partition}:athena:${AWS::Region}:${AWS::AccountId}:workgroup/limpid"], Reached("athena:StartQueryExecution"));
        // The raw table is somebody else's: it is given partitions, and never made, moved or dropped.
        Assert.Equal([.. databases, Glue + "table/acme/orders_raw", Glue + "table/acme/orders_by_hour", Glue + "table/acme/orders_all"], Reached("glue:BatchCreatePartition"));
        Assert.Equal([.. databases, Glue + "table/acme/orders_by_hour", Glue + "table/acme/orders_all", Glue + "table/acme/orders_by_hour_h*"], Reached("glue:UpdateTable"));
        Assert.Equal([.. databases, Glue + "table/acme/orders_by_hour_h*"], Reached("glue:DeleteTable"));
        Grant[] of = [.. template.AllGrants().Where(g => NameOf(template, g.Role) == "bucket").Select(g => g.Grant)];
        Assert.Contains(of, g => g.Actions.Contains("s3:GetObject") && g.Reaches("acme-raw/orders/*"));
        // Results lie in a place of Limpid's own, where they are gone after a day, and not in the lake.
        Assert.Contains(of, g => g.Actions.Contains("s3:PutObject") && g.Reaches("BucketsStaging") && g.Resources.All(r => r.EndsWith("/athena/*", StringComparison.Ordinal)));
        foreach (string name in (string[])["-bucket", "-refresh"])
        {
            JsonNode machine = template.All("StepFunctions::StateMachine").Values.Select(m => m["Properties"]!).Single(m => Template.Text(m["StateMachineName"]).EndsWith(name, StringComparison.Ordinal));
            string definition = Template.Text(machine["DefinitionString"]);
            Assert.Equal(definition.Split("athena:startQueryExecution").Length, definition.Split("s3://${StagingBucket}/athena/").Length);
        }

        IEnumerable<string> Reached(string action) => queries.Where(q => q.Grant.Actions.Contains(action)).SelectMany(q => q.Grant.Resources).Distinct();
    }

    [Fact]
    public async Task A_refresh_begins_the_steps_of_lake_yaml_and_nothing_else()
    {
        Template template = await Synthesized.ErasingAsync();
        (string Role, Grant Grant)[] steps = [.. template.AllGrants().Where(g => NameOf(template, g.Role) == "refresh")];
        const string Home = ":${AWS::Region}:${AWS::AccountId}:";
        Assert.Equal(["arn:${AWS::Partition}:glue" + Home + "job/join-orders"], Reached("glue:StartJobRun"));
        Assert.Equal(Reached("glue:StartJobRun"), Reached("glue:BatchStopJobRun"));
        Assert.Equal(["arn:${AWS::Partition}:athena" + Home + "workgroup/tables"], Reached("athena:StartQueryExecution"));
        Assert.Contains("arn:${AWS::Partition}:lambda" + Home + "function:tidy-up", steps.Where(s => s.Grant.Actions.Contains("lambda:InvokeFunction")).SelectMany(s => s.Grant.Resources));
        // UNLOAD makes no table: the catalog is only read.
        Assert.DoesNotContain(steps, s => s.Grant.Actions.Any(a => a is "glue:CreateTable" or "glue:UpdateTable" or "glue:DeleteTable" or "glue:CreatePartition"));
        Assert.Contains(steps, s => s.Grant.Actions.Contains("s3:GetObject") && s.Grant.Reaches("acme-orders/all/*") && s.Grant.Reaches("acme-small/reference/priorities/*"));
        Template observing = await Synthesized.ObservingAsync();
        Assert.DoesNotContain(observing.AllGrants(), g => g.Grant.Resources.Any(r => r.Contains("join-orders", StringComparison.Ordinal) || r.Contains("tidy-up", StringComparison.Ordinal)));

        IReadOnlyList<string> Reached(string action) => Assert.Single(steps, s => s.Grant.Actions.Contains(action)).Grant.Resources;
    }

    [Fact]
    public async Task Services_take_roles_on_for_this_account_alone()
    {
        Template template = await Synthesized.ObservingAsync();
        JsonNode[] trusts = [.. template.All("IAM::Role").Values.Select(r => r["Properties"]!["AssumeRolePolicyDocument"]!["Statement"]!.AsArray().Single()!)];
        string[] services = [.. trusts.Select(t => Template.Text(t["Principal"]!["Service"])).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["events.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"], services);
        // Lambda says nothing of whom it works for.
        Assert.All(trusts.Where(t => Template.Text(t["Principal"]!["Service"]) != "lambda.amazonaws.com"), t =>
            Assert.Equal("""{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}""", t["Condition"]!.ToJsonString()));
    }

    [Fact]
    public async Task What_is_allowed_for_all_values_is_not_allowed_for_none()
    {
        Template template = await Synthesized.ErasingAsync();
        Grant[] all = [.. template.AllGrants().Select(g => g.Grant).Where(g => g.Conditions.Contains("ForAllValues:", StringComparison.Ordinal))];
        Assert.NotEmpty(all);
        Assert.All(all, g => Assert.Contains("\"Null\":{\"dynamodb:LeadingKeys\":\"false\"}", g.Conditions, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_function_has_a_role_of_its_own_with_what_the_table_says()
    {
        Template template = await Synthesized.ErasingAsync();
        Assert.Equal(
            FunctionTable.All.Select(f => f.Name).Order(),
            template.All("Lambda::Function").Values.Select(f => Template.Text(f["Properties"]!["Environment"]!["Variables"]!["LIMPID_FUNCTION"])).Order());
        string[] roles = [.. template.All("Lambda::Function").Values.Select(f => Template.LogicalId(f["Properties"]!["Role"]!))];
        Assert.Distinct(roles);
        foreach (Function function in FunctionTable.All)
        {
            Assert.True(function.Needs != Needs.None, $"{function.Name}: say in FunctionTable what it needs");
            IReadOnlyList<Grant> grants = template.GrantsOf(function);
            AssertSame(function, grants, Needs.WriteState, g => g.Sid == "WriteTheState");
            AssertSame(function, grants, Needs.SendMail, g => g.Actions.Any(a => a.StartsWith("ses:", StringComparison.Ordinal)));
            AssertSame(function, grants, Needs.Sign, g => g.Actions.Contains("kms:Sign"));
            AssertSame(function, grants, Needs.PageSecret, g => g.Actions.Contains("kms:Decrypt") && g.Conditions.Contains("\"pages\"", StringComparison.Ordinal));
            AssertSame(function, grants, Needs.StartWorkflow, g => g.Actions.Contains("states:StartExecution") && g.Reaches("-purge"));
            AssertSame(function, grants, Needs.BeginHours, g => g.Actions.Contains("states:StartExecution") && g.Reaches("-bucket"));
            AssertSame(function, grants, Needs.WatchWorkflow, g => g.Actions.Contains("states:DescribeExecution") && g.Reaches("-bucket:"));
            AssertSame(function, grants, Needs.RunTables, g => g.Actions.Contains("states:StartExecution") && g.Sid == "BeginRefreshes");
            AssertSame(function, grants, Needs.ForgetHours, g => g.Actions.Contains("dynamodb:DeleteItem") && g.Reaches("TablesState") && g.Conditions.Contains("#hours/", StringComparison.Ordinal));
            AssertSame(function, grants, Needs.ForgetTables, g => g.Actions.Contains("dynamodb:DeleteItem") && g.Reaches("TablesState") && g.Conditions.Contains("#table/", StringComparison.Ordinal));
            AssertSame(function, grants, Needs.AnswerWorkflow, g => g.Actions.Contains("states:SendTaskSuccess"));
            AssertSame(function, grants, Needs.ReadLake, g => g.Actions.Contains("s3:GetObject") && g.Reaches(LakeBuckets + "letters"));
            AssertSame(function, grants, Needs.ReadIndex, g => g.Reaches("TablesIndex"));
        }
    }

    [Fact]
    public async Task No_action_is_a_wildcard_and_no_resource_is_everything_but_where_log_delivery_knows_none()
    {
        foreach (Template template in new[] { await Synthesized.ObservingAsync(), await Synthesized.ErasingAsync() })
        {
            Assert.All(template.AllGrants(), g => Assert.DoesNotContain(g.Grant.Actions, a => a.Contains('*', StringComparison.Ordinal)));
            Assert.All(
                template.AllGrants().Where(g => g.Grant.Resources.Contains("*")),
                g => Assert.All(g.Grant.Actions, a => Assert.StartsWith("logs:", a, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Nobody_may_change_or_remove_what_the_audit_holds()
    {
        Template template = await Synthesized.ErasingAsync();
        string state = template.All("DynamoDB::Table").Keys.Single(id => id.Contains("State", StringComparison.Ordinal));
        (string Role, Grant Grant)[] others = [.. template.AllGrants().Where(g => g.Grant.Reaches(state)
            && g.Grant.Actions.Any(a => a is not ("dynamodb:GetItem" or "dynamodb:Query" or "dynamodb:PutItem")))];
        // What is remembered of hours and of tables is forgotten, and nothing else.
        Assert.Equal(["bucket-partition", "clear-partition", "end-refresh", "publish-table", "record-partition"], others.Select(g => NameOf(template, g.Role)).Order(StringComparer.Ordinal));
        Assert.All(others, g => Assert.True(
            g.Grant is
            {
                Actions: ["dynamodb:DeleteItem"],
                Conditions: """{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["#hours/*"]},"Null":{"dynamodb:LeadingKeys":"false"}}"""
                    or """{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["#table/*"]},"Null":{"dynamodb:LeadingKeys":"false"}}""",
            }, g.ToString()));
        // Not even whoever has rights that this stack knows nothing of.
        JsonNode[] denials = [.. template.Properties(state)["ResourcePolicy"]!["PolicyDocument"]!["Statement"]!.AsArray().Select(s => s!)];
        Assert.All(denials, d => Assert.Equal(("Deny", """{"AWS":"*"}"""), (Template.Text(d["Effect"]), d["Principal"]!.ToJsonString())));
        JsonNode changes = denials.Single(d => d["Condition"]!["ArnNotEquals"] is null);
        Assert.Empty(((string[])["dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete", "dynamodb:PartiQLUpdate"]).Except(Template.Texts(changes["Action"])));
        Assert.Equal("""{"ForAnyValue:StringLike":{"dynamodb:LeadingKeys":["#audit/*"]}}""", changes["Condition"]!.ToJsonString());
    }

    [Fact]
    public async Task Only_functions_that_append_to_the_audit_may_put_anything_there()
    {
        Template template = await Synthesized.ErasingAsync();
        string[] appenders = [.. FunctionTable.All.Where(f => f.Needs.HasFlag(Needs.AppendAudit)).Select(f => f.Name)];
        Assert.Equal(appenders, FunctionTable.All.Where(f => PutsInto(template, f, "#audit/lake")).Select(f => f.Name));
        string state = template.All("DynamoDB::Table").Keys.Single(id => id.Contains("State", StringComparison.Ordinal));
        JsonNode appending = template.Properties(state)["ResourcePolicy"]!["PolicyDocument"]!["Statement"]!.AsArray().Single(s => s!["Condition"]!["ArnNotEquals"] is not null)!;
        Assert.Equal(
            appenders.Select(name => Template.LogicalId(template.Function(name).Properties["Role"]!)).Order(),
            appending["Condition"]!["ArnNotEquals"]!["aws:PrincipalArn"]!.AsArray().Select(arn => Template.LogicalId(arn!)).Order());
    }

    [Fact]
    public async Task One_function_alone_makes_the_secrets_and_one_alone_adds_to_the_suppressed()
    {
        Template template = await Synthesized.ErasingAsync();
        Assert.Equal(["reconcile-lake"], FunctionTable.All.Where(f => template.GrantsOf(f).Any(g => g.Reaches("BucketsSecrets") && g.Actions.Any(IsChange))).Select(f => f.Name));
        Assert.Equal(["reconcile-lake"], FunctionTable.All.Where(f => template.GrantsOf(f).Any(g => g.Actions.Contains("kms:Encrypt"))).Select(f => f.Name));
        Assert.Equal(["reconcile-lake"], FunctionTable.All.Where(f => PutsInto(template, f, "#secrets")).Select(f => f.Name));
        Assert.Equal(["certify-erasure"], FunctionTable.All.Where(f => PutsInto(template, f, "#suppression")).Select(f => f.Name));
    }

    [Fact]
    public async Task Tags_and_the_keys_of_the_lake_are_used_only_where_they_are_told_of()
    {
        Template with = await Synthesized.ErasingAsync(), without = await Synthesized.ObservingAsync();
        Assert.Contains(with.GrantsOf(FunctionTable.Named("follow-lake")), g => g.Actions.Contains("s3:GetObjectVersionTagging"));
        Assert.Contains(with.GrantsOf(FunctionTable.Named("erase-rows")), g => g.Reaches("key/lake") && g.Actions.Contains("kms:GenerateDataKey"));
        Assert.DoesNotContain(with.GrantsOf(FunctionTable.Named("follow-lake")), g => g.Reaches("key/lake") && g.Actions.Contains("kms:GenerateDataKey"));
        Assert.DoesNotContain(without.AllGrants(), g => g.Grant.Reaches("key/lake"));
    }

    [Fact]
    public async Task Copies_are_looked_for_in_the_buckets_of_reference_data_too()
    {
        Template template = await Synthesized.ObservingAsync();
        Assert.All(["lake", "letters", "small", "imports"], bucket => Assert.Contains(
            template.GrantsOf(FunctionTable.Named("certify-erasure")), g => g.Actions.Contains("s3:GetReplicationConfiguration") && g.Reaches(LakeBuckets + bucket)));
    }

    [Fact]
    public async Task Two_hundred_datasets_fit_into_policies_and_patterns()
    {
        string datasets = string.Concat(Enumerable.Range(0, 200).Select(n =>
            $"\n  - {{name: d{n}, location: 's3://acme-lake/{new string('x', n % 2 == 0 ? 20 : 60)}/{n}/', format: ndjson, subjects: [{{kind: customer, field: id}}], approvers: [dpo@acme.example]}}"));
        Template template = await Synthesized.OfLakeAsync(Synthesized.Lake.Replace("\nreferences:", datasets + "\nreferences:", StringComparison.Ordinal), ("erase", "on"));
        // Twenty on demand.
        AssertPoliciesFit(template, mostManaged: 20);
        Grant[] erase = [.. template.GrantsOf(FunctionTable.Named("erase-rows")).Where(g => g.Sid.StartsWith("EraseInTheLake", StringComparison.Ordinal))];
        Assert.Equal(207, erase.SelectMany(g => g.Resources).Distinct().Count());
        // "Amazon EventBridge quotas": 2,048 characters of a pattern.
        string[] patterns = [.. template.All("Events::Rule").Values.Select(r => r["Properties"]!["EventPattern"]).OfType<JsonNode>().Select(p => p.ToJsonString())];
        Assert.All(patterns, pattern => Assert.True(pattern.Length <= 2_048, pattern));
        Assert.All(Enumerable.Range(0, 200), n => Assert.Contains(patterns, p => p.Contains($"x/{n}/\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Thirty_pairs_of_hours_and_sixty_tables_fit_into_the_policies_of_their_workflows()
    {
        const int Pairs = 30, Tables = 60;
        string datasets = Lines(Pairs, n => $"{{name: raw{n}, {Dataset($"acme-raw/hours/{n}/")}}}") + Lines(Pairs, n => $"{{name: copy{n}, {Dataset($"acme-orders/hours/{n}/")}}}")
            + Lines(Tables, n => $"{{name: served{n}, {Dataset($"acme-tables/table{n}/versions/")}}}");
        string hours = Lines(Pairs, n => $"{{name: orders{n}, database: acme, workGroup: limpid, raw: {{dataset: raw{n}, table: orders{n}_raw}}, copy: {{dataset: copy{n}, table: orders{n}_by_hour}}, view: orders{n}_all, columns: {{id: bigint}}, bucketBy: [id], since: 2026-11-01-00}}");
        string tables = Lines(Tables, n => $"{{name: t{n}, dataset: served{n}, from: [orders], steps: [{{name: sum, athena: {{query: sum.sql, database: acme{n}, workGroup: tables}}}}]}}");
        Template template = await Synthesized.OfLakeAsync(
            Synthesized.Lake.Replace("\nreferences:", datasets + "\nreferences:", StringComparison.Ordinal).Replace("\nhours:", "\nhours:" + hours, StringComparison.Ordinal)
                .Replace("\ntables:", "\ntables:" + tables, StringComparison.Ordinal),
            ("erase", "on"));
        AssertPoliciesFit(template);
        string[] queried = [.. template.AllGrants().Where(g => NameOf(template, g.Role) is "bucket" or "refresh").SelectMany(g => g.Grant.Resources)];
        Assert.All(Enumerable.Range(0, Pairs), n => Assert.Contains(queried, r => r.EndsWith($":table/acme/orders{n}_by_hour", StringComparison.Ordinal)));
        Assert.All(Enumerable.Range(0, Tables), n => Assert.Contains(queried, r => r.EndsWith($":database/acme{n}", StringComparison.Ordinal)));
        // Else it is refused, or runs without some of its rights: a state machine is made after all that its role may do.
        foreach (JsonNode machine in template.All("StepFunctions::StateMachine").Values)
        {
            string role = Template.LogicalId(machine["Properties"]!["RoleArn"]!);
            IEnumerable<string> policies = template.All("IAM::Policy").Concat(template.All("IAM::ManagedPolicy"))
                .Where(p => p.Value["Properties"]!["Roles"]!.AsArray().Any(r => Template.LogicalId(r!) == role)).Select(p => p.Key);
            Assert.Empty(policies.Except(Template.Texts(machine["DependsOn"])));
        }

        static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(n => $"\n  - {line(n)}"));

        static string Dataset(string place) => $"location: 's3://{place}', format: ndjson, subjects: [{{kind: customer, field: id}}], approvers: [dpo@acme.example]";
    }

    // "IAM and AWS STS quotas": of a role's inline policies together, and of each managed one; ten of those to a role without asking.
    private static void AssertPoliciesFit(Template template, int mostManaged = 10)
    {
        Assert.All(template.All("IAM::Role").Keys, role =>
        {
            Assert.InRange(Policies("IAM::Policy", role).Sum(), 0, 10_240);
            Assert.All(Policies("IAM::ManagedPolicy", role), length => Assert.InRange(length, 0, 6_144));
            Assert.InRange(Policies("IAM::ManagedPolicy", role).Count(), 0, mostManaged);
        });

        IEnumerable<int> Policies(string type, string role) => template.All(type).Values.Select(p => p["Properties"]!)
            .Where(p => p["Roles"]!.AsArray().Any(r => Template.LogicalId(r!) == role)).Select(p => Template.Deployed(p["PolicyDocument"]!).Length);
    }

    private static IEnumerable<(string Role, Grant Grant)> Changing(Template template) => template.AllGrants().Where(g => g.Grant.Reaches(LakeBuckets) && g.Grant.Actions.Any(IsChange));

    private static string Objects(string place) => "arn:${AWS::Partition}:s3:::" + place;

    private static string RoleOf(Template template, string function) => Template.LogicalId(template.Function(function).Properties["Role"]!);

    /// <summary>Of the function or state machine whose role it is; empty for a rule's.</summary>
    private static string NameOf(Template template, string role) =>
        FunctionTable.All.FirstOrDefault(f => RoleOf(template, f.Name) == role)?.Name
        ?? template.All("StepFunctions::StateMachine").Values.Select(m => m["Properties"]!).Where(m => Template.LogicalId(m["RoleArn"]!) == role).Select(m => Template.Text(m["StateMachineName"]).Split('-')[^1]).SingleOrDefault("");

    private static bool IsChange(string action) => !action.StartsWith("s3:Get", StringComparison.Ordinal) && !action.StartsWith("s3:List", StringComparison.Ordinal);

    private static void AssertSame(Function function, IReadOnlyList<Grant> grants, Needs need, Func<Grant, bool> grant) =>
        Assert.True(function.Needs.HasFlag(need) == grants.Any(grant), $"{function.Name}: {need}");

    /// <summary>Whether IAM lets the function put an item into this partition of the state.</summary>
    private static bool PutsInto(Template template, Function function, string partition) => template.GrantsOf(function).Any(g =>
    {
        if (!g.Actions.Contains("dynamodb:PutItem") || !g.Reaches("TablesState"))
            return false;
        JsonObject conditions = g.Conditions.Length == 0 ? [] : (JsonObject)JsonNode.Parse(g.Conditions)!;
        return Keys("ForAllValues:StringLike") is not { } only ? !(Keys("ForAllValues:StringNotLike") ?? []).Any(Matches) : only.Any(Matches);

        string[]? Keys(string op) => conditions[op] is { } keys ? [.. Template.Texts(keys["dynamodb:LeadingKeys"])] : null;

        bool Matches(string pattern) => pattern.EndsWith('*') ? partition.StartsWith(pattern[..^1], StringComparison.Ordinal) : partition == pattern;
    });
}
