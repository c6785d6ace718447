using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Approvals;

internal enum Standing
{
    /// <summary>Waits for this person's answer.</summary>
    Open,

    /// <summary>This person answered; others may still have to.</summary>
    Answered,

    /// <summary>It is settled, without this person.</summary>
    Settled,

    /// <summary>lake.yaml changed or a newer plan was made: nobody can decide on this one.</summary>
    Outdated,

    /// <summary>The request ended: cancelled, say.</summary>
    Ended,
}

/// <summary>Everything that a page of one approver shows, read at one moment; reading it changes nothing.</summary>
internal sealed record OpenQuestion
{
    public required string Link { get; init; }
    public required Question Question { get; init; }
    public required string Approver { get; init; }
    public required ErasureRequest Request { get; init; }
    public required Plan Plan { get; init; }

    /// <summary>The datasets that this question is about and this person may speak for.</summary>
    public required IReadOnlyList<string> Mine { get; init; }

    /// <summary>Those whose signatures hold; of an attestation the one there is.</summary>
    public required IReadOnlyList<Decision> Decisions { get; init; }

    /// <summary>Datasets that still lack a yes.</summary>
    public required IReadOnlyList<string> Lacking { get; init; }

    /// <summary>Null while it is open.</summary>
    public required Verdict? Verdict { get; init; }
    public required string? Outdated { get; init; }
    public required MailedCode? Code { get; init; }

    public Decision? Own => Decisions.FirstOrDefault(d => d.Approver == Approver);

    public FormScope Scope => new(Question, Approver, Plan.Digest);

    public Standing Standing =>
        Own is not null ? Standing.Answered
        : Verdict is not null ? Standing.Settled
        : Request.IsEnded ? Standing.Ended
        : Outdated is not null ? Standing.Outdated
        : Standing.Open;

    /// <summary>Null for a link that leads nowhere: never made, or the approver is none any more.</summary>
    public static async Task<OpenQuestion?> ReadAsync(Ports ports, ApprovalState state, string link, CancellationToken cancellation)
    {
        if (await state.FollowAsync(link, cancellation) is not { } target)
            return null;
        Question question = target.Question;
        ErasureRequest? request = await new Requests(ports.State).GetAsync(question.RequestId, cancellation);
        Plan? plan = await new Plans(ports.Evidence).GetAsync(question.RequestId, question.Plan, cancellation);
        Approval? asked = await state.AskedAsync(question, cancellation);
        if (request is null || plan is null || asked is null || asked.PlanDigest != plan.Digest || !PlanDigest.Holds(plan))
            return null;

        IReadOnlyList<string> mine =
            [.. Questions.Datasets(question, plan).Where(d => DecisionRules.ApproversOf(d, request, ports.Lake).Contains(target.Approver))];
        bool attesting = question.Purpose == ApprovalPurpose.Attestation;
        string? outdated = attesting ? null : Approvals.Outdated.Why(plan, request, ports.LakeDigest);
        if (mine.Count == 0 && outdated is null)
            return null;
        IReadOnlyList<Decision> decisions = !attesting
            ? await state.DecisionsAsync(request.Id, plan.Number, cancellation)
            : await state.AttestationAsync(question, cancellation) is { } attested ? [attested] : [];
        return new OpenQuestion
        {
            Link = link,
            Question = question,
            Approver = target.Approver,
            Request = request,
            Plan = plan,
            Mine = mine,
            Decisions = decisions,
            Lacking = attesting
                ? decisions.Count == 0 ? [question.Dataset!] : []
                : Tally.Of(plan, request, ports.Lake, decisions).Open,
            Verdict = attesting
                ? decisions.Count > 0 ? decisions[0].Verdict : null
                : (await new Requests(ports.State).OutcomeAsync(request.Id, plan.Number, cancellation))?.Verdict,
            Outdated = outdated,
            Code = await state.CodeAsync(question, target.Approver, cancellation),
        };
    }
}
