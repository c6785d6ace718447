using System.Text.Json;
using Limpid.Functions.Indexing;

namespace Limpid.Functions.Triggers;

/// <summary>
/// Everything that makes <c>follow-lake</c> run: S3 by EventBridge, by SQS or by itself, and the plain form.
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
            return await LakeHints.EachMessageAsync(payload, hints => FollowAsync(hints, cancellation), ports.Log, cancellation);
        IReadOnlyList<string> outcomes = await FollowAsync(LakeHints.OfEvent(payload, envelope), cancellation);
        return JsonSerializer.SerializeToUtf8Bytes(new FollowResults(outcomes), IndexingJson.Default.FollowResults);
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
