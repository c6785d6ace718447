using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;
using Limpid.Infra.Lake;
using Limpid.Local;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;
using Limpid.Local.Steps;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// A lake with everything behind it and the people around it: the production handlers and state machine files over one set of
/// ports, on a clock of its own. What stands behind the ports is for the worlds that derive from this.
/// </summary>
internal abstract partial class ScenarioWorld(ScenarioTime clock) : IAsyncDisposable
{
    public const string Requester = "desk@acme.example";
    public const string Dpo = "dpo@acme.example";
    public const string Crm = "crm@acme.example";
    public const string Operator = "ops@acme.example";

    public static readonly DateTimeOffset Start = new(2026, 3, 10, 9, 0, 0, TimeSpan.Zero);

    private readonly HashSet<string> _answered = [];
    private readonly Dictionary<string, Ports> _portsOf = [];
    private Func<Ports, Ports> _changed = ports => ports;
    private ExecutionStore? _executions;
    private ServicesDatabase? _services;

    public ScenarioTime Clock => clock;

    public Ports Ports { get; private set; } = null!;

    public StateMachineRunner Runner { get; private set; } = null!;

    public ExecutionStore Executions => _executions!;

    /// <summary>Runs before each function that a workflow calls, with its name and payload.</summary>
    public Func<string, string, Task>? BeforeFunction { get; set; }

    /// <summary>Which calls of functions fail, as they do where a service behind them is away.</summary>
    public Func<string, bool>? FailsBefore { get; set; }

    /// <summary>The error that a call of a function ends with instead of running, or null.</summary>
    public Func<string, string?>? FailsWith { get; set; }

    /// <summary>Comes between workflows and everything that their tasks call, functions among it.</summary>
    public Func<TaskCall, Func<Task<TaskResult>>, Task<TaskResult>>? AroundTask { get; set; }

    /// <summary>Whether the process is dead, so that no answer of a function reaches its workflow.</summary>
    public Func<bool>? IsDead { get; set; }

    /// <summary>What passed between workflows and functions: name, bytes in, bytes out.</summary>
    public ConcurrentQueue<(string Function, int In, int Out)> Calls { get; } = [];

    /// <summary>What an approver says to a question; null leaves it open.</summary>
    public Func<LinkTo, (string Verdict, string Ground)?> Decides { get; set; } =
        question => ("approve", question.Purpose == ApprovalPurpose.Attestation ? "deleted there, ticket 77" : "");

    /// <summary>What workflows sent to topics and buses.</summary>
    public IReadOnlyList<SentMessage> Messages(string? to = null) => MessageTasks.List(_services!, to);

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>lake.yaml of a lake with these datasets, each as flow YAML.</summary>
    public static string Yaml(string settings, params string[] datasets) =>
        $$"""
        lake: acme
        timeZone: Europe/Athens
        kinds: {customer: {}, email: {normalize: [trim, lower]} }
        mail: {operators: ['{{Operator}}'] }
        {{settings}}
        datasets:
        {{string.Join('\n', datasets.Select(d => "  - " + d))}}

        """;

    public static string Dataset(string name, string format, string rest) =>
        $"{{name: {name}, location: {name}/, format: {format}, approvers: [{Dpo}], {rest}}}";

    public static LakeConfig Read(string yaml)
    {
        LakeYamlResult read = LakeYaml.Read(yaml);
        Assert.Empty(read.Problems.Select(read.Describe));
        return read.Config!;
    }

    /// <summary>As anybody writes it: whole, at once, at the world's time.</summary>
    public abstract void Put(string key, ReadOnlySpan<byte> content);

    public abstract void Remove(string key);

    public abstract byte[]? Content(string key);

    /// <summary>As Limpid calls an object.</summary>
    public virtual string Key(string name) => name;

    /// <summary>Every object of the lake; nothing that Limpid keeps for itself.</summary>
    public abstract SortedDictionary<string, byte[]> Lake();

    public abstract void ThrowKillSwitch(bool on);

    /// <summary>Whom each mail went to, and its text.</summary>
    public abstract IReadOnlyList<(string To, string Text)> Mails();

    public void Put(string key, string content) => Put(key, Encoding.UTF8.GetBytes(content));

    public string? Text(string key) => Content(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    public Dictionary<string, string> Snapshot() => Lake().ToDictionary(o => o.Key, o => Convert.ToBase64String(o.Value));

    /// <summary>The person by identifiers, <c>customer=2</c>.</summary>
    public virtual Task<SubmitResult> TrySubmitAsync(SubmitInput input) => AsAsync("submit-erasure", ports => new SubmitErasure(ports).HandleAsync(input, Stop));

    public static SubmitInput Asking(params string[] subjects) => new()
    {
        Subjects = [.. subjects.Select(s => new GivenIdentifier(s[..s.IndexOf('=', StringComparison.Ordinal)], s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..]))],
        RequestedBy = Requester,
        Case = "DSR-2026-118",
    };

    public async Task<string> SubmitAsync(params string[] subjects) => await SubmitAsync(Asking(subjects));

    public async Task<string> SubmitAsync(SubmitInput input)
    {
        SubmitResult result = await TrySubmitAsync(input);
        Assert.Null(result.Problem);
        return result.RequestId!;
    }

    public Task<CancelResult> CancelAsync(string id) =>
        AsAsync("cancel-erasure", ports => new CancelErasure(ports).HandleAsync(new CancelInput(id, Requester), Stop));

    /// <summary>Submits and sees it to its end, people answering on the way.</summary>
    public async Task<ErasureRequest> EraseAsync(params string[] subjects) => await FinishAsync(await SubmitAsync(subjects));

    public async Task<ErasureRequest> EraseAsync(SubmitInput input) => await FinishAsync(await SubmitAsync(input));

    public async Task<ErasureRequest> FinishAsync(string id)
    {
        for (int step = 0; step < 400; step++)
        {
            await Runner.RunUntilIdleAsync(Stop);
            ErasureRequest request = await RequestAsync(id);
            if (await Runner.DescribeAsync("purge", id, Stop) is { Status: not "RUNNING" })
                return request;
            if (await AnswerAsync() > 0)
                continue;
            Clock.Advance(request is { Status: RequestStatus.Approved, GraceUntil: { } until } && until > Clock.GetUtcNow()
                ? until - Clock.GetUtcNow()
                : TimeSpan.FromMinutes(1));
        }
        throw new InvalidOperationException($"the request does not end: {await RequestAsync(id)}");
    }

    /// <summary>Runs until nothing more happens by itself at this time.</summary>
    public Task RunAsync() => Runner.RunUntilIdleAsync(Stop);

    /// <summary>Every approver with an open question answers it on the page; how many did.</summary>
    public async Task<int> AnswerAsync()
    {
        int answers = 0;
        foreach ((string to, string text) in Mails())
        {
            if (LinkPattern().Match(text) is { Success: true } link && !_answered.Contains(link.Groups["id"].Value))
                answers += await AnswerAsync(to, link.Groups["id"].Value) ? 1 : 0;
        }
        return answers;
    }

    public string LinkOf(string person, string requestId) =>
        LinkPattern().Match(Mails().Last(m => m.To == person && m.Text.Contains(requestId, StringComparison.Ordinal) && LinkPattern().IsMatch(m.Text)).Text).Groups["id"].Value;

    /// <summary>The code in the newest mail to somebody that has one.</summary>
    public string CodeOf(string person) => Mails().Where(m => m.To == person).Select(m => CodePattern().Match(m.Text)).Last(m => m.Success).Value;

    private async Task<bool> AnswerAsync(string person, string link)
    {
        LinkTarget target = (await new ApprovalState(Ports.State, Ports.Signer, new PageSeal(Ports.PageSecret)).FollowAsync(link, Stop))!;
        if (Decides(new LinkTo(target.Question.RequestId, target.Question.Plan, target.Question.Purpose, person)) is not { } answer)
            return false;
        PageResponse decided = await DecideAsync(person, link, answer.Verdict, answer.Ground);
        Assert.True(decided.Status < 500, $"{decided.Status}: {decided.Body}");
        _answered.Add(link);
        return true;
    }

    /// <summary>What a person does in a browser: open the page, have a code mailed, read it, press the button.</summary>
    public async Task<PageResponse> DecideAsync(string person, string link, string verdict, string ground = "")
    {
        await PostAsync(link, "code", await FormAsync(link));
        string code = CodeOf(person);
        Dictionary<string, string> form = await FormAsync(link);
        (form["verdict"], form["ground"], form["code"]) = (verdict, ground, code);
        return await PostAsync(link, "decision", form);
    }

    public async Task<Dictionary<string, string>> FormAsync(string link)
    {
        PageResponse page = await BrowseAsync(new PageRequest("GET", $"/approvals/{link}", Nothing, Nothing));
        return HiddenPattern().Matches(page.Body).DistinctBy(m => m.Groups["name"].Value).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value);
    }

    public Task<PageResponse> PostAsync(string link, string action, Dictionary<string, string> form) =>
        BrowseAsync(new PageRequest("POST", $"/approvals/{link}/{action}", Nothing, form));

    /// <summary>What a browser's request comes to.</summary>
    protected virtual Task<PageResponse> BrowseAsync(PageRequest request) => request.Method == "POST"
        ? AsAsync("decide-approval", ports => new DecideApproval(ports).HandleAsync(request, Stop))
        : AsAsync("show-approval", ports => new ShowApproval(ports).HandleAsync(request, Stop));

    public async Task<ErasureRequest> RequestAsync(string id) => (await new Requests(Ports.State).GetAsync(id, Stop))!;

    public async Task<Plan> PlanAsync(string id, int number = 1) => (await new Plans(Ports.Evidence).GetAsync(id, number, Stop))!;

    public async Task<Certificate> CertificateAsync(string id) =>
        CertificateFile.Read((await new EvidenceFiles(Ports.Evidence).ReadAsync(Certificate.KeyOf(id), Stop))!, out _);

    public async Task<List<ItemOutcome>> OutcomesAsync(string id, int plan = 1) => await new Requests(Ports.State).ItemsAsync(id, plan, Stop).ToListAsync(Stop);

    /// <summary>Calls a function as a state machine would, by its JSON.</summary>
    public virtual async Task<JsonElement> CallAsync(string function, string payload)
    {
        ReadOnlyMemory<byte> result = await AsAsync(function, ports => FunctionTable.Named(function).Build(ports)(Encoding.UTF8.GetBytes(payload), Stop));
        return JsonDocument.Parse(result).RootElement.Clone();
    }

    public async Task<ReconcileRun> ReconcileAsync(string run = "by-hand")
    {
        string id = $"{run}-{Clock.GetUtcNow().UtcTicks}-{Guid.NewGuid():n}";
        while (!(await AsAsync("reconcile-lake", ports => new ReconcileLake(ports).HandleAsync(new ReconcileInput(id), Stop))).Done)
        {
        }
        return (await ReconcileLake.GetAsync(Ports.State, id, Stop))!;
    }

    public SubjectIdentity Identity(string subject)
    {
        string kind = subject[..subject.IndexOf('=', StringComparison.Ordinal)];
        return new SubjectIdentity(kind, Ports.Hasher.KeysOf(kind, Identifier.FromText(Ports.Lake.Kinds[kind], subject[(kind.Length + 1)..])));
    }

    /// <summary>The objects in which the index has the person.</summary>
    public async Task<string[]> FoundAsync(string subject)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (SubjectKey key in Identity(subject).Keys)
        {
            await foreach (IndexHit hit in Ports.Index.FindAsync(key, Stop))
                found.Add(hit.Record.Object);
        }
        return [.. found];
    }

    /// <summary>Wires functions, workflows and ports together; again after lake.yaml changed or the process died.</summary>
    protected void Attach(Ports ports, string stateFolder, int parallelTasks = 4)
    {
        _executions ??= ExecutionStore.Open(stateFolder);
        _services ??= new ServicesDatabase(stateFolder);
        var tasks = new LocalIntegrations(
            new FunctionTasks(new Invoker(this)), new MessageTasks(_services, Clock), new MailTasks(_ => ports.Mailer), new TableTasks(_services),
            new ObjectTasks(bucket => bucket == LocalStateMachines.EvidenceBucket ? ports.Evidence : null),
            new StepActivity(() => Ports, new LakeFolder(stateFolder, stateFolder)), Clock);
        Runner = new StateMachineRunner(
            _executions, LocalStateMachines.Load(), new Around(this, tasks), new StoredItems(bucket => bucket == LocalStateMachines.EvidenceBucket ? ports.Evidence : null), Clock, seed: 1, parallelTasks: parallelTasks);
        Ports = ports with { Workflows = Over(Runner) };
        _portsOf.Clear();
    }

    /// <summary>Does something as a function does, with what stands behind that.</summary>
    public virtual async Task<T> AsAsync<T>(string function, Func<Ports, Task<T>> act)
    {
        using IDisposable? running = Running(function);
        return await act(await PortsOfAsync(function));
    }

    /// <summary>What stands behind one function: here the same for all.</summary>
    protected virtual Task<Ports> OpenPortsAsync(string function) => Task.FromResult(Ports);

    /// <summary>Says that a function runs until it is disposed.</summary>
    protected virtual IDisposable? Running(string function) => null;

    /// <summary>The function's process ends; what it needs next is opened anew.</summary>
    protected void Close(string function)
    {
        lock (_portsOf)
            _portsOf.Remove(function);
    }

    /// <summary>Opened once for each function, as in a process of its own that stays warm.</summary>
    private async Task<Ports> PortsOfAsync(string function)
    {
        lock (_portsOf)
        {
            if (_portsOf.TryGetValue(function, out Ports? known))
                return known;
        }
        Ports opened = await OpenPortsAsync(function);
        opened = ReferenceEquals(opened, Ports) ? opened : _changed(opened);
        lock (_portsOf)
            return _portsOf[function] = opened;
    }

    /// <summary>Runs a function for a workflow.</summary>
    protected virtual Task<TaskResult> InvokeAsync(string function, ReadOnlyMemory<byte> payload, CancellationToken cancellation) =>
        AsAsync(function, ports => new FunctionsInProcess(() => ports).InvokeAsync(function, payload, cancellation));

    /// <summary>What stands between functions and the workflow service.</summary>
    protected virtual IWorkflows Over(IWorkflows workflows) => workflows;

    /// <summary>Goes on under another lake.yaml.</summary>
    public void Reread(LakeConfig config) => Change(ports => ports with { Lake = config });

    /// <summary>Puts something between the handlers and their ports.</summary>
    public void Intercept(Func<Ports, Ports> through) => Change(through);

    private void Change(Func<Ports, Ports> change)
    {
        Func<Ports, Ports> before = _changed;
        _changed = ports => change(before(ports));
        Ports = change(Ports);
        lock (_portsOf)
            _portsOf.Clear();
    }

    public virtual ValueTask DisposeAsync()
    {
        _services?.Dispose();
        _executions?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static readonly Dictionary<string, string> Nothing = [];

    [GeneratedRegex("/approvals/(?<id>[A-Za-z0-9_-]+)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"(?<=^\s+)\d{4} \d{4}$", RegexOptions.Multiline)]
    private static partial Regex CodePattern();

    [GeneratedRegex("""<input type="hidden" name="(?<name>[a-z]+)" value="(?<value>[^"]*)">""")]
    private static partial Regex HiddenPattern();

    private sealed class Around(ScenarioWorld world, ITaskIntegrations inner) : ITaskIntegrations
    {
        public Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation) =>
            world.AroundTask is { } around ? around(call, () => inner.CallAsync(call, cancellation)) : inner.CallAsync(call, cancellation);
    }

    /// <summary>The edge of a function as the local runner has it, with a place to look in.</summary>
    private sealed class Invoker(ScenarioWorld world) : ITaskInvoker
    {
        public async Task<TaskResult> InvokeAsync(string functionName, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
        {
            if (world.BeforeFunction is { } before)
                await before(functionName, Encoding.UTF8.GetString(payload.Span));
            if (world.FailsBefore?.Invoke(functionName) == true)
                return TaskResult.Failure(nameof(IOException), "a service is away");
            if (world.FailsWith?.Invoke(functionName) is { } error)
                return TaskResult.Failure(error, "a service is away");
            TaskResult result;
            try
            {
                result = await world.InvokeAsync(functionName, payload, cancellation);
            }
            catch (Exception unopened) when (unopened is not OperationCanceledException)
            {
                return TaskResult.Failure("Lambda.Unknown", unopened.Message);
            }
            world.Calls.Enqueue((functionName, payload.Length, result.Output?.ToUtf8().Length ?? 0));
            return result;
        }
    }
}

/// <summary>What a link in an approver's mail is about.</summary>
internal sealed record LinkTo(string RequestId, int Plan, ApprovalPurpose Purpose, string Person);
