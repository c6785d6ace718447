using System.Collections.Concurrent;
using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Amazon.S3.Model;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.Adapters.S3;
using Limpid.Local.StateMachines;
using Limpid.Tests.Adapters;
using Limpid.Tests.Aws;
using Limpid.Tests.Rights;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// Everything as it is on AWS, on the wire: each function is opened by itself, as in a process of its own, with what it needs and
/// nothing else. What it asks of AWS is recorded. Executions run on the local runner.
/// </summary>
internal sealed class AwsWorld : MemoryWorld
{
    /// <summary>Of the people around the lake, who are no function.</summary>
    private const Needs Everything = (Needs)~0;

    private const Needs Secrets = Needs.SubjectSecrets | Needs.NamingSecret | Needs.PageSecret | Needs.Sign | Needs.SignUnattended | Needs.CheckDecisions | Needs.MakeSecrets;

    private readonly ConcurrentDictionary<string, Needs> _found = [];
    private readonly S3Lab _s3;
    private readonly WireServices _services;
    private readonly AmazonDynamoDBClient _dynamo;
    private readonly AwsSettings _settings;
    private readonly Func<string, Ports, Ports> _around;

    private AwsWorld(string yaml, S3Lab s3, WireServices services, AmazonDynamoDBClient dynamo, AwsSettings settings, Ports people, ScenarioTime time, Func<string, Ports, Ports> around, int parallelTasks)
        : base(yaml, _ => people, parallelTasks: parallelTasks, clock: time)
    {
        (_s3, _services, _dynamo, _settings, _around) = (s3, services, dynamo, settings, around);
        services.Runner = () => Runner;
        dynamo.AfterResponseEvent += (_, answered) => DynamoCalls.Enqueue(((WebServiceResponseEventArgs)answered).Request.GetType().Name.Replace("Request", "", StringComparison.Ordinal));
    }

    public S3Lab S3 => _s3;

    /// <summary>Every request to DynamoDB, by its operation.</summary>
    public ConcurrentQueue<string> DynamoCalls { get; } = [];

    private new IObjectStore Objects => Ports.Objects;

    /// <param name="around">Comes between a function and its ports.</param>
    public static async Task<AwsWorld> StartAsync(string yaml, Dynalite dynalite, bool versioned = false, Func<string, Ports, Ports>? around = null, int parallelTasks = 4)
    {
        AmazonDynamoDBClient dynamo = dynalite.Client();
        var time = new ScenarioTime(Start);
        S3Lab s3 = await S3Lab.StartAsync(time, versioned);
        WireServices services = await WireServices.StartAsync();
        var settings = new AwsSettings
        {
            Lake = Read(yaml),
            Places = new AwsPlaces(
                await Dynalite.TableAsync(dynamo), await Dynalite.TableAsync(dynamo), await s3.AddBucketAsync("evidence"), await s3.AddBucketAsync("index"), s3.StagingName),
            AnchorsBucket = await s3.AddBucketAsync("anchors"),
            StateMachines = WireServices.StateMachines,
            SigningKey = "signing",
            SecretsKey = "sealing",
            SecretsBucket = await s3.AddBucketAsync("secrets"),
            MailConfigurationSet = "approvals",
            PagesUrl = "http://pages.acme.example",
        };
        Watch(s3, services, dynamo, settings);
        // The first function to begin makes the secrets.
        using (CallRecorder.Running("reconcile-lake"))
            await OpenAsync(Needs.MakeSecrets | Needs.SubjectSecrets, settings, s3, services, dynamo, time);
        Ports people = await OpenAsync(Everything, settings, s3, services, dynamo, time);
        return new AwsWorld(yaml, s3, services, dynamo, settings, people, time, around ?? ((_, ports) => ports), parallelTasks);
    }

    public override void Put(string key, ReadOnlySpan<byte> content)
    {
        byte[] bytes = content.ToArray();
        _s3.Client.PutObjectAsync(new PutObjectRequest { BucketName = _s3.LakeName, Key = key, InputStream = new MemoryStream(bytes) }).GetAwaiter().GetResult();
    }

    public override void Remove(string key) => _s3.Remove(key);

    public override byte[]? Content(string key)
    {
        if (Objects.HeadAsync(key, CancellationToken.None).GetAwaiter().GetResult() is not { } info)
            return null;
        using Stream stream = Objects.OpenReadAsync(info, 0, CancellationToken.None).GetAwaiter().GetResult();
        using var bytes = new MemoryStream();
        stream.CopyToAsync(bytes).GetAwaiter().GetResult();
        return bytes.ToArray();
    }

    public override SortedDictionary<string, byte[]> Lake()
    {
        var all = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (ObjectInfo info in Objects.ListAsync("", null, CancellationToken.None).ToBlockingEnumerable(CancellationToken.None))
        {
            if (info is { IsCurrent: true, IsDeleteMarker: false })
                all.Add(info.Key, Content(info.Key)!);
        }
        return all;
    }

    public override IReadOnlyList<(string To, string Text)> Mails() => _services.Mails;

    public override void ThrowKillSwitch(bool on)
    {
        if (on)
            _s3.Client.PutObjectAsync(new PutObjectRequest { BucketName = _settings.Places.EvidenceBucket, Key = ObjectKillSwitch.Key, ContentBody = "" }).GetAwaiter().GetResult();
        else
            _s3.Client.DeleteObjectAsync(_settings.Places.EvidenceBucket, ObjectKillSwitch.Key).GetAwaiter().GetResult();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _dynamo.Dispose();
        await _services.DisposeAsync();
        await _s3.DisposeAsync();
    }

    protected override IDisposable Running(string function) => CallRecorder.Running(function);

    protected override async Task<Ports> OpenPortsAsync(string function) =>
        _around(function, await OpenAsync(NeedsOf(function), _settings, _s3, _services, _dynamo, Clock));

    /// <summary>While it is being found out what functions need, each begins without secrets; the work that fails for it is done again.</summary>
    public override async Task<T> AsAsync<T>(string function, Func<Ports, Task<T>> act)
    {
        while (true)
        {
            string? closed;
            try
            {
                T result = await base.AsAsync(function, act);
                closed = result is TaskResult { Error: nameof(ClosedSecretException) } failed ? failed.Cause : null;
                if (closed is null || !CallRecorder.IsFindingOut)
                    return result;
            }
            catch (ClosedSecretException needed) when (CallRecorder.IsFindingOut)
            {
                closed = needed.Message;
            }
            Needs found = closed.Split(" is ")[0] switch
            {
                "the subject secret" => Needs.SubjectSecrets,
                "the naming secret" => Needs.NamingSecret,
                "the page secret" => Needs.PageSecret,
                _ => Needs.CheckDecisions,
            };
            _found.AddOrUpdate(function, found, (_, before) => before | found);
            Close(function);
        }
    }

    private Needs NeedsOf(string function)
    {
        Needs declared = FunctionTable.Named(function).Needs;
        return CallRecorder.IsFindingOut ? (declared & ~Secrets) | _found.GetValueOrDefault(function) : declared;
    }

    private static void Watch(S3Lab s3, WireServices services, AmazonDynamoDBClient dynamo, AwsSettings settings)
    {
        var names = new Dictionary<string, string>
        {
            [s3.LakeName] = "lake",
            [s3.StagingName] = "staging",
            [settings.Places.EvidenceBucket] = "evidence",
            [settings.Places.IndexBucket] = "index-files",
            [settings.AnchorsBucket!] = "anchors",
            [settings.SecretsBucket] = "secrets",
            [settings.Places.StateTable] = "state",
            [settings.Places.IndexTable] = "index",
            [settings.SigningKey] = "signing-key",
            [settings.SecretsKey] = "secrets-key",
            [settings.StateMachines["purge"]] = "purge",
            [settings.StateMachines["bucket"]] = "bucket",
            ["approval"] = "approval",
            ["mail"] = "mail",
            [settings.StateMachines["refresh"]] = "refresh",
        };
        foreach (string table in (settings.Lake.References ?? []).Select(r => r.Source?.Table).OfType<string>())
            names[table] = "references-table";
        foreach (string stream in (settings.Lake.References ?? []).Select(r => r.ChangeRecords).OfType<string>())
            names[stream] = "change-stream";
        var recorder = new CallRecorder(names);
        foreach (AmazonServiceClient client in new[] { (AmazonServiceClient)s3.Client, dynamo, services.Kms, services.Mail, services.Workflows, services.Streams })
            recorder.Watch(client);
    }

    // Objects of the lake have their names here, as in every world, and few people make an object a packed one.
    private static async Task<Ports> OpenAsync(Needs needs, AwsSettings settings, S3Lab s3, WireServices services, AmazonDynamoDBClient dynamo, TimeProvider time)
    {
        Ports ports = await AwsPorts.OpenAsync(
            settings, new AwsClients(s3.Client, dynamo, services.Kms, services.Workflows, services.Mail, services.Streams), needs, time, _ => { }, CancellationToken.None);
        return ports with
        {
            Objects = new S3Store(s3.Client, new S3Place(s3.LakeName), new S3Place(s3.StagingName, "staging/"), time),
            Index = new DynamoIndex(dynamo, settings.Places.IndexTable, new PackedFiles(s3.Client, new S3Place(settings.Places.IndexBucket)), time, packAbove: 20),
            CopiesOutOfReach = cancellation => S3ResidualCopies.ListAsync(s3.Client, [s3.LakeName], time, cancellation),
        };
    }
}
