using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Indexing;

/// <param name="Until">When it may be taken over.</param>
internal sealed record ReconcileLease(string RunId, DateTimeOffset Until);

/// <summary>
/// Which backfill lists the lake. The first one of a big lake takes days, and the clock begins another every day: without this they would
/// read the same objects side by side.
/// </summary>
internal sealed class BackfillLease(IStateTable table, TimeProvider time)
{
    private const string Partition = "reconcile", Sort = "lease";

    /// <summary>A call takes a quarter of an hour at most, and what fails is tried again within minutes: who is silent for longer is dead.</summary>
    private static readonly TimeSpan Term = TimeSpan.FromHours(1);

    /// <summary>Takes it, prolongs it or takes it over; false where another one has it.</summary>
    public async Task<bool> TryTakeAsync(string runId, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        ReconcileLease? held = await table.UpdateAsync(
            Partition, Sort, stored => stored is null || stored.RunId == runId || stored.Until <= now ? new ReconcileLease(runId, now + Term) : null,
            Records.Default.ReconcileLease, cancellation);
        return held!.RunId == runId;
    }

    public Task GiveBackAsync(string runId, CancellationToken cancellation) => table.UpdateAsync(
        Partition, Sort, stored => stored?.RunId == runId ? stored with { Until = time.GetUtcNow() } : null, Records.Default.ReconcileLease, cancellation);
}
