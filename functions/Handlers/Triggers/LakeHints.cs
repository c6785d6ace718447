using System.Text;
using System.Text.Json.Serialization;
using Amazon.Lambda.CloudWatchEvents;
using Amazon.Lambda.CloudWatchEvents.S3Events;
using Amazon.Lambda.S3Events;
using Amazon.Lambda.Serialization.SystemTextJson;
using Amazon.Lambda.SQSEvents;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Triggers;

/// <summary>Reads which objects S3 speaks of. Whatever it says happened, the store is asked; only the key has to be right.</summary>
internal static class LakeHints
{
    private const string FollowLake = "follow-lake";

    private static readonly SourceGeneratorLambdaJsonSerializer<LakeHintsJson> Serializer = new();

    /// <summary>Of a queue's message; empty for S3's test of the queue.</summary>
    /// <exception cref="BadEventException">The body is not from S3.</exception>
    private static IReadOnlyList<LakeEvent> OfMessage(string? body, string function)
    {
        byte[] json = Encoding.UTF8.GetBytes(body ?? "");
        return OfEvent(json, Json.Checked(function, () => Envelopes.Of(json)), function);
    }

    /// <exception cref="BadEventException">The event is not from S3.</exception>
    public static IReadOnlyList<LakeEvent> OfEvent(ReadOnlyMemory<byte> json, Envelope envelope, string function = FollowLake) => envelope switch
    {
        Envelope.Bus => [OfBus(Read<CloudWatchEvent<S3ObjectEventDetails>>(json, function).Detail, function)],
        Envelope.Notification => [.. Read<S3Event>(json, function).Records!.Select(record => OfRecord(record.S3, function))],
        Envelope.Test => [],
        _ => throw Foreign(function),
    };

    /// <summary>
    /// Sees to each message of a queue's batch. The answer gives back exactly those that were not seen to, so that one that can't be read
    /// holds up no other.
    /// </summary>
    /// <param name="log">Takes a line for each that comes again; it names no object, and with it no person.</param>
    /// <exception cref="BadEventException">A message has no id by which it could be given back: the whole batch comes again.</exception>
    public static async Task<ReadOnlyMemory<byte>> EachMessageAsync(
        ReadOnlyMemory<byte> json, Func<IReadOnlyList<LakeEvent>, Task> see, Action<string>? log, CancellationToken cancellation, string function = FollowLake)
    {
        var failed = new List<SQSBatchResponse.BatchItemFailure>();
        foreach (SQSEvent.SQSMessage message in Read<SQSEvent>(json, function).Records!)
        {
            string id = message.MessageId ?? throw new BadEventException(function, "$.Records[].messageId");
            try
            {
                cancellation.ThrowIfCancellationRequested();
                await see(OfMessage(message.Body, function));
            }
            catch (Exception broken)
            {
                // The edge of one message. What failed may name an object: its kind is enough here.
                log?.Invoke($"message {id} comes again: {broken.GetType().Name}");
                failed.Add(new SQSBatchResponse.BatchItemFailure { ItemIdentifier = id });
            }
        }
        using var answer = new MemoryStream();
        Serializer.Serialize(new SQSBatchResponse(failed), answer);
        return answer.ToArray();
    }

    private static LakeEvent OfBus(S3ObjectEventDetails? detail, string function) =>
        Of(function, detail?.Bucket?.Name, detail?.Object?.Key, detail?.Object?.Sequencer, detail?.Object?.VersionId);

    private static LakeEvent OfRecord(S3Event.S3Entity? s3, string function) =>
        Of(function, s3?.Bucket?.Name, s3?.Object?.KeyDecoded, s3?.Object?.Sequencer, s3?.Object?.VersionId);

    private static LakeEvent Of(string function, string? bucket, string? key, string? sequencer, string? version) =>
        bucket is { Length: > 0 } && key is { Length: > 0 }
            ? new LakeEvent($"s3://{bucket}/{key}", sequencer ?? "", version == "null" ? "" : version)
            : throw Foreign(function);

    private static T Read<T>(ReadOnlyMemory<byte> json, string function) => Json.Checked(function, () =>
    {
        using var stream = new MemoryStream(json.ToArray(), writable: false);
        return Serializer.Deserialize<T>(stream) ?? throw Foreign(function);
    });

    private static BadEventException Foreign(string function) => new(function, "$");
}

/// <summary>The events of S3 on every way that they come.</summary>
[JsonSerializable(typeof(S3Event))]
[JsonSerializable(typeof(CloudWatchEvent<S3ObjectEventDetails>))]
[JsonSerializable(typeof(SQSEvent))]
[JsonSerializable(typeof(SQSBatchResponse))]
internal sealed partial class LakeHintsJson : JsonSerializerContext;
