using System.Security.Cryptography;
using Amazon.DynamoDBv2;
using Amazon.KeyManagementService;
using Amazon.Kinesis;
using Amazon.S3;
using Amazon.SimpleEmailV2;
using Amazon.StepFunctions;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.Adapters.S3;
using Limpid.Functions.State;

namespace Limpid.Functions.Adapters;

/// <summary>What stands behind the functions in the cloud, put together once a process.</summary>
internal static class AwsPorts
{
    /// <exception cref="MissingSettingException">Something that the functions need is not there.</exception>
    /// <exception cref="SecretLostException">The secrets are not those that the lake was indexed with.</exception>
    public static async Task<Ports> OpenAsync(AwsSettings settings, TimeProvider time, Action<string> log, CancellationToken cancellation)
    {
        var s3 = new AmazonS3Client(new AmazonS3Config { HttpClientFactory = new S3HttpClients(), ForcePathStyle = settings.S3PathStyle });
        var dynamo = new AmazonDynamoDBClient();
        AwsStores stores = AwsStores.Of(settings.Lake, settings.Places, s3, dynamo, time);
        var kms = new AmazonKeyManagementServiceClient();
        KmsSecrets secrets = await KmsSecrets.OpenAsync(AwsStores.Whole(settings.SecretsBucket, settings.Places, s3, time), kms, settings.SecretsKey, settings.Lake.Name, cancellation);
        var ports = new Ports(
            settings.Lake, LakeConfigDigest.Of(settings.Lake), stores.Objects, stores.Evidence, stores.Index, stores.State,
            new StepFunctionsWorkflows(new AmazonStepFunctionsClient(), settings.StateMachines),
            new SesMailer(new AmazonSimpleEmailServiceV2Client(), settings.Lake.Mail.From, settings.MailConfigurationSet, time),
            new SubjectHasher(secrets.Subjects), new ObjectNames(secrets.Naming), await KmsSigner.OpenAsync(kms, settings.SigningKey, cancellation),
            new ObjectKillSwitch(stores.Evidence), secrets.Pages, settings.PagesUrl, time, RandomNumberGenerator.Fill, UnnamedFile.New)
        {
            CopiesOutOfReach = stores.CopiesOutOfReach,
            Tables = new DynamoTableReader(dynamo),
            Streams = new KinesisStreams(new AmazonKinesisClient(), time),
            Log = log,
            CallersMustBeProven = true,
        };
        await SecretMemory.CheckAsync(ports, cancellation);
        return ports;
    }
}
