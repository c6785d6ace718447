using System.Globalization;
using System.Text.Json;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <summary>
/// Append-only chains in the state table: one a request, and one of the lake, into which the heads of closed requests go.
/// An entry is created once, under the next free number, and never changed; two writers at once both get in, one after the other.
/// </summary>
internal sealed class AuditLog(IStateTable table, TimeProvider time)
{
    /// <summary>The chain that the heads of closed requests enter.</summary>
    public const string LakeChain = "lake";

    /// <summary>The chain of one request.</summary>
    public static string ChainOf(string requestId) => requestId;

    /// <param name="detail">References, numbers and subject keys; never an identifier.</param>
    public async Task<AuditEntry> AppendAsync(
        string chain, string @event, IReadOnlyDictionary<string, string> detail, CancellationToken cancellation)
    {
        JsonElement json = JsonSerializer.SerializeToElement(detail, Records.Default.IReadOnlyDictionaryStringString);
        while (true)
        {
            AuditEntry? last = await LastAsync(chain, cancellation);
            AuditEntry entry = AuditChain.Append(last, chain, time.GetUtcNow(), @event, json);
            if (!await table.TryPutAsync(Partition(chain), Sort(entry.Sequence), entry, 0, EvidenceJson.Default.AuditEntry, cancellation))
                continue;
            await table.UpdateAsync(
                Partition(chain), "head", stored => stored?.Sequence >= entry.Sequence ? null : AuditChain.HeadOf(chain, entry),
                EvidenceJson.Default.ChainHead, cancellation);
            return entry;
        }
    }

    /// <summary>Appends unless the chain has this event with the same detail already: for steps that may run twice.</summary>
    public async Task<AuditEntry> AppendOnceAsync(
        string chain, string @event, IReadOnlyDictionary<string, string> detail, CancellationToken cancellation)
    {
        byte[] wanted = CanonicalJson.Of(JsonSerializer.SerializeToElement(detail, Records.Default.IReadOnlyDictionaryStringString));
        await foreach (AuditEntry entry in ReadAsync(chain, cancellation))
        {
            if (entry.Event == @event && CanonicalJson.Of(entry.Detail).AsSpan().SequenceEqual(wanted))
                return entry;
        }
        return await AppendAsync(chain, @event, detail, cancellation);
    }

    /// <summary>Keeps in the lake's chain how far a request's chain has come, so that a loss of its last entries shows.</summary>
    /// <param name="event">What the request's entry stands for: <c>request-closed</c>, <c>request-told</c>.</param>
    /// <param name="last">Of the request's chain.</param>
    public Task<AuditEntry> EnterLakeAsync(string @event, string requestId, AuditEntry last, CancellationToken cancellation) =>
        AppendOnceAsync(LakeChain, @event, new Dictionary<string, string>
        {
            ["request"] = requestId,
            ["head"] = last.Hash,
            ["entries"] = FormattableString.Invariant($"{last.Sequence}"),
        }, cancellation);

    /// <summary>The head of a request's chain that an entry of the lake's chain keeps; null where it keeps none.</summary>
    public static ChainHead? HeadIn(AuditEntry entry) =>
        entry.Detail.TryGetProperty("request", out JsonElement request) && entry.Detail.TryGetProperty("head", out JsonElement head)
        && entry.Detail.TryGetProperty("entries", out JsonElement entries)
        && long.TryParse(entries.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out long sequence)
            ? new ChainHead(ChainOf(request.GetString()!), sequence, head.GetString()!)
            : null;

    public IAsyncEnumerable<AuditEntry> ReadAsync(string chain, CancellationToken cancellation) =>
        table.QueryAsync(Partition(chain), "entry/", EvidenceJson.Default.AuditEntry, cancellation);

    /// <summary>The stored head, or null; it may lag behind the last entry, and is never ahead of it.</summary>
    public async Task<ChainHead?> HeadAsync(string chain, CancellationToken cancellation) =>
        (await table.GetAsync(Partition(chain), "head", EvidenceJson.Default.ChainHead, cancellation))?.Value;

    /// <summary>The last entry, or null. The stored head is only where the search begins: it may lag behind after a crash.</summary>
    public async Task<AuditEntry?> LastAsync(string chain, CancellationToken cancellation)
    {
        long sequence = (await HeadAsync(chain, cancellation))?.Sequence ?? 0;
        AuditEntry? last = null;
        for (AuditEntry? next = await EntryAsync(chain, Math.Max(sequence, 1), cancellation); next is not null;
             next = await EntryAsync(chain, next.Sequence + 1, cancellation))
            last = next;
        return last;
    }

    private async Task<AuditEntry?> EntryAsync(string chain, long sequence, CancellationToken cancellation) =>
        (await table.GetAsync(Partition(chain), Sort(sequence), EvidenceJson.Default.AuditEntry, cancellation))?.Value;

    private static string Partition(string chain) => $"audit/{chain}";

    private static string Sort(long sequence) => string.Create(CultureInfo.InvariantCulture, $"entry/{sequence:D12}");
}
