using System.Runtime.CompilerServices;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <summary>Plans in the evidence store: a header, and files of items that its digest binds. Written once, never changed.</summary>
internal sealed class Plans(IObjectStore evidence)
{
    private readonly EvidenceFiles _files = new(evidence);

    /// <summary>The header, or null. Whoever relies on it checks <see cref="PlanDigest.Holds"/> and the decision's digest.</summary>
    public async Task<Plan?> GetAsync(string requestId, int number, CancellationToken cancellation) =>
        await _files.ReadAsync(Plan.HeaderKey(requestId, number), cancellation) is { } bytes
            ? JsonSerializer.Deserialize(bytes, Records.Default.Plan)
            : null;

    /// <summary>One item, from a file that was checked against the header's digest of it.</summary>
    public async Task<PlanItem> ItemAsync(Plan plan, int number, CancellationToken cancellation)
    {
        PlanItem[] chunk = await ChunkAsync(plan.RequestId, plan.ChunkDigests[number / Plan.ItemsPerChunk], cancellation);
        PlanItem item = chunk[number % Plan.ItemsPerChunk];
        return item.Number == number ? item : throw new InvalidDataException($"item {number} of plan {plan.Number} is out of its place");
    }

    public async IAsyncEnumerable<PlanItem> ItemsAsync(Plan plan, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (string chunk in plan.ChunkDigests)
        {
            foreach (PlanItem item in await ChunkAsync(plan.RequestId, chunk, cancellation))
                yield return item;
        }
    }

    /// <summary>Stores a file of items and returns its digest.</summary>
    public async Task<string> PutChunkAsync(string requestId, IReadOnlyList<PlanItem> items, CancellationToken cancellation)
    {
        byte[] bytes = ToJsonLines(items);
        string digest = CanonicalJson.Digest(bytes);
        await _files.CreateAsync(Plan.ChunkKey(requestId, digest), bytes, cancellation);
        return digest;
    }

    /// <summary>A file of items, a JSON line each.</summary>
    public static byte[] ToJsonLines(IEnumerable<PlanItem> items)
    {
        using var lines = new MemoryStream();
        foreach (PlanItem item in items)
        {
            lines.Write(JsonSerializer.SerializeToUtf8Bytes(item, Records.Default.PlanItem));
            lines.WriteByte((byte)'\n');
        }
        return lines.ToArray();
    }

    /// <summary>Stores the header, and the list of numbers for the workflow's Map. The first header under a number stands; returns the one that does.</summary>
    public async Task<Plan> PutAsync(Plan plan, CancellationToken cancellation)
    {
        await evidence.CreateAsync(Plan.MapKey(plan.Items), async (target, token) =>
        {
            await using var writer = new StreamWriter(target, leaveOpen: true);
            for (long number = 0; number < plan.Items; number++)
                await writer.WriteAsync($"{{\"item\":{number}}}\n".AsMemory(), token);
        }, cancellation);
        await _files.CreateAsync(Plan.HeaderKey(plan.RequestId, plan.Number), JsonSerializer.SerializeToUtf8Bytes(plan, Records.Default.Plan), cancellation);
        return (await GetAsync(plan.RequestId, plan.Number, cancellation))!;
    }

    /// <summary>A file of items that a plan of the request names.</summary>
    /// <exception cref="InvalidDataException">It is missing, or not what was stored.</exception>
    public async Task<PlanItem[]> ChunkAsync(string requestId, string digest, CancellationToken cancellation)
    {
        byte[] bytes = await ReadAsync(Plan.ChunkKey(requestId, digest), digest, $"the items of a plan of {requestId}", cancellation);
        var items = new List<PlanItem>(Plan.ItemsPerChunk);
        for (ReadOnlyMemory<byte> rest = bytes; rest.Length > 0;)
        {
            int end = rest.Span.IndexOf((byte)'\n');
            items.Add(JsonSerializer.Deserialize(rest.Span[..end], Records.Default.PlanItem)!);
            rest = rest[(end + 1)..];
        }
        return [.. items];
    }

    /// <summary>Stores what one call added to a plan and returns its digest.</summary>
    public async Task<string> PutStepAsync(string requestId, DraftStep step, CancellationToken cancellation)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(step, Records.Default.DraftStep);
        string digest = CanonicalJson.Digest(bytes);
        await _files.CreateAsync(Plan.StepKey(requestId, digest), bytes, cancellation);
        return digest;
    }

    /// <inheritdoc cref="ChunkAsync"/>
    public async Task<DraftStep> StepAsync(string requestId, string digest, CancellationToken cancellation) =>
        JsonSerializer.Deserialize(await ReadAsync(Plan.StepKey(requestId, digest), digest, $"a step of a plan of {requestId}", cancellation), Records.Default.DraftStep)!;

    private async Task<byte[]> ReadAsync(string key, string digest, string what, CancellationToken cancellation)
    {
        byte[] bytes = await _files.ReadAsync(key, cancellation) ?? throw new InvalidDataException($"{what} is missing");
        return CanonicalJson.Digest(bytes) == digest ? bytes : throw new InvalidDataException($"{what} was changed after it was made");
    }
}
