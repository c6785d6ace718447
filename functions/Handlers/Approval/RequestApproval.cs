using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Functions.Erasure;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Functions.Approvals;

/// <param name="TaskToken">Of the waiting task; it goes into the state table and nowhere else.</param>
internal sealed record ApprovalCall(string RequestId, int Plan, ApprovalPurpose Purpose, string? Dataset, string TaskToken);

/// <param name="Invited">How many people the question stands open to.</param>
/// <param name="Verdict">Where the question is settled already; else null.</param>
internal sealed record ApprovalAsked(int Invited, Verdict? Verdict);

/// <summary>
/// Step of the approval workflow (<c>.waitForTaskToken</c>): keeps the newest token and invites every approver who is not the
/// requester. Asked again, it mails nobody twice, and answers at once what is settled already.
/// </summary>
internal sealed class RequestApproval(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);
    private readonly ApprovalState _state = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));
    private readonly ClaimedMail _mail = new(ports.State, ports.Mailer, ports.Time);

    public async Task<ApprovalAsked> HandleAsync(ApprovalCall call, CancellationToken cancellation)
    {
        var question = new Question(call.RequestId, call.Plan, call.Purpose, call.Dataset is { Length: > 0 } dataset ? dataset : null);
        ErasureRequest request = await _requests.GetAsync(call.RequestId, cancellation)
            ?? throw new UnknownRequestException(call.RequestId);
        Plan plan = await new Plans(ports.Evidence).GetAsync(call.RequestId, call.Plan, cancellation)
            ?? throw new UnknownPlanException($"{call.RequestId} has no plan {call.Plan}");
        if (!PlanDigest.Holds(plan))
            throw new UnknownPlanException($"plan {call.Plan} of {call.RequestId} is not what its digest says");

        await _state.UpdateAskedAsync(question, stored => Asked(stored, call, plan), cancellation);
        var ballot = new Ballot(ports, _state);
        if (await ballot.FinishAsync(question, request, plan, cancellation) is { } settled)
            return new(0, settled);
        if (request.IsEnded)
            throw new RequestEndedException($"{request.Id} has ended");
        if (call.Purpose == ApprovalPurpose.Erasure && Outdated.Why(plan, request, ports.LakeDigest) is { } why)
        {
            await SayAsync(request.Id, why, cancellation);
            throw new PlanOutdatedException(why);
        }

        IReadOnlyList<string> datasets = Questions.Datasets(question, plan);
        await MustBeApprovableAsync(request, datasets, cancellation);
        if (call.Purpose == ApprovalPurpose.Erasure && request.ApproveAs is { } script)
        {
            await DecideUnattendedAsync(question, request, plan, datasets, script, cancellation);
            return new(0, await ballot.FinishAsync(question, request, plan, cancellation));
        }
        return new(await InviteAsync(question, request, plan, datasets, cancellation), null);
    }

    private Approval Asked(Approval? stored, ApprovalCall call, Plan plan) =>
        stored is not null
            ? stored with { TaskToken = call.TaskToken }
            : new Approval
            {
                RequestId = call.RequestId,
                Plan = call.Plan,
                Purpose = call.Purpose,
                Dataset = call.Dataset is { Length: > 0 } dataset ? dataset : null,
                PlanDigest = plan.Digest,
                TaskToken = call.TaskToken,
                AskedAt = ports.Time.GetUtcNow(),
            };

    private async Task MustBeApprovableAsync(ErasureRequest request, IReadOnlyList<string> datasets, CancellationToken cancellation)
    {
        string? orphan = datasets.FirstOrDefault(d => DecisionRules.ApproversOf(d, request, ports.Lake).Count == 0);
        if (orphan is null)
            return;
        await RefuseAsync(request.Id, $"nobody but the requester may approve for {orphan}; lake.yaml has to name somebody else", cancellation);
    }

    private async Task DecideUnattendedAsync(
        Question question, ErasureRequest request, Plan plan, IReadOnlyList<string> datasets, string script, CancellationToken cancellation)
    {
        string approver = MailIdentity.Normalize(script);
        if (!ports.Lake.Unattended)
            await RefuseAsync(request.Id, "lake.yaml does not allow decisions by a script (unattended: false)", cancellation);
        if (datasets.FirstOrDefault(d => !DecisionRules.ApproversOf(d, request, ports.Lake).Contains(approver)) is { } foreign)
            await RefuseAsync(request.Id, $"{script} may not approve for {foreign}", cancellation);
        Decision decision = await _state.DecideAsync(
            question,
            new Decision
            {
                RequestId = request.Id,
                Plan = plan.Number,
                PlanDigest = plan.Digest,
                Approver = approver,
                Datasets = datasets,
                Verdict = Verdict.Approve,
                At = ports.Time.GetUtcNow(),
                Proven = "unattended, identity not proven",
            },
            cancellation);
        await _audit.AppendOnceAsync(AuditLog.ChainOf(request.Id), "decision-recorded", Questions.Audited(decision), cancellation);
    }

    private async Task RefuseAsync(string requestId, string why, CancellationToken cancellation)
    {
        await SayAsync(requestId, why, cancellation);
        throw new ApprovalImpossibleException(why);
    }

    // The workflow only learns the error's name; people read the request.
    private Task SayAsync(string requestId, string why, CancellationToken cancellation) =>
        _requests.UpdateAsync(requestId, stored => stored.Reason == why ? null : stored with { Reason = why }, cancellation);

    private async Task<int> InviteAsync(
        Question question, ErasureRequest request, Plan plan, IReadOnlyList<string> datasets, CancellationToken cancellation)
    {
        int invited = 0;
        foreach (IGrouping<string, string> approver in datasets
            .SelectMany(d => ApproversAsWritten(d))
            .GroupBy(MailIdentity.Normalize, StringComparer.Ordinal)
            .Where(g => !MailIdentity.AreSame(g.Key, request.RequestedBy)))
        {
            byte[] nonce = new byte[16];
            ports.RandomBytes(nonce);
            Invitation invitation = await _state.InviteAsync(
                question, new Invitation(approver.Key, approver.First(), Convert.ToHexStringLower(nonce), ports.Time.GetUtcNow()), cancellation);
            CryptographicOperations.ZeroMemory(nonce);
            await _mail.SendAsync(
                request.Id, new ApprovalMails(ports).Invitation(question, request, plan, invitation, _state.LinkOf(invitation)), cancellation);
            await _audit.AppendOnceAsync(
                AuditLog.ChainOf(request.Id), "approver-invited",
                new Dictionary<string, string> { ["question"] = question.Sort, ["approver"] = invitation.Approver, ["plan"] = plan.Digest },
                cancellation);
            invited++;
        }
        return invited;
    }

    private IEnumerable<string> ApproversAsWritten(string dataset)
    {
        foreach (Dataset known in ports.Lake.Datasets)
        {
            if (known.Name != dataset)
                continue;
            foreach (string approver in known.Approvers)
                yield return approver;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ApprovalCall))]
[JsonSerializable(typeof(ApprovalAsked))]
internal sealed partial class RequestApprovalJson : JsonSerializerContext;
