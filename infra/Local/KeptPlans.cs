using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Local;

/// <summary>
/// The plans behind a certificate, as they are kept. The decisions in it bind to their digests: once a plan is gone or changed, nobody
/// can tell any more what was decided on.
/// </summary>
internal sealed class KeptPlans(IObjectStore evidence)
{
    private readonly Plans _plans = new(evidence);

    public async Task<IReadOnlyList<string>> ProblemsAsync(Certificate certificate, CancellationToken cancellation)
    {
        var problems = new List<string>();
        foreach (CertifiedPlan certified in certificate.Plans)
        {
            if (await ProblemAsync(certificate.RequestId, certified, cancellation) is { } problem)
                problems.Add(problem);
        }
        return problems;
    }

    private async Task<string?> ProblemAsync(string requestId, CertifiedPlan certified, CancellationToken cancellation)
    {
        try
        {
            if (await _plans.GetAsync(requestId, certified.Number, cancellation) is not { } plan)
                return $"plan {certified.Number} is missing";
            if (plan.Digest != certified.Digest || !PlanDigest.Holds(plan))
                return $"plan {certified.Number} was changed after it was made";
            await foreach (PlanItem _ in _plans.ItemsAsync(plan, cancellation))
            {
                // Each file of items is held against its digest on the way.
            }
            return null;
        }
        catch (InvalidDataException wrong)
        {
            return wrong.Message;
        }
        catch (JsonException)
        {
            return $"plan {certified.Number} was changed after it was made";
        }
    }
}
