using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Partitions;

/// <param name="Run">The execution's name.</param>
internal sealed record AttemptInput(string Hours, string Run, string Hour, string Attempt);

/// <param name="AddQuery">Makes the hour's partition where there is none.</param>
/// <param name="SwitchQuery">Lets it show the copy.</param>
/// <param name="DropQuery">Removes the table that the copy was made by, and none of its files.</param>
internal sealed record SettlePartitionResult(string AddQuery, string SwitchQuery, string DropQuery);

/// <summary>
/// <c>settle-partition</c>: the attempt's query succeeded, so its copy is complete, and it becomes the one to be put in place; from then on
/// nobody copies the hour again before that is done. On replay, and for a copy that was settled before, it says the same again.
/// </summary>
internal sealed class SettlePartition(Ports ports)
{
    public async Task<SettlePartitionResult> HandleAsync(AttemptInput input, CancellationToken cancellation)
    {
        HourlyCopy hours = ports.Lake.KnownHours(input.Hours);
        var book = new HourBook(ports, hours);
        var hour = Hour.Parse(input.Hour);
        Versioned<HourRecord> record = await book.HourAsync(hour, cancellation);
        if (record.Value.Chosen != input.Attempt && record.Value.Served != input.Attempt)
        {
            if (record.Value.Attempt != input.Attempt)
                throw new HourTakenOverException(input.Hour);
            RawObjects before = await book.CopiedAsync(hour, input.Attempt, cancellation);
            RawObjects now = await RawObjects.ListAsync(ports.Objects, ports.Lake.RawOf(hours, hour), cancellation);
            if (!before.IsAllIn(now))
                throw new RawObjectsGoneException(input.Hour);
            await book.ChangeHourAsync(hour, record, record.Value with { Attempt = null, Chosen = input.Attempt }, cancellation);
        }
        var queries = new Queries(ports.Lake, hours);
        return new SettlePartitionResult(queries.AddCopy(hour, input.Attempt), queries.SwitchCopy(hour, input.Attempt), queries.DropTemporary(hour, input.Attempt));
    }
}
