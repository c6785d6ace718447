using System.Net.Http.Headers;
using System.Text;
using Amazon.Kinesis;
using Amazon.Runtime;

namespace Limpid.Tests.Adapters;

/// <summary>Kinesis: npm's kinesalite on a free port. One for a class of tests; each test makes streams of its own. Without Node or npm the tests skip and say so.</summary>
public sealed class Kinesalite : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private NodeServer? _server;

    public async ValueTask InitializeAsync() => _server = await NodeServer.StartAsync("kinesalite", "{ createStreamMs: 0, updateStreamMs: 0, shardLimit: 1000 }");

    private string Endpoint
    {
        get
        {
            Assert.SkipWhen(_server is null, "npm's kinesalite is not restored");
            return _server.Endpoint;
        }
    }

    internal AmazonKinesisClient Client() =>
        new(new BasicAWSCredentials("limpid", "limpid"), new AmazonKinesisConfig { ServiceURL = Endpoint, AuthenticationRegion = "us-east-1" });

    /// <summary>Makes a stream, and returns when it takes records.</summary>
    internal async Task<string> StreamAsync(int shards)
    {
        string name = $"limpid-{Guid.NewGuid():n}";
        await CallAsync("CreateStream", $$"""{"StreamName":"{{name}}","ShardCount":{{shards}}}""");
        await ActiveAsync(name);
        return name;
    }

    /// <summary>Splits a shard at a hash key: it takes no more records, and two others do.</summary>
    internal async Task SplitAsync(string stream, string shard, string at)
    {
        await CallAsync("SplitShard", $$"""{"StreamName":"{{stream}}","ShardToSplit":"{{shard}}","NewStartingHashKey":"{{at}}"}""");
        await ActiveAsync(stream);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private async Task ActiveAsync(string stream)
    {
        while (!(await CallAsync("DescribeStream", $$"""{"StreamName":"{{stream}}"}""")).Contains("\"ACTIVE\"", StringComparison.Ordinal))
            await Task.Yield();
    }

    // What only tests call: the client of the functions does not know it. The server looks at the form of a signature alone.
    private async Task<string> CallAsync(string operation, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Endpoint) { Content = new StringContent(json, Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        request.Headers.Add("X-Amz-Target", $"Kinesis_20131202.{operation}");
        request.Headers.Add("X-Amz-Date", "20261125T000000Z");
        request.Headers.TryAddWithoutValidation(
            "Authorization", "AWS4-HMAC-SHA256 Credential=limpid/20261125/us-east-1/kinesis/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0");
        using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, answer);
        return answer;
    }
}
