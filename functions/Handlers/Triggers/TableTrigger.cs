using System.Text.Json;
using System.Text.Json.Serialization;
using Limpid.Core.Lake;
using Limpid.Functions.Indexing;
using Limpid.Functions.Refresh;

namespace Limpid.Functions.Triggers;

/// <summary>
/// Everything that makes <c>mark-stale</c> run: S3 by EventBridge, by SQS or by itself; the events that say that a table or reference data
/// were refreshed; and the plain form, which a schedule sends with a table, and another one empty.
/// </summary>
internal sealed class TableTrigger(Ports ports)
{
    private const string Name = "mark-stale";

    private readonly MarkStale _mark = new(ports);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        Envelope envelope = Json.Checked(Name, () => Envelopes.Of(payload.Span));
        return envelope switch
        {
            Envelope.Plain => ToJson(await _mark.HandleAsync(Json.Read(Name, payload.Span, RefreshJson.Default.MarkStaleInput), cancellation)),
            Envelope.Own => ToJson(await OfRefreshAsync(Json.Read(Name, payload.Span, RefreshJson.Default.RefreshedEvent), cancellation)),
            Envelope.Queue => await LakeHints.EachMessageAsync(payload, hints => OfObjectsAsync(hints, cancellation), ports.Log, cancellation, Name),
            _ => ToJson(await OfObjectsAsync(LakeHints.OfEvent(payload, envelope, Name), cancellation)),
        };
    }

    private async Task<MarkStaleResult> OfRefreshAsync(RefreshedEvent refreshed, CancellationToken cancellation)
    {
        switch (refreshed)
        {
            case { DetailType: "Table Refreshed", Detail.Table: { } table }:
                return await _mark.AfterAsync(table, cancellation);
            case { DetailType: "Reference Refreshed", Detail.Reference: { } reference }:
                return await ArrivedAsync(ports.Lake.TablesOfReference(reference), 1, cancellation);
            default:
                return new MarkStaleResult([]);
        }
    }

    private async Task<MarkStaleResult> OfObjectsAsync(IReadOnlyList<LakeEvent> hints, CancellationToken cancellation)
    {
        var begun = new List<string>();
        foreach (IGrouping<string, DerivedTable> table in hints.SelectMany(hint => ports.Lake.TablesOfObject(hint.Key)).GroupBy(table => table.Name))
            begun.AddRange((await ArrivedAsync(table.Take(1), table.Count(), cancellation)).Executions);
        return new MarkStaleResult(begun);
    }

    private async Task<MarkStaleResult> ArrivedAsync(IEnumerable<DerivedTable> tables, long arrivals, CancellationToken cancellation)
    {
        var begun = new List<string>();
        foreach (DerivedTable table in tables)
            begun.AddRange((await _mark.HandleAsync(new MarkStaleInput(table.Name, arrivals), cancellation)).Executions);
        return new MarkStaleResult(begun);
    }

    private static byte[] ToJson(MarkStaleResult result) => JsonSerializer.SerializeToUtf8Bytes(result, RefreshJson.Default.MarkStaleResult);
}

/// <summary>What the state machine <c>refresh</c> says once it has published something.</summary>
internal sealed record RefreshedEvent([property: JsonPropertyName("detail-type")] string DetailType, RefreshedDetail Detail);

internal sealed record RefreshedDetail(string? Table = null, string? Reference = null);
