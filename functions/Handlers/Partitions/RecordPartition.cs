using Limpid.Core.Lake;
using Limpid.Functions.State;

namespace Limpid.Functions.Partitions;

/// <param name="Location">What the Glue Data Catalog says the partition shows; empty where there is none.</param>
internal sealed record AttemptAtInput(string Hours, string Run, string Hour, string Attempt, string Location);

/// <param name="Served">Of the hour, then.</param>
internal sealed record RecordPartitionResult(string Served);

/// <summary>
/// <c>record-partition</c>: the partition was seen to show the copy, so the hour is done. The copy that it showed before is left to be
/// removed once nobody reads it any more. On replay it says the same again.
/// </summary>
internal sealed class RecordPartition(Ports ports)
{
    public async Task<RecordPartitionResult> HandleAsync(AttemptAtInput input, CancellationToken cancellation)
    {
        HourlyCopy hours = ports.Lake.KnownHours(input.Hours);
        var book = new HourBook(ports, hours);
        var hour = Hour.Parse(input.Hour);
        Versioned<HourRecord> record = await book.HourAsync(hour, cancellation);
        if (!IsSame(input.Location, ports.Lake.CopyOf(hours, hour, input.Attempt)))
            throw new PartitionDiffersException(input.Hour);
        if (record.Value.Served != input.Attempt)
        {
            if (record.Value.Chosen != input.Attempt)
                throw new HourTakenOverException(input.Hour);
            // First, since a copy that nobody knows of would stay for ever, with the people in it.
            if (record.Value.Served is { } old)
                await book.LeaveAsync(hour, old, cancellation);
            await book.ChangeHourAsync(hour, record, record.Value with { Chosen = null, Served = input.Attempt, Done = true, Blocked = null }, cancellation);
        }
        await book.KeepAsync(hour, input.Attempt, cancellation);
        return new RecordPartitionResult(input.Attempt);
    }

    /// <summary>Whether two locations are the same place: a slash at the end says nothing.</summary>
    public static bool IsSame(string a, string b) => a.TrimEnd('/') == b.TrimEnd('/');
}
