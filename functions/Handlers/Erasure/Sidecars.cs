using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Erasure;

/// <param name="Removed">How many of those that were planned as old versions this item removed.</param>
/// <param name="Left">Why one could not be removed; null where all are gone, or are not there any more.</param>
/// <param name="IsChanged">Whether somebody put another one there since the plan was made, which a supplementary plan looks at.</param>
internal sealed record SidecarsRemoved(long Removed, string? Left, bool IsChanged);

/// <summary>
/// Metadata files of one object. They may be all that says whose its versions are, so that they are planned with it and go behind it:
/// exactly those that were planned, by version and ETag.
/// </summary>
internal sealed class Sidecars(Ports ports)
{
    public const string Held = "it says whose an old version is that stays";

    public const string Changed = "its metadata file was changed after the approval";

    /// <summary>The keys under which metadata files of an object stand.</summary>
    public static IEnumerable<string> KeysOf(Dataset dataset, string key) =>
        dataset.Subjects.Where(rule => rule.Sidecar is not null).Select(rule => rule.SidecarOf(key)).Distinct();

    /// <summary>The object of which this key's old versions say whose it is; null where it is no metadata file's, or where no version of that object is left.</summary>
    public async Task<string?> OwnerAsync(Dataset dataset, string key, CancellationToken cancellation) =>
        dataset.OwnerOfSidecar(key) is { } owner && KeysOf(dataset, owner).Contains(key)
        && await ports.Objects.VersionsAsync(owner, cancellation).AnyAsync(version => !version.IsDeleteMarker, cancellation)
            ? owner
            : null;

    /// <summary>Those that stand beside it now, as a plan of the version before means them.</summary>
    public IReadOnlyList<SidecarVersion> Planned(Dataset dataset, IEnumerable<ObjectInfo> files) => [.. files.Select(file => new SidecarVersion
    {
        Object = ports.Names.NameOf(dataset, file.Key).Object,
        Version = file.Version,
        ETag = file.ETag,
        Size = file.Size,
        IsCurrent = file.IsCurrent,
    })];

    /// <param name="key">Of the object.</param>
    /// <param name="isBegun">Whether some may have been removed before the process died, so that what is gone was this item's doing.</param>
    /// <param name="begin">Runs before each removal.</param>
    public async Task<SidecarsRemoved> RemoveAsync(
        Dataset dataset, string key, IReadOnlyList<SidecarVersion> planned, bool isBegun, Func<Task> begin, CancellationToken cancellation)
    {
        long removed = 0;
        bool isChanged = false;
        foreach (string sidecar in KeysOf(dataset, key))
        {
            string name = ports.Names.NameOf(dataset, sidecar).Object;
            SidecarVersion[] going = [.. planned.Where(p => p.Object == name)];
            if (going.Length == 0)
                continue;
            // Under a delete marker first, so that no older version takes its place.
            if (await ports.Objects.HeadAsync(sidecar, cancellation) is { } current)
            {
                if (Of(going, current) is null)
                    isChanged |= going.Any(p => p.IsCurrent);
                else
                {
                    await begin();
                    StoreResult result = await ports.Objects.RemoveAsync(current, _ => Task.FromResult(true), cancellation);
                    isChanged |= result.Outcome == StoreOutcome.Changed;
                    if (result.Outcome == StoreOutcome.Blocked)
                        return new SidecarsRemoved(removed, WhyLeft(result), isChanged);
                }
            }
            List<ObjectInfo> old = await OldVersions.ListAsync(ports.Objects, sidecar, cancellation);
            removed += isBegun ? going.Count(p => !p.IsCurrent && !old.Exists(info => IsThat(p, info))) : 0;
            foreach (ObjectInfo info in old)
            {
                if (Of(going, info) is not { } that)
                    continue;
                await begin();
                StoreResult result = await ports.Objects.DeleteAsync(info, cancellation);
                if (result.Outcome == StoreOutcome.Blocked)
                    return new SidecarsRemoved(removed, WhyLeft(result), isChanged);
                isChanged |= result.Outcome == StoreOutcome.Changed;
                removed += result.Outcome == StoreOutcome.Done && !that.IsCurrent ? 1 : 0;
            }
        }
        return new SidecarsRemoved(removed, null, isChanged);
    }

    private static SidecarVersion? Of(SidecarVersion[] planned, ObjectInfo info) => Array.Find(planned, p => IsThat(p, info));

    private static bool IsThat(SidecarVersion planned, ObjectInfo info) => planned.Version == info.Version && planned.ETag == info.ETag;

    private static string WhyLeft(StoreResult result) => $"its metadata file could not be removed: {result.Reason}";
}
