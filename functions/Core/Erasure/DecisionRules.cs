using Limpid.Core.Lake;

namespace Limpid.Core.Erasure;

/// <summary>Which decisions count, and for what.</summary>
public static class DecisionRules
{
    /// <summary>
    /// Whether the decision is on exactly this plan, by somebody who approves for at least one of its datasets and is not the
    /// requester. Approvers are those of lake.yaml, which the plan's digest binds; the plan's own list is only for show.
    /// </summary>
    public static bool Counts(Decision decision, Plan plan, ErasureRequest request, LakeConfig lake) =>
        decision.Purpose == ApprovalPurpose.Erasure
        && decision.RequestId == plan.RequestId
        && decision.Plan == plan.Number
        && decision.PlanDigest == plan.Digest
        && !MailIdentity.AreSame(decision.Approver, request.RequestedBy)
        && plan.Datasets.Any(d => IsApprover(decision.Approver, d.Name, lake));

    /// <summary>Whether it is what an approver of this external dataset attested for exactly this request and plan.</summary>
    public static bool CountsAsAttestation(Decision decision, string dataset, Plan plan, ErasureRequest request, LakeConfig lake) =>
        decision.Purpose == ApprovalPurpose.Attestation
        && decision.RequestId == plan.RequestId
        && decision.Plan == plan.Number
        && decision.PlanDigest == plan.Digest
        && decision.Datasets.Contains(dataset, StringComparer.Ordinal)
        && !MailIdentity.AreSame(decision.Approver, request.RequestedBy)
        && IsApprover(decision.Approver, dataset, lake);

    /// <summary>Whether a yes covers the dataset: it names it, and its author approves for it.</summary>
    public static bool SpeaksFor(Decision decision, string dataset, LakeConfig lake) =>
        decision.Datasets.Contains(dataset, StringComparer.Ordinal) && IsApprover(decision.Approver, dataset, lake);

    public static bool IsApprover(string person, string dataset, LakeConfig lake) =>
        lake.Datasets.Any(d => d.Name == dataset && d.Approvers.Any(a => MailIdentity.AreSame(a, person)));

    /// <summary>Who may answer for a dataset: its approvers but for the requester, one entry a person, normalised.</summary>
    public static IReadOnlyList<string> ApproversOf(string dataset, ErasureRequest request, LakeConfig lake) =>
        [.. lake.Datasets.Where(d => d.Name == dataset)
            .SelectMany(d => d.Approvers)
            .Select(MailIdentity.Normalize)
            .Where(a => a != MailIdentity.Normalize(request.RequestedBy))
            .Distinct(StringComparer.Ordinal)];

    /// <summary>The datasets that need a yes: those in which something is erased or attested.</summary>
    public static IReadOnlyList<DatasetPlan> ToDecide(Plan plan) => [.. plan.Datasets.Where(d => d.Objects > 0 || d.ExternalPlaces > 0)];
}
