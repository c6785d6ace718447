using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Functions.Notices;
using Limpid.Functions.State;

namespace Limpid.Local;

/// <summary>Requests that no workflow carries any more: whoever comes next sees to them.</summary>
internal static class OpenRequests
{
    /// <summary>Begins those whose submission died before their workflow began; ends those whose workflow broke.</summary>
    public static async Task SeeToAsync(LocalLake lake, CancellationToken cancellation)
    {
        await foreach (ErasureRequest request in new Requests(lake.Ports.State).ListAsync(cancellation))
            await SeeToAsync(lake, request, cancellation);
    }

    public static async Task SeeToAsync(LocalLake lake, ErasureRequest request, CancellationToken cancellation)
    {
        if (request.IsEnded)
            return;
        ExecutionInfo? execution = await lake.Runner.DescribeAsync("purge", request.Id, cancellation);
        if (execution is null)
        {
            await SubmitErasure.StartAsync(lake.Ports.Workflows, request.Id, cancellation);
            return;
        }
        // Read again: the workflow may have ended the request and then itself since.
        if (execution.Status == "RUNNING" || await new Requests(lake.Ports.State).GetAsync(request.Id, cancellation) is null or { IsEnded: true })
            return;
        await new FailErasure(lake.Ports).HandleAsync(new FailInput(request.Id, execution.Error ?? execution.Status), cancellation);
        await new Notify(lake.Ports).HandleAsync(new NotifyInput(request.Id), cancellation);
    }
}
