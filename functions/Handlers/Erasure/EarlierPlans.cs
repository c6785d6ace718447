using Limpid.Core.Erasure;
using Limpid.Core.Index;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>What the earlier plans of a request said of objects, so that a supplementary plan holds only what is new in the matter.</summary>
internal sealed class EarlierPlans
{
    private readonly Dictionary<(string Object, string Version), string?> _blockedETags = [];

    private EarlierPlans(int number) => IsFirst = number == 1;

    public static EarlierPlans None { get; } = new(1);

    public bool IsFirst { get; }

    /// <summary>Nothing more is planned after this one: what still changes is an exception.</summary>
    public bool IsLast { get; private init; }

    public static async Task<EarlierPlans> ReadAsync(Ports ports, string requestId, int number, CancellationToken cancellation)
    {
        if (number == 1)
            return None;
        var earlier = new EarlierPlans(number) { IsLast = number >= LocateSubject.MostPlans };
        var plans = new Plans(ports.Evidence);
        var requests = new Requests(ports.State);
        for (int plan = 1; plan < number; plan++)
        {
            if (await plans.GetAsync(requestId, plan, cancellation) is not { } header)
                continue;
            var outcomes = new Dictionary<int, ItemOutcome>();
            await foreach (ItemOutcome outcome in requests.ItemsAsync(requestId, plan, cancellation))
                outcomes[outcome.Item] = outcome;
            await foreach (PlanItem item in plans.ItemsAsync(header, cancellation))
            {
                ItemOutcome? outcome = outcomes.GetValueOrDefault(item.Number);
                bool isException = item.Blocked is not null || outcome?.Status == ItemStatus.Blocked || (item.KeepsShared && outcome?.Status == ItemStatus.Erased);
                earlier._blockedETags[(item.Object, item.Version)] = isException ? outcome?.ETag is { Length: > 0 } rewritten ? rewritten : item.ETag : null;
            }
        }
        return earlier;
    }

    /// <summary>An object that came after the as-of time and that no plan knew: reported, and left to a human's decision.</summary>
    public bool IsResurfaced(ObjectRecord record, DateTimeOffset asOf) =>
        !IsFirst && record.FirstSeen > asOf && record.Modified > asOf && !_blockedETags.ContainsKey((record.Object, record.Version));

    /// <summary>An object that an earlier plan could not touch stays an exception while it is the same.</summary>
    public bool StaysBlocked(ObjectRecord record) =>
        _blockedETags.TryGetValue((record.Object, record.Version), out string? etag) && etag is not null && record.ETag.Split('+')[0] == etag;
}
