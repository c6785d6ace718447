using Limpid.Core.Ports;

namespace Limpid.Tests.Ingest;

/// <summary>The state is away when it is to say of a shard that an intent is done.</summary>
internal sealed class HeadIsAway(IStateTable inner, Func<bool> isAway) : IStateTable
{
    public Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation) => inner.GetAsync(partition, sort, cancellation);

    public IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, CancellationToken cancellation) => inner.QueryAsync(partition, sortPrefix, cancellation);

    public Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation) =>
        isAway() && item is { Sort: "head", Version: > 1 } && item.Partition.StartsWith("ingest/", StringComparison.Ordinal) ? throw new IOException("the state is away") : inner.TryPutAsync(item, cancellation);

    public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation) => inner.TryDeleteAsync(partition, sort, version, cancellation);
}
