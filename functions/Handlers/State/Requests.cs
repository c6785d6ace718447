using Limpid.Core.Erasure;
using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <summary>Erasure requests, with what belongs to each: plans' outcomes, questions to approvers, item outcomes.</summary>
internal sealed class Requests(IStateTable table)
{
    private const string All = "requests";

    /// <summary>Ids of removed versions that one item of the table takes: S3's have up to 1,024 bytes, mostly 32.</summary>
    private const int RemovedAPart = 200;

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
        await table.GetAsync(Partition(id), ItemSort(plan, item), Records.Default.ItemOutcome, cancellation) is { } stored ? await WholeAsync(id, stored.Value, cancellation) : null;

    /// <summary>What stood before is overwritten.</summary>
    public async Task PutItemAsync(string id, ItemOutcome outcome, CancellationToken cancellation)
    {
        // The parts first, and only then what says that they are there.
        if (outcome.Removed is { Count: > RemovedAPart } removed)
        {
            string[][] parts = [.. removed.Chunk(RemovedAPart)];
            for (int part = 0; part < parts.Length; part++)
            {
                IReadOnlyList<string> ids = parts[part];
                await table.UpdateAsync(Partition(id), PartSort(outcome, part), _ => ids, Records.Default.IReadOnlyListString, cancellation);
            }
            outcome = outcome with { Removed = null, RemovedParts = parts.Length };
        }
        await table.UpdateAsync(Partition(id), ItemSort(outcome.Plan, outcome.Item), _ => outcome, Records.Default.ItemOutcome, cancellation);
    }

    public async IAsyncEnumerable<ItemOutcome> ItemsAsync(
        string id, int plan, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (ItemOutcome stored in table.QueryAsync(Partition(id), $"item/{plan:D4}/", Records.Default.ItemOutcome, cancellation))
            yield return await WholeAsync(id, stored, cancellation);
    }

    private async Task<ItemOutcome> WholeAsync(string id, ItemOutcome stored, CancellationToken cancellation)
    {
        if (stored.RemovedParts is not { } parts)
            return stored;
        var removed = new List<string>();
        for (int part = 0; part < parts; part++)
        {
            removed.AddRange((await table.GetAsync(Partition(id), PartSort(stored, part), Records.Default.IReadOnlyListString, cancellation))?.Value
                ?? throw new InvalidDataException($"a part of what was removed by item {stored.Item} of plan {stored.Plan} is missing"));
        }
        return stored with { Removed = removed, RemovedParts = null };
    }

    private static string PartSort(ItemOutcome outcome, int part) => $"removed/{outcome.Plan:D4}/{outcome.Item:D9}/{part:D6}";

    private static string ItemSort(int plan, int item) => $"item/{plan:D4}/{item:D9}";
}
