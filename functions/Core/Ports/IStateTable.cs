namespace Limpid.Core.Ports;

/// <summary>One item of the state table.</summary>
/// <param name="Partition">Items of one partition are stored and queried together, for example <c>request/01J...</c>.</param>
/// <param name="Sort">Unique in its partition; ordered by its UTF-8 bytes, which is the order of code points.</param>
/// <param name="Version">Counts the writes, from 1.</param>
/// <param name="Json">UTF-8 JSON, 256 KiB at most (larger things go to the evidence store).</param>
public readonly record struct StateItem(string Partition, string Sort, long Version, ReadOnlyMemory<byte> Json)
{
    public const int MaxJsonLength = 256 * 1024;
}

/// <summary>
/// Requests, approvals, decisions, audit, suppression, holds: small JSON items, each changed only by a conditional write.
/// No transactions and no scans; what belongs together is ordered by its writers so that any prefix of it is a valid state.
/// Reads are consistent.
/// </summary>
public interface IStateTable
{
    Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation);

    /// <summary>The items of a partition whose sort begins with <paramref name="sortPrefix"/>, in the order of sort.
    /// An item that is written meanwhile comes as it was or as it is, and none comes twice.</summary>
    IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, CancellationToken cancellation);

    /// <summary>Stores the item if the stored version is <c>item.Version - 1</c> (0: nothing stored); says whether it did.
    /// JSON beyond <see cref="StateItem.MaxJsonLength"/> is an <see cref="ArgumentException"/>.</summary>
    Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation);

    /// <summary>Removes the item if it stands at this version; says whether it did.</summary>
    Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation);
}
