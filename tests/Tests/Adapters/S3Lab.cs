using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Limpid.Functions.Adapters.S3;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Adapters;

/// <summary>
/// A lake's bucket and a staging bucket on S3: the wire-level one of the tests, or what <c>LIMPID_TEST_S3_ENDPOINT</c> names (with
/// the credentials and the region of the environment). The buckets are gone with it.
/// </summary>
internal sealed class S3Lab : IAsyncDisposable
{
    private readonly List<string> _more = [];

    private S3Lab(WireS3Server? server, IAmazonS3 client, TimeProvider clock)
    {
        Server = server;
        Client = client;
        Clock = clock;
        string id = RandomNumberGenerator.GetHexString(12, lowercase: true);
        LakeName = $"limpid-lake-{id}";
        StagingName = $"limpid-staging-{id}";
    }

    /// <summary>Null on another endpoint.</summary>
    public WireS3Server? Server { get; }
    public IAmazonS3 Client { get; }
    public TimeProvider Clock { get; }
    public string LakeName { get; }
    public string StagingName { get; }

    public WireBucket Lake { get; private set; } = null!;
    public WireBucket Staging { get; private set; } = null!;

    private static string? Endpoint => Environment.GetEnvironmentVariable("LIMPID_TEST_S3_ENDPOINT");

    public static bool IsWire => string.IsNullOrEmpty(Endpoint);

    public static async Task<S3Lab> StartAsync(TimeProvider clock, bool versioned = false)
    {
        S3Lab lab;
        if (IsWire)
        {
            WireS3Server server = await WireS3Server.StartAsync(clock);
            lab = new S3Lab(server, ClientOf(server.Address.ToString(), new BasicAWSCredentials("limpid", "limpid")), clock);
            lab.Lake = server.AddBucket(lab.LakeName);
            lab.Staging = server.AddBucket(lab.StagingName);
        }
        else
        {
            lab = new S3Lab(null, ClientOf(Endpoint!, null), clock);
            await lab.Client.PutBucketAsync(lab.LakeName);
            await lab.Client.PutBucketAsync(lab.StagingName);
        }
        if (versioned)
            await lab.VersionAsync(VersionStatus.Enabled);
        return lab;
    }

    /// <summary>Another bucket beside these.</summary>
    public async Task<string> AddBucketAsync(string purpose)
    {
        string name = StagingName.Replace("-staging-", $"-{purpose}-", StringComparison.Ordinal);
        await Client.PutBucketAsync(name);
        _more.Add(name);
        return name;
    }

    public Task VersionAsync(VersionStatus status) => Client.PutBucketVersioningAsync(new PutBucketVersioningRequest
    {
        BucketName = LakeName,
        VersioningConfig = new S3BucketVersioningConfig { Status = status },
    });

    // Little is held, so that little is enough for an upload in parts.
    public S3Store Store(string prefix = "") => new(Client, new S3Place(LakeName, prefix), new S3Place(StagingName, "staging/"), Clock, held: 5 << 20);

    public void Put(string name, string content) => Client.PutObjectAsync(new PutObjectRequest
    {
        BucketName = LakeName,
        Key = name,
        InputStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
    }).GetAwaiter().GetResult();

    public void Tag(string name, string tag, string value) => Client.PutObjectTaggingAsync(new PutObjectTaggingRequest
    {
        BucketName = LakeName,
        Key = name,
        Tagging = new Tagging { TagSet = [new Tag { Key = tag, Value = value }] },
    }).GetAwaiter().GetResult();

    public void Remove(string name) => Client.DeleteObjectAsync(LakeName, name).GetAwaiter().GetResult();

    /// <summary>Nothing is left on the way: no staged object, no note, no open upload anywhere.</summary>
    public async Task AssertNothingIsLeftAsync()
    {
        Assert.Empty((await Client.ListVersionsAsync(StagingName)).Versions ?? []);
        foreach (string bucket in new[] { LakeName, StagingName })
            Assert.Empty((await Client.ListMultipartUploadsAsync(bucket)).MultipartUploads ?? []);
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is null)
        {
            foreach (string bucket in (string[])[LakeName, StagingName, .. _more])
                await RemoveBucketAsync(bucket);
        }
        Client.Dispose();
        if (Server is not null)
            await Server.DisposeAsync();
    }

    private static AmazonS3Client ClientOf(string endpoint, AWSCredentials? credentials)
    {
        var config = new AmazonS3Config { ServiceURL = endpoint, ForcePathStyle = true, AuthenticationRegion = "us-east-1", HttpClientFactory = new S3HttpClients() };
        return credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config);
    }

    private async Task RemoveBucketAsync(string bucket)
    {
        foreach (MultipartUpload upload in (await Client.ListMultipartUploadsAsync(bucket)).MultipartUploads ?? [])
            await Client.AbortMultipartUploadAsync(bucket, upload.Key, upload.UploadId);
        while ((await Client.ListVersionsAsync(bucket)).Versions is { Count: > 0 } versions)
            foreach (S3ObjectVersion version in versions)
                await Client.DeleteObjectAsync(bucket, version.Key, version.VersionId);
        await Client.DeleteBucketAsync(bucket);
    }
}
