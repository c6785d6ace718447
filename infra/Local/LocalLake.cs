using System.Security.Cryptography;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.State;
using Limpid.Local.Aws;
using Limpid.Local.Home;
using Limpid.Local.Mail;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;
using Limpid.Local.Steps;
using Limpid.Local.Storage;

namespace Limpid.Local;

/// <summary>
/// A lake with everything that stands behind it: what the cloud gives by services is put together here. Several processes may have
/// one open; only the one that holds the runner's lock carries workflows out.
/// </summary>
internal sealed class LocalLake : IAsyncDisposable
{
    private readonly ILakeStores _stores;
    private readonly ExecutionStore _executions;
    private readonly ServicesDatabase _services;
    private readonly EcdsaSigner _signer;
    private readonly Lock _reading = new();
    private LakeConfig _config;
    private LakeStores _now;
    private Ports _ports;

    private LocalLake(LakeFolder folder, ILakeStores stores, LakeConfig config, UserHome home, TimeProvider time, string pagesUrl, Action<WorkDone>? progress)
    {
        Folder = folder;
        _signer = home.Signer();
        _stores = stores;
        _now = stores.Of(config);
        _executions = ExecutionStore.Open(folder.State);
        _config = config;
        Machines = LocalStateMachines.Load();
        Items = new StoredItems(Bucket);
        _services = new ServicesDatabase(folder.State);
        Tasks = new LocalIntegrations(
            new FunctionTasks(new FunctionsInProcess(() => Ports)), new MessageTasks(_services, time) { EventPut = happened => EventPut?.Invoke(happened) }, new MailTasks(from => MailerOf(config, folder, from, time)),
            new TableTasks(_services), new ObjectTasks(Bucket), new StepActivity(() => Ports, folder), time);
        Runner = new StateMachineRunner(_executions, Machines, Tasks, Items, time, RandomNumberGenerator.GetInt32(int.MaxValue))
        {
            TakingOver = Sweep,
        };
        _ports = new Ports(
            config, _now.Objects, _now.Evidence, _now.Index, _now.State, Runner,
            MailerOf(config, folder, config.Mail.From, time),
            new SubjectHasher(home.SubjectSecrets()), new ObjectNames(home.NamingSecret()), _signer, _now.KillSwitch,
            home.PageSecret(), config.Pages ?? pagesUrl, time, RandomNumberGenerator.Fill, Scratch.In(folder.State))
        {
            Progress = progress,
            RunsCommands = true,
            Tables = new StoredTables(_services),
            Streams = new StoredStreams(_services, time),
            CopiesOutOfReach = _now.CopiesOutOfReach,
        };
    }

    private static IMailer MailerOf(LakeConfig config, LakeFolder folder, string from, TimeProvider time) => config.Mail.Smtp is { } smtp
        ? new SmtpMailer(smtp, from, Environment.GetEnvironmentVariable(SmtpMailer.PasswordVariable))
        : new EmlMailer(folder.Outbox, from, time);

    /// <summary>Told of each event that a state machine of this process puts on a bus.</summary>
    public event Action<JsonData>? EventPut;

    public LakeFolder Folder { get; }

    public LakeConfig Config => Ports.Lake;

    /// <summary>
    /// With lake.yaml as it is now: a process may run for weeks, and a retention or an approver that changed meanwhile counts from
    /// the moment that it is written. The same instance until it changes.
    /// </summary>
    /// <exception cref="BadInputException">It is wrong now: nothing is done under rules that nobody can read.</exception>
    public Ports Ports
    {
        get
        {
            lock (_reading)
            {
                LakeConfig now = Folder.ReadConfig(_config);
                if (ReferenceEquals(now, _config))
                    return _ports;
                _config = now;
                _now = _stores.Of(now);
                return _ports = _ports with { Lake = now, Objects = _now.Objects, CopiesOutOfReach = _now.CopiesOutOfReach };
            }
        }
    }

    public IObjectStore Objects => Ports.Objects;

    public IObjectStore Evidence => Ports.Evidence;

    /// <summary>Where it is, for people.</summary>
    public string Place => _stores.Place;

    /// <summary>Where an evidence file is, for people.</summary>
    public string EvidencePlace(string key) => _stores.EvidencePlace(key);

    /// <summary>Limpid's own state machines.</summary>
    public IReadOnlyDictionary<string, StateMachineDefinition> Machines { get; }

    /// <summary>What tasks of state machines can call here.</summary>
    public ITaskIntegrations Tasks { get; }

    public IItemSource Items { get; }

    private IObjectStore? Bucket(string name)
    {
        lock (_reading)
            return _now.Bucket(name);
    }

    public ExecutionStore Executions => _executions;

    public StateMachineRunner Runner { get; }

    /// <param name="pagesUrl">Where the approver's pages are, unless lake.yaml says.</param>
    /// <exception cref="BadInputException">There is no lake, or its lake.yaml is wrong.</exception>
    public static Task<LocalLake> OpenAsync(
        string root, string? state, string pagesUrl, TimeProvider time, Action<WorkDone>? progress, CancellationToken cancellation) =>
        OpenAsync(root, state, null, pagesUrl, time, progress, cancellation);

    /// <param name="homeFolder">Where the secrets are; null: where the environment says.</param>
    /// <inheritdoc cref="OpenAsync(string, string?, string, TimeProvider, Action{WorkDone}?, CancellationToken)"/>
    public static Task<LocalLake> OpenAsync(
        string root, string? state, string? homeFolder, string pagesUrl, TimeProvider time, Action<WorkDone>? progress, CancellationToken cancellation) =>
        OpenAsync(LakeFolder.Of(root, state), null, homeFolder, pagesUrl, time, progress, cancellation);

    /// <param name="endpoint">Where the lake's buckets are; null for a lake in the folder itself. It is disposed of with the lake.</param>
    /// <exception cref="BadInputException">There is no lake, its lake.yaml is wrong, or the endpoint lacks something.</exception>
    /// <inheritdoc cref="OpenAsync(string, string?, string?, string, TimeProvider, Action{WorkDone}?, CancellationToken)"/>
    public static async Task<LocalLake> OpenAsync(
        LakeFolder folder, AwsEndpoint? endpoint, string? homeFolder, string pagesUrl, TimeProvider time, Action<WorkDone>? progress, CancellationToken cancellation)
    {
        LakeConfig config = folder.ReadConfig();
        folder.RefuseState(config);
        UserHome home = UserHome.Open(homeFolder ?? UserHome.Locate(Environment.GetEnvironmentVariable), time);
        home.RefuseInside(folder.Root);
        folder.MakeState();
        ILakeStores stores = endpoint is null ? new FolderStores(folder, time) : await EndpointStores.OpenAsync(endpoint, config, folder, time, cancellation);
        var lake = new LocalLake(folder, stores, config, home, time, pagesUrl, progress);
        try
        {
            await SecretMemory.CheckAsync(lake.Ports, mayAdd: true, cancellation);
        }
        catch (SecretLostException lost)
        {
            await lake.DisposeAsync();
            throw new BadInputException($"{lost.Message}; your configuration folder is another: set LIMPID_HOME to the one that has it");
        }
        folder.PublishKey(lake._signer.PublicKey.Span);
        return lake;
    }

    /// <summary>Ends what a process that was killed left half done beside objects, and removes its unfinished files. What others have under way stays.</summary>
    private void Sweep(CancellationToken cancellation)
    {
        _stores.Sweep(cancellation);
        EmlMailer.Sweep(Folder.Outbox);
        Scratch.Sweep(Folder.State);
        StepFolder.Sweep(Folder.State);
        HashSet<string> open = [.. _executions.List(_ports.Time.GetUtcNow(), null, Execution.Running).Select(e => Arns.Execution(e.StateMachine, e.Name))];
        _services.ForgetAsync(open, cancellation).GetAwaiter().GetResult();
    }

    public ValueTask DisposeAsync()
    {
        _services.Dispose();
        _executions.Dispose();
        _stores.Dispose();
        _signer.Dispose();
        return ValueTask.CompletedTask;
    }
}
