using System.Globalization;
using System.Text.Json.Serialization;
using Limpid.Core.Erasure;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Functions.Approvals;

/// <param name="At">When the workflow came to this step: the same on a retry, which therefore reminds nobody twice.</param>
internal sealed record ReminderCall(string RequestId, int Plan, ApprovalPurpose Purpose, string? Dataset, DateTimeOffset At);

internal sealed record Reminded(int Approvers, bool Overdue);

/// <summary>
/// Step of the approval workflow, when nobody answered in time: reminds those whose answer is still missing, and tells the operators
/// and the requester once the due day is past. It never decides; the workflow asks again.
/// </summary>
internal sealed class RemindApprovers(Ports ports)
{
    /// <summary>What stands in the log of each request whose due day is past; the CDK app's alarm looks for it.</summary>
    public const string Overdue = "is overdue";

    private readonly Requests _requests = new(ports.State);
    private readonly AuditLog _audit = new(ports.State, ports.Time);
    private readonly ApprovalState _state = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));
    private readonly ClaimedMail _mail = new(ports.State, ports.Mailer, ports.Time);

    public async Task<Reminded> HandleAsync(ReminderCall call, CancellationToken cancellation)
    {
        var question = new Question(call.RequestId, call.Plan, call.Purpose, call.Dataset is { Length: > 0 } dataset ? dataset : null);
        ErasureRequest? request = await _requests.GetAsync(call.RequestId, cancellation);
        Plan? plan = await new Plans(ports.Evidence).GetAsync(call.RequestId, call.Plan, cancellation);
        Approval? asked = await _state.AskedAsync(question, cancellation);
        if (request is null || request.IsEnded || plan is null || asked is null || asked.RemindedAt >= call.At)
            return new(0, false);
        // Settled a moment ago: nobody's answer is needed, and the workflow learns it when it asks again.
        if (call.Purpose == ApprovalPurpose.Erasure && await _requests.OutcomeAsync(request.Id, plan.Number, cancellation) is not null)
            return new(0, false);

        var calendar = new LakeCalendar(ports.Lake.TimeZone, ports.Time);
        bool overdue = calendar.Today > request.Due;
        int number = asked.Reminders + 1;
        IReadOnlyList<Invitation> silent = await SilentAsync(question, request, plan, cancellation);
        var mails = new ApprovalMails(ports);
        foreach (Invitation invitation in silent)
            await _mail.SendAsync(request.Id, mails.Reminder(question, request, plan, invitation, _state.LinkOf(invitation), number, overdue), cancellation);
        if (overdue && silent.Count > 0)
        {
            ports.Log?.Invoke($"request {request.Id} {Overdue}");
            foreach (string person in Notice.Readers(request, ports.Lake))
                await _mail.SendAsync(request.Id, mails.Overdue(question, request, person, silent, number), cancellation);
        }

        // Counted last: a crash before this sends the same mails, under the same ids, instead of the next ones.
        await _state.UpdateAskedAsync(
            question, stored => stored is null || stored.Reminders >= number ? null : stored with { Reminders = number, RemindedAt = call.At }, cancellation);
        await _audit.AppendOnceAsync(
            AuditLog.ChainOf(request.Id), overdue ? "approvers-reminded-overdue" : "approvers-reminded",
            new Dictionary<string, string>
            {
                ["question"] = question.Sort,
                ["number"] = number.ToString(CultureInfo.InvariantCulture),
                ["silent"] = string.Join(", ", silent.Select(i => i.Approver)),
            },
            cancellation);
        return new(silent.Count, overdue);
    }

    /// <summary>Those who have not answered and whose answer could still close a dataset.</summary>
    private async Task<IReadOnlyList<Invitation>> SilentAsync(
        Question question, ErasureRequest request, Plan plan, CancellationToken cancellation)
    {
        IReadOnlyList<Decision> decisions = question.Purpose == ApprovalPurpose.Erasure
            ? await _state.DecisionsAsync(request.Id, plan.Number, cancellation)
            : await _state.AttestationAsync(question, cancellation) is { } attested ? [attested] : [];
        IReadOnlyList<string> open = question.Purpose == ApprovalPurpose.Erasure
            ? Tally.Of(plan, request, ports.Lake, decisions).Open
            : decisions.Count == 0 ? [question.Dataset!] : [];
        var silent = new List<Invitation>();
        await foreach (Invitation invitation in _state.InvitationsAsync(question, cancellation))
        {
            if (!decisions.Any(d => d.Approver == invitation.Approver)
                && open.Any(dataset => DecisionRules.IsApprover(invitation.Approver, dataset, ports.Lake)))
                silent.Add(invitation);
        }
        return silent;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReminderCall))]
[JsonSerializable(typeof(Reminded))]
internal sealed partial class RemindApproversJson : JsonSerializerContext;
