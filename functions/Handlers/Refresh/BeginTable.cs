using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <param name="Run">The execution's name.</param>
/// <param name="Given">The execution's input; of what it became since, nothing else counts.</param>
internal sealed record BeginTableInput(string Run, RefreshTableInput Given);

/// <param name="Outcome"><c>begun</c>; <c>busy</c>, where another run has the table; <c>nothing</c>, where there is nothing to do any more.</param>
/// <param name="Fence">That every later step of the run presents; else 0.</param>
/// <param name="Until">With <c>busy</c>: when to ask again, RFC 3339.</param>
internal sealed record BeginTableResult(string Outcome, long Fence = 0, string Until = "");

/// <summary>
/// <c>begin-table</c>: takes the table's lock for a run, with a fence that no run before had, and notes what it is built of and from when
/// its content is. What is served is not touched. On replay the run has the lock already, and is told the same.
/// </summary>
internal sealed class BeginTable(Ports ports)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(10);

    private readonly StaleTables _stale = new(ports);

    public async Task<BeginTableResult> HandleAsync(BeginTableInput input, CancellationToken cancellation)
    {
        DerivedTable table = ports.Lake.KnownTable(input.Given.Table);
        var book = new TableBook(ports, table);
        while (true)
        {
            Versioned<TableHead> head = await book.HeadAsync(cancellation);
            if (head.Value.Lock is { } own && own.Run == input.Run)
                return await SettleAsync(table, book, own, cancellation);
            if (input.Given.Flag is { } flag && await _stale.ReadAsync(table, cancellation) is var mark && mark?.Value.Id != flag)
            {
                // Somebody may have died between putting that mark and beginning its execution.
                if (mark is { Value: { Begun: false } other })
                    await _stale.BeginAsync(table, other, cancellation);
                return new BeginTableResult("nothing");
            }
            if (input.Given.Restore > 0 && head.Value.Served?.Version == input.Given.Restore)
                return new BeginTableResult("nothing");
            if (!await book.IsFreeAsync(head.Value, cancellation))
                return new BeginTableResult("busy", Until: Words.Timestamp(NextLook(table, head.Value.Lock!)));
            TableRun run;
            try
            {
                run = input.Given.Restore > 0
                    ? await RestoringAsync(table, book, input, head.Value, cancellation)
                    : await BuildingAsync(table, input, head.Value, cancellation);
            }
            catch (Exception cannot) when (cannot is InputMissingException or VersionGoneException)
            {
                // It never has the lock, which else says why it fails.
                var failed = new TableFailure(input.Run, cannot.GetType().Name, ports.Time.GetUtcNow()) { Why = cannot.Message };
                if (await book.TryChangeAsync(head, head.Value with { Failed = failed }, cancellation))
                    throw;
                continue;
            }
            if (await book.TryChangeAsync(head, head.Value with { Fence = run.Fence, Lock = run }, cancellation))
                return await SettleAsync(table, book, run, cancellation);
        }
    }

    /// <summary>What belongs to a lock that was taken, before anything is written under it.</summary>
    private async Task<BeginTableResult> SettleAsync(DerivedTable table, TableBook book, TableRun run, CancellationToken cancellation)
    {
        VersionRecord? record = await book.ChangeVersionAsync(
            run.Version,
            stored => stored is null
                ? run.Restores ? null : new VersionRecord { Version = run.Version, MadeAt = run.MadeAt, BegunAt = run.BegunAt }
                // Whoever removes what is kept no longer than this finds it changed.
                : stored is { EndedAt: not null, Removing: false } ? stored with { EndedAt = null } : null,
            cancellation);
        if (record is null or { Removing: true })
        {
            var gone = new VersionGoneException(table.Name, run.Version);
            await book.ExplainAsync(run.Run, run.Fence, gone.Message, cancellation);
            throw gone;
        }
        // From here on what arrives is another mark's; everything that was marked before is there for the first step to read.
        if (run.Flag.Length > 0)
            await _stale.TakeAsync(table, run.Flag, cancellation);
        return new BeginTableResult("begun", run.Fence);
    }

    private async Task<TableRun> BuildingAsync(DerivedTable table, BeginTableInput input, TableHead head, CancellationToken cancellation)
    {
        DateTimeOffset now = ports.Time.GetUtcNow(), madeAt = now;
        var inputs = new Dictionary<string, string>();
        foreach (string from in table.From)
        {
            if (ports.Lake.TableNamed(from) is { } upstream)
            {
                ServedVersion served = (await new TableBook(ports, upstream).HeadAsync(cancellation)).Value.Served ?? throw new InputMissingException(table.Name, from);
                inputs[from] = served.Location;
                // Who was erased since is gone from that one's sources, and may still be in it.
                madeAt = served.MadeAt < madeAt ? served.MadeAt : madeAt;
            }
            else if (ports.Lake.ReferenceNamed(from) is { } reference)
            {
                SmallObject pointer = await ports.Objects.ReadSmallAsync(reference.PointerKey(), cancellation) ?? throw new InputMissingException(table.Name, from);
                inputs[from] = reference.Folder() + ReferencePointer.Read(pointer.Bytes, from).Object;
            }
            else
            {
                inputs[from] = ports.Lake.Named(from)!.Location;
            }
        }
        return new TableRun
        {
            Run = input.Run,
            Fence = head.Fence + 1,
            Until = now + table.Lease,
            BegunAt = now,
            LockedAt = now,
            MadeAt = madeAt,
            Version = head.Fence + 1,
            // A run that nobody marked sees to whatever stands.
            Flag = input.Given.Flag ?? (await _stale.ReadAsync(table, cancellation))?.Value.Id ?? "",
            Inputs = inputs,
            Output = inputs[table.From[0]],
        };
    }

    private async Task<TableRun> RestoringAsync(DerivedTable table, TableBook book, BeginTableInput input, TableHead head, CancellationToken cancellation)
    {
        long version = input.Given.Restore;
        if (await book.VersionAsync(version, cancellation) is not { Value: { Location: { } location, Removing: false } record })
            throw new VersionGoneException(table.Name, version);
        DateTimeOffset now = ports.Time.GetUtcNow();
        return new TableRun
        {
            Run = input.Run,
            Fence = head.Fence + 1,
            Until = now + table.Lease,
            BegunAt = record.BegunAt,
            LockedAt = now,
            MadeAt = record.MadeAt,
            Version = version,
            Restores = true,
            Output = location,
        };
    }

    /// <summary>A sixtieth of the lease on, so that waiting for it to end takes few steps.</summary>
    private DateTimeOffset NextLook(DerivedTable table, TableRun other)
    {
        TimeSpan wait = table.Lease / 60 > ShortestWait ? table.Lease / 60 : ShortestWait;
        DateTimeOffset next = ports.Time.GetUtcNow() + wait;
        return next < other.Until ? next : other.Until;
    }
}
