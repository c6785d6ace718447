using System.Security.Cryptography;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>
/// What became of every object of all plans of a request; of an object that stands in several, the last one says. Sums, and as many
/// exceptions as a certificate lists: in memory a mark stands for each object of a supplementary plan and for each exception.
/// </summary>
internal sealed class Outcomes
{
    private readonly Dictionary<UInt128, int> _lastPlan = [];
    private readonly HashSet<UInt128> _exceptionObjects = [];

    // Versions that supplementary plans removed: what an earlier plan had to leave as the current version may have gone as an old one.
    private readonly HashSet<UInt128> _removed = [];
    private readonly FirstInOrder<BlockedObject> _exceptions = new(Certificate.MostExceptionsListed, e => $"{e.Key}\0{e.Version}");

    private Outcomes()
    {
    }

    public List<Plan> Plans { get; } = [];

    public List<PlanItem> External { get; } = [];

    public long Items { get; private set; }

    public long Erased { get; private set; }

    public long RowsErased { get; private set; }

    /// <summary>Old versions that were removed.</summary>
    public long VersionsRemoved { get; private set; }

    /// <summary>Versions that the second pass read, of objects that had old ones.</summary>
    public long VersionsRead { get; private set; }

    /// <summary>When the first object was read again; null where nothing was erased.</summary>
    public DateTimeOffset? FirstVerified { get; private set; }

    /// <summary>When the last of all was.</summary>
    public DateTimeOffset? LastVerified { get; private set; }

    public long Verified { get; private set; }

    /// <summary>Items of which it is not settled what became of them.</summary>
    public long Open { get; private set; }

    public long ExceptionCount => _exceptions.Count;

    /// <summary>The first of them by key.</summary>
    public IReadOnlyList<BlockedObject> Exceptions => _exceptions.ToList();

    /// <summary>SHA-256 over the lines that were written.</summary>
    public string LinesDigest { get; private set; } = "";

    /// <summary>Whether what stands in this object version is an exception.</summary>
    public bool IsException(string key, string? version) => _exceptionObjects.Contains(ItemHistory.MarkOf(key, version ?? ""));

    /// <param name="lines">Takes every outcome, a JSON line each, in the order of plans and items.</param>
    public static async Task<Outcomes> ReadAsync(Ports ports, string requestId, int last, Stream lines, CancellationToken cancellation)
    {
        var read = new Outcomes();
        var plans = new Plans(ports.Evidence);
        for (int number = 1; number <= last; number++)
        {
            Plan plan = await plans.GetAsync(requestId, number, cancellation) ?? throw new InvalidDataException($"plan {number} of {requestId} is missing");
            read.Plans.Add(plan);
            if (number == 1)
                continue;
            await foreach ((PlanItem item, ItemOutcome? outcome) in ItemHistory.ReadAsync(ports, requestId, number, cancellation))
            {
                read._lastPlan[MarkOf(item)] = number;
                foreach (string version in outcome?.Removed ?? [])
                    read._removed.Add(ItemHistory.MarkOf(item.Object, version));
            }
        }
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int number = 1; number <= last; number++)
        {
            await foreach ((PlanItem item, ItemOutcome? outcome) in ItemHistory.ReadAsync(ports, requestId, number, cancellation))
            {
                if (outcome is not null)
                {
                    byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(outcome, Records.Default.ItemOutcome), (byte)'\n'];
                    digest.AppendData(line);
                    await lines.WriteAsync(line, cancellation);
                }
                read.Add(number, item, outcome);
            }
        }
        read.LinesDigest = Convert.ToHexStringLower(digest.GetHashAndReset());
        return read;
    }

    // The current version is one matter, whichever it is by then, and the old ones that go are another: what becomes of these says
    // nothing of that. Each version that is left alone is a matter of its own. No id of a version begins with a slash.
    private static UInt128 MarkOf(PlanItem item) => ItemHistory.MarkOf(item.Object, item switch
    {
        { Blocked: not null, IsOldOnly: true } => "/old/" + item.Version,
        { Blocked: not null } => item.Version,
        { IsOldOnly: true } => "/old",
        _ => item.Version.Length == 0 ? "" : "/current",
    });

    private void Add(int plan, PlanItem item, ItemOutcome? outcome)
    {
        if (outcome is not null)
        {
            Items++;
            RowsErased += outcome.RowsErased;
            VersionsRemoved += (outcome.Removed?.Count ?? 0) + (outcome.SidecarsRemoved ?? 0);
            VersionsRead += outcome.VersionsRead ?? 0;
            if (outcome.VerifiedAt is { } at)
            {
                FirstVerified = FirstVerified < at ? FirstVerified : at;
                LastVerified = LastVerified > at ? LastVerified : at;
            }
        }
        if (item.External)
            External.Add(item);
        else if (plan == _lastPlan.GetValueOrDefault(MarkOf(item), plan))
            Settle(plan, item, outcome);
        else if (outcome is { OldLeftAlone: true })
            LeaveAlone(item, item.Blocked ?? outcome.Reason ?? "blocked", isLast: false);
    }

    // What the last plan that knew the object says of it.
    private void Settle(int plan, PlanItem item, ItemOutcome? outcome)
    {
        Erased += outcome is { Status: ItemStatus.Erased } or { RowsErased: > 0 } or { Removed.Count: > 0 } ? 1 : 0;
        Verified += outcome?.VerifiedAt is null ? 0 : 1;
        Open += item.Blocked is null && !IsSettled(plan, outcome) ? 1 : 0;
        string? exception = item.Blocked ?? outcome switch
        {
            { Status: ItemStatus.Blocked } => outcome.Reason ?? "blocked",
            { Status: ItemStatus.Erased } when item.KeepsShared => EraseEdits.SharedReason(item.SharedRows),
            _ => null,
        };
        if (exception is null)
            return;
        if (!item.IsOldOnly || outcome is not { OldLeftAlone: true })
            Except(item.Object, outcome?.Version ?? item.Version, exception);
        if (outcome is not { OldLeftAlone: true })
            return;
        LeaveAlone(item, exception, isLast: true);
    }

    // Each old version is a matter of its own, whatever a later plan did to the object. Of a metadata file that was the current one a
    // later plan says what became of it.
    private void LeaveAlone(PlanItem item, string why, bool isLast)
    {
        foreach (OldVersion old in item.Old ?? [])
            Except(item.Object, old.Version, why);
        foreach (SidecarVersion sidecar in item.Sidecars ?? [])
        {
            if (isLast || !sidecar.IsCurrent)
                Except(sidecar.Object, sidecar.Version, why);
        }
    }

    private void Except(string objectId, string version, string why)
    {
        if (_removed.Contains(ItemHistory.MarkOf(objectId, version)))
            return;
        _exceptions.Add(new BlockedObject(objectId, why) { Version = version.Length > 0 ? version : null });
        _exceptionObjects.Add(ItemHistory.MarkOf(objectId, version));
    }

    // What changed after its approval went into the next plan, or the person was not in it any more when that was made.
    private bool IsSettled(int plan, ItemOutcome? outcome) => outcome?.Status switch
    {
        ItemStatus.Blocked => true,
        ItemStatus.Erased or ItemStatus.Gone => outcome.VerifiedAt is not null,
        ItemStatus.Changed => plan < Plans[^1].Number,
        _ => false,
    };
}
