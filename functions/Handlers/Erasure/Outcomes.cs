using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>What became of every object of all plans of a request; of an object that stands in several, the last one says.</summary>
internal sealed class Outcomes
{
    private readonly Dictionary<(string Object, string Version), (int Plan, PlanItem Item, ItemOutcome? Outcome)> _last = [];
    private readonly List<ItemOutcome> _all = [];
    private readonly Lazy<HashSet<string>> _exceptions;

    private Outcomes() => _exceptions = new(() => [.. Exceptions.Select(e => e.Key)]);

    public List<Plan> Plans { get; } = [];

    public List<PlanItem> External { get; } = [];

    public long Items => _all.Count;

    public long Erased => _last.Values.Count(l => l.Outcome is { Status: ItemStatus.Erased } or { RowsErased: > 0 });

    public long RowsErased => _all.Sum(o => o.RowsErased);

    /// <summary>When the last object of all was read again; null where nothing was erased.</summary>
    public DateTimeOffset? LastVerified => _all.Max(o => o.VerifiedAt);

    /// <summary>When the first was.</summary>
    public DateTimeOffset? FirstVerified => _all.Min(o => o.VerifiedAt);

    public long Verified => _last.Values.Count(l => l.Outcome?.VerifiedAt is not null);

    /// <summary>Items of which it is not settled what became of them.</summary>
    public long Open => _last.Values.Count(l => l.Item.Blocked is null && !IsSettled(l.Plan, l.Outcome));

    public List<BlockedObject> Exceptions
    {
        get
        {
            var exceptions = new List<BlockedObject>();
            foreach ((_, PlanItem item, ItemOutcome? outcome) in _last.Values)
            {
                if (item.Blocked is { } planned)
                    exceptions.Add(new BlockedObject(item.Object, planned));
                else if (outcome is { Status: ItemStatus.Blocked })
                    exceptions.Add(new BlockedObject(item.Object, outcome.Reason ?? "blocked"));
                else if (item.KeepsShared && outcome?.Status == ItemStatus.Erased)
                    exceptions.Add(new BlockedObject(item.Object, EraseEdits.SharedReason(item.SharedRows)));
            }
            exceptions.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
            return exceptions;
        }
    }

    /// <summary>Whether what stands in this object is an exception that the certificate lists.</summary>
    public bool IsException(ObjectRecord record) => _exceptions.Value.Contains(record.Object);

    public static async Task<Outcomes> ReadAsync(Ports ports, string requestId, int last, CancellationToken cancellation)
    {
        var read = new Outcomes();
        var plans = new Plans(ports.Evidence);
        var requests = new Requests(ports.State);
        for (int number = 1; number <= last; number++)
        {
            if (await plans.GetAsync(requestId, number, cancellation) is not { } plan)
                throw new InvalidDataException($"plan {number} of {requestId} is missing");
            read.Plans.Add(plan);
            var outcomes = new Dictionary<int, ItemOutcome>();
            await foreach (ItemOutcome outcome in requests.ItemsAsync(requestId, number, cancellation))
            {
                outcomes[outcome.Item] = outcome;
                read._all.Add(outcome);
            }
            await foreach (PlanItem item in plans.ItemsAsync(plan, cancellation))
            {
                if (item.External)
                    read.External.Add(item);
                else
                    read._last[(item.Object, item.Version)] = (number, item, outcomes.GetValueOrDefault(item.Number));
            }
        }
        return read;
    }

    // What changed after its approval went into the next plan, or the person was not in it any more when that was made.
    private bool IsSettled(int plan, ItemOutcome? outcome) => outcome?.Status switch
    {
        ItemStatus.Blocked => true,
        ItemStatus.Erased or ItemStatus.Gone => outcome.VerifiedAt is not null,
        ItemStatus.Changed => plan < Plans[^1].Number,
        _ => false,
    };

    /// <summary>Every outcome, a JSON line each, in the order of plans and items.</summary>
    public byte[] ToJsonLines()
    {
        using var lines = new MemoryStream();
        foreach (ItemOutcome outcome in _all)
        {
            lines.Write(JsonSerializer.SerializeToUtf8Bytes(outcome, Records.Default.ItemOutcome));
            lines.WriteByte((byte)'\n');
        }
        return lines.ToArray();
    }
}
