using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Approvals;

/// <summary>A lake with two datasets and a place outside, one request with a plan, and everybody's mailboxes; on a virtual clock.</summary>
internal sealed partial class ApprovalWorld : IDisposable
{
    public const string Dpo = "dpo@acme.example";
    public const string Deputy = "deputy@acme.example";
    public const string Owner = "owner@acme.example";
    public const string Crm = "crm@acme.example";
    public const string Requester = "privacy-desk@acme.example";
    public const string Operator = "ops@acme.example";

    /// <summary>Stands nowhere but in the person's subject key: what a search for residues looks for.</summary>
    public const string Identifier = "Canary-4711@people.example";

    private readonly OwnKey _key = new();

    public ApprovalWorld(Func<LakeConfig, LakeConfig>? change = null, string pagesUrl = "http://pages.acme.example")
    {
        LakeConfig lake = Lake();
        Hasher = new SubjectHasher([new SubjectSecret(1, RandomNumberGenerator.GetBytes(32))]);
        Evidence = new MemoryStore(Clock);
        Mailer = new Mailboxes();
        Ports = new Ports(
            change is null ? lake : change(lake), new MemoryStore(Clock), Evidence, new MemoryIndex(), Table, Tasks, Mailer, Hasher,
            new ObjectNames(RandomNumberGenerator.GetBytes(32)), _key, new NeverStopped(), RandomNumberGenerator.GetBytes(32), pagesUrl, Clock,
            RandomNumberGenerator.Fill, () => new MemoryStream());
    }

    public ManualClock Clock { get; } = new(new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero));
    public MemoryStateTable Table { get; } = new();
    public MemoryStore Evidence { get; }
    public Mailboxes Mailer { get; }
    public WaitingTasks Tasks { get; } = new();
    public SubjectHasher Hasher { get; }
    public Ports Ports { get; set; }

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _key.Dispose();

    public ApprovalState State => new(Ports.State, Ports.Signer, new PageSeal(Ports.PageSecret));

    public static Question Erasure(string requestId = "r-1", int plan = 1) => new(requestId, plan, ApprovalPurpose.Erasure);

    public static LakeConfig Lake() => new()
    {
        Name = "acme",
        TimeZone = "Europe/Athens",
        Kinds = new Dictionary<string, Kind> { ["customer"] = new(), ["email"] = new() { Normalize = [Normalization.Trim, Normalization.Lower] } },
        Mail = new MailRules { From = "limpid@acme.example", Operators = [Operator] },
        Datasets =
        [
            new Dataset
            {
                Name = "reviews", Location = "reviews/", Format = DataFormat.Ndjson, Erase = EraseMode.Blank, Approvers = [Dpo, Deputy],
                Subjects = [new SubjectRule { Kind = "customer", Field = "CustomerId" }],
            },
            new Dataset
            {
                Name = "orders", Location = "orders/", Format = DataFormat.Csv, Erase = EraseMode.Drop, Approvers = [Owner],
                Subjects = [new SubjectRule { Kind = "email", Field = "mail" }],
            },
            new Dataset { Name = "crm", Location = "db1.crm.contacts", Format = DataFormat.External, Approvers = [Crm] },
        ],
    };

    /// <summary>Puts a request with its first plan into the state table and the evidence store.</summary>
    public async Task<ErasureRequest> RequestAsync(
        string id = "r-1", string requestedBy = Requester, string? approveAs = null, IReadOnlyList<DatasetPlan>? datasets = null, string person = Identifier)
    {
        SubjectIdentity[] subject =
        [
            new("email", Hasher.KeysOf("email", Core.Subjects.Identifier.FromText(Ports.Lake.Kinds["email"], person))),
        ];
        Plan plan = await PlanAsync(id, 1, subject, datasets ?? Datasets());
        var request = new ErasureRequest
        {
            Id = id,
            Subject = subject,
            RequestedBy = requestedBy,
            Case = "DSR-2026-118",
            VerifiedBy = "passport seen by the front desk",
            Received = new DateOnly(2026, 11, 12),
            Due = new DateOnly(2026, 12, 12),
            SubmittedAt = Clock.GetUtcNow(),
            Status = RequestStatus.Waiting,
            ApproveAs = approveAs,
            Plan = new PlanReference(1, plan.Digest, plan.Objects, plan.Rows, plan.BlockedObjects),
        };
        Assert.True(await new Requests(Table).TryCreateAsync(request, Stop));
        return request;
    }

    public async Task<Plan> PlanAsync(string requestId, int number, IReadOnlyList<SubjectIdentity> subject, IReadOnlyList<DatasetPlan> datasets)
    {
        string[] chunks = [$"{requestId}-{number}-items"];
        return await new Plans(Evidence).PutAsync(
            new Plan
            {
                RequestId = requestId,
                Number = number,
                Subject = subject,
                LakeDigest = Ports.LakeDigest,
                AsOf = Clock.GetUtcNow(),
                ListedFrom = Clock.GetUtcNow(),
                ListedTo = Clock.GetUtcNow(),
                Datasets = datasets,
                ChunkDigests = chunks,
                Items = 3,
                Digest = PlanDigest.Of(requestId, number, subject, Ports.LakeDigest, datasets, null, chunks),
            },
            Stop);
    }

    public static DatasetPlan[] Datasets() =>
    [
        new()
        {
            Name = "reviews", Erase = EraseMode.Blank, Format = DataFormat.Ndjson, Approvers = [Dpo, Deputy], Searched = ["field CustomerId", "field author.mail"],
            Objects = 3, Rows = 41, RowBytes = 31_283, ObjectBytes = 48_200_000, SharedRows = 2, OldVersions = 5, OthersRowsInHistory = 17, BlockedObjects = 2,
            Blocked = [new("reviews/2024/part-0007.ndjson.gz", "on hold h-3: pending litigation"), new("reviews/2025/part-0001.ndjson", "a second hard link leads to it")],
            DatasetObjects = 120, DatasetRows = 1_204_551, MalformedRows = 3, UnreadableObjects = 1,
            Unreadable = [new("reviews/old/readme.txt", "it is not NDJSON")],
        },
        new()
        {
            Name = "orders", Erase = EraseMode.Drop, Format = DataFormat.Csv, Approvers = [Owner], Searched = ["field mail"],
            Objects = 1, Rows = 4, RowBytes = 612, ObjectBytes = 90_500, DatasetObjects = 12, DatasetRows = 60_000,
        },
    ];

    public static DatasetPlan[] OneDataset() => [Datasets()[0]];

    public Task<ApprovalAsked> AskAsync(string token = "token-1", string requestId = "r-1", int plan = 1)
    {
        Tasks.Open(token);
        return new RequestApproval(Ports).HandleAsync(new ApprovalCall(requestId, plan, ApprovalPurpose.Erasure, null, token), Stop);
    }

    public Task<ApprovalAsked> AskAttestationAsync(string token = "token-a", string dataset = "crm")
    {
        Tasks.Open(token);
        return new RequestApproval(Ports).HandleAsync(new ApprovalCall("r-1", 1, ApprovalPurpose.Attestation, dataset, token), Stop);
    }

    public Task<Reminded> RemindAsync(string requestId = "r-1") =>
        new RemindApprovers(Ports).HandleAsync(new ReminderCall(requestId, 1, ApprovalPurpose.Erasure, null, Clock.GetUtcNow()), Stop);

    /// <summary>The link in the first mail that somebody got about a request.</summary>
    public string LinkOf(string person, string requestId = "r-1") => LinkPattern().Match(
        Mailer.To(person).First(m => m.Subject.Contains(requestId, StringComparison.Ordinal) && LinkPattern().IsMatch(m.Text)).Text).Groups["id"].Value;

    /// <summary>The code in the newest mail to somebody.</summary>
    public string CodeOf(string person) => CodePattern().Match(Mailer.To(person).Last(m => CodePattern().IsMatch(m.Text)).Text).Value;

    public Task<PageResponse> GetAsync(string link, string method = "GET") =>
        new ShowApproval(Ports).HandleAsync(new PageRequest(method, $"/approvals/{link}", new Dictionary<string, string>(), new Dictionary<string, string>()), Stop);

    /// <summary>What stands in the hidden fields of the page's forms.</summary>
    public async Task<Dictionary<string, string>> FormAsync(string link) =>
        HiddenPattern().Matches((await GetAsync(link)).Body).DistinctBy(m => m.Groups["name"].Value)
            .ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value);

    public async Task<PageResponse> PostAsync(string link, string action, params (string Name, string Value)[] fields)
    {
        Dictionary<string, string> form = await FormAsync(link);
        foreach ((string name, string value) in fields)
            form[name] = value;
        return await SendAsync(link, action, form);
    }

    public Task<PageResponse> SendAsync(string link, string action, Dictionary<string, string> form, params (string Name, string Value)[] headers) =>
        new DecideApproval(Ports).HandleAsync(
            new PageRequest("POST", $"/approvals/{link}/{action}", headers.ToDictionary(h => h.Name, h => h.Value), form), Stop);

    /// <summary>The whole of what a person does: have a code mailed, read it, decide.</summary>
    public async Task<PageResponse> DecideAsync(string person, string verdict, string ground = "", string requestId = "r-1")
    {
        string link = LinkOf(person, requestId);
        Assert.Equal(303, (await PostAsync(link, "code")).Status);
        return await PostAsync(link, "decision", ("verdict", verdict), ("ground", ground), ("code", CodeOf(person)));
    }

    public Task<PlanOutcome?> OutcomeAsync(string requestId = "r-1", int plan = 1) => new Requests(Table).OutcomeAsync(requestId, plan, Stop);

    public Task<IReadOnlyList<Decision>> DecisionsAsync(string requestId = "r-1", int plan = 1) => State.DecisionsAsync(requestId, plan, Stop);

    /// <summary>Everything that is stored, as text.</summary>
    public string Stored() => string.Join('\n', Table.All.Select(i => $"{i.Partition} {i.Sort} {System.Text.Encoding.UTF8.GetString(i.Json.Span)}"));

    [GeneratedRegex("/approvals/(?<id>[A-Za-z0-9_-]+)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"(?<=^\s+)\d{4} \d{4}$", RegexOptions.Multiline)]
    private static partial Regex CodePattern();

    [GeneratedRegex("""<input type="hidden" name="(?<name>[a-z]+)" value="(?<value>[^"]*)">""")]
    private static partial Regex HiddenPattern();

    private sealed class NeverStopped : IKillSwitch
    {
        public Task<bool> IsOnAsync(CancellationToken cancellation) => Task.FromResult(false);
    }

    private sealed class OwnKey : ISigner, IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public ReadOnlyMemory<byte> PublicKey => _key.ExportSubjectPublicKeyInfo();

        public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) =>
            Task.FromResult(_key.SignData(data.Span, HashAlgorithmName.SHA256));

        public void Dispose() => _key.Dispose();
    }
}

internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan span) => _now += span;
}

/// <summary>Where mails end up. A fault strikes before a mail leaves or after it left.</summary>
internal sealed class Mailboxes : IMailer
{
    private readonly List<Mail> _mails = [];

    public IReadOnlyList<Mail> All => _mails;
    public bool FailBefore { get; set; }
    public bool FailAfter { get; set; }

    public IEnumerable<Mail> To(string person) => _mails.Where(m => m.To.Contains(person));

    public Task SendAsync(Mail mail, CancellationToken cancellation)
    {
        if (FailBefore)
            throw new IOException("the mail server is away");
        _mails.Add(mail);
        return FailAfter ? throw new IOException("the mail server's answer was lost") : Task.CompletedTask;
    }
}

/// <summary>The workflow's side: tasks that wait under a token, and what they were told.</summary>
internal sealed class WaitingTasks : IWorkflows
{
    private readonly HashSet<string> _open = [];

    /// <summary>Token and output, in order.</summary>
    public List<(string Token, string Output)> Answers { get; } = [];

    public void Open(string token) => _open.Add(token);

    public void TimeOut(string token) => _open.Remove(token);

    public Task<CallbackOutcome> SendTaskSuccessAsync(string token, string output, CancellationToken cancellation)
    {
        if (!_open.Remove(token))
            return Task.FromResult(CallbackOutcome.Closed);
        Answers.Add((token, output));
        return Task.FromResult(CallbackOutcome.Delivered);
    }

    public Task<StartOutcome> StartAsync(string stateMachine, string name, string input, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ExecutionInfo?> DescribeAsync(string stateMachine, string name, CancellationToken cancellation) => throw new NotSupportedException();

    public Task StopAsync(string stateMachine, string name, string error, string cause, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<CallbackOutcome> SendTaskFailureAsync(string token, string error, string cause, CancellationToken cancellation) => throw new NotSupportedException();
}
