using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Indexing;

/// <summary>A hint that something happened to an object; what did is read from the store.</summary>
/// <param name="Key">Decoded, as the store names it.</param>
/// <param name="Sequencer">S3's, or empty.</param>
/// <param name="Version">The object version that it happened to, empty for the one without an id; null where nobody says.</param>
internal sealed record LakeEvent(string Key, string Sequencer = "", string? Version = null);

/// <param name="Outcome">What became of the object's record; <c>ignored</c> outside of every dataset.</param>
internal sealed record FollowResult(string Outcome);

/// <summary>
/// <c>follow-lake</c>: an object was created, overwritten, removed or renamed; its index follows. A replayed, late or reordered
/// event changes nothing, and Limpid's own writes are recognised by the object's record.
/// </summary>
internal sealed class FollowLake(Ports ports)
{
    private readonly ObjectIndexer _indexer = new(ports);

    public async Task<FollowResult> HandleAsync(LakeEvent @event, CancellationToken cancellation)
    {
        if (ports.Lake.DatasetOf(@event.Key) is not { } dataset)
            return new FollowResult("ignored");
        string key = @event.Key;
        TableRoots tables = await TableRoots.FindAboveAsync(ports.Objects, dataset, key, cancellation);
        string? refused = tables.Refuse(key);
        IndexOutcome outcome = await _indexer.RefreshAsync(dataset, key, @event.Sequencer, refused, cancellation);
        // It may have happened to an older version, below the one that stands on top.
        if (@event.Version is { } version && (await ports.Objects.HeadAsync(key, cancellation))?.Version != version)
        {
            IndexOutcome older = await _indexer.RefreshVersionAsync(dataset, Old(key, version), @event.Sequencer, refused, cancellation);
            outcome = older == IndexOutcome.Unchanged ? outcome : older;
        }
        return new FollowResult(outcome.ToString().ToLowerInvariant());
    }

    private static ObjectInfo Old(string key, string version) =>
        new() { Key = key, Version = version, ETag = "", Size = 0, Modified = default, IsCurrent = false };
}
