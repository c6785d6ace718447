using Limpid.Core.Lake;

namespace Limpid.Core.Erasure;

/// <summary>What the decisions on a plan come to.</summary>
/// <param name="Verdict">Null while it is open: silence is never a decision.</param>
/// <param name="Ground">Of the no, with <see cref="Erasure.Verdict.Reject"/>.</param>
/// <param name="Open">The datasets that still lack a yes of one of their approvers.</param>
public sealed record Tally(Verdict? Verdict, string? Ground, IReadOnlyList<string> Open)
{
    /// <summary>Any no rejects; every dataset to be decided needs one yes of its own approvers.</summary>
    /// <param name="decisions">Signatures verified; those that do not count are passed over.</param>
    public static Tally Of(Plan plan, ErasureRequest request, LakeConfig lake, IEnumerable<Decision> decisions)
    {
        Decision[] counting = [.. decisions.Where(d => DecisionRules.Counts(d, plan, request, lake))];
        string[] open = [.. DecisionRules.ToDecide(plan)
            .Select(d => d.Name)
            .Where(name => !counting.Any(d => d.Verdict == Erasure.Verdict.Approve && DecisionRules.SpeaksFor(d, name, lake)))];
        Decision? no = counting.Where(d => d.Verdict == Erasure.Verdict.Reject).MinBy(d => d.At);
        if (no is not null)
            return new(Erasure.Verdict.Reject, no.Ground, open);
        return new(open.Length == 0 && counting.Length > 0 ? Erasure.Verdict.Approve : null, null, open);
    }
}
