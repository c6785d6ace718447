using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions;
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

    public static Task SeeToAsync(LocalLake lake, ErasureRequest request, CancellationToken cancellation) =>
        SeeToAsync(lake.Ports, request, cancellation);

    /// <inheritdoc cref="SeeToAsync(LocalLake, CancellationToken)"/>
    public static async Task SeeToAsync(Ports ports, ErasureRequest request, CancellationToken cancellation)
    {
        if (request.IsEnded)
            return;
        ExecutionInfo? execution = await ports.Workflows.DescribeAsync("purge", request.Id, cancellation);
        if (execution is null)
        {
            await SubmitErasure.BeginAsync(ports, request, cancellation);
            return;
        }
        // Read again: the workflow may have ended the request and then itself since.
        if (execution.Status == "RUNNING" || await new Requests(ports.State).GetAsync(request.Id, cancellation) is null or { IsEnded: true })
            return;
        await new FailErasure(ports).HandleAsync(new FailInput(request.Id, execution.Error ?? execution.Status), cancellation);
        await new Notify(ports).HandleAsync(new NotifyInput(request.Id), cancellation);
    }
}
