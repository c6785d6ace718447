using System.Text.Json;

namespace Limpid.Tests.Ingest;

/// <summary>
/// An event source mapping on one shard, and everything that it may do: batches of any size, records in any order and twice in a batch,
/// batches that come again whole, in halves or with other bounds; after a partial failure it goes on at the record that was given back.
/// </summary>
internal sealed class OrderPoller(OrderWorld world, string shard, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<string> _seen = [];
    private readonly Dictionary<int, HashSet<int?>> _mayBe = [];
    private readonly HashSet<int> _done = [];
    private int _checkpoint;

    /// <summary>The values that were current when a batch with this order began, until one of them was done.</summary>
    public IReadOnlyDictionary<int, HashSet<int?>> MayBe => _mayBe;

    public int Deliveries { get; private set; }

    public int Failures { get; private set; }

    /// <summary>One batch, or a few; says whether there was anything new.</summary>
    public async Task<bool> PollAsync(bool calm)
    {
        // Sometimes from further back: the mapping was made anew, or died before it kept its checkpoint.
        int from = calm || _random.Next(4) > 0 ? _checkpoint : _random.Next(_checkpoint + 1);
        IReadOnlyList<StreamedRecord> piece = await world.ReadAsync(shard, from == 0 ? null : _seen[from - 1], calm ? 100 : _random.Next(1, 12));
        foreach (StreamedRecord record in piece.Skip(_seen.Count - from))
            _seen.Add(record.Sequence);
        if (piece.Count == 0)
            return false;
        string? failed = await SendAsync(piece, calm);
        // Bisected: the halves come one after the other, and the second only when the first is done.
        for (int half = 0; failed is not null && half < 2 && !calm; half++)
        {
            StreamedRecord[] rest = [.. piece.SkipWhile(record => record.Sequence != failed)];
            failed = await SendAsync(rest[..((rest.Length + 1) / 2)], calm) ?? (rest.Length > 1 ? rest[(rest.Length + 1) / 2].Sequence : null);
        }
        _checkpoint = Math.Max(_checkpoint, failed is null ? from + piece.Count : _seen.IndexOf(failed));
        return true;
    }

    private async Task<string?> SendAsync(IReadOnlyList<StreamedRecord> records, bool calm)
    {
        Dictionary<string, int> current = world.Current();
        (int Cost, string Dish)[] orders = [.. records.Select(Order).OfType<(int, string)>()];
        foreach ((int cost, string dish) in orders.Where(order => !_done.Contains(order.Cost)))
        {
            if (!_mayBe.TryGetValue(cost, out HashSet<int?>? values))
                _mayBe[cost] = values = [];
            values.Add(current.TryGetValue(dish, out int priority) ? priority : null);
        }
        StreamedRecord[] sent = calm ? [.. records] : [.. records.Concat(records.Where(_ => _random.Next(5) == 0)).OrderBy(_ => _random.Next(3) == 0 ? _random.Next() : 0)];
        Deliveries++;
        string? failed = await world.DeliverAsync(shard, sent);
        Failures += failed is null ? 0 : 1;
        foreach ((int cost, _) in records.TakeWhile(record => record.Sequence != failed).Select(Order).OfType<(int, string)>())
            _done.Add(cost);
        return failed;
    }

    private static (int Cost, string Dish)? Order(StreamedRecord record)
    {
        using JsonDocument order = JsonDocument.Parse(record.Data);
        return order.RootElement.TryGetProperty("cost", out JsonElement cost) ? (cost.GetInt32(), order.RootElement.GetProperty("dish").GetString()!) : null;
    }
}
