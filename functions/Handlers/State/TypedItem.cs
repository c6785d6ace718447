using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <summary>A value of the state table with the version that a conditional write must name.</summary>
internal readonly record struct Versioned<T>(T Value, long Version);

/// <summary>Typed reads and conditional writes over <see cref="IStateTable"/>.</summary>
internal static class TypedItem
{
    public static async Task<Versioned<T>?> GetAsync<T>(
        this IStateTable table, string partition, string sort, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        await table.GetAsync(partition, sort, cancellation) is { } item ? new(Read(item, type), item.Version) : null;

    /// <summary>Says whether the item stood at <paramref name="version"/> (0: not at all) and is now <paramref name="value"/>.</summary>
    public static Task<bool> TryPutAsync<T>(
        this IStateTable table, string partition, string sort, T value, long version, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        table.TryPutAsync(new StateItem(partition, sort, version + 1, JsonSerializer.SerializeToUtf8Bytes(value, type)), cancellation);

    /// <summary>
    /// Changes an item by compare-and-swap until it sticks. <paramref name="change"/> gets null where there is none, and returns
    /// null to leave it as it is; it may be called several times. Returns what stands in the table at the end.
    /// </summary>
    public static async Task<T?> UpdateAsync<T>(
        this IStateTable table, string partition, string sort, Func<T?, T?> change, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            Versioned<T>? stored = await table.GetAsync(partition, sort, type, cancellation);
            T? next = change(stored?.Value);
            if (next is null)
                return stored?.Value;
            if (await table.TryPutAsync(partition, sort, next, stored?.Version ?? 0, type, cancellation))
                return next;
        }
    }

    public static async IAsyncEnumerable<T> QueryAsync<T>(
        this IStateTable table, string partition, string sortPrefix, JsonTypeInfo<T> type,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (StateItem item in table.QueryAsync(partition, sortPrefix, cancellation))
            yield return Read(item, type);
    }

    private static T Read<T>(StateItem item, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(item.Json.Span, type)
        ?? throw new InvalidDataException($"the state item {item.Partition} {item.Sort} is null");
}
