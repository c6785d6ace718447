using Limpid.Core.Erasure;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Local;

/// <summary>Requests whose submission died before their workflow began: whoever comes next begins it.</summary>
internal static class OpenRequests
{
    public static async Task StartAsync(LocalLake lake, CancellationToken cancellation)
    {
        await foreach (ErasureRequest request in new Requests(lake.Ports.State).ListAsync(cancellation))
        {
            if (!request.IsEnded && await lake.Runner.DescribeAsync("purge", request.Id, cancellation) is null)
                await SubmitErasure.StartAsync(lake.Ports.Workflows, request.Id, cancellation);
        }
    }
}
