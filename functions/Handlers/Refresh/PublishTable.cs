using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <param name="Outcome"><c>published</c>; <c>again</c>, where it has to be validated anew first: somebody was erased meanwhile, or an object is another one.</param>
/// <param name="Seconds">Since the run took the table.</param>
internal sealed record PublishTableResult(string Outcome, long Version = 0, long Rows = 0, long Seconds = 0);

/// <summary>
/// <c>publish-table</c>: lets a valid version be served, and gives the lock back, in one compare-and-swap, which fails where the lock is
/// another run's. Its objects are indexed before, so that whoever is erased from then on is found in them. On replay it is served already, and
/// what was left undone is done: the pointer follows, and the mark is taken off.
/// </summary>
internal sealed class PublishTable(Ports ports)
{
    private readonly ErasedSince _erased = new(ports);
    private readonly ObjectIndexer _indexer = new(ports);
    private readonly StaleTables _stale = new(ports);

    public async Task<PublishTableResult> HandleAsync(TableRunInput input, CancellationToken cancellation)
    {
        DerivedTable table = ports.Lake.KnownTable(input.Table);
        var book = new TableBook(ports, table);
        if ((await book.HeadAsync(cancellation)).Value.Served is not { } there || there.Fence != input.Fence || there.Run != input.Run)
        {
            if (!await TryServeAsync(table, book, input, cancellation))
                return new PublishTableResult("again");
        }
        ServedVersion served = (await book.HeadAsync(cancellation)).Value.Served!;
        await book.PointAsync(cancellation);
        if (served.Fence != input.Fence)
            return new PublishTableResult("published", served.Version, served.Rows);
        if (served.Flag.Length > 0)
            await _stale.TakeOffAsync(table, served.Flag, cancellation);
        return new PublishTableResult("published", served.Version, served.Rows, (long)served.Took.TotalSeconds);
    }

    private async Task<bool> TryServeAsync(DerivedTable table, TableBook book, TableRunInput input, CancellationToken cancellation)
    {
        Dataset dataset = ports.Lake.VersionsOf(table);
        TableRun run = await book.ChangeAsync(input.Run, input.Fence, own => own, cancellation);
        List<ObjectInfo> objects = await TableObjects.ListAsync(ports.Objects, run.Output, cancellation);
        if (run.Valid is null || TableObjects.DigestOf(objects) != run.Valid)
            return false;
        foreach (ObjectInfo info in objects)
        {
            if (await _indexer.RefreshAsync(dataset, info.Key, "", refused: null, cancellation) == IndexOutcome.Unsettled)
                return false;
            if (ports.Time.GetUtcNow() > run.Until - table.Lease / 2)
                run = await book.ChangeAsync(input.Run, input.Fence, own => own, cancellation);
        }
        // After it was indexed: who is erased from here on is found by the erasure itself.
        if ((await _erased.FindAsync(dataset, run.MadeAt, cancellation)).Digest != run.Replayed)
            return false;
        await book.ChangeVersionAsync(run.Version, stored => (stored ?? RecordOf(run)) with { Location = run.Output, Rows = run.Rows, EndedAt = null }, cancellation);
        while (true)
        {
            Versioned<TableHead> head = await book.HeadAsync(cancellation);
            TableRun own = book.Own(head.Value, input.Run, input.Fence);
            if (own.Valid != run.Valid)
                return false;
            DateTimeOffset now = ports.Time.GetUtcNow();
            var next = new ServedVersion(own.Version, own.Output, own.Rows, own.MadeAt, own.BegunAt, now, own.Fence, own.Run) { Flag = own.Flag, LockedAt = own.LockedAt };
            if (await book.TryChangeAsync(head, head.Value with { Lock = null, Served = next, Failed = null }, cancellation))
                return true;
        }
    }

    private static VersionRecord RecordOf(TableRun run) => new() { Version = run.Version, MadeAt = run.MadeAt, BegunAt = run.BegunAt };
}
