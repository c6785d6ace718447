using Limpid.Core.Ingest;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Ingest;

/// <summary>
/// Which records of one shard are written. A batch is a piece of the shard without gaps (the parallelization factor of the event source
/// mapping is 1), so that its first and last record stand for all between them.
/// </summary>
internal sealed class ShardLedger(IStateTable table, string stream, string shard)
{
    private const string Sort = "head";

    private string Partition => $"ingest/{stream}/{shard}";

    public Task<Versioned<ShardState>?> ReadAsync(CancellationToken cancellation) =>
        table.GetAsync(Partition, Sort, IngestState.Default.ShardState, cancellation);

    /// <summary>Says whether the state still was at this version, and is now this one.</summary>
    public Task<bool> TryPutAsync(ShardState state, long version, CancellationToken cancellation) =>
        table.TryPutAsync(Partition, Sort, state, version, IngestState.Default.ShardState, cancellation);

    /// <summary>Files what is done under the hours of its records; to be called before the next intent takes its place.</summary>
    public async Task FileAsync(ShardState state, CancellationToken cancellation)
    {
        // By its number: of one range there may be several intents, each with other records of it.
        Intent done = state.Intent;
        foreach (string hour in done.Hours)
            await table.TryPutAsync($"{Partition}/{hour}", FormattableString.Invariant($"{done.From}-{done.To}-{state.Number}"), new WrittenRange(done.From, done.To, done.Records), 0, IngestState.Default.WrittenRange, cancellation);
    }

    /// <summary>The records that are not written yet, in order.</summary>
    public async Task<List<StreamRecord>> MissingAsync(IReadOnlyList<StreamRecord> ascending, ShardState? state, CancellationToken cancellation)
    {
        // In the usual order of things every record is higher than all before it, and nothing is looked up.
        if (state is null || !SequenceNumber.TryParse(state.Highest, out SequenceNumber highest) || ascending.Count == 0 || ascending[0].Sequence > highest)
            return [.. ascending];
        var written = new List<WrittenRange>();
        if (state.Intent.IsDone)
            written.Add(new WrittenRange(state.Intent.From, state.Intent.To, state.Intent.Records));
        foreach (string hour in ascending.Where(record => record.Sequence <= highest).Select(HourOf).Distinct())
        {
            await foreach (WrittenRange range in table.QueryAsync($"{Partition}/{hour}", "", IngestState.Default.WrittenRange, cancellation))
                written.Add(range);
        }
        Func<SequenceNumber, bool>[] covers = [.. written.Select(Covers)];
        return [.. ascending.Where(record => !covers.Any(covered => covered(record.Sequence)))];
    }

    /// <summary>Arrival does not change, whenever a record is delivered again.</summary>
    public static string HourOf(StreamRecord record) =>
        record.Arrived?.UtcDateTime.ToString("yyyyMMddHH", System.Globalization.CultureInfo.InvariantCulture) ?? "unknown";

    private static Func<SequenceNumber, bool> Covers(WrittenRange range)
    {
        if (range.Records is { } packed)
        {
            var some = SequenceNumber.Unpack(packed).ToHashSet();
            return some.Contains;
        }
        return SequenceNumber.TryParse(range.From, out SequenceNumber from) && SequenceNumber.TryParse(range.To, out SequenceNumber to)
            ? sequence => sequence >= from && sequence <= to
            : throw new InvalidDataException("the ledger of a shard names no sequence numbers");
    }
}
