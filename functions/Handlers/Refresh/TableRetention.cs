using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Refresh;

/// <summary>
/// Removes versions that nobody has served or worked on for as long as the table keeps them: those that another took the place of, and
/// those that never came to be served. A version is marked before its first object goes, and one that is marked is never restored.
/// </summary>
internal sealed class TableRetention(Ports ports, DerivedTable table)
{
    private readonly TableBook _book = new(ports, table);
    private readonly Holds _holds = new(ports.State);
    private readonly ObjectIndexer _indexer = new(ports);
    private readonly Dataset _dataset = ports.Lake.VersionsOf(table);

    public async Task RemoveAsync(CancellationToken cancellation)
    {
        if (await IsHeldAsync(cancellation))
            return;
        DateTimeOffset now = ports.Time.GetUtcNow();
        foreach (VersionRecord listed in await _book.VersionsAsync(cancellation).ToListAsync(cancellation))
        {
            if (await _book.VersionAsync(listed.Version, cancellation) is not { } read)
                continue;
            // After the record: whoever works on the version from here on changes the record, and the mark fails.
            TableHead head = (await _book.HeadAsync(cancellation)).Value;
            VersionRecord version = read.Value;
            if (version.Version == head.Served?.Version || version.Version == head.Lock?.Version)
                continue;
            if (version.EndedAt is not { } ended)
                await _book.TryChangeVersionAsync(read, version with { EndedAt = now }, cancellation);
            else if (version.Removing || (ended + table.Keep <= now && await _book.TryChangeVersionAsync(read, version with { Removing = true }, cancellation)))
                await RemoveAsync(version, cancellation);
        }
    }

    // A hold on a person keeps all versions too: whom they hold is not looked up here.
    private async Task<bool> IsHeldAsync(CancellationToken cancellation)
    {
        if (_dataset.Retain is { } retain && new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today < retain.Until)
            return true;
        return await _holds.ListAsync(cancellation).AnyAsync(hold => hold.ReleasedAt is null && (hold.Dataset is null || hold.Dataset == _dataset.Name), cancellation);
    }

    /// <summary>In all versions of its objects, the current one last: on a store with versions another would come up as soon as it is gone.</summary>
    private async Task RemoveAsync(VersionRecord version, CancellationToken cancellation)
    {
        bool all = true;
        ObjectInfo[] objects = await ports.Objects.ListAsync(ports.Lake.VersionPrefix(table, version.Version), null, cancellation).ToArrayAsync(cancellation);
        foreach (ObjectInfo info in objects.OrderBy(o => o.IsCurrent))
        {
            StoreResult result = await ports.Objects.DeleteAsync(info, cancellation);
            if (result.Outcome is StoreOutcome.Done or StoreOutcome.Gone)
            {
                if (!info.IsDeleteMarker)
                    await _indexer.BuryAsync(_dataset, info.Key, info.Version, "", cancellation);
                continue;
            }
            all = false;
            ports.Log?.Invoke($"an object of version {version.Version} of {table.Name} stays: {result.Reason ?? result.Outcome.ToString()}");
        }
        // Else the next run tries again.
        if (all)
            await _book.ForgetAsync(version.Version, cancellation);
    }
}
