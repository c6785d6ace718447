using Limpid.Core.Erasure;

namespace Limpid.Functions.Approvals;

/// <summary>What a question is about, from its plan.</summary>
internal static class Questions
{
    /// <summary>The datasets that the question's approvers decide on.</summary>
    public static IReadOnlyList<string> Datasets(Question question, Plan plan) => question.Purpose == ApprovalPurpose.Attestation
        ? [question.Dataset!]
        : [.. DecisionRules.ToDecide(plan).Select(d => d.Name)];

    /// <summary>How the audit tells of a decision: who, what, and what was proven of them. The ground stays in the signed decision.</summary>
    public static IReadOnlyDictionary<string, string> Audited(Decision decision) => new Dictionary<string, string>
    {
        ["approver"] = decision.Approver,
        ["datasets"] = string.Join(", ", decision.Datasets),
        ["plan"] = decision.PlanDigest,
        ["proven"] = decision.Proven,
        ["purpose"] = decision.Purpose == ApprovalPurpose.Erasure ? "erasure" : "attestation",
        ["verdict"] = Words.Verdict(decision.Verdict),
    };
}

/// <summary>Whether a plan may still be decided on.</summary>
internal static class Outdated
{
    /// <summary>Null while it may; else why not, in one line for people.</summary>
    public static string? Why(Plan plan, ErasureRequest request, string lakeDigest) =>
        plan.LakeDigest != lakeDigest ? "the rules in lake.yaml changed since this plan was made"
        : request.Plan is { } newest && (newest.Number > plan.Number || (newest.Number == plan.Number && newest.Digest != plan.Digest))
            ? "a newer plan took this one's place"
            : null;
}
