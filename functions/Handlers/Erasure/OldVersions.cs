using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <summary>
/// Removes the old versions of one object that an approval covers: those that the plan lists, the one that it planned as the current
/// one, and what was on top in between, as long as it holds the very rows of the person that were approved and nobody else's that are
/// not in the current version. Others wait for a supplementary plan. Oldest first, by id, so that a crash leaves the newest.
/// </summary>
internal sealed class OldVersions(Ports ports)
{
    private readonly SubjectScan _scan = new(ports);

    /// <summary>The versions of exactly this key below the current one or a delete marker, oldest first; markers are not among them.</summary>
    public static async Task<List<ObjectInfo>> ListAsync(IObjectStore store, string key, CancellationToken cancellation)
    {
        List<ObjectInfo> versions = await store.VersionsAsync(key, cancellation).Where(v => !v.IsCurrent && !v.IsDeleteMarker).ToListAsync(cancellation);
        versions.Reverse();
        return versions;
    }

    /// <summary>The person's rows in those of the removed versions that the plan lists.</summary>
    public static long RowsOf(PlanItem item, IReadOnlyList<string> removed)
    {
        var gone = removed.ToHashSet();
        return (item.Old ?? []).Where(old => gone.Contains(old.Version)).Sum(old => old.Rows);
    }

    /// <summary>Why some had to stay, which a supplementary plan takes up; null where none had.</summary>
    /// <param name="removed">Takes the ids of those that were removed, oldest first.</param>
    /// <param name="isBegun">Whether some may have been removed before, so that what is gone was this item's doing.</param>
    /// <param name="begin">Runs before each is removed.</param>
    /// <exception cref="ObjectChangedException">Somebody changed the object meanwhile: look at it again.</exception>
    public async Task<string?> PurgeAsync(
        Dataset dataset, string key, Plan plan, PlanItem item, IReadOnlyList<SubjectIdentity> subject,
        List<string> removed, bool isBegun, Func<Task> begin, CancellationToken cancellation)
    {
        List<ObjectInfo> old = await ListAsync(ports.Objects, key, cancellation);
        if (isBegun)
            await AddGoneAsync(key, item, old, removed, cancellation);
        if (old.Count == 0)
            return null;
        using var others = new OthersInHistory(ports);
        var matcher = new SubjectMatcher(subject);
        if (await ports.Objects.HeadAsync(key, cancellation) is { Unreadable: null } current)
            await _scan.ReadAsync(dataset, current, subject, edits: null, cancellation, others.OfCurrent(matcher));
        string? left = null;
        var candidates = new List<Candidate>();
        for (int number = 0; number < old.Count; number++)
        {
            OldVersion? planned = item.Old?.FirstOrDefault(o => o.Version == old[number].Version && o.ETag == old[number].ETag);
            if (planned is null && !IsPlannedAsCurrent(item, old[number]) && old[number].Modified < plan.ListedFrom - ClockSkew.Most)
                continue;
            if (await ports.Objects.HeadVersionAsync(old[number], cancellation) is not { } info)
                continue;
            if ((info.Unreadable ?? info.Blocked) is { } blocked)
            {
                if (planned is not null || IsPlannedAsCurrent(item, info))
                    left ??= Of(info, blocked);
                continue;
            }
            OthersInHistory.StayingRows staying = others.OfOld(matcher, number);
            // What is masked in the current version is what stood in the one that was approved as such.
            OthersInHistory.StayingRows? shared = planned is not null ? staying : IsPlannedAsCurrent(item, info) ? others.OfCurrent(matcher) : null;
            SubjectRows rows = await _scan.ReadAsync(dataset, info, subject, edits: null, cancellation, staying, shared);
            if (EraseEdits.GoesWhole(dataset, rows))
                candidates.Add(new Candidate(number, info, planned, rows));
            else if (planned is not null || (rows is { IsAnywhere: true, WhoseUnreadable: not null } && IsPlannedAsCurrent(item, info)))
                left ??= Of(info, rows.WhoseUnreadable ?? "it does not name the person as it did when it was approved");
        }

        HistoryLoss loss = others.Settle([.. candidates.Select(c => c.Number)]);
        foreach ((Candidate candidate, VersionLoss lost) in candidates.Zip(loss.Versions))
        {
            if (!IsAsApproved(item, candidate, lost))
            {
                left ??= Of(candidate.Info, "it was not approved as it is now");
                continue;
            }
            // What was below it or above it may have been removed by others, so that it is the current one now.
            if ((await ports.Objects.HeadAsync(key, cancellation))?.Version == candidate.Info.Version)
                throw new ObjectChangedException("An old version became the current one.");
            await begin();
            StoreResult result = await ports.Objects.DeleteAsync(candidate.Info, cancellation);
            switch (result.Outcome)
            {
                case StoreOutcome.Done:
                    removed.Add(candidate.Info.Version);
                    break;
                case StoreOutcome.Blocked:
                    left ??= Of(candidate.Info, result.Reason ?? "it can't be removed");
                    break;
                case StoreOutcome.Gone:
                    break;
                default:
                    throw new ObjectChangedException("An old version was overwritten.");
            }
        }
        return left;
    }

    private async Task AddGoneAsync(string key, PlanItem item, List<ObjectInfo> old, List<string> removed, CancellationToken cancellation)
    {
        var known = old.Select(version => version.Version).Concat(removed).ToHashSet();
        removed.AddRange((item.Old ?? []).Select(version => version.Version).Where(known.Add));
        if (item.Version.Length > 0 && !known.Contains(item.Version) && (await ports.Objects.HeadAsync(key, cancellation))?.Version != item.Version)
            removed.Add(item.Version);
    }

    /// <summary>
    /// Removes the delete markers of a key under which nothing else is left: they would keep nothing but the name, which may be the
    /// person's. What a rival puts there meanwhile stands above them. Why one stays, or null.
    /// </summary>
    public async Task<string?> RemoveLoneMarkersAsync(string key, CancellationToken cancellation)
    {
        List<ObjectInfo> versions = await ports.Objects.VersionsAsync(key, cancellation).ToListAsync(cancellation);
        if (versions.Exists(v => !v.IsDeleteMarker))
            return null;
        string? left = null;
        foreach (ObjectInfo marker in versions.AsEnumerable().Reverse())
        {
            if (await ports.Objects.DeleteAsync(marker, cancellation) is { Outcome: StoreOutcome.Blocked } refused)
                left = $"a delete marker that bears its name stays: {refused.Reason}";
        }
        return left;
    }

    private static bool IsPlannedAsCurrent(PlanItem item, ObjectInfo version) => !item.IsOldOnly && item.Version == version.Version && item.ETag == version.ETag;

    // Rows are the approved ones, and no row of anybody else is lost that was not approved to be.
    private static bool IsAsApproved(PlanItem item, Candidate candidate, VersionLoss lost) => candidate.Planned is { } planned
        ? candidate.Rows.Digest == planned.RowsDigest && (lost.Rows == 0 || lost.Digest == planned.OthersDigest)
        : !item.IsOldOnly && candidate.Rows.Digest == item.RowsDigest && candidate.Rows.WholeObject == item.WholeObject && lost.Rows == 0;

    private static string Of(ObjectInfo version, string reason) => $"its old version {(version.Version.Length > 0 ? version.Version : "without an id")}: {reason}";

    private sealed record Candidate(int Number, ObjectInfo Info, OldVersion? Planned, SubjectRows Rows);
}
