using Limpid.Core.Evidence;
using Limpid.Core.Lake;

namespace Limpid.Core.Erasure;

/// <summary>
/// Whether a dataset's part of a plan may be erased, from nothing but the plan, lake.yaml and the signed decisions. What a workflow
/// says plays no part, so that a forged callback or an execution started by hand authorises nothing.
/// </summary>
public static class Authorization
{
    /// <summary>Null where erasing is authorised, else the reason why it is not, in one line for people.</summary>
    /// <param name="plan">Its digest is computed again here; the header's own word for it counts for nothing.</param>
    /// <param name="lakeDigest">Of lake.yaml as it is now: a plan made under other rules is authorised by nobody.</param>
    /// <param name="decisions">All documents found for the plan; those that are forged or about something else are passed over.</param>
    /// <param name="publicKeySpki">SubjectPublicKeyInfo, DER, of the key that decisions are signed with.</param>
    public static string? WhyNot(
        string dataset, Plan plan, ErasureRequest request, LakeConfig lake, string lakeDigest,
        IEnumerable<SignedDocument> decisions, ReadOnlySpan<byte> publicKeySpki)
    {
        if (plan.RequestId != request.Id)
            return "the plan is another request's";
        if (!PlanDigest.Holds(plan))
            return "the plan is not what its digest says";
        if (plan.LakeDigest != lakeDigest)
            return "lake.yaml changed since the plan was made";
        if (!lake.Datasets.Any(d => d.Name == dataset))
            return $"lake.yaml knows no dataset {dataset}";

        bool approved = false;
        foreach (SignedDocument document in decisions)
        {
            if (SignedDecision.Open(document, publicKeySpki) is not { } decision || !DecisionRules.Counts(decision, plan, request, lake))
                continue;
            if (decision.Verdict == Verdict.Reject)
                return $"an approver rejected the plan: {decision.Ground}";
            approved |= DecisionRules.SpeaksFor(decision, dataset, lake);
        }
        return approved ? null : $"no approver of {dataset} approved this plan";
    }
}
