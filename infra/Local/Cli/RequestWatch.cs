using Limpid.Core.Erasure;
using Limpid.Functions;
using Limpid.Functions.State;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Cli;

/// <summary>Sees a request to its end: carries workflows out itself while nobody else does, and takes over if that one dies.</summary>
internal static class RequestWatch
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <param name="noWait">Return when the request waits for people or for its grace period to end.</param>
    public static async Task<ErasureRequest> UntilAsync(
        LocalLake lake, string id, bool noWait, int port, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bool asksPeople = !noWait && (await new Requests(lake.Ports.State).GetAsync(id, cancellation))?.ApproveAs is null;
        Task running = CarryOutAsync(lake, port, serve: asksPeople, error, over.Token);
        try
        {
            var requests = new Requests(lake.Ports.State);
            string told = "";
            while (true)
            {
                ErasureRequest request = (await requests.GetAsync(id, cancellation))!;
                if (Describe(request, noWait) is { } now && now != told)
                    await output.WriteLineAsync(Printable.Of(told = now));
                bool forPeople = request.Status is RequestStatus.Waiting && request.ApproveAs is null || request.Status is RequestStatus.Approved;
                if (await IsOverAsync(lake, request, cancellation) || (noWait && forPeople && await IsAskedAsync(lake, request, cancellation)))
                    return request;
                await OpenRequests.SeeToAsync(lake, request, cancellation);
                if (running.IsFaulted)
                    await running;
                await Task.Delay(Look, cancellation);
            }
        }
        finally
        {
            await over.CancelAsync();
            try
            {
                await running;
            }
            catch (OperationCanceledException)
            {
                // What it was doing is kept, and whoever runs next goes on with it.
            }
        }
    }

    // A request has ended when its record says so; its workflow then still tells people, which nobody should cut short.
    private static async Task<bool> IsOverAsync(LocalLake lake, ErasureRequest request, CancellationToken cancellation) =>
        request.IsEnded && await lake.Runner.DescribeAsync("purge", request.Id, cancellation) is not { Status: "RUNNING" };

    private static async Task<bool> IsAskedAsync(LocalLake lake, ErasureRequest request, CancellationToken cancellation)
    {
        if (request.Status == RequestStatus.Approved)
            return true;
        await foreach (var entry in new AuditLog(lake.Ports.State, lake.Ports.Time).ReadAsync(AuditLog.ChainOf(request.Id), cancellation))
        {
            if (entry.Event == "approver-invited")
                return true;
        }
        return false;
    }

    private static async Task CarryOutAsync(LocalLake lake, int port, bool serve, TextWriter error, CancellationToken cancellation)
    {
        await OpenRequests.SeeToAsync(lake, cancellation);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await using PagesWhileWaiting? pages = serve ? new PagesWhileWaiting(lake, port, error) : null;
                await lake.Runner.RunAsync(cancellation);
            }
            catch (RunnerBusyException)
            {
                // Another process carries it out; if that one dies, this one takes over.
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
        }
    }

    /// <summary>Null once it has ended: the outcome says that.</summary>
    private static string? Describe(ErasureRequest request, bool noWait) => request.Status switch
    {
        RequestStatus.Locating => "locating the person",
        RequestStatus.Waiting when request.ApproveAs is not null => $"deciding on {Size(request)}",
        RequestStatus.Waiting when noWait => $"waiting for the approvers of {Size(request)}: they have mail, and `limpid up` serves their page",
        RequestStatus.Waiting => $"waiting for the approvers of {Size(request)}: they have mail, and their page is served from here (Ctrl-C leaves the request waiting)",
        RequestStatus.Approved => FormattableString.Invariant($"approved; erasing begins at {request.GraceUntil:u}, until then `limpid cancel` works"),
        RequestStatus.Erasing => "erasing",
        _ => null,
    };

    private static string Size(ErasureRequest request) => $"{Words.Count(request.Plan!.Rows, "row")} in {Words.Count(request.Plan.Objects, "object")}";
}
