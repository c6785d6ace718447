using System.Runtime.CompilerServices;
using System.Text;
using Limpid.Core.Ports;

namespace Limpid.Tests.InMemory;

/// <summary>The state table as the port promises it, in the plainest form: what tests and the simulator run on. Thread-safe.</summary>
internal sealed class MemoryStateTable : IStateTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, StateItem>> _partitions = [];

    /// <summary>Everything that is stored: what a search for residues looks through.</summary>
    public IReadOnlyList<StateItem> All
    {
        get
        {
            lock (_lock)
                return [.. _partitions.Values.SelectMany(p => p.Values)];
        }
    }

    public Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult<StateItem?>(Items(partition).TryGetValue(sort, out StateItem item) ? item : null);
    }

    public async IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        List<StateItem> found;
        lock (_lock)
            found = [.. Items(partition).Values.Where(item => item.Sort.StartsWith(sortPrefix, StringComparison.Ordinal))];
        foreach (StateItem item in found)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    public Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(item.Version, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item.Json.Length, StateItem.MaxJsonLength);
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var items = Items(item.Partition);
            if ((items.TryGetValue(item.Sort, out StateItem old) ? old.Version : 0) != item.Version - 1)
                return Task.FromResult(false);
            items[item.Sort] = item with { Json = item.Json.ToArray() };
            return Task.FromResult(true);
        }
    }

    public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var items = Items(partition);
            return Task.FromResult(items.TryGetValue(sort, out StateItem old) && old.Version == version && items.Remove(sort));
        }
    }

    private SortedDictionary<string, StateItem> Items(string partition)
    {
        if (!_partitions.TryGetValue(partition, out var items))
            _partitions.Add(partition, items = new SortedDictionary<string, StateItem>(Utf8Order));
        return items;
    }

    // UTF-16 sorts U+E000 to U+FFFF behind the surrogates, UTF-8 before what they stand for.
    private static readonly Comparer<string> Utf8Order =
        Comparer<string>.Create((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
}
