using System.Text.Json.Nodes;
using Limpid.Functions;

namespace Limpid.Tests.Infra;

/// <summary>What roles may do, and what follows from it.</summary>
[Collection(Processes.Name)]
public sealed class RightsTests
{
    private static readonly string[] LakeBuckets = [":s3:::acme-lake", ":s3:::acme-letters"];

    [Fact]
    public async Task The_first_deploy_only_observes()
    {
        Template template = await Synthesized.ObservingAsync();
        string[] changes = [.. template.AllGrants().Where(g => LakeBuckets.Any(g.Grant.Reaches)).SelectMany(g => g.Grant.Actions).Where(IsChange)];
        Assert.Empty(changes);
        Assert.All(template.All("Lambda::Function").Values, f => Assert.Equal("off", Template.Text(f["Properties"]!["Environment"]!["Variables"]!["LIMPID_ERASE"])));
        Assert.StartsWith("no:", template.Outputs["Erases"], StringComparison.Ordinal);
        // And it does observe: those that follow the lake read it.
        Assert.All(["follow-lake", "reconcile-lake"], name => Assert.Contains(
            template.GrantsOf(FunctionTable.Named(name)), g => g.Actions.Contains("s3:GetObject") && LakeBuckets.All(g.Reaches)));
    }

    [Fact]
    public async Task Once_it_erases_one_function_alone_may_change_the_lake_and_only_below_its_datasets()
    {
        Template template = await Synthesized.ErasingAsync();
        string eraser = Template.LogicalId(template.Function("erase-rows").Properties["Role"]!);
        (string Role, Grant Grant)[] changing = [.. template.AllGrants().Where(g => LakeBuckets.Any(g.Grant.Reaches) && g.Grant.Actions.Any(IsChange))];
        Assert.NotEmpty(changing);
        Assert.All(changing, change =>
        {
            Assert.Equal(eraser, change.Role);
            Assert.Equal(["arn:${AWS::Partition}:s3:::acme-lake/reviews/*", "arn:${AWS::Partition}:s3:::acme-letters/in/*"], change.Grant.Resources);
        });
    }

    [Fact]
    public async Task Every_function_has_a_role_of_its_own_with_what_the_table_says()
    {
        Template template = await Synthesized.ErasingAsync();
        Assert.Equal(
            Synthesized.Functions.Select(f => f.Name).Order(),
            template.All("Lambda::Function").Values.Select(f => Template.Text(f["Properties"]!["Environment"]!["Variables"]!["LIMPID_FUNCTION"])).Order());
        string[] roles = [.. template.All("Lambda::Function").Values.Select(f => Template.LogicalId(f["Properties"]!["Role"]!))];
        Assert.Distinct(roles);
        foreach (Function function in Synthesized.Functions)
        {
            Assert.True(FunctionTable.Named(function.Name).Needs != Needs.None, $"{function.Name}: say in FunctionTable what it needs");
            IReadOnlyList<Grant> grants = template.GrantsOf(function);
            AssertSame(function, grants, Needs.WriteState, g => g.Sid == "WriteTheState");
            AssertSame(function, grants, Needs.SendMail, g => g.Actions.Any(a => a.StartsWith("ses:", StringComparison.Ordinal)));
            AssertSame(function, grants, Needs.Sign, g => g.Actions.Contains("kms:Sign"));
            AssertSame(function, grants, Needs.PageSecret, g => g.Actions.Contains("kms:Decrypt") && g.Conditions.Contains("\"pages\"", StringComparison.Ordinal));
            AssertSame(function, grants, Needs.StartWorkflow, g => g.Actions.Contains("states:StartExecution"));
            AssertSame(function, grants, Needs.AnswerWorkflow, g => g.Actions.Contains("states:SendTaskSuccess"));
            AssertSame(function, grants, Needs.ReadLake, g => g.Actions.Contains("s3:GetObject") && LakeBuckets.Any(g.Reaches));
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
        Assert.DoesNotContain(template.AllGrants(), g => g.Grant.Reaches(state)
            && g.Grant.Actions.Any(a => a is not ("dynamodb:GetItem" or "dynamodb:Query" or "dynamodb:PutItem")));
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
        string[] appenders = [.. Synthesized.Functions.Where(f => f.Needs.HasFlag(Needs.AppendAudit)).Select(f => f.Name)];
        Assert.Equal(appenders, Synthesized.Functions.Where(f => PutsInto(template, f, "#audit/lake")).Select(f => f.Name));
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
        Assert.Equal(["reconcile-lake"], Synthesized.Functions.Where(f => template.GrantsOf(f).Any(g => g.Reaches("BucketsSecrets") && g.Actions.Any(IsChange))).Select(f => f.Name));
        Assert.Equal(["reconcile-lake"], Synthesized.Functions.Where(f => template.GrantsOf(f).Any(g => g.Actions.Contains("kms:Encrypt"))).Select(f => f.Name));
        Assert.Equal(["reconcile-lake"], Synthesized.Functions.Where(f => PutsInto(template, f, "#secrets")).Select(f => f.Name));
        Assert.Equal(["certify-erasure"], Synthesized.Functions.Where(f => PutsInto(template, f, "#suppression")).Select(f => f.Name));
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
        const string References = "\nreferences:\n  - {name: prices, location: 's3://acme-prices/reference/', key: item, source: {location: 's3://acme-imports/prices/'}}\n";
        Template template = await Synthesized.OfLakeAsync(Synthesized.Lake + References);
        Assert.All([.. LakeBuckets, ":s3:::acme-prices", ":s3:::acme-imports"], bucket => Assert.Contains(
            template.GrantsOf(FunctionTable.Named("certify-erasure")), g => g.Actions.Contains("s3:GetReplicationConfiguration") && g.Reaches(bucket)));
    }

    [Fact]
    public async Task Two_hundred_datasets_fit_into_policies_and_patterns()
    {
        string datasets = string.Concat(Enumerable.Range(0, 200).Select(n =>
            $"\n  - {{name: d{n}, location: 's3://acme-lake/{new string('x', n % 2 == 0 ? 20 : 60)}/{n}/', format: ndjson, subjects: [{{kind: customer, field: id}}], approvers: [dpo@acme.example]}}"));
        Template template = await Synthesized.OfLakeAsync(Synthesized.Lake + datasets, ("erase", "on"));
        // "IAM and AWS STS quotas": of a role's inline policies together, and of each managed one; ten of those to a role, twenty on demand.
        Assert.All(template.All("IAM::Role").Keys, role =>
        {
            Assert.InRange(Policies("IAM::Policy", role).Sum(), 0, 10_240);
            Assert.All(Policies("IAM::ManagedPolicy", role), length => Assert.InRange(length, 0, 6_144));
            Assert.InRange(Policies("IAM::ManagedPolicy", role).Count(), 0, 20);
        });
        Grant[] erase = [.. template.GrantsOf(FunctionTable.Named("erase-rows")).Where(g => g.Sid.StartsWith("EraseInTheLake", StringComparison.Ordinal))];
        Assert.Equal(202, erase.SelectMany(g => g.Resources).Distinct().Count());
        // "Amazon EventBridge quotas": 2,048 characters of a pattern.
        string[] patterns = [.. template.All("Events::Rule").Values.Select(r => r["Properties"]!["EventPattern"]).OfType<JsonNode>().Select(p => p.ToJsonString())];
        Assert.All(patterns, pattern => Assert.True(pattern.Length <= 2_048, pattern));
        Assert.All(Enumerable.Range(0, 200), n => Assert.Contains(patterns, p => p.Contains($"x/{n}/\"", StringComparison.Ordinal)));

        IEnumerable<int> Policies(string type, string role) => template.All(type).Values.Select(p => p["Properties"]!)
            .Where(p => p["Roles"]!.AsArray().Any(r => Template.LogicalId(r!) == role)).Select(p => Deployed(p["PolicyDocument"]!).Length);

        // As IAM sees it, and not as CloudFormation puts it together.
        string Deployed(JsonNode node) => node switch
        {
            JsonObject o when o.Count == 1 && (o["Fn::Join"] ?? o["Ref"] ?? o["Fn::GetAtt"]) is not null => Template.Text(o).Replace("${AWS::Partition}", "aws", StringComparison.Ordinal),
            JsonObject o => string.Concat(o.Select(member => $"\"{member.Key}\":{Deployed(member.Value!)},")),
            JsonArray list => string.Concat(list.Select(item => $"\"{Deployed(item!)}\",")),
            _ => node.ToJsonString(),
        };
    }

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
