using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Functions.Partitions;

/// <param name="Outcome"><c>cleared</c>, <c>kept</c>, or <c>restore</c> where the partition shows this copy and ought to show <paramref name="Attempt"/>.</param>
/// <param name="Attempt">The one that is served, for <c>restore</c>.</param>
internal sealed record ClearPartitionResult(string Outcome, string Attempt = "");

/// <summary>
/// <c>clear-partition</c>: removes the objects of a copy that is of no use: of an attempt that died, or one that another took the place of.
/// Not what the catalog shows, whatever the state table says: a run that was thought dead may have switched it back.
/// </summary>
internal sealed class ClearPartition(Ports ports)
{
    public async Task<ClearPartitionResult> HandleAsync(AttemptAtInput input, CancellationToken cancellation)
    {
        HourlyCopy hours = ports.Lake.HoursNamed(input.Hours);
        var book = new HourBook(ports, hours);
        var hour = Hour.Parse(input.Hour);
        HourRecord record = (await book.HourAsync(hour, cancellation)).Value;
        if (record.Attempt == input.Attempt || record.Chosen == input.Attempt || record.Served == input.Attempt)
            return new ClearPartitionResult("kept");
        string location = ports.Lake.CopyOf(hours, hour, input.Attempt);
        if (RecordPartition.IsSame(input.Location, location))
        {
            if (record.Served is { } served)
                return new ClearPartitionResult("restore", served);
        }
        else if (await RemoveAsync(location, cancellation))
        {
            await book.ForgetAsync(hour, input.Attempt, cancellation);
            return new ClearPartitionResult("cleared");
        }
        // Tried again once what holds it may be over.
        await book.LeaveAsync(hour, input.Attempt, cancellation);
        return new ClearPartitionResult("kept");
    }

    /// <summary>In all versions, the current one last: on a store with versions another would come up as soon as it is gone.</summary>
    private async Task<bool> RemoveAsync(string location, CancellationToken cancellation)
    {
        bool all = true;
        ObjectInfo[] versions = await ports.Objects.ListAsync(location, null, cancellation).ToArrayAsync(cancellation);
        foreach (ObjectInfo info in versions.OrderBy(v => v.IsCurrent))
        {
            StoreResult result = await ports.Objects.DeleteAsync(info, cancellation);
            if (result.Outcome is StoreOutcome.Done or StoreOutcome.Gone)
                continue;
            all = false;
            ports.Log?.Invoke($"an object of a copy that is of no use stays: {result.Reason ?? result.Outcome.ToString()}");
        }
        return all;
    }
}
