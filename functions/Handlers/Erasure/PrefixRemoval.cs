using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <summary>Removes what is of no use any more from a dataset, all below a prefix: an earlier version of a table, a copy of an hour.</summary>
internal sealed class PrefixRemoval(Ports ports, Dataset dataset)
{
    private readonly Holds _holds = new(ports.State);

    /// <summary>Whether a hold or retention keeps the dataset's objects. A hold on a person keeps all of them: whom they name is not looked up here.</summary>
    public async Task<bool> IsHeldAsync(CancellationToken cancellation)
    {
        if (dataset.Retain is { } retain && new LakeCalendar(ports.Lake.TimeZone, ports.Time).Today < retain.Until)
            return true;
        return await _holds.ListAsync(cancellation).AnyAsync(hold => hold.ReleasedAt is null && (hold.Dataset is null || hold.Dataset == dataset.Name), cancellation);
    }

    /// <summary>In all versions, the current one last: on a store with versions another would come up as soon as it is gone.</summary>
    /// <param name="what">The objects are of, for the log.</param>
    /// <param name="removed">Called for each that is gone.</param>
    /// <returns>False where something stays.</returns>
    public async Task<bool> RemoveAsync(string prefix, string what, Func<ObjectInfo, Task> removed, CancellationToken cancellation)
    {
        bool all = true;
        ObjectInfo[] versions = await ports.Objects.ListAsync(prefix, null, cancellation).ToArrayAsync(cancellation);
        foreach (ObjectInfo info in versions.OrderBy(v => v.IsCurrent))
        {
            StoreResult result = await ports.Objects.DeleteAsync(info, cancellation);
            if (result.Outcome is StoreOutcome.Done or StoreOutcome.Gone)
            {
                await removed(info);
                continue;
            }
            all = false;
            ports.Log?.Invoke($"an object of {what} stays: {result.Reason ?? result.Outcome.ToString()}");
        }
        return all;
    }
}
