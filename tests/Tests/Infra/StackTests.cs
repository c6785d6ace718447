using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Infra.Lake;
using Limpid.Tests.House;

namespace Limpid.Tests.Infra;

/// <summary>That what is put up runs, keeps what has to be kept, and leaves alone what is not its own.</summary>
[Collection(Processes.Name)]
public sealed partial class StackTests
{
    [Fact]
    public async Task Both_ways_lead_into_the_executable()
    {
        foreach (JsonNode function in (await Synthesized.ObservingAsync()).All("Lambda::Function").Values)
            Assert.Equal(("dotnet10", "Limpid.Functions"), (Template.Text(function["Properties"]!["Runtime"]), Template.Text(function["Properties"]!["Handler"])));
        foreach (JsonNode function in (await Synthesized.ErasingAsync()).All("Lambda::Function").Values)
            Assert.Equal(("provided.al2023", "bootstrap"), (Template.Text(function["Properties"]!["Runtime"]), Template.Text(function["Properties"]!["Handler"])));
    }

    [Fact]
    public async Task Every_function_is_told_all_that_it_reads_at_its_beginning()
    {
        Template template = await Synthesized.ObservingAsync();
        DirectoryInfo package = Directory.CreateTempSubdirectory("limpid-settings-");
        try
        {
            LakeConfig lake = LakeYaml.Read(Synthesized.Lake).Config!;
            File.WriteAllBytes(Path.Combine(package.FullName, AwsSettings.LakeFile), JsonSerializer.SerializeToUtf8Bytes(lake, LakeJson.Default.LakeConfig));
            foreach (Function function in FunctionTable.All)
            {
                JsonNode variables = template.Function(function.Name).Properties["Environment"]!["Variables"]!;
                AwsSettings settings = AwsSettings.Read(name => variables[name] is { } value ? Template.Text(value) : null, package.FullName);
                Assert.True(settings.OnlyObserves);
                Assert.Contains("Anchors", settings.AnchorsBucket, StringComparison.Ordinal);
                Assert.Equal(["approval", "bucket", "purge", "refresh"], settings.StateMachines.Keys.Order());
                Assert.All(settings.StateMachines, m => Assert.EndsWith($":stateMachine:limpid-acme-{m.Key}", m.Value, StringComparison.Ordinal));
            }
        }
        finally
        {
            package.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Every_placeholder_of_a_state_machine_stands_for_what_it_is_called_after()
    {
        Template template = await Synthesized.ObservingAsync();
        IReadOnlyDictionary<string, JsonNode> machines = template.All("StepFunctions::StateMachine");
        Assert.Equal(Repository.Files.Count(f => f.StartsWith("statemachines/", StringComparison.Ordinal)), machines.Count);
        string[] names = [.. machines.Values.Select(m => Template.Text(m["Properties"]!["StateMachineName"]))];
        foreach (JsonNode machine in machines.Values.Select(m => m["Properties"]!))
        {
            string[] placeholders = [.. PlaceholderPattern().Matches(Template.Text(machine["DefinitionString"])).Select(m => m.Groups[1].Value).Distinct()];
            Assert.NotEmpty(placeholders);
            JsonObject substitutions = machine["DefinitionSubstitutions"]!.AsObject();
            foreach (string placeholder in placeholders)
            {
                string value = Template.Text(substitutions[placeholder]);
                if (FunctionTable.All.FirstOrDefault(f => f.Placeholder == placeholder) is { } function)
                    Assert.Equal($"${{{template.Function(function.Name).Id}.Arn}}", value);
                else if (placeholder.EndsWith("StateMachine", StringComparison.Ordinal))
                    Assert.Contains(value.Split(':')[^1], names);
                else if (placeholder.EndsWith("Activity", StringComparison.Ordinal))
                    Assert.Equal("AWS::StepFunctions::Activity", Template.Text(template.Resources[value.Trim('$', '{', '}')]["Type"]));
                else
                    Assert.Equal(placeholder.EndsWith("Topic", StringComparison.Ordinal) ? "AWS::SNS::Topic" : "AWS::S3::Bucket", Template.Text(template.Resources[value.Trim('$', '{', '}')]["Type"]));
            }
        }
    }

    [Fact]
    public async Task The_lakes_buckets_are_never_owned()
    {
        Template template = await Synthesized.ErasingAsync();
        Assert.All(template.All("S3::Bucket").Values, b => Assert.Null(b["Properties"]?["BucketName"]));
        Assert.All(template.All("S3::BucketPolicy").Values, p => Assert.StartsWith("${Buckets", Template.Text(p["Properties"]!["Bucket"]), StringComparison.Ordinal));
        // What could change a bucket that is not the stack's: a resource made of code.
        Assert.DoesNotContain(template.Resources.Values, r => Template.Text(r["Type"]).StartsWith("Custom::", StringComparison.Ordinal) || Template.Text(r["Type"]) == "AWS::CloudFormation::CustomResource");
        foreach (string bucket in new[] { "acme-lake", "acme-letters", "acme-orders", "acme-raw", "acme-imports" })
        {
            string command = template.Outputs.Values.Single(o => o.Contains($"--bucket {bucket} ", StringComparison.Ordinal));
            Assert.True(command.IndexOf("get-bucket-notification-configuration", StringComparison.Ordinal) < command.IndexOf("put-bucket-notification-configuration", StringComparison.Ordinal));
            Assert.Contains(template.All("Events::Rule").Values, r => r["Properties"]!["EventPattern"]?["detail"]?["bucket"]?["name"]?.ToJsonString() == $"[\"{bucket}\"]");
        }
    }

    [Fact]
    public async Task What_proves_and_what_can_not_be_made_anew_outlives_the_stack()
    {
        Template template = await Synthesized.ErasingAsync();
        string[] kept = [.. template.Resources.Where(r => Template.Text(r.Value["DeletionPolicy"]) is "Retain" or "RetainExceptOnCreate" && Template.Text(r.Value["UpdateReplacePolicy"]) == "Retain").Select(r => r.Key)];
        foreach (string start in new[] { "KeysData", "KeysSecrets", "KeysSigning", "BucketsEvidence", "BucketsSecrets", "BucketsAnchors", "TablesState" })
            Assert.Contains(kept, id => id.StartsWith(start, StringComparison.Ordinal));
        // A first deploy that fails would leave behind what the next one can't make again; the state alone is kept even so.
        Assert.All(kept, id => Assert.Equal(id.StartsWith("TablesState", StringComparison.Ordinal) ? "Retain" : "RetainExceptOnCreate", Template.Text(template.Resources[id]["DeletionPolicy"])));
        Assert.True(template.Properties(template.All("DynamoDB::Table").Keys.Single(id => id.Contains("State", StringComparison.Ordinal)))["DeletionProtectionEnabled"]!.GetValue<bool>());
        JsonNode anchors = template.Properties(template.All("S3::Bucket").Keys.Single(id => id.Contains("Anchors", StringComparison.Ordinal)));
        JsonNode retention = anchors["ObjectLockConfiguration"]!["Rule"]!["DefaultRetention"]!;
        Assert.Equal("COMPLIANCE", Template.Text(retention["Mode"]));
        Assert.True(retention["Days"]!.GetValue<int>() >= 6 * 365);
    }

    [Fact]
    public async Task What_is_stored_is_encrypted_with_the_customers_key_and_logs_lapse()
    {
        Template template = await Synthesized.ObservingAsync();
        string key = template.All("KMS::Key").Keys.Single(id => id.StartsWith("KeysData", StringComparison.Ordinal));
        Assert.All(template.All("SQS::Queue").Values, q => Assert.Equal(key, Template.LogicalId(q["Properties"]!["KmsMasterKeyId"]!)));
        Assert.All(template.All("DynamoDB::Table").Values, t => Assert.Equal(key, Template.LogicalId(t["Properties"]!["SSESpecification"]!["KMSMasterKeyId"]!)));
        Assert.All(template.All("SNS::Topic").Values, t => Assert.Equal(key, Template.LogicalId(t["Properties"]!["KmsMasterKeyId"]!)));
        Assert.All(template.All("Logs::LogGroup").Values, l => Assert.Equal((key, "90"), (Template.LogicalId(l["Properties"]!["KmsKeyId"]!), Template.Text(l["Properties"]!["RetentionInDays"]))));
        // S3 can't write its access logs under a customer's key, and locked heads have to be readable when the key is gone.
        string[] others = [.. template.All("S3::Bucket").Keys.Where(b => b.StartsWith("BucketsLogs", StringComparison.Ordinal) || b.StartsWith("BucketsAnchors", StringComparison.Ordinal))];
        Assert.All(others, b => Assert.Equal("AES256", Template.Text(template.Properties(b)["BucketEncryption"]!["ServerSideEncryptionConfiguration"]![0]!["ServerSideEncryptionByDefault"]!["SSEAlgorithm"])));
        Assert.All(template.All("S3::Bucket").Where(b => !others.Contains(b.Key)), b => Assert.Equal(
            key, Template.LogicalId(b.Value["Properties"]!["BucketEncryption"]!["ServerSideEncryptionConfiguration"]![0]!["ServerSideEncryptionByDefault"]!["KMSMasterKeyID"]!)));
        JsonNode signing = template.Properties(template.All("KMS::Key").Keys.Single(id => id.StartsWith("KeysSigning", StringComparison.Ordinal)));
        Assert.Equal(("ECC_NIST_P256", "SIGN_VERIFY"), (Template.Text(signing["KeySpec"]), Template.Text(signing["KeyUsage"])));
    }

    [Fact]
    public async Task What_is_put_together_on_the_way_is_gone_after_a_day()
    {
        Template template = await Synthesized.ErasingAsync();
        JsonNode staging = template.Properties(template.All("S3::Bucket").Keys.Single(id => id.Contains("Staging", StringComparison.Ordinal)));
        JsonNode rule = staging["LifecycleConfiguration"]!["Rules"]!.AsArray().Single()!;
        Assert.Equal(("1", "1"), (Template.Text(rule["ExpirationInDays"]), Template.Text(rule["AbortIncompleteMultipartUpload"]!["DaysAfterInitiation"])));
        foreach (string unversioned in new[] { "Staging", "Index" })
            Assert.Null(template.Properties(template.All("S3::Bucket").Keys.Single(id => id.Contains(unversioned, StringComparison.Ordinal)))["VersioningConfiguration"]);
    }

    [Fact]
    public async Task Requesters_sign_their_calls_and_approvers_pages_are_open_and_everything_is_throttled()
    {
        Template template = await Synthesized.ObservingAsync();
        var routes = template.All("ApiGatewayV2::Route").Values.ToDictionary(r => Template.Text(r["Properties"]!["RouteKey"]), r => Template.Text(r["Properties"]!["AuthorizationType"]));
        Assert.Equal(new Dictionary<string, string>
        {
            ["GET /approvals/{link}"] = "NONE",
            ["HEAD /approvals/{link}"] = "NONE",
            ["POST /approvals/{link}/{action}"] = "NONE",
            ["POST /erasures"] = "AWS_IAM",
            ["POST /erasures/{requestId}/cancel"] = "AWS_IAM",
            ["POST /erasures/{requestId}/extend"] = "AWS_IAM",
        }, routes);
        Assert.NotNull(template.All("ApiGatewayV2::Stage").Values.Single()["Properties"]!["DefaultRouteSettings"]!["ThrottlingRateLimit"]);
    }

    [Fact]
    public async Task A_lake_that_has_nothing_but_datasets_is_put_up_with_the_same_functions()
    {
        Template template = await Synthesized.OfLakeAsync(Repository.Text("infra/Cdk/example.lake.yaml"), ("erase", "on"));
        Assert.Equal(FunctionTable.All.Count, template.All("Lambda::Function").Count);
        Assert.Single(template.All("Lambda::EventSourceMapping"));
        foreach (string idle in new[] { "ingest-records", "flag-change", "publish-reference", "bucket-partition", "settle-partition", "clear-partition" })
            Assert.DoesNotContain(template.GrantsOf(FunctionTable.Named(idle)), g => g.Reaches(":s3:::"));
    }

    [Theory]
    [InlineData("kinds: {customer: {}}", "kindz: {customer: {}}", "lake.yaml(")]
    [InlineData("s3://acme-lake/reviews/", "reviews/", "is a folder: on AWS a location is s3://bucket/prefix/")]
    [InlineData("mail: {from: privacy@acme.example, operators: [operators@acme.example]}", "grace: 1h", "mail.from is missing")]
    [InlineData("lake: acme\n", "lake: acme.lake_1\n", "letters, digits and hyphens alone")]
    [InlineData(", stream: 'arn:aws:dynamodb:eu-west-1:123456789012:table/acme-dishes/stream/2026-11-01T10:00:00.000'", "", "comes from the table acme-dishes, and nothing would tell of its changes")]
    [InlineData("s3://acme-small/others/", "others/", "the reference countries lies at others/, which is a folder")]
    public async Task A_lake_that_can_not_be_put_up_is_one_clear_line(string line, string instead, string said)
    {
        using var synthesis = new Synthesis(Synthesized.Lake.Replace("kinds: {customer: {}, email: {}}", "kinds: {customer: {}}", StringComparison.Ordinal).Replace(line, instead, StringComparison.Ordinal));
        (int exit, string output) = await synthesis.RunAsync();
        Assert.Equal(2, exit);
        Assert.Contains(said, output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arn:aws:kms:eu-west-1:123456789012:alias/lake")]
    [InlineData("1234abcd-12ab-34cd-56ef-1234567890ab")]
    public async Task Keys_of_the_lake_that_IAM_does_not_know_are_one_clear_line(string key)
    {
        using var synthesis = new Synthesis(Synthesized.Lake);
        (int exit, string output) = await synthesis.RunAsync(("lakeKeys", key));
        Assert.Equal(2, exit);
        Assert.Contains($"-c lakeKeys={key}: ARNs of keys", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\0libc.so.6\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_PRIVATE\0", 0)]
    [InlineData("\0GLIBC_2.38\0GLIBC_2.4\0libm.so.6\0", 2)]
    public async Task Machine_code_for_a_newer_glibc_than_Lambdas_is_refused(string names, int expected)
    {
        using var synthesis = new Synthesis(Synthesized.Lake);
        synthesis.Pack("bootstrap", names);
        (int exit, string output) = await synthesis.RunAsync(("native", "true"));
        Assert.Equal(expected, exit);
        Assert.Equal(expected != 0, output.Contains("the executable needs glibc 2.38,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task F60_cdk_nag_finds_nothing_that_is_not_justified()
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Repository.Root, "node_modules", "cdk-nag")), "npm packages are not restored: `npm ci` was not possible");
        using var synthesis = new Synthesis(Synthesized.Lake);
        (int exit, string said) = await synthesis.RunAsync(("erase", "on"));
        Assert.True(exit == 0, said);
        var start = new ProcessStartInfo("node", ["tests/nag.mjs", synthesis.TemplateFile, "tests/nag-suppressions.json"]) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process nag = Process.Start(start)!;
        string[] printed = await Task.WhenAll(
            nag.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), nag.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await nag.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(nag.ExitCode == 0, string.Concat(printed));
    }

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex PlaceholderPattern();
}
