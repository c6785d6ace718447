using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Limpid.Functions.Adapters.DynamoDb;

namespace Limpid.Tests.Adapters;

/// <summary>
/// DynamoDB: npm's dynalite on a free port, or what <c>LIMPID_TEST_DYNAMODB_ENDPOINT</c> names (with the credentials and the region
/// of the environment). One for a class of tests; each test makes tables of its own. Without Node or npm the tests skip and say so.
/// </summary>
public sealed class Dynalite : IAsyncLifetime
{
    private NodeServer? _server;
    private string? _endpoint;

    public async ValueTask InitializeAsync()
    {
        _endpoint = Environment.GetEnvironmentVariable("LIMPID_TEST_DYNAMODB_ENDPOINT");
        if (!string.IsNullOrEmpty(_endpoint))
            return;
        _server = await NodeServer.StartAsync("dynalite", "{ createTableMs: 0, deleteTableMs: 0 }");
        _endpoint = _server?.Endpoint;
    }

    /// <param name="throughClient">Between the client and the wire: faults are made there.</param>
    internal AmazonDynamoDBClient Client(DelegatingHandler? throughClient = null)
    {
        Assert.SkipWhen(_endpoint is null, "npm's dynalite is not restored");
        var config = new AmazonDynamoDBConfig { ServiceURL = _endpoint, AuthenticationRegion = "us-east-1" };
        if (throughClient is not null)
        {
            throughClient.InnerHandler = new SocketsHttpHandler();
            config.HttpClientFactory = new OneClient(throughClient);
        }
        return _server is null ? new AmazonDynamoDBClient(config) : new AmazonDynamoDBClient(new BasicAWSCredentials("limpid", "limpid"), config);
    }

    internal static async Task<string> TableAsync(IAmazonDynamoDB client)
    {
        string name = $"limpid-{Guid.NewGuid():n}";
        await client.CreateTableAsync(new CreateTableRequest
        {
            TableName = name,
            BillingMode = BillingMode.PAY_PER_REQUEST,
            AttributeDefinitions = [new(DynamoTable.Pk, ScalarAttributeType.S), new(DynamoTable.Sk, ScalarAttributeType.S)],
            KeySchema = [new(DynamoTable.Pk, KeyType.HASH), new(DynamoTable.Sk, KeyType.RANGE)],
        });
        while ((await client.DescribeTableAsync(name)).Table.TableStatus != TableStatus.ACTIVE)
            await Task.Yield();
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private sealed class OneClient(DelegatingHandler handler) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(handler, disposeHandler: false);

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
    }
}
