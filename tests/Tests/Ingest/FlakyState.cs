using Limpid.Core.Ports;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Ingest;

/// <summary>A state table of which some writes about shards fail, before they happen or after.</summary>
/// <param name="fails">Asked for each of them; null: it does not.</param>
internal sealed class FlakyState(IStateTable inner, Func<StateItem, Crash?> fails) : IStateTable
{
    /// <summary>It is away when it is to say that an intent is done.</summary>
    public static FlakyState WhenDone(IStateTable inner, Func<bool> isAway) =>
        new(inner, item => item is { Sort: "head", Version: > 1 } && isAway() ? Crash.Before : null);

    public Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation) => inner.GetAsync(partition, sort, cancellation);

    public IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, CancellationToken cancellation) => inner.QueryAsync(partition, sortPrefix, cancellation);

    public async Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation)
    {
        Crash? crash = item.Partition.StartsWith("ingest/", StringComparison.Ordinal) ? fails(item) : null;
        bool isPut = crash != Crash.Before && await inner.TryPutAsync(item, cancellation);
        return crash is null ? isPut : throw new IOException("the state is away");
    }

    public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation) => inner.TryDeleteAsync(partition, sort, version, cancellation);
}
