using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Amazon.DynamoDBv2;
using Amazon.KeyManagementService;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Local.StateMachines;
using Limpid.Tests.Adapters;
using Limpid.Tests.Aws;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// The cloud as far as a wire goes: each function is the published executable in a process of its own, entered as <c>bootstrap</c> and
/// served by a Runtime API; behind them are S3, DynamoDB, KMS, SES and Step Functions at addresses of this machine. The local runner
/// carries workflows out. Whatever happens in a function happens at the system's time; the runner's waits alone are skipped.
/// </summary>
internal sealed partial class PublishedWorld : ScenarioWorld
{
    private const string Principal = "arn:aws:sts::123456789012:assumed-role/Desk/anna";

    private readonly ConcurrentDictionary<string, Lazy<Task<FunctionProcess>>> _functions = [];
    private readonly StateFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly S3Lab _s3;
    private readonly AmazonDynamoDBClient _dynamo;
    private readonly CloudServices _services;
    private AmazonKeyManagementServiceClient? _kms;

    private PublishedWorld(S3Lab s3, AmazonDynamoDBClient dynamo, CloudServices services)
        : base(new ScenarioTime(TimeProvider.System.GetUtcNow()))
    {
        _s3 = s3;
        _dynamo = dynamo;
        _services = services;
        services.Runner = () => Runner;
    }

    /// <param name="package">A folder with the published executable.</param>
    public static async Task<PublishedWorld> StartAsync(string yaml, Dynalite dynalite, string package)
    {
        Assert.SkipUnless(S3Lab.IsWire, "the executable is tried on the services of the tests alone");
        var world = new PublishedWorld(await S3Lab.StartAsync(TimeProvider.System), dynalite.Client(), await CloudServices.StartAsync());
        await world.OpenAsync(yaml, package);
        return world;
    }

    /// <summary>How many functions ran.</summary>
    public int Processes => _functions.Count;

    public override void Put(string key, ReadOnlySpan<byte> content)
    {
        var bytes = WireContent.Of(content.ToArray());
        _s3.Server!.Locked(() => _s3.Lake.Put(key, bytes, new WireProperties(), null, null));
    }

    public override void Remove(string key) => _s3.Remove(key);

    public override byte[]? Content(string key) =>
        _s3.Server!.Locked(() => _s3.Lake.Top(key) is { IsMarker: false } top ? top.Content!.ToArray() : null);

    public override SortedDictionary<string, byte[]> Lake()
    {
        var all = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        string place = $"s3://{_s3.LakeName}/";
        foreach (ObjectInfo info in Ports.Objects.ListAsync("", null, CancellationToken.None).ToBlockingEnumerable(CancellationToken.None))
            all.Add(info.Key[place.Length..], Content(info.Key[place.Length..])!);
        return all;
    }

    public override string Key(string name) => $"s3://{_s3.LakeName}/{name}";

    public override void ThrowKillSwitch(bool on) => throw new NotSupportedException();

    public override IReadOnlyList<(string To, string Text)> Mails() => [.. _services.Mails];

    /// <summary>By the requesters' API, as somebody whom IAM knows.</summary>
    public override async Task<SubmitResult> TrySubmitAsync(SubmitInput input)
    {
        string body = JsonSerializer.Serialize(input with { RequestedBy = "" }, ErasureJson.Default.SubmitInput);
        JsonNode asked = JsonNode.Parse(body)!;
        asked.AsObject().Remove("requestedBy");
        JsonElement answer = await CallAsync("submit-erasure", Http("POST", "/erasures", [], asked.ToJsonString(), iam: Principal));
        JsonNode said = JsonNode.Parse(answer.GetProperty("body").GetString()!)!;
        return new SubmitResult((string?)said["requestId"], (string?)said["problem"]);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (Lazy<Task<FunctionProcess>> function in _functions.Values)
            await (await function.Value).DisposeAsync();
        _kms?.Dispose();
        _dynamo.Dispose();
        await _services.DisposeAsync();
        await _s3.DisposeAsync();
        _folder.Dispose();
    }

    protected override async Task<TaskResult> InvokeAsync(string function, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        FunctionProcess process = await _functions.GetOrAdd(function, name => new Lazy<Task<FunctionProcess>>(() => FunctionProcess.StartAsync(_folder.Path, name, _environment))).Value;
        RuntimePost post = await process.InvokeAsync(Encoding.UTF8.GetString(payload.Span));
        return post.IsAnswer
            ? TaskResult.Success(JsonData.Parse(post.Body))
            : TaskResult.Failure(post.Json.GetProperty("errorType").GetString()!, post.Json.GetProperty("errorMessage").GetString()!);
    }

    /// <summary>By the pages' API.</summary>
    protected override async Task<PageResponse> BrowseAsync(PageRequest request)
    {
        string form = string.Join('&', request.Form.Select(f => $"{WebUtility.UrlEncode(f.Key)}={WebUtility.UrlEncode(f.Value)}"));
        string[] headers = request.Method == "POST" ? ["content-type", "application/x-www-form-urlencoded"] : [];
        JsonElement answer = await CallAsync(request.Method == "POST" ? "decide-approval" : "show-approval", Http(request.Method, request.Path, headers, form, iam: null));
        return new PageResponse(answer.GetProperty("statusCode").GetInt32(), new Dictionary<string, string>(), answer.GetProperty("body").GetString() ?? "");
    }

    public override async Task<JsonElement> CallAsync(string function, string payload)
    {
        TaskResult result = await InvokeAsync(function, Encoding.UTF8.GetBytes(payload), Stop);
        Assert.True(result.Output is not null, $"{function}: {result.Error}: {result.Cause}");
        return JsonDocument.Parse(result.Output.ToUtf8()).RootElement.Clone();
    }

    private static string Http(string method, string path, string[] header, string body, string? iam) => new JsonObject
    {
        ["version"] = "2.0",
        ["rawPath"] = path,
        ["headers"] = header is [var name, var value] ? new JsonObject { [name] = value } : new JsonObject(),
        ["requestContext"] = new JsonObject
        {
            ["stage"] = "$default",
            ["http"] = new JsonObject { ["method"] = method, ["path"] = path },
            ["authorizer"] = iam is null ? null : new JsonObject { ["iam"] = new JsonObject { ["userArn"] = iam } },
        },
        ["body"] = body,
        ["isBase64Encoded"] = false,
    }.ToJsonString();

    private async Task OpenAsync(string yaml, string package)
    {
        LakeConfig lake = Read(LocationPattern().Replace(yaml, $"location: s3://{_s3.LakeName}/$1") + $"requesters: [{{mail: {Requester}, principal: 'arn:aws:iam::123456789012:role/Desk'}}]\npages: https://pages.acme.example\n");
        var places = new AwsPlaces(await Dynalite.TableAsync(_dynamo), await Dynalite.TableAsync(_dynamo), "limpid-evidence", "limpid-index", _s3.StagingName);
        foreach (string bucket in new[] { places.EvidenceBucket, places.IndexBucket, "limpid-secrets" })
            _s3.Server!.AddBucket(bucket);
        foreach (string file in Directory.EnumerateFiles(package).Where(f => Path.GetExtension(f) is not (".pdb" or ".dbg" or ".xml")))
            File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file) == "Limpid.Functions" ? "bootstrap" : Path.GetFileName(file)));
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, AwsSettings.LakeFile), JsonSerializer.SerializeToUtf8Bytes(lake, LakeJson.Default.LakeConfig), Stop);
        SetEnvironment(places);

        // The first thing that is done after deploying: it alone may make the secrets.
        await CallAsync("reconcile-lake", """{"runId":"deployed"}""");
        _kms = new AmazonKeyManagementServiceClient(ServiceServer.Credentials, _services.Server.Configure(new AmazonKeyManagementServiceConfig()));
        AwsStores stores = AwsStores.Of(lake, places, _s3.Client, _dynamo, TimeProvider.System);
        KmsSecrets secrets = await KmsSecrets.OpenAsync(AwsStores.Whole("limpid-secrets", places, _s3.Client, TimeProvider.System), _kms, "secrets", lake.Name,
            Needs.SubjectSecrets | Needs.NamingSecret | Needs.PageSecret, Stop);
        var ports = new Ports(
            lake, stores.Objects, stores.Evidence, stores.Index, stores.State, null!, new Letterbox(),
            new SubjectHasher(secrets.Subjects), new ObjectNames(secrets.Naming), await KmsSigner.OpenAsync(_kms, "signing", Stop), new ObjectKillSwitch(stores.Evidence),
            secrets.Pages, lake.Pages!, TimeProvider.System, RandomNumberGenerator.Fill, () => new MemoryStream());
        Attach(ports, Directory.CreateDirectory(Path.Combine(_folder.Path, "state")).FullName);
    }

    private void SetEnvironment(AwsPlaces places)
    {
        _environment["AWS_REGION"] = ServiceServer.Region;
        _environment["AWS_ACCESS_KEY_ID"] = ServiceServer.AccessKey;
        _environment["AWS_SECRET_ACCESS_KEY"] = ServiceServer.SecretKey;
        _environment["AWS_ENDPOINT_URL_S3"] = _s3.Server!.Address.ToString();
        _environment["AWS_ENDPOINT_URL_DYNAMODB"] = _dynamo.Config.ServiceURL;
        _environment["AWS_ENDPOINT_URL"] = _services.Server.Url;
        _environment["LIMPID_EVIDENCE_BUCKET"] = places.EvidenceBucket;
        _environment["LIMPID_STATE_TABLE"] = places.StateTable;
        _environment["LIMPID_INDEX_TABLE"] = places.IndexTable;
        _environment["LIMPID_INDEX_BUCKET"] = places.IndexBucket;
        _environment["LIMPID_STAGING_BUCKET"] = places.StagingBucket;
        _environment["LIMPID_PURGE_ARN"] = CloudServices.Machines + "purge";
        _environment["LIMPID_APPROVAL_ARN"] = CloudServices.Machines + "approval";
        _environment["LIMPID_SIGNING_KEY"] = "signing";
        _environment["LIMPID_SECRETS_KEY"] = "secrets";
        _environment["LIMPID_SECRETS_BUCKET"] = "limpid-secrets";
        _environment["LIMPID_MAIL_CONFIGURATION_SET"] = "approvals";
    }

    [GeneratedRegex("location: ([a-z]+/)")]
    private static partial Regex LocationPattern();
}
