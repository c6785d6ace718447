using Limpid.Core.Erasure;
using Limpid.Core.Index;

namespace Limpid.Functions.Erasure;

/// <summary>What the earlier plans of a request said of objects, so that a supplementary plan holds only what is new in the matter.</summary>
internal sealed class EarlierPlans
{
    // The ETag under which an object is an exception; 0 for one that isn't. By marks: a plan may be over a million objects.
    private readonly Dictionary<UInt128, UInt128> _blockedETags = [];
    private readonly HashSet<UInt128> _blockedOld = [];
    private readonly HashSet<UInt128> _objects = [];

    /// <summary>Why what still changes after so many plans is left alone.</summary>
    public const string KeptChanging = "it kept changing while the request was carried out";

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
        for (int plan = 1; plan < number; plan++)
        {
            await foreach ((PlanItem item, ItemOutcome? outcome) in ItemHistory.ReadAsync(ports, requestId, plan, cancellation))
            {
                bool isException = item.Blocked is not null || outcome?.Status == ItemStatus.Blocked || (item.KeepsShared && outcome?.Status == ItemStatus.Erased);
                string etag = outcome?.ETag is { Length: > 0 } rewritten ? rewritten : item.ETag;
                earlier._objects.Add(ItemHistory.MarkOf(item.Object));
                if (!item.IsOldOnly)
                    earlier._blockedETags[ItemHistory.MarkOf(item.Object, outcome?.Version ?? item.Version)] = isException ? ItemHistory.MarkOf(etag) : 0;
                else if (item.Blocked is not null)
                    earlier._blockedOld.Add(ItemHistory.MarkOf($"{item.Object}\0{item.Version}", item.ETag));
                if (outcome is not { OldLeftAlone: true })
                    continue;
                foreach (OldVersion old in item.Old ?? [])
                    earlier._blockedOld.Add(ItemHistory.MarkOf($"{item.Object}\0{old.Version}", old.ETag));
                foreach (SidecarVersion sidecar in item.Sidecars ?? [])
                    earlier._blockedOld.Add(ItemHistory.MarkOf($"{sidecar.Object}\0{sidecar.Version}", sidecar.ETag));
            }
        }
        return earlier;
    }

    /// <summary>An object that came after the as-of time and that no plan knew: reported, and left to a human's decision.</summary>
    public bool IsResurfaced(ObjectRecord record, DateTimeOffset asOf) =>
        !IsFirst && record.FirstSeen > asOf && record.Modified > asOf && !_objects.Contains(ItemHistory.MarkOf(record.Object));

    /// <summary>A current version that an earlier plan could not touch stays an exception while it is the same, and the current one: old versions go by other rules.</summary>
    public bool StaysBlocked(string objectId, string version, string etag) =>
        _blockedETags.TryGetValue(ItemHistory.MarkOf(objectId, version), out UInt128 blocked) && blocked == ItemHistory.MarkOf(etag);

    /// <summary>An old version that an earlier plan could not touch.</summary>
    public bool OldStaysBlocked(string objectId, string version, string etag) => _blockedOld.Contains(ItemHistory.MarkOf($"{objectId}\0{version}", etag));

    /// <summary>An object of a store without versions, which needs no second look.</summary>
    public bool StaysBlocked(ObjectRecord record) => record.Version.Length == 0 && StaysBlocked(record.Object, "", record.ETag.Split('+')[0]);
}
