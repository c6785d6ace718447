using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Amazon.S3;
using Limpid.Functions.Adapters.S3;

namespace Limpid.Local.Aws;

/// <summary>
/// S3 and DynamoDB at given addresses: servers that speak as those do, or AWS's own. Of the environment the SDK's variables count:
/// <c>AWS_ENDPOINT_URL_S3</c> and <c>AWS_ENDPOINT_URL_DYNAMODB</c> take one of the two elsewhere, and region and credentials are
/// looked for as the SDK does; where none are named, servers that are not AWS's get the key <c>limpid</c> with the secret <c>limpid</c>.
/// </summary>
internal sealed class AwsEndpoint : IDisposable
{
    /// <summary>For whoever wants no address of the environment, by the reference of the SDKs and tools.</summary>
    private const string Ignored = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

    private static readonly string[] NamesCredentials =
        ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"];

    private readonly Func<string, string?> _environment;

    /// <param name="url">Of both, but for what the environment says.</param>
    /// <exception cref="BadInputException">One of the addresses is none.</exception>
    public AwsEndpoint(string url, Func<string, string?> environment)
    {
        _environment = environment;
        S3Url = UrlOf("AWS_ENDPOINT_URL_S3", url);
        DynamoUrl = UrlOf("AWS_ENDPOINT_URL_DYNAMODB", url);
        S3 = NewS3(null);
        DynamoDb = NewDynamoDb(null);
    }

    public Uri S3Url { get; }

    public Uri DynamoUrl { get; }

    public IAmazonS3 S3 { get; }

    public IAmazonDynamoDB DynamoDb { get; }

    /// <summary>As people are told of it.</summary>
    public string Shown => S3Url == DynamoUrl ? Text(S3Url) : $"{Text(S3Url)} and {Text(DynamoUrl)}";

    /// <summary>Whether a server is AWS's own: there nothing is made that costs money or that somebody else looks after.</summary>
    public static bool IsAws(Uri url) =>
        url.Host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase) || url.Host.EndsWith(".amazonaws.com.cn", StringComparison.OrdinalIgnoreCase)
        || url.Host.EndsWith(".api.aws", StringComparison.OrdinalIgnoreCase);

    public static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <param name="retries">After a request that failed; null for as many as the SDK makes by itself.</param>
    public IAmazonS3 NewS3(int? retries) => new AmazonS3Client(
        CredentialsFor(S3Url), Configured(S3Url, new AmazonS3Config { ForcePathStyle = !IsAws(S3Url), HttpClientFactory = new S3HttpClients() }, retries));

    /// <inheritdoc cref="NewS3"/>
    public IAmazonDynamoDB NewDynamoDb(int? retries) => new AmazonDynamoDBClient(CredentialsFor(DynamoUrl), Configured(DynamoUrl, new AmazonDynamoDBConfig(), retries));

    public void Dispose()
    {
        S3.Dispose();
        DynamoDb.Dispose();
    }

    private Uri UrlOf(string variable, string otherwise)
    {
        bool isIgnored = bool.TryParse(_environment(Ignored), out bool says) && says;
        (string name, string text) = !isIgnored && _environment(variable) is { Length: > 0 } own ? (variable, own) : ("--aws-endpoint", otherwise);
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url is { PathAndQuery: "/", UserInfo: "" }
            ? url
            : throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"{name} takes a URL without a path, as http://localhost:9000"));
    }

    private T Configured<T>(Uri url, T config, int? retries)
        where T : ClientConfig
    {
        if (retries is { } most)
            config.MaxErrorRetry = most;
        config.ServiceURL = url.ToString();
        // AWS says the region in the name of its servers.
        if (!IsAws(url))
            config.AuthenticationRegion = _environment("AWS_REGION") ?? _environment("AWS_DEFAULT_REGION") ?? "us-east-1";
        return config;
    }

    private AWSCredentials CredentialsFor(Uri url) => IsAws(url) || NamesCredentials.Any(name => _environment(name) is { Length: > 0 })
        ? new DeferredCredentials()
        : new BasicAWSCredentials("limpid", "limpid");

    /// <summary>Those that the SDK finds, looked for when the first request is signed: a constructor is no place to wait for a network.</summary>
    private sealed class DeferredCredentials : AWSCredentials
    {
        private readonly Lazy<AWSCredentials> _found = new(() => Amazon.Runtime.Credentials.DefaultAWSCredentialsIdentityResolver.GetCredentials());

        public override ImmutableCredentials GetCredentials() => _found.Value.GetCredentials();

        public override Task<ImmutableCredentials> GetCredentialsAsync() => _found.Value.GetCredentialsAsync();
    }
}
