using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.SimpleEmailV2;
using Amazon.StepFunctions;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.State;

namespace Limpid.Functions.Adapters;

/// <summary>What stands behind the functions in the cloud, put together once a process.</summary>
internal static class AwsPorts
{
    /// <exception cref="MissingSettingException">Something that the functions need is not there.</exception>
    /// <exception cref="SecretLostException">The secrets are not those that the lake was indexed with.</exception>
    public static async Task<Ports> OpenAsync(AwsSettings settings, TimeProvider time, Action<string> log, CancellationToken cancellation)
    {
        AwsStores stores = AwsStores.Of(settings, time);
        var kms = new AmazonKeyManagementServiceClient();
        KmsSecrets secrets = await KmsSecrets.OpenAsync(stores.Secrets, kms, settings.SecretsKey, settings.Lake.Name, cancellation);
        var ports = new Ports(
            settings.Lake, LakeConfigDigest.Of(settings.Lake), stores.Objects, stores.Evidence, stores.Index, stores.State,
            new StepFunctionsWorkflows(new AmazonStepFunctionsClient(), settings.StateMachines),
            new SesMailer(new AmazonSimpleEmailServiceV2Client(), settings.Lake.Mail.From, settings.MailConfigurationSet, time),
            new SubjectHasher(secrets.Subjects), new ObjectNames(secrets.Naming), await KmsSigner.OpenAsync(kms, settings.SigningKey, cancellation),
            new ObjectKillSwitch(stores.Evidence, settings.OnlyObserves), secrets.Pages, settings.PagesUrl, time, RandomNumberGenerator.Fill, UnnamedFile.New)
        {
            Anchors = stores.Anchors,
            CopiesOutOfReach = stores.CopiesOutOfReach,
            Log = log,
            CallersMustBeProven = true,
        };
        await SecretMemory.CheckAsync(ports, cancellation);
        return ports;
    }
}
