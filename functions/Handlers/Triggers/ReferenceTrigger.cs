using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Lambda.DynamoDBEvents;
using Amazon.Lambda.Serialization.SystemTextJson;
using Limpid.Core.Lake;
using Limpid.Functions.Indexing;
using Limpid.Functions.Refresh;

namespace Limpid.Functions.Triggers;

/// <summary>
/// Everything that makes <c>flag-change</c> run: the stream of a reference table, S3 by EventBridge, by SQS or by itself, and the plain
/// form, which a schedule sends empty. Which rows changed is not looked at: the whole is read anew.
/// </summary>
internal sealed class ReferenceTrigger(Ports ports)
{
    private const string Name = "flag-change";

    private static readonly SourceGeneratorLambdaJsonSerializer<TableStreamJson> Serializer = new();

    private readonly FlagChange _flag = new(ports);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        Envelope envelope = Json.Checked(Name, () => Envelopes.Of(payload.Span));
        return envelope switch
        {
            Envelope.Plain => ToJson(await _flag.HandleAsync(Json.Read(Name, payload.Span, RefreshJson.Default.FlagChangeInput), cancellation)),
            Envelope.TableStream => await OfStreamAsync(payload, cancellation),
            Envelope.Queue => await LakeHints.EachMessageAsync(payload, hints => OfObjectsAsync(hints, cancellation), ports.Log, cancellation, Name),
            _ => ToJson(await OfObjectsAsync(LakeHints.OfEvent(payload, envelope, Name), cancellation)),
        };
    }

    /// <summary>
    /// The answer names the lowest record that failed: the stream comes again from there, and what is flagged twice is flagged once. A
    /// record that does not say of which table it is fails for itself and never holds back those before it.
    /// </summary>
    private async Task<ReadOnlyMemory<byte>> OfStreamAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        DynamoDBEvent batch = Json.Checked(Name, () => Serializer.Deserialize<DynamoDBEvent>(new MemoryStream(payload.ToArray(), writable: false)));
        var changes = new Dictionary<string, long>();
        string? failed = null;
        foreach (DynamoDBEvent.DynamodbStreamRecord record in batch.Records!)
        {
            if (TableOf(record.EventSourceArn) is { } table)
            {
                changes[table] = changes.GetValueOrDefault(table) + 1;
                continue;
            }
            failed = record.Dynamodb?.SequenceNumber ?? throw new BadEventException(Name, "$.Records[].dynamodb.SequenceNumber");
            ports.Log?.Invoke($"record {failed} names no table");
            break;
        }
        foreach ((string table, long count) in changes)
        {
            foreach (Reference reference in ports.Lake.ReferencesOfTable(table).Where(r => r.Source is not null))
                await _flag.HandleAsync(new FlagChangeInput(reference.Name, count), cancellation);
        }
        using var answer = new MemoryStream();
        Serializer.Serialize(new StreamsEventResponse { BatchItemFailures = failed is null ? [] : [new() { ItemIdentifier = failed }] }, answer);
        return answer.ToArray();
    }

    private async Task<FlagChangeResult> OfObjectsAsync(IReadOnlyList<LakeEvent> hints, CancellationToken cancellation)
    {
        string[] changed = [.. hints.SelectMany(hint => ports.Lake.ReferencesOfObject(hint.Key)).Select(reference => reference.Name)];
        foreach (IGrouping<string, string> reference in changed.GroupBy(name => name))
            await _flag.HandleAsync(new FlagChangeInput(reference.Key, reference.Count()), cancellation);
        return new FlagChangeResult([.. changed.Distinct()]);
    }

    // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL
    private static string? TableOf(string? arn) =>
        arn?.Split(':') is [_, _, "dynamodb", _, _, var resource, ..] && resource.Split('/') is ["table", { Length: > 0 } table, "stream", ..] ? table : null;

    private static byte[] ToJson(FlagChangeResult result) => JsonSerializer.SerializeToUtf8Bytes(result, RefreshJson.Default.FlagChangeResult);
}

/// <summary>A batch of a table's stream, and the answer to it.</summary>
[JsonSerializable(typeof(DynamoDBEvent))]
[JsonSerializable(typeof(StreamsEventResponse))]
internal sealed partial class TableStreamJson : JsonSerializerContext;
