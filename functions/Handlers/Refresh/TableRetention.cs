using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Refresh;

/// <summary>
/// Removes versions that nobody has served or worked on for as long as the table keeps them: those that another took the place of, and
/// those that never came to be served. A version is marked before its first object goes, and one that is marked is never restored.
/// </summary>
internal sealed class TableRetention(Ports ports, DerivedTable table)
{
    private readonly TableBook _book = new(ports, table);
    private readonly ObjectIndexer _indexer = new(ports);
    private readonly Dataset _dataset = ports.Lake.VersionsOf(table);
    private readonly PrefixRemoval _removal = new(ports, ports.Lake.VersionsOf(table));

    public async Task RemoveAsync(CancellationToken cancellation)
    {
        if (await _removal.IsHeldAsync(cancellation))
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

    private async Task RemoveAsync(VersionRecord version, CancellationToken cancellation)
    {
        string what = FormattableString.Invariant($"version {version.Version} of {table.Name}");
        // Else the next run tries again.
        if (await _removal.RemoveAsync(ports.Lake.VersionPrefix(table, version.Version), what, BuryAsync, cancellation))
            await _book.ForgetAsync(version.Version, cancellation);

        Task BuryAsync(ObjectInfo info) => info.IsDeleteMarker ? Task.CompletedTask : _indexer.BuryAsync(_dataset, info.Key, info.Version, "", cancellation);
    }
}
