using System.Security.Cryptography;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.State;

namespace Limpid.Functions.Adapters;

/// <summary>What stands behind a function in the cloud, put together once a process.</summary>
internal static class AwsPorts
{
    private const Needs AnySecret = Needs.SubjectSecrets | Needs.NamingSecret | Needs.PageSecret | Needs.MakeSecrets;

    /// <param name="needs">What is not needed is not opened, and using it is an error.</param>
    /// <exception cref="MissingSettingException">Something that the function needs is not there.</exception>
    /// <exception cref="SecretLostException">The secrets are not those that the lake was indexed with.</exception>
    public static async Task<Ports> OpenAsync(
        AwsSettings settings, AwsClients clients, Needs needs, TimeProvider time, Action<string> log, CancellationToken cancellation)
    {
        AwsStores stores = AwsStores.Of(settings.Lake, settings.Places, clients.S3, clients.Dynamo, time);
        KmsSecrets secrets = (needs & AnySecret) == 0 ? KmsSecrets.None : await KmsSecrets.OpenAsync(
            AwsStores.Whole(settings.SecretsBucket, settings.Places, clients.S3, time), clients.Kms, settings.SecretsKey, settings.Lake.Name, needs, cancellation);
        ISigner signer = (needs & (Needs.Sign | Needs.CheckDecisions)) == 0
            ? new ClosedSigner()
            : await KmsSigner.OpenAsync(clients.Kms, settings.SigningKey, cancellation);
        var ports = new Ports(
            settings.Lake, stores.Objects, stores.Evidence, stores.Index, stores.State,
            new StepFunctionsWorkflows(clients.Workflows, settings.StateMachines),
            new SesMailer(clients.Mail, settings.Lake.Mail.From, settings.MailConfigurationSet, time),
            secrets.Subjects.Count == 0 ? SubjectHasher.Closed : new SubjectHasher(secrets.Subjects),
            secrets.Naming.IsEmpty ? ObjectNames.Closed : new ObjectNames(secrets.Naming),
            signer, new ObjectKillSwitch(stores.Evidence, settings.OnlyObserves), secrets.Pages, settings.PagesUrl, time, RandomNumberGenerator.Fill, UnnamedFile.New)
        {
            Anchors = settings.AnchorsBucket is { } anchors ? AwsStores.Whole(anchors, settings.Places, clients.S3, time) : null,
            CopiesOutOfReach = stores.CopiesOutOfReach,
            Tables = new DynamoTableReader(clients.Dynamo),
            Streams = new KinesisStreams(clients.Streams, time),
            Log = log,
            CallersMustBeProven = true,
        };
        if (needs.HasFlag(Needs.SubjectSecrets))
            await SecretMemory.CheckAsync(ports, needs.HasFlag(Needs.MakeSecrets), cancellation);
        return ports;
    }
}
