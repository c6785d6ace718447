using System.Text.Json.Serialization;
using Amazon.Lambda.KinesisEvents;
using Amazon.Lambda.Serialization.SystemTextJson;
using Limpid.Core.Ingest;
using Limpid.Functions.Ingest;

namespace Limpid.Functions.Triggers;

/// <summary>
/// Batches of a Kinesis stream. Of each shard in a batch the lowest record that is not proven done is given back, which is where the
/// event source mapping goes on; none is given back where all are done.
/// </summary>
internal sealed class StreamTrigger(Ports ports)
{
    private const string Function = "ingest-records";

    private static readonly SourceGeneratorLambdaJsonSerializer<StreamJson> Serializer = new();

    private readonly IngestRecords _ingest = new(ports);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        var failed = new List<StreamsEventResponse.BatchItemFailure>();
        foreach (StreamBatch batch in Read(payload))
        {
            if (await _ingest.HandleAsync(batch, cancellation) is { } lowest)
                failed.Add(new StreamsEventResponse.BatchItemFailure { ItemIdentifier = lowest.ToString() });
        }
        using var answer = new MemoryStream();
        Serializer.Serialize(new StreamsEventResponse { BatchItemFailures = failed }, answer);
        return answer.ToArray();
    }

    private static IEnumerable<StreamBatch> Read(ReadOnlyMemory<byte> payload)
    {
        KinesisEvent @event = Json.Checked(Function, () =>
        {
            using var stream = new MemoryStream(payload.ToArray(), writable: false);
            return Serializer.Deserialize<KinesisEvent>(stream);
        }) ?? throw new BadEventException(Function, "$");
        if (@event.Records is not { Count: > 0 } records)
            throw new BadEventException(Function, "$.Records");
        return from record in records.Select(Read).ToArray() group record.Record by (record.Stream, record.Shard) into shard select new StreamBatch(shard.Key.Stream, shard.Key.Shard, [.. shard]);
    }

    private static (string Stream, string Shard, StreamRecord Record) Read(KinesisEvent.KinesisEventRecord record)
    {
        const string Resource = ":stream/";
        int at = record.EventSourceARN?.IndexOf(Resource, StringComparison.Ordinal) ?? -1;
        if (record.EventSource != "aws:kinesis" || at < 0)
            throw new BadEventException(Function, "$.Records[].eventSourceARN");
        if (record.EventId?.Split(':') is not [{ Length: > 0 } shard, _])
            throw new BadEventException(Function, "$.Records[].eventID");
        if (!SequenceNumber.TryParse(record.Kinesis?.SequenceNumber, out SequenceNumber sequence) || record.Kinesis?.Data is not { } data)
            throw new BadEventException(Function, "$.Records[].kinesis");
        DateTimeOffset? arrived = record.Kinesis.ApproximateArrivalTimestamp is { } time ? new DateTimeOffset(time.ToUniversalTime()) : null;
        return (record.EventSourceARN![(at + Resource.Length)..], shard, new StreamRecord(sequence, arrived, data.ToArray()));
    }
}

/// <summary>What Kinesis sends and takes.</summary>
[JsonSerializable(typeof(KinesisEvent))]
[JsonSerializable(typeof(StreamsEventResponse))]
internal sealed partial class StreamJson : JsonSerializerContext;
