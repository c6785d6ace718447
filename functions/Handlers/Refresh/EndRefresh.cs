using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <param name="Run">The execution's name.</param>
/// <param name="Failed">The error that it ended with, or empty.</param>
internal sealed record EndRefreshInput(string Table, string Run, string Failed);

/// <param name="Version">That is served; 0 for none.</param>
/// <param name="Seconds">Since the run took the table; 0 where it never had the table.</param>
/// <param name="Why">It failed, in one line for people; never empty.</param>
internal sealed record EndRefreshResult(long Version, long Rows, long Seconds, string Why);

/// <summary>
/// <c>end-refresh</c>: gives the lock back where the run still has it, keeps why it failed, and removes versions that have been kept for long
/// enough. What is served is not touched. On replay there is nothing left to do.
/// </summary>
internal sealed class EndRefresh(Ports ports)
{
    public async Task<EndRefreshResult> HandleAsync(EndRefreshInput input, CancellationToken cancellation)
    {
        DerivedTable table = ports.Lake.KnownTable(input.Table);
        var book = new TableBook(ports, table);
        TableRun? ended = null;
        TableHead head;
        while (true)
        {
            Versioned<TableHead> read = await book.HeadAsync(cancellation);
            head = read.Value;
            ended = head.Lock is { } own && own.Run == input.Run ? own : null;
            if (ended is null && (head.Lock is not null || input.Failed.Length == 0 || head.Failed?.Run == input.Run))
                break;
            TableHead next = head with
            {
                Lock = null,
                Failed = input.Failed.Length == 0 ? head.Failed : new TableFailure(input.Run, input.Failed, ports.Time.GetUtcNow()) { Why = ended?.Why },
            };
            if (await book.TryChangeAsync(read, next, cancellation))
            {
                head = next;
                break;
            }
        }
        await book.PointAsync(cancellation);
        await new TableRetention(ports, table).RemoveAsync(cancellation);
        long seconds = ended is null ? 0 : (long)(ports.Time.GetUtcNow() - ended.Since).TotalSeconds;
        TableFailure? failed = head.Failed?.Run == input.Run ? head.Failed : null;
        return new EndRefreshResult(head.Served?.Version ?? 0, head.Served?.Rows ?? 0, seconds, failed?.Why ?? "nothing more is known");
    }
}
