using System.Text.Json.Nodes;
using Amazon.DynamoDBv2;
using Amazon.S3.Model;
using Limpid.Core.Lake;
using Limpid.Functions.Adapters;
using Limpid.Local;
using Limpid.Local.Aws;
using Limpid.Local.Demo;
using Limpid.Tests.Adapters;
using Limpid.Tests.Aws;
using Limpid.Tests.Contracts;
using Limpid.Tests.Kill;
using Limpid.Tests.Scenarios;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Cli;

/// <summary><c>limpid ... --aws-endpoint</c>, as processes: S3 at one address, DynamoDB at another, nothing of the lake in the folder.</summary>
[Collection(Processes.Name)]
public sealed class EndpointTests(Dynalite dynalite) : IClassFixture<Dynalite>, IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];
    private S3Lab _s3 = null!;
    private AmazonDynamoDBClient _dynamo = null!;
    private string _lake = "";

    private string Root => Path.Combine(_folder.Path, "lake");

    private string Home => Path.Combine(_folder.Path, "home");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(S3Lab.IsWire, "the endpoint is the tests' own");
        _s3 = await S3Lab.StartAsync(TimeProvider.System);
        _dynamo = dynalite.Client();
        _lake = "acme-" + Guid.NewGuid().ToString("n")[..8];
        _environment["AWS_ENDPOINT_URL_DYNAMODB"] = _dynamo.Config.ServiceURL;
        Directory.CreateDirectory(Root);
        WriteLake($"s3://{_s3.LakeName}/reviews/");
    }

    public async ValueTask DisposeAsync()
    {
        _dynamo?.Dispose();
        if (_s3 is not null)
            await _s3.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_person_is_found_erased_and_certified_in_buckets_by_commands_alone()
    {
        _s3.Put("reviews/a.ndjson", "{\"id\":1}\n{\"id\":2}\n");
        _s3.Put("reviews/b.ndjson", "{\"id\":1}\n");
        JsonNode found = await JsonAsync("find", "--subject", "customer=2");
        Assert.Equal($"s3://{_s3.LakeName}/reviews/a.ndjson", (string)found["objects"]![0]!["key"]!);

        JsonNode planned = await JsonAsync("erase", "--subject", "customer=2", "--requested-by", ScenarioWorld.Requester, "--dry-run");
        Assert.InRange((double)planned["estimatedDollars"]!, 0.0001, 0.02);

        string port = LimpidProcess.FreePort();
        using LimpidProcess up = Start("up", "--port", port);
        await up.SaysAsync("stop with Ctrl-C");
        Assert.Contains($"{_s3.Server!.Address.GetLeftPart(UriPartial.Authority)} and {_dynamo.Config.ServiceURL.TrimEnd('/')}", up.Output, StringComparison.Ordinal);
        Task<JsonNode> erasing = JsonAsync("erase", "--subject", "customer=2", "--requested-by", ScenarioWorld.Requester, "--port", port);
        using (var approver = new ApproverAtThePage(ScenarioWorld.Dpo, Path.Combine(Root, ".limpid", "outbox")))
        {
            CancellationToken stop = ScenarioWorld.Stop;
            Uri link = (await approver.InvitationAsync("r-", stop)).Link!;
            string page = await approver.OpenAsync(link, stop);
            Assert.Contains("estimated to cost less than $0.01 in requests to AWS", page, StringComparison.Ordinal);
            string code = (await approver.AskForCodeAsync(link, page, stop)).Code!;
            await approver.ApproveAsync(link, page, code, "asked for", stop);
        }
        JsonNode erased = await erasing;
        await up.KillAsync();

        Assert.Equal(("certified", 1), ((string)erased["status"]!, (int)erased["rows"]!));
        Assert.Equal("{\"id\":1}\n", Text("reviews/a.ndjson"));
        string request = (string)erased["requestId"]!;
        Assert.Equal($"s3://limpid-{_lake}-evidence/certificates/{request}.json", (string)erased["certificate"]!);
        Assert.Equal(new[] { $"limpid-{_lake}-index", $"limpid-{_lake}-state" }, (await _dynamo.ListTablesAsync(ScenarioWorld.Stop)).TableNames.Where(t => t.Contains(_lake, StringComparison.Ordinal)).Order());
        Assert.False(File.Exists(Path.Combine(Root, ".limpid", "state.db")));
        Assert.Equal("certified", (string)(await JsonAsync("requests"))[0]!["status"]!);

        Assert.Equal(0, (await RunAsync("verify")).Exit);
        string bucket = $"limpid-{_lake}-evidence", key = $"certificates/{request}.json";
        string changed = Text(key, bucket).Replace("\"rowsErased\":1", "\"rowsErased\":0", StringComparison.Ordinal);
        await _s3.Client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = key, ContentBody = changed }, ScenarioWorld.Stop);
        (int exit, string output, _) = await RunAsync("verify");
        Assert.Equal(1, exit);
        Assert.Contains("its signature is not of this key and content", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_runs_on_an_event_of_the_cloud()
    {
        _s3.Put("reviews/a b.ndjson", "{\"id\":7}\n");
        string file = Path.Combine(_folder.Path, "event.json");
        await File.WriteAllTextAsync(file, Enveloped.OfBus(_s3.LakeName, "reviews/a b.ndjson"), ScenarioWorld.Stop);
        Assert.Equal("indexed", (string)(await JsonAsync("invoke", "follow-lake", "--event", file))["outcomes"]![0]!);
        Assert.Equal("unchanged", (string)(await JsonAsync("invoke", "follow-lake", "--event", file))["outcomes"]![0]!);
    }

    [Theory]
    [InlineData("s3://LAKE/reviews/", "nowhere", "limpid: --aws-endpoint takes a URL without a path, as http://localhost:9000")]
    [InlineData("s3://LAKE/reviews/", "http://127.0.0.1:9", "limpid: http://127.0.0.1:9 can't be reached: Connection refused (127.0.0.1:9)")]
    [InlineData("s3://missing-lake/reviews/", "S3", "limpid: there is no bucket missing-lake at S3, which lake.yaml names")]
    [InlineData("reviews/", "S3", "limpid: ROOT/lake.yaml(4,32): on S3 a location is s3://bucket/prefix/")]
    [InlineData("s3://LAKE/reviews/", "", "limpid: ROOT/lake.yaml(4,32): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint")]
    [InlineData("s3://LAKE/refused/", "S3", "limpid: S3 refuses these credentials (InvalidAccessKeyId): The key is not known.")]
    [InlineData("s3://LAKE/tables/", "S3", "limpid: http://127.0.0.1:9 can't be reached: Connection refused (127.0.0.1:9)")]
    public async Task What_is_wrong_with_an_endpoint_is_one_line_and_nothing_is_made(string location, string endpoint, string line)
    {
        string s3 = _s3.Server!.Address.GetLeftPart(UriPartial.Authority);
        WriteLake(location.Replace("LAKE", _s3.LakeName, StringComparison.Ordinal));
        if (location.Contains("refused", StringComparison.Ordinal))
            _s3.Server.Before = (_, _, _) => throw new WireFault(403, "InvalidAccessKeyId", "The key is not known.");
        if (location.Contains("tables", StringComparison.Ordinal))
            _environment["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:9";
        string[] where = endpoint.Length == 0 ? [] : ["--aws-endpoint", endpoint.Replace("S3", s3, StringComparison.Ordinal)];
        using var process = LimpidProcess.StartWith(_environment, Home, ["index", "--lake", Root, .. where]);
        Assert.Equal(2, await process.EndAsync());
        Assert.Equal(line.Replace("at S3", "at " + s3, StringComparison.Ordinal).Replace("limpid: S3", "limpid: " + s3, StringComparison.Ordinal).Replace("ROOT", Root, StringComparison.Ordinal), process.Errors);
        Assert.DoesNotContain((await _dynamo.ListTablesAsync(ScenarioWorld.Stop)).TableNames, table => table.Contains(_lake, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://s3.eu-west-1.amazonaws.com", "https://dynamodb.eu-west-1.amazonaws.com", "there is no bucket made-evidence at https://s3.eu-west-1.amazonaws.com: on AWS create it first")]
    [InlineData("http://localhost:9000", "https://dynamodb.eu-west-1.api.aws", "there is no table made-state at https://dynamodb.eu-west-1.api.aws: on AWS create it first")]
    public async Task At_AWS_itself_nothing_is_made(string s3, string dynamo, string line)
    {
        LakeConfig lake = ScenarioWorld.Read(Yaml($"s3://{_s3.LakeName}/reviews/"));
        var places = new AwsPlaces("made-state", "made-index", "made-evidence", "made-more", "made-staging");
        var check = new EndpointCheck(_s3.Client, new Uri(s3), _dynamo, new Uri(dynamo));
        BadInputException missing = await Assert.ThrowsAsync<BadInputException>(() => check.MakeReadyAsync(lake, places, ScenarioWorld.Stop));
        Assert.StartsWith(line, missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("made-state", (await _dynamo.ListTablesAsync(ScenarioWorld.Stop)).TableNames);
    }

    [Fact]
    public void Names_come_from_the_environment_or_the_lakes_own()
    {
        AwsPlaces places = EndpointStores.PlacesOf("Acme_EU", name => name == "LIMPID_INDEX_TABLE" ? "theirs" : null);
        Assert.Equal(new AwsPlaces("limpid-acme-eu-state", "theirs", "limpid-acme-eu-evidence", "limpid-acme-eu-index", "limpid-acme-eu-staging"), places);
    }

    private string Yaml(string location) =>
        $"lake: {_lake}\nkinds: {{customer: {{}} }}\ngrace: 0\ndatasets: [{{name: d, location: '{location}', format: ndjson, approvers: [{ScenarioWorld.Dpo}], subjects: [{{kind: customer, field: id}}], erase: drop}}]\n";

    private void WriteLake(string location) => File.WriteAllText(Path.Combine(Root, "lake.yaml"), Yaml(location));

    private string Text(string key, string? bucket = null)
    {
        using GetObjectResponse answer = _s3.Client.GetObjectAsync(bucket ?? _s3.LakeName, key).GetAwaiter().GetResult();
        return new StreamReader(answer.ResponseStream).ReadToEnd();
    }

    private LimpidProcess Start(params string[] arguments) =>
        LimpidProcess.StartWith(_environment, Home, [.. arguments, "--lake", Root, "--aws-endpoint", _s3.Server!.Address.ToString()]);

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using LimpidProcess process = Start(arguments);
        return (await process.EndAsync(), process.Output, process.Errors);
    }

    private async Task<JsonNode> JsonAsync(params string[] arguments)
    {
        (int exit, string output, string error) = await RunAsync([.. arguments, "--json"]);
        Assert.True(exit == 0, error + output);
        return JsonNode.Parse(output)!;
    }
}
