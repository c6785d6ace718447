using Limpid.Core.Ingest;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.State;

namespace Limpid.Functions.Ingest;

/// <param name="Records">In any order; one may stand there twice.</param>
internal sealed record StreamBatch(string Stream, string Shard, IReadOnlyList<StreamRecord> Records);

/// <summary>
/// <c>ingest-records</c>: records of a shard come in; each becomes a row of the lake, or of its quarantine, and who is in it is
/// indexed. On a replay, whole or in other pieces, what is written already is passed over, and what was begun is ended with the same
/// bytes, so that no row comes twice and none comes back that was erased since.
/// </summary>
internal sealed class IngestRecords(Ports ports)
{
    /// <summary>Bounds what one item of the state table has to hold, as does <see cref="MostObjects"/>. What a batch has beyond it is another step.</summary>
    public const int MostRecords = 2_000;

    private const int MostObjects = 400;

    private readonly ReferenceTables _references = new(ports);
    private readonly IntentWriter _writer = new(ports);
    private readonly Dictionary<string, StreamSetup> _setups = [];

    /// <exception cref="StreamHeldUpException">lake.yaml knows no such stream.</exception>
    /// <returns>The lowest record that is not proven done: the stream goes on there. Null where all are.</returns>
    public async Task<SequenceNumber?> HandleAsync(StreamBatch batch, CancellationToken cancellation)
    {
        List<StreamRecord> waiting = [.. batch.Records.DistinctBy(record => record.Sequence).OrderBy(record => record.Sequence)];
        StreamSetup setup = SetupOf(batch.Stream);
        try
        {
            var current = new Dictionary<string, ReferenceTable>();
            foreach (Reference reference in setup.References)
                current[reference.Name] = await _references.CurrentAsync(reference, cancellation);
            var ledger = new ShardLedger(ports.State, batch.Stream, batch.Shard);
            while (waiting.Count > 0)
                waiting = await StepAsync(setup, ledger, batch.Shard, waiting, current, cancellation);
            return null;
        }
        catch (Exception failed) when (failed is not ClosedSecretException)
        {
            // The edge of the batch: what was done stays done. What failed may name an object, and with it a person.
            ports.Log?.Invoke($"records of {batch.Shard} come again from {waiting[0].Sequence} on: {(failed is StreamHeldUpException ? failed.Message : failed.GetType().Name)}");
            return waiting[0].Sequence;
        }
    }

    /// <summary>One step: ends what was begun, or writes the next records. Returns what is left of them.</summary>
    private async Task<List<StreamRecord>> StepAsync(
        StreamSetup setup, ShardLedger ledger, string shard, List<StreamRecord> waiting, Dictionary<string, ReferenceTable> current, CancellationToken cancellation)
    {
        Versioned<ShardState>? state = await ledger.ReadAsync(cancellation);
        if (state is { Value.Intent.IsDone: false } open)
        {
            await EndAsync(setup, ledger, shard, open, waiting, cancellation);
            return waiting;
        }
        List<StreamRecord> missing = await ledger.MissingAsync(waiting, state?.Value, cancellation);
        if (missing.Count == 0)
            return missing;
        long number = (state?.Value.Number ?? 0) + 1;
        IntentRows rows = IntentRows.Of(setup, ports.Lake, shard, number, missing[..Math.Min(missing.Count, MostRecords)], current, MostObjects);
        if (state is { } done)
            await ledger.FileAsync(done.Value, cancellation);
        string highest = state is { } before && SequenceNumber.TryParse(before.Value.Highest, out SequenceNumber earlier) && earlier > rows.Last ? before.Value.Highest : rows.Last.ToString();
        var begun = new ShardState(number, highest, rows.Intent);
        // Somebody else's intent came first: look again at what is missing then.
        if (await ledger.TryPutAsync(begun, state?.Version ?? 0, cancellation) && await _writer.TryWriteAsync(rows.Intent, rows.Contents, cancellation))
            await ledger.TryPutAsync(begun with { Intent = Done(rows.Intent, null) }, (state?.Version ?? 0) + 1, cancellation);
        return missing;
    }

    private async Task EndAsync(
        StreamSetup setup, ShardLedger ledger, string shard, Versioned<ShardState> open, List<StreamRecord> waiting, CancellationToken cancellation)
    {
        Intent intent = open.Value.Intent;
        IReadOnlyList<SequenceNumber> records = SequenceNumber.Unpack(intent.Records!);
        bool isWhole = await TryRewriteAsync(setup, shard, open.Value, records, waiting, cancellation);
        IReadOnlyList<SequenceNumber>? some = isWhole ? null : await StandingAsync(intent, records, cancellation);
        await ledger.TryPutAsync(open.Value with { Intent = Done(intent, some) }, open.Version, cancellation);
    }

    /// <summary>Ends an intent as it was begun: with all of its records, the same reference data, the same bytes.</summary>
    private async Task<bool> TryRewriteAsync(
        StreamSetup setup, string shard, ShardState state, IReadOnlyList<SequenceNumber> records, List<StreamRecord> waiting, CancellationToken cancellation)
    {
        Dictionary<SequenceNumber, StreamRecord> here = waiting.ToDictionary(record => record.Sequence);
        if (!records.All(here.ContainsKey))
            return false;
        var then = new Dictionary<string, ReferenceTable>();
        foreach (Reference reference in setup.References)
        {
            if (!state.Intent.References.TryGetValue(reference.Name, out int version) || await _references.EarlierAsync(reference, version, cancellation) is not { } table)
                return false;
            then[reference.Name] = table;
        }
        IntentRows rows = IntentRows.Of(setup, ports.Lake, shard, state.Number, [.. records.Select(sequence => here[sequence])], then, MostObjects);
        bool isSame = rows.Intent.Objects.Select(o => (o.Key, o.Sha256)).SequenceEqual(state.Intent.Objects.Select(o => (o.Key, o.Sha256)));
        return isSame && await _writer.TryWriteAsync(state.Intent, rows.Contents, cancellation);
    }

    /// <summary>Which records of an intent that can't be ended as it was begun are written: nobody can write the others under it any more.</summary>
    private async Task<IReadOnlyList<SequenceNumber>> StandingAsync(Intent intent, IReadOnlyList<SequenceNumber> records, CancellationToken cancellation)
    {
        var standing = new List<int>();
        foreach (IntendedObject intended in intent.Objects)
        {
            if (await _writer.StandsAsync(intended, cancellation))
                standing.AddRange(intended.Rows);
        }
        return [.. standing.Order().Select(row => records[row])];
    }

    private static Intent Done(Intent intent, IReadOnlyList<SequenceNumber>? some) =>
        intent with { IsDone = true, Records = some is null ? intent.Records : SequenceNumber.Pack(some), Objects = [] };

    private StreamSetup SetupOf(string stream) => _setups.TryGetValue(stream, out StreamSetup? known) ? known : _setups[stream] = StreamSetup.Of(ports.Lake, stream);
}
