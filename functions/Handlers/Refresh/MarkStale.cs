using Limpid.Core.Lake;

namespace Limpid.Functions.Refresh;

/// <param name="Table">Null: look after marks that stand, and after tables that come after others.</param>
/// <param name="Arrivals">Objects that arrived in what it is built of; 0: it is due at once.</param>
/// <param name="Restore">The version to be served again instead, or 0.</param>
internal sealed record MarkStaleInput(string? Table = null, long Arrivals = 0, long Restore = 0);

/// <param name="Executions">That see to it, each of the state machine <c>refresh</c>.</param>
internal sealed record MarkStaleResult(IReadOnlyList<string> Executions);

/// <summary>The input of the state machine for derived tables.</summary>
internal sealed record RefreshTableInput(string Table)
{
    /// <summary>The id of the mark that the execution is for; null: it runs whatever stands.</summary>
    public string? Flag { get; init; }

    /// <summary>RFC 3339, in UTC; null: at once.</summary>
    public string? NotBefore { get; init; }

    /// <summary>The version to be served again; 0: a new one is built.</summary>
    public long Restore { get; init; }
}

/// <summary>
/// <c>mark-stale</c>: what a derived table is built of changed, a schedule or somebody asks for it, or another table has a new version.
/// Puts the mark and begins the execution that sees to it. A replayed change makes a run come sooner, and at most one too many. Called without a
/// table, from time to time, it begins what somebody died before beginning, and what failed.
/// </summary>
internal sealed class MarkStale(Ports ports)
{
    private readonly StaleTables _stale = new(ports);

    public async Task<MarkStaleResult> HandleAsync(MarkStaleInput input, CancellationToken cancellation)
    {
        if (input.Table is not { } name)
            return await LookAfterAsync(cancellation);
        DerivedTable table = ports.Lake.KnownTable(name);
        return new MarkStaleResult([input.Restore > 0
            ? await _stale.RestoreAsync(table, input.Restore, cancellation)
            : await _stale.PutAsync(table, input.Arrivals, cancellation)]);
    }

    /// <summary>Another table has a new version, by what an event says.</summary>
    public async Task<MarkStaleResult> AfterAsync(string refreshed, CancellationToken cancellation)
    {
        var begun = new List<string>();
        foreach (DerivedTable table in ports.Lake.TablesAfter(refreshed))
        {
            if (await IsBehindAsync(table, refreshed, cancellation))
                begun.Add(await _stale.PutAsync(table, 0, cancellation));
        }
        return new MarkStaleResult(begun);
    }

    private async Task<MarkStaleResult> LookAfterAsync(CancellationToken cancellation)
    {
        var begun = new List<string>();
        foreach (DerivedTable table in ports.Lake.Tables ?? [])
        {
            if (await _stale.ReadAsync(table, cancellation) is { } standing)
            {
                begun.Add(await _stale.BeginAsync(table, standing.Value, cancellation));
                continue;
            }
            foreach (string before in table.When?.After ?? [])
            {
                if (!await IsBehindAsync(table, before, cancellation))
                    continue;
                begun.Add(await _stale.PutAsync(table, 0, cancellation));
                break;
            }
        }
        return new MarkStaleResult(begun);
    }

    /// <summary>Whether the version that is served, if any, began before another table's came to be served.</summary>
    private async Task<bool> IsBehindAsync(DerivedTable table, string other, CancellationToken cancellation)
    {
        if (ports.Lake.TableNamed(other) is not { } upstream || (await new TableBook(ports, upstream).HeadAsync(cancellation)).Value.Served is not { } newer)
            return false;
        return (await new TableBook(ports, table).HeadAsync(cancellation)).Value.Served is not { } own || own.ReadAt <= newer.PublishedAt;
    }
}
