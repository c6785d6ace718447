using Limpid.Core.Erasure;
using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <summary>Erasure requests, with what belongs to each: plans' outcomes, questions to approvers, item outcomes.</summary>
internal sealed class Requests(IStateTable table)
{
    private const string All = "requests";

    public static string Partition(string requestId) => $"request/{requestId}";

    public async Task<ErasureRequest?> GetAsync(string id, CancellationToken cancellation) =>
        (await table.GetAsync(Partition(id), "request", Records.Default.ErasureRequest, cancellation))?.Value;

    /// <summary>False where the id is taken.</summary>
    public async Task<bool> TryCreateAsync(ErasureRequest request, CancellationToken cancellation)
    {
        // The list first: an entry without a request is skipped when listing, a request that no list shows would be lost sight of.
        await table.TryPutAsync(new StateItem(All, request.Id, 1, "{}"u8.ToArray()), cancellation);
        return await table.TryPutAsync(Partition(request.Id), "request", request, 0, Records.Default.ErasureRequest, cancellation);
    }

    /// <summary>By compare-and-swap; <paramref name="change"/> returns null to leave it as it is. Returns what stands at the end; null where there is no such request.</summary>
    public Task<ErasureRequest?> UpdateAsync(string id, Func<ErasureRequest, ErasureRequest?> change, CancellationToken cancellation) =>
        table.UpdateAsync(Partition(id), "request", stored => stored is null ? null : change(stored), Records.Default.ErasureRequest, cancellation);

    public async IAsyncEnumerable<ErasureRequest> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (StateItem item in table.QueryAsync(All, "", cancellation))
        {
            if (await GetAsync(item.Sort, cancellation) is { } request)
                yield return request;
        }
    }

    public async Task<PlanOutcome?> OutcomeAsync(string id, int plan, CancellationToken cancellation) =>
        (await table.GetAsync(Partition(id), $"outcome/{plan:D4}", Records.Default.PlanOutcome, cancellation))?.Value;

    /// <summary>The first outcome of a plan stands; returns the one that does.</summary>
    public async Task<PlanOutcome> SettleAsync(string id, PlanOutcome outcome, CancellationToken cancellation) =>
        (await table.UpdateAsync(Partition(id), $"outcome/{outcome.Plan:D4}", stored => stored is null ? outcome : null, Records.Default.PlanOutcome, cancellation))!;

    public async Task<ItemOutcome?> ItemAsync(string id, int plan, int item, CancellationToken cancellation) =>
        (await table.GetAsync(Partition(id), ItemSort(plan, item), Records.Default.ItemOutcome, cancellation))?.Value;

    public Task PutItemAsync(string id, ItemOutcome outcome, CancellationToken cancellation) =>
        table.UpdateAsync(Partition(id), ItemSort(outcome.Plan, outcome.Item), _ => outcome, Records.Default.ItemOutcome, cancellation);

    public IAsyncEnumerable<ItemOutcome> ItemsAsync(string id, int plan, CancellationToken cancellation) =>
        table.QueryAsync(Partition(id), $"item/{plan:D4}/", Records.Default.ItemOutcome, cancellation);

    private static string ItemSort(int plan, int item) => $"item/{plan:D4}/{item:D9}";
}
