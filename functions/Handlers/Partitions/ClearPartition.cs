using Limpid.Core.Lake;
using Limpid.Functions.Erasure;

namespace Limpid.Functions.Partitions;

/// <param name="Outcome"><c>cleared</c>; <c>kept</c>, to be tried again a day later where it is of no use; or <c>restore</c> where the partition shows this copy and ought to show <paramref name="Attempt"/>.</param>
/// <param name="Attempt">The one that is served, for <c>restore</c>.</param>
internal sealed record ClearPartitionResult(string Outcome, string Attempt = "");

/// <summary>
/// <c>clear-partition</c>: removes the objects of a copy that is of no use: of an attempt that died, or one that another took the place of.
/// Not what the catalog shows, whatever the state table says: a run that was thought dead may have switched it back. Nor anything while a
/// hold or retention keeps the copies: the first run after <see cref="BucketPartition.Rest"/> asks again, and so on until that is over.
/// </summary>
internal sealed class ClearPartition(Ports ports)
{
    public async Task<ClearPartitionResult> HandleAsync(AttemptAtInput input, CancellationToken cancellation)
    {
        HourlyCopy hours = ports.Lake.KnownHours(input.Hours);
        var book = new HourBook(ports, hours);
        var hour = Hour.Parse(input.Hour);
        HourRecord record = (await book.HourAsync(hour, cancellation)).Value;
        if (record.Attempt == input.Attempt || record.Chosen == input.Attempt || record.Served == input.Attempt)
            return new ClearPartitionResult("kept");
        var removal = new PrefixRemoval(ports, ports.Lake.Named(hours.Copy.Dataset)!);
        string location = ports.Lake.CopyOf(hours, hour, input.Attempt);
        if (RecordPartition.IsSame(input.Location, location))
        {
            if (record.Served is { } served)
                return new ClearPartitionResult("restore", served);
        }
        else if (!await removal.IsHeldAsync(cancellation) && await removal.RemoveAsync(location, "a copy that is of no use", _ => Task.CompletedTask, cancellation))
        {
            await book.ForgetAsync(hour, input.Attempt, cancellation);
            return new ClearPartitionResult("cleared");
        }
        // Tried again once what holds it may be over.
        await book.LeaveAsync(hour, input.Attempt, cancellation);
        return new ClearPartitionResult("kept");
    }
}
