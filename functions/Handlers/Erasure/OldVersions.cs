using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Erasure;

/// <param name="Removed">By this item, oldest first.</param>
/// <param name="RowsRemoved">The person's rows in those of them that the plan lists.</param>
/// <param name="Left">Why some had to stay, which a supplementary plan takes up; null where none had.</param>
internal sealed record Purged(IReadOnlyList<string> Removed, long RowsRemoved, string? Left);

/// <summary>
/// Removes the old versions of one object that an approval covers: those that the plan lists, the one that it planned as the current
/// one, and what was on top in between, as long as it holds the very rows of the person that were approved and nobody else's that are
/// not in the current version. Others wait for a supplementary plan. Oldest first, by id, so that a crash leaves the newest.
/// </summary>
internal sealed class OldVersions(Ports ports)
{
    /// <summary>S3 tells times by the second, and by its own clock.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(15);

    private readonly SubjectScan _scan = new(ports);

    /// <summary>The versions of exactly this key below the current one or a delete marker, oldest first; markers are not among them.</summary>
    public static async Task<List<ObjectInfo>> ListAsync(IObjectStore store, string key, CancellationToken cancellation)
    {
        List<ObjectInfo> versions = await store.VersionsAsync(key, cancellation).Where(v => !v.IsCurrent && !v.IsDeleteMarker).ToListAsync(cancellation);
        versions.Reverse();
        return versions;
    }

    /// <param name="begin">Runs before the first is removed; null where that was begun before, so that what is gone was this item's doing.</param>
    /// <exception cref="ObjectChangedException">Somebody changed the object meanwhile: look at it again.</exception>
    public async Task<Purged> PurgeAsync(
        Dataset dataset, string key, Plan plan, PlanItem item, IReadOnlyList<SubjectIdentity> subject, Func<Task>? begin, CancellationToken cancellation)
    {
        List<ObjectInfo> old = await ListAsync(ports.Objects, key, cancellation);
        var removed = new List<string>();
        long rowsRemoved = 0;
        if (begin is null)
        {
            OldVersion[] gone = [.. (item.Old ?? []).Where(o => !old.Exists(v => v.Version == o.Version))];
            removed.AddRange(gone.Select(o => o.Version));
            rowsRemoved = gone.Sum(o => o.Rows);
            if (item.Version.Length > 0 && !old.Exists(v => v.Version == item.Version)
                && (await ports.Objects.HeadAsync(key, cancellation))?.Version != item.Version)
                removed.Add(item.Version);
        }
        if (old.Count == 0)
            return new Purged(removed, rowsRemoved, null);
        using var others = new OthersInHistory(ports);
        var matcher = new SubjectMatcher(subject);
        if (await ports.Objects.HeadAsync(key, cancellation) is { Unreadable: null } current)
            await _scan.ReadAsync(dataset, current, subject, edits: null, cancellation, others.OfCurrent(matcher));
        string? left = null;
        var candidates = new List<Candidate>();
        for (int number = 0; number < old.Count; number++)
        {
            OldVersion? planned = item.Old?.FirstOrDefault(o => o.Version == old[number].Version && o.ETag == old[number].ETag);
            if (planned is null && !IsPlannedAsCurrent(item, old[number]) && old[number].Modified < plan.ListedFrom - ClockSkew)
                continue;
            if (await ports.Objects.HeadVersionAsync(old[number], cancellation) is not { } info)
                continue;
            if ((info.Unreadable ?? info.Blocked) is { } blocked)
            {
                if (planned is not null || IsPlannedAsCurrent(item, info))
                    left ??= Of(info, blocked);
                continue;
            }
            SubjectRows rows = await _scan.ReadAsync(dataset, info, subject, edits: null, cancellation, others.OfOld(matcher, number));
            if (EraseEdits.GoesWhole(dataset, rows))
                candidates.Add(new Candidate(number, info, planned, rows));
            else if (planned is not null)
                left ??= Of(info, "it does not name the person as it did when it was approved");
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
            if (begin is not null)
                await begin();
            begin = null;
            StoreResult result = await ports.Objects.DeleteAsync(candidate.Info, cancellation);
            switch (result.Outcome)
            {
                case StoreOutcome.Done:
                    removed.Add(candidate.Info.Version);
                    rowsRemoved += candidate.Planned?.Rows ?? 0;
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
        return new Purged(removed, rowsRemoved, left);
    }

    /// <summary>
    /// Removes the delete markers of a key under which nothing else is left: they would keep nothing but the name, which may be the
    /// person's. What a rival puts there meanwhile stands above them.
    /// </summary>
    public async Task RemoveLoneMarkersAsync(string key, CancellationToken cancellation)
    {
        List<ObjectInfo> versions = await ports.Objects.VersionsAsync(key, cancellation).ToListAsync(cancellation);
        if (versions.Exists(v => !v.IsDeleteMarker))
            return;
        foreach (ObjectInfo marker in versions.AsEnumerable().Reverse())
            await ports.Objects.DeleteAsync(marker, cancellation);
    }

    private static bool IsPlannedAsCurrent(PlanItem item, ObjectInfo version) => !item.IsOldOnly && item.Version == version.Version && item.ETag == version.ETag;

    // Rows are the approved ones, and no row of anybody else is lost that was not approved to be.
    private static bool IsAsApproved(PlanItem item, Candidate candidate, VersionLoss lost) => candidate.Planned is { } planned
        ? candidate.Rows.Digest == planned.RowsDigest && (lost.Rows == 0 || lost.Digest == planned.OthersDigest)
        : !item.IsOldOnly && candidate.Rows.Digest == item.RowsDigest && candidate.Rows.WholeObject == item.WholeObject && lost.Rows == 0;

    private static string Of(ObjectInfo version, string reason) => $"its old version {(version.Version.Length > 0 ? version.Version : "without an id")}: {reason}";

    private sealed record Candidate(int Number, ObjectInfo Info, OldVersion? Planned, SubjectRows Rows);
}
