using Limpid.Core.Erasure;
using Limpid.Core.Subjects;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Erasure;

/// <summary>
/// What comes after the current version: old versions, then the metadata files that say whose these are, then delete markers under which
/// nothing is left, and the index last.
/// </summary>
internal sealed class HistoryErasure(Ports ports)
{
    private readonly OldVersions _old = new(ports);
    private readonly Sidecars _sidecars = new(ports);
    private readonly PeopleInObject _people = new(ports);
    private readonly ObjectIndexer _indexer = new(ports);

    /// <summary>Why something had to stay, with what that makes of the item; null where nothing had.</summary>
    /// <param name="begin">Runs before each removal.</param>
    public async Task<(ItemStatus? Status, string? Left)> EraseAsync(ItemWork work, ItemProgress progress, Func<Task> begin, CancellationToken cancellation)
    {
        bool wasBegun = progress.IsRemoving;
        string? left = await _old.PurgeAsync(
            work.Dataset, work.Key, work.Plan, work.Item, work.Request.Subject, progress.Removed, wasBegun, begin, cancellation);
        ItemStatus? status = left is null ? null : ItemStatus.Changed;
        IReadOnlyList<SidecarVersion> sidecars = left is null ? await SidecarsOfAsync(work, cancellation) : [];
        if (sidecars.Count > 0)
        {
            SidecarsRemoved with = await _sidecars.RemoveAsync(work.Dataset, work.Key, sidecars, wasBegun, begin, cancellation);
            progress.SidecarsRemoved = with.Removed;
            (status, left) = with switch
            {
                { Left: { } why } => (ItemStatus.Blocked, why),
                { IsChanged: true } => (ItemStatus.Changed, Sidecars.Changed),
                _ => (status, left),
            };
        }
        if (await RemoveMarkersAsync(work, progress, sidecars.Count > 0, cancellation) is { } marker && left is null)
            (status, left) = (ItemStatus.Blocked, marker);
        await RefreshIndexAsync(work, progress, sidecars, cancellation);
        return (status, left);
    }

    // A name that names the person is erased with what it stood for, or is an exception; of any other nothing is lost with a marker.
    private async Task<string?> RemoveMarkersAsync(ItemWork work, ItemProgress progress, bool withSidecars, CancellationToken cancellation)
    {
        string? left = progress.Removed.Count > 0 || progress.Current is { ByUs: true, ETag: "" }
            ? await _old.RemoveLoneMarkersAsync(work.Key, cancellation)
            : null;
        foreach (string sidecar in withSidecars ? Sidecars.KeysOf(work.Dataset, work.Key) : [])
            left = await _old.RemoveLoneMarkersAsync(sidecar, cancellation) ?? left;
        return left is not null && _people.IsNamedBy(work.Dataset, work.Key, new SubjectMatcher(work.Request.Subject)) ? left : null;
    }

    // A plan of the version before says only that there is one: then it is the newest of each file, whoever put it there.
    private async Task<IReadOnlyList<SidecarVersion>> SidecarsOfAsync(ItemWork work, CancellationToken cancellation)
    {
        if (work.Item.Sidecars is not null || !work.Item.HasSidecar)
            return work.Item.Sidecars ?? [];
        WholeObject whole = await _people.WholeAsync(work.Dataset, work.Key, info: null, cancellation);
        WholeObject newest = whole with { Sidecars = [.. whole.Sidecars.DistinctBy(s => s.File.Key)] };
        return _sidecars.Planned(work.Dataset, newest.SidecarsOf(new SubjectMatcher(work.Request.Subject), work.Dataset));
    }

    private async Task RefreshIndexAsync(ItemWork work, ItemProgress progress, IReadOnlyList<SidecarVersion> sidecars, CancellationToken cancellation)
    {
        await _indexer.RefreshAsync(work.Dataset, work.Key, "", await work.RefusedAsync(ports.Objects, cancellation), cancellation);
        foreach (string removed in progress.Removed)
            await _indexer.BuryAsync(work.Dataset, work.Key, removed, "", cancellation);
        foreach (string sidecar in sidecars.Count == 0 ? [] : Sidecars.KeysOf(work.Dataset, work.Key))
        {
            foreach (SidecarVersion removed in sidecars.Where(s => s.Object == ports.Names.NameOf(work.Dataset, sidecar).Object))
                await _indexer.BuryAsync(work.Dataset, sidecar, removed.Version, "", cancellation);
        }
    }
}
