using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <param name="Kind">As in lake.yaml.</param>
/// <param name="Id">The identifier itself: hashed before anything else happens, and kept nowhere.</param>
internal sealed record GivenIdentifier(string Kind, string Id)
{
    /// <summary>Never the identifier.</summary>
    public override string ToString() => Kind;
}

internal sealed record SubmitInput
{
    public required IReadOnlyList<GivenIdentifier> Subjects { get; init; }
    public required string RequestedBy { get; init; }
    public string? Case { get; init; }
    public string? VerifiedBy { get; init; }

    /// <summary>Null: today, in the lake's time zone.</summary>
    public DateOnly? Received { get; init; }
    public bool BeyondLimits { get; init; }
    public string? ApproveAs { get; init; }
}

/// <param name="RequestId">Null where it was refused.</param>
/// <param name="Problem">Why it was refused, in one line that names no identifier.</param>
internal sealed record SubmitResult(string? RequestId, string? Problem);

/// <summary>
/// <c>submit-erasure</c>: takes a demand, hashes its identifiers, and starts the workflow. Synchronous, without a failure destination:
/// its event is the only one that holds identifiers. Refused input changes nothing.
/// </summary>
internal sealed class SubmitErasure(Ports ports)
{
    private readonly Requests _requests = new(ports.State);

    public async Task<SubmitResult> HandleAsync(SubmitInput input, CancellationToken cancellation)
    {
        (ErasureRequest? request, string? problem) = Read(input);
        problem ??= await WhyNoApproverAsync(request!, cancellation);
        if (problem is not null)
            return new SubmitResult(null, problem);
        while (!await _requests.TryCreateAsync(request!, cancellation))
            request = request! with { Id = NewId() };
        await BeginAsync(ports, request!, cancellation);
        return new SubmitResult(request!.Id, null);
    }

    /// <summary>
    /// Writes down that a stored request came in, and starts its workflow, or finds both done. A request whose submission died in between
    /// is begun by whoever comes next.
    /// </summary>
    public static async Task BeginAsync(Ports ports, ErasureRequest request, CancellationToken cancellation)
    {
        await new AuditLog(ports.State, ports.Time).AppendOnceAsync(request.Id, "received", new Dictionary<string, string>
        {
            ["by"] = MailIdentity.Normalize(request.RequestedBy),
            ["received"] = FormattableString.Invariant($"{request.Received:yyyy-MM-dd}"),
            ["due"] = FormattableString.Invariant($"{request.Due:yyyy-MM-dd}"),
            ["subject"] = string.Join(' ', request.Subject.SelectMany(s => s.Keys)),
        }, cancellation);
        await ports.Workflows.StartAsync("purge", request.Id, $"{{\"requestId\":\"{request.Id}\"}}", cancellation);
    }

    /// <summary>Why the input is refused whoever the person is; null where nothing speaks against it so far.</summary>
    public static string? WhyRefused(SubmitInput input, LakeConfig lake, TimeProvider time) => input switch
    {
        { Subjects.Count: 0 } => "no subject is given: name one as KIND=ID",
        _ when input.Subjects.Any(given => !lake.Kinds.ContainsKey(given.Kind)) =>
            $"a subject is of a kind that lake.yaml does not have; it has {string.Join(", ", lake.Kinds.Keys)}",
        _ when !IsMail(input.RequestedBy) => "who asks must be a mail address",
        _ when lake.Requesters.Count > 0 && !lake.Requesters.Any(r => MailIdentity.AreSame(r.Mail, input.RequestedBy)) =>
            $"{input.RequestedBy} is not among the requesters of lake.yaml",
        { Received: { } received } when received > new LakeCalendar(lake.TimeZone, time).Today =>
            FormattableString.Invariant($"the day of receipt, {received:yyyy-MM-dd}, is in the future"),
        _ => WhyNotApproveAs(input, lake),
    };

    /// <summary>The request that the input makes, not stored; or why it is refused.</summary>
    public (ErasureRequest? Request, string? Problem) Read(SubmitInput input)
    {
        if (WhyRefused(input, ports.Lake, ports.Time) is { } problem)
            return (null, problem);
        var subject = new List<SubjectIdentity>();
        bool placeholder = false;
        foreach (GivenIdentifier given in input.Subjects)
        {
            byte[] canonical = Identifier.FromText(ports.Lake.Kinds[given.Kind], given.Id);
            placeholder |= Identifier.IsPlaceholder(canonical);
            SubjectKey[] keys = ports.Hasher.KeysOf(given.Kind, canonical);
            if (!subject.Any(s => s.Kind == given.Kind && s.Keys[0] == keys[0]))
                subject.Add(new SubjectIdentity(given.Kind, keys));
        }
        DateOnly received = input.Received ?? new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today;
        var request = new ErasureRequest
        {
            Id = NewId(),
            Subject = subject,
            RequestedBy = input.RequestedBy.Trim(),
            Case = input.Case,
            VerifiedBy = input.VerifiedBy,
            Received = received,
            Due = DueDay.After(received),
            SubmittedAt = ports.Time.GetUtcNow(),
            BeyondLimits = input.BeyondLimits,
            Placeholder = placeholder,
            ApproveAs = input.ApproveAs is { } mail ? MailIdentity.Normalize(mail) : null,
            Status = RequestStatus.Locating,
        };
        var check = new PersonCheck(ports.Lake, ports.Hasher);
        if (check.IsNamedIn(request, input.Case ?? "") || check.IsNamedIn(request, input.VerifiedBy ?? ""))
            return (null, "the case or the verification names the person's identifier: leave it out, it would be kept and mailed");
        return check.IsNamedIn(request, input.RequestedBy) || check.IsNamedIn(request, MailIdentity.Normalize(input.RequestedBy))
            ? (null, "who asks is the person's own address, which would be kept and mailed: let a desk ask for them")
            : (request, null);
    }

    private static string? WhyNotApproveAs(SubmitInput input, LakeConfig lake) => input.ApproveAs switch
    {
        null => null,
        _ when !lake.Unattended => "deciding at once is only for a lake whose lake.yaml says `unattended: true`",
        { } mail when MailIdentity.AreSame(mail, input.RequestedBy) => "who asks can't approve: --approve-as needs somebody other than --requested-by",
        { } mail when !lake.Datasets.Any(d => d.Approvers.Any(a => MailIdentity.AreSame(a, mail))) => $"{mail} approves no dataset of lake.yaml",
        _ => null,
    };

    // By the index as it is: what a fresh listing adds is checked again when the plan asks for its approval.
    private async Task<string?> WhyNoApproverAsync(ErasureRequest request, CancellationToken cancellation)
    {
        if (request.ApproveAs is not { } approver)
            return null;
        var concerned = new HashSet<string>(ports.Lake.Datasets.Where(d => d.Format == DataFormat.External).Select(d => d.Name));
        foreach (SubjectKey key in request.Subject.SelectMany(s => s.Keys))
        {
            await foreach (IndexHit hit in ports.Index.FindAsync(key, cancellation))
                concerned.Add(hit.Record.Dataset);
        }
        Dataset? foreign = ports.Lake.Datasets.FirstOrDefault(d => concerned.Contains(d.Name) && !d.Approvers.Any(a => MailIdentity.AreSame(a, approver)));
        return foreign is null ? null : $"{approver} is no approver of {foreign.Name}, which the request concerns";
    }

    private string NewId()
    {
        Span<byte> random = stackalloc byte[10];
        ports.RandomBytes(random);
        return "r-" + Convert.ToHexStringLower(random);
    }

    // One bare address, as in lake.yaml: a second one behind a comma would get the outcome too, and a quoted or commented one would
    // be somebody else to the rule that who asks can't approve.
    private static bool IsMail(string text) =>
        text.Trim() is { Length: <= 254 } mail && mail.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at == mail.LastIndexOf('@')
        && at < mail.Length - 1 && !mail.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || "<>()[],;:\"\\".Contains(c))
        && Encoding.UTF8.GetByteCount(mail) < 300;
}
