using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>
/// A supplementary plan that is not carried out, after an earlier plan was: its objects become exceptions, so that the request still
/// ends with a certificate for what was erased.
/// </summary>
internal sealed class LeftAlone(Ports ports)
{
    private readonly Requests _requests = new(ports.State);

    public async Task RecordAsync(Plan plan, string reason, CancellationToken cancellation)
    {
        await foreach (PlanItem item in new Plans(ports.Evidence).ItemsAsync(plan, cancellation))
        {
            await _requests.PutItemAsync(plan.RequestId, new ItemOutcome
            {
                Plan = plan.Number,
                Item = item.Number,
                Dataset = item.Dataset,
                Object = item.Object,
                Status = ItemStatus.Blocked,
                Reason = item.Blocked ?? reason,
                ETag = item.ETag,
                OldLeftAlone = item.Old is null && item.Sidecars is null ? null : true,
                At = ports.Time.GetUtcNow(),
            }, cancellation);
        }
    }
}
