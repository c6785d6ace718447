using System.Text.Json;
using Amazon.Lambda.SQSEvents;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Triggers;

/// <summary>
/// Everything that makes <c>follow-lake</c> run: S3 by EventBridge, by SQS or by itself, and the plain form. Of a batch exactly the
/// messages that were not seen to are given back, so that one that can't be read holds up no other.
/// </summary>
internal sealed class LakeTrigger(Ports ports)
{
    private readonly FollowLake _follow = new(ports);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        Envelope envelope = Json.Checked("follow-lake", () => Envelopes.Of(payload.Span));
        if (envelope == Envelope.Plain)
        {
            LakeEvent plain = Json.Read("follow-lake", payload.Span, IndexingJson.Default.LakeEvent);
            return JsonSerializer.SerializeToUtf8Bytes(await _follow.HandleAsync(plain, cancellation), IndexingJson.Default.FollowResult);
        }
        if (envelope == Envelope.Queue)
            return await HandleBatchAsync(LakeHints.Batch(payload), cancellation);
        IReadOnlyList<string> outcomes = await FollowAsync(LakeHints.OfEvent(payload, envelope), cancellation);
        return JsonSerializer.SerializeToUtf8Bytes(new FollowResults(outcomes), IndexingJson.Default.FollowResults);
    }

    private async Task<ReadOnlyMemory<byte>> HandleBatchAsync(SQSEvent batch, CancellationToken cancellation)
    {
        // Each has failed until it is proven done. One without an id can't be named, and the whole batch comes again.
        var failed = new List<SQSBatchResponse.BatchItemFailure>();
        foreach (SQSEvent.SQSMessage message in batch.Records!)
        {
            string id = message.MessageId ?? throw new BadEventException("follow-lake", "$.Records[].messageId");
            if (cancellation.IsCancellationRequested || !await TryFollowAsync(id, message.Body, cancellation))
                failed.Add(new SQSBatchResponse.BatchItemFailure { ItemIdentifier = id });
        }
        using var answer = new MemoryStream();
        LakeHints.Serializer.Serialize(new SQSBatchResponse(failed), answer);
        return answer.ToArray();
    }

    private async Task<bool> TryFollowAsync(string id, string? body, CancellationToken cancellation)
    {
        try
        {
            await FollowAsync(LakeHints.OfMessage(body), cancellation);
            return true;
        }
        catch (Exception failed)
        {
            // The edge of one message. What failed may name an object, and with it a person: its kind is enough here.
            ports.Log?.Invoke($"message {id} comes again: {failed.GetType().Name}");
            return false;
        }
    }

    private async Task<IReadOnlyList<string>> FollowAsync(IReadOnlyList<LakeEvent> hints, CancellationToken cancellation)
    {
        var outcomes = new List<string>();
        foreach (LakeEvent hint in hints)
            outcomes.Add((await _follow.HandleAsync(hint, cancellation)).Outcome);
        return outcomes;
    }
}

/// <param name="Outcomes">One an object, in the event's order.</param>
internal sealed record FollowResults(IReadOnlyList<string> Outcomes);
