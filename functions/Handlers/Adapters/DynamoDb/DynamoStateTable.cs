using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>
/// The state table on DynamoDB. An item is at most 400 KB there, names and keys included, which leaves room above the port's 256 KiB.
/// Partition and sort carry a sign in front: DynamoDB has no empty keys.
/// </summary>
internal sealed class DynamoStateTable(IAmazonDynamoDB dynamo, string name, TimeProvider time) : IStateTable
{
    private const string Version = "itemVersion";
    private const string Json = "json";

    // Drawn anew for each write. Where an answer is lost, the repeated request finds its own first try and would be refused.
    private const string Writer = "writer";

    private readonly DynamoTable _table = new(dynamo, name, time);

    public async Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation) =>
        await _table.GetAsync(KeyOf(partition), KeyOf(sort), cancellation) is { } item ? ItemOf(item) : null;

    public async IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (Dictionary<string, AttributeValue> item in _table.QueryAsync(KeyOf(partition), KeyOf(sortPrefix), cancellation))
            yield return ItemOf(item);
    }

    public async Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(item.Version, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item.Json.Length, StateItem.MaxJsonLength);
        string writer = RandomNumberGenerator.GetHexString(32, lowercase: true);
        Dictionary<string, AttributeValue> stored = DynamoTable.Key(KeyOf(item.Partition), KeyOf(item.Sort));
        stored[Version] = new AttributeValue { N = Number(item.Version) };
        stored[Json] = new AttributeValue { B = new MemoryStream(item.Json.ToArray(), writable: false) };
        stored[Writer] = new AttributeValue(writer);
        bool isFirst = item.Version == 1;
        if (await _table.PutIfAsync(
            stored,
            isFirst ? $"attribute_not_exists({DynamoTable.Pk})" : $"{Version} = :before",
            isFirst ? null : new() { [":before"] = new AttributeValue { N = Number(item.Version - 1) } },
            cancellation))
            return true;
        return await _table.GetAsync(KeyOf(item.Partition), KeyOf(item.Sort), cancellation) is { } now && now[Writer].S == writer;
    }

    /// <remarks>Where the answer is lost, the repeated request finds nothing and says so: it did not remove what it removed before.</remarks>
    public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation) =>
        _table.DeleteIfAsync(
            KeyOf(partition), KeyOf(sort), $"{Version} = :version", new() { [":version"] = new AttributeValue { N = Number(version) } }, cancellation);

    private static string KeyOf(string text) => "#" + text;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static StateItem ItemOf(Dictionary<string, AttributeValue> item) => new(
        item[DynamoTable.Pk].S[1..],
        item[DynamoTable.Sk].S[1..],
        long.Parse(item[Version].N, CultureInfo.InvariantCulture),
        item[Json].B.ToArray());
}
