using System.Diagnostics;
using System.Text.Json;
using Amazon.DynamoDBv2;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Tests.Adapters;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

/// <summary>The executable that is deployed, as a process: between a Runtime API and the services that it stands on.</summary>
[Collection(Processes.Name)]
public sealed class ExecutableTests(Dynalite dynalite) : IClassFixture<Dynalite>, IAsyncLifetime
{
    private const string Yaml =
        """
        lake: acme
        kinds: {customer: {} }
        pages: https://pages.acme.example
        requesters: [{mail: desk@acme.example, principal: 'arn:aws:iam::123456789012:role/Desk'}]
        datasets:
          - {name: d, location: 's3://LAKE/d/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: id}], erase: drop}

        """;

    /// <summary>Names an executable to try instead of what was built: one that was compiled ahead of time, say.</summary>
    private const string PublishedVariable = "LIMPID_TEST_BOOTSTRAP";

    private readonly FakeKms _kms = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("limpid-package-").FullName;
    private S3Lab _s3 = null!;
    private ServiceServer _services = null!;
    private RuntimeApiServer _api = null!;
    private Dictionary<string, string> _environment = [];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(S3Lab.IsWire, "the executable is tried on the services of the tests alone");
        _s3 = await S3Lab.StartAsync(TimeProvider.System);
        _services = await ServiceServer.StartAsync();
        _services.Otherwise = request => request.Target?.StartsWith("TrentService.", StringComparison.Ordinal) == true ? _kms.Answer(request) : (200, "{}");
        _api = await RuntimeApiServer.StartAsync();
        foreach (string bucket in new[] { "evidence", "index", "secrets" })
            _s3.Server!.AddBucket($"limpid-{bucket}");
        using AmazonDynamoDBClient dynamo = dynalite.Client();
        _environment = new Dictionary<string, string>
        {
            ["AWS_LAMBDA_RUNTIME_API"] = _api.Address,
            ["AWS_REGION"] = ServiceServer.Region,
            ["AWS_ACCESS_KEY_ID"] = ServiceServer.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = ServiceServer.SecretKey,
            ["AWS_ENDPOINT_URL_S3"] = _s3.Server!.Address.ToString(),
            ["AWS_ENDPOINT_URL_DYNAMODB"] = dynamo.Config.ServiceURL,
            ["AWS_ENDPOINT_URL"] = _services.Url,
            ["LIMPID_EVIDENCE_BUCKET"] = "limpid-evidence",
            ["LIMPID_STATE_TABLE"] = await Dynalite.TableAsync(dynamo),
            ["LIMPID_INDEX_TABLE"] = await Dynalite.TableAsync(dynamo),
            ["LIMPID_INDEX_BUCKET"] = "limpid-index",
            ["LIMPID_STAGING_BUCKET"] = _s3.StagingName,
            ["LIMPID_PURGE_ARN"] = "arn:aws:states:eu-west-1:123456789012:stateMachine:purge",
            ["LIMPID_APPROVAL_ARN"] = "arn:aws:states:eu-west-1:123456789012:stateMachine:approval",
            ["LIMPID_SIGNING_KEY"] = "signing",
            ["LIMPID_SECRETS_KEY"] = "secrets",
            ["LIMPID_SECRETS_BUCKET"] = "limpid-secrets",
            ["LIMPID_MAIL_CONFIGURATION_SET"] = "approvals",
        };
        Unpack(Yaml.Replace("LAKE", _s3.LakeName, StringComparison.Ordinal));
    }

    /// <summary>The lake's secrets are made by reconcile-lake; until then no other function begins.</summary>
    private async Task ReconcileAsync()
    {
        using Process process = Start("dotnet", [Path.Combine(_folder, "Limpid.Functions.dll")], "reconcile-lake", handler: "Limpid.Functions");
        try
        {
            Assert.True((await _api.InvokeAsync("""{"runId":"first"}""")).IsAnswer);
        }
        finally
        {
            await StopAsync(process);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_s3 is not null)
        {
            await _api.DisposeAsync();
            await _services.DisposeAsync();
            await _s3.DisposeAsync();
        }
        _kms.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_managed_runtime_enters_by_the_name_of_the_file()
    {
        await ReconcileAsync();
        using Process process = Start("dotnet", [Path.Combine(_folder, "Limpid.Functions.dll")], "follow-lake", handler: "Limpid.Functions");
        try
        {
            _s3.Put("d/a", "{\"id\":1}\n");
            RuntimePost post = await _api.InvokeAsync(Enveloped.Batch(("m1", Enveloped.OfS3(_s3.LakeName, "d/a")), ("m2", "foreign"), ("m3", Enveloped.TestEvent)));
            Assert.True(post.IsAnswer, post.Body);
            Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"m2"}]}""", post.Body);
            Assert.Equal("""{"outcomes":["unchanged"]}""", (await _api.InvokeAsync(Enveloped.OfBus(_s3.LakeName, "d/a"))).Body);
        }
        finally
        {
            await StopAsync(process);
        }
    }

    [Fact]
    public async Task The_custom_runtime_enters_by_bootstrap_and_calls_start_the_workflow()
    {
        string bootstrap = Path.Combine(_folder, "bootstrap");
        File.Copy(Environment.GetEnvironmentVariable(PublishedVariable) ?? Path.Combine(_folder, "Limpid.Functions"), bootstrap);
        await ReconcileAsync();
        using Process process = Start(bootstrap, [], "submit-erasure", handler: "anything");
        try
        {
            string call = """{"version":"2.0","rawPath":"/erasures","headers":{},"requestContext":{"stage":"$default","http":{"method":"POST"},"authorizer":{"iam":{"userArn":"arn:aws:sts::123456789012:assumed-role/Desk/anna"}}},"body":"{\"subjects\":[{\"kind\":\"customer\",\"id\":\"1\"}]}","isBase64Encoded":false}""";
            RuntimePost post = await _api.InvokeAsync(call);
            Assert.True(post.IsAnswer, post.Body);
            Assert.Equal(202, post.Json.GetProperty("statusCode").GetInt32());
            using JsonDocument body = JsonDocument.Parse(post.Json.GetProperty("body").GetString()!);
            ServiceRequest started = _services.Requests.Single(r => r.Target == "AWSStepFunctions.StartExecution");
            started.AssertSigned("states");
            Assert.Equal(body.RootElement.GetProperty("requestId").GetString(), started.Json.GetProperty("name").GetString());
            Assert.Equal("NotAuthorizedException", (await _api.InvokeAsync("""{"subjects":[],"requestedBy":"desk@acme.example"}""")).Headers["Lambda-Runtime-Function-Error-Type"]);
        }
        finally
        {
            await StopAsync(process);
        }
    }

    [Theory]
    [InlineData("LIMPID_STATE_TABLE", "MissingSettingException", "LIMPID_STATE_TABLE")]
    [InlineData("LIMPID_FUNCTION", "UnknownFunctionException", "there is no function ''")]
    [InlineData("", "MissingSettingException", "reconcile-lake makes them")]
    public async Task What_is_not_set_is_an_error_of_initialisation_that_names_it(string missing, string type, string message)
    {
        if (missing.Length > 0)
            _environment[missing] = "";
        using Process process = Start("dotnet", [Path.Combine(_folder, "Limpid.Functions.dll")], "notify", handler: "Limpid.Functions");
        try
        {
            RuntimePost post = await _api.PostedAsync();
            Assert.Equal(("init/error", type), (post.Path, post.Json.GetProperty("errorType").GetString()));
            Assert.Contains(message, post.Json.GetProperty("errorMessage").GetString(), StringComparison.Ordinal);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, process.ExitCode);
        }
        finally
        {
            await StopAsync(process);
        }
    }

    [Fact]
    public async Task A_proxy_to_the_outside_is_not_asked_for_events()
    {
        _environment["http_proxy"] = "http://127.0.0.1:1";
        using Process process = Start("dotnet", [Path.Combine(_folder, "Limpid.Functions.dll")], "begin-erasure", handler: "Limpid.Functions");
        try
        {
            Assert.Equal("BadEventException", (await _api.InvokeAsync("[]")).Json.GetProperty("errorType").GetString());
        }
        finally
        {
            await StopAsync(process);
        }
    }

    // The package as it is unpacked in Lambda: what is built, and lake.json beside it.
    private void Unpack(string yaml)
    {
        string built = Path.GetDirectoryName(typeof(FunctionTable).Assembly.Location)!;
        foreach (string file in Directory.GetFiles(built, "Limpid.Functions*").Concat(Directory.GetFiles(built, "AWSSDK*.dll")).Concat(Directory.GetFiles(built, "Amazon.Lambda.*.dll")).Append(Path.Combine(built, "Limpid.Core.dll")).Append(Path.Combine(built, "Limpid.AwsPackages.dll")))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)), overwrite: true);
        File.WriteAllBytes(Path.Combine(_folder, AwsSettings.LakeFile), JsonSerializer.SerializeToUtf8Bytes(ScenarioWorld.Read(yaml), LakeJson.Default.LakeConfig));
    }

    private Process Start(string program, string[] arguments, string function, string handler)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string inherited in start.Environment.Keys.Where(k => k.StartsWith("AWS_", StringComparison.Ordinal) || k.StartsWith("LIMPID_", StringComparison.Ordinal) || k.Equals("no_proxy", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(inherited);
        start.Environment["LIMPID_FUNCTION"] = function;
        start.Environment["_HANDLER"] = handler;
        foreach ((string name, string value) in _environment)
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        _api.Function = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).ContinueWith(
            said => throw new InvalidOperationException("the process ended: " + string.Concat(said.Result)), TaskScheduler.Default);
        return process;
    }

    private static async Task StopAsync(Process process)
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
    }
}
