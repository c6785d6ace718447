using Limpid.Core.Erasure;

namespace Limpid.Functions.Approvals;

/// <summary>What stands in place of the form once there is nothing for this person to decide: what was decided, and what happens next.</summary>
internal sealed class StandingSection(Ports ports, LakeCalendar calendar)
{
    public Html Of(OpenQuestion question) => Html.Of(
        $"""
        <section id="decide" aria-label="How it stands">
        <div class="card" role="status">
        {question.Standing switch
        {
            Standing.Answered => Answered(question, question.Own!),
            Standing.Settled => Settled(question),
            Standing.Ended => Html.Of($"<p>There is nothing left for you to decide.</p>"),
            _ => Html.Of($"<p>Nobody can decide on this one any more: {question.Outdated}. A new plan is made, and you will get a new mail about it.</p>"),
        }}
        </div>
        </section>
        """);

    private Html Answered(OpenQuestion question, Decision own) => Html.Of(
        $"""
        <p><b>{What(question, own.Verdict)}</b> {Words.Moment(own.At, calendar)}.{(own.Ground is null ? Html.Nothing : Html.Of($" “{own.Ground}”"))}</p>
        <p>{Next(question, own)}</p>
        <p class="soft small">Recorded and signed, for the plan with the fingerprint <code>{Words.Fingerprint(own.PlanDigest)}</code>. You can close this page.</p>
        """);

    private static string What(OpenQuestion question, Verdict verdict) => (question.Question.Purpose, verdict) switch
    {
        (ApprovalPurpose.Erasure, Verdict.Approve) => "You said yes.",
        (ApprovalPurpose.Erasure, _) => "You said no.",
        (_, Verdict.Approve) => "You confirmed that the data is gone.",
        _ => "You said that the data is not gone.",
    };

    private Html Next(OpenQuestion question, Decision own)
    {
        if (question.Question.Purpose == ApprovalPurpose.Attestation)
            return new("Your answer goes into the certificate. Nothing more is needed from you.");
        if (own.Verdict == Verdict.Reject)
            return Html.Of($"Nothing is erased. {question.Request.RequestedBy} is told of it, with your ground, and has to answer the person.");
        if (question.Verdict == Verdict.Reject)
            return new("Another approver said no, so nothing is erased.");
        if (question.Lacking.Count > 0)
            return Html.Of($"Nothing is erased yet. Still open: {string.Join("; ", question.Lacking.Select(d => $"{d} ({string.Join(" or ", DecisionRules.ApproversOf(d, question.Request, ports.Lake))})"))}.");
        return Html.Of($"Everybody needed has said yes. {AfterApproval(question)}");
    }

    private Html Settled(OpenQuestion question) => question.Question.Purpose == ApprovalPurpose.Attestation
        ? Html.Of($"<p><b>Somebody else has answered.</b> Nothing is needed from you.</p>")
        : question.Verdict == Verdict.Reject
            ? Html.Of($"<p><b>Rejected by another approver.</b> Nothing is erased.</p>")
            : Html.Of($"<p><b>Approved by others.</b> Your answer is no longer needed. {AfterApproval(question)}</p>");

    private Html AfterApproval(OpenQuestion question)
    {
        ErasureRequest request = question.Request;
        if (request.IsEnded)
            return Html.Of($"The request has ended since.");
        return ports.Lake.Grace <= TimeSpan.Zero
            ? Html.Of($"Erasing begins now. {request.RequestedBy} and the operators are told when it is done.")
            : Html.Of($"Nothing is written for {Words.Span(ports.Lake.Grace)} after the last yes{(request.GraceUntil is { } until ? $", that is until {Words.Moment(until, calendar)}" : "")}; until then {request.RequestedBy} or the operators can cancel. After that the rows are erased, everything is read once more, and a signed certificate says what was done.");
    }
}
