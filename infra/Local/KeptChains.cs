using System.Text.Json;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Local;

/// <summary>Audit chains as they are kept. Whatever stands there, reading it throws nothing.</summary>
internal sealed class KeptChains(IStateTable state)
{
    private readonly AuditLog _audit = new(state, TimeProvider.System);

    /// <summary>
    /// The entries of a chain, and why it is not the whole of what was written, or null. The head that is stored beside it counts like
    /// one that was kept elsewhere: it never runs ahead of the entries, so that entries cut off from the end show even where no
    /// certificate covers them.
    /// </summary>
    public async Task<(IReadOnlyList<AuditEntry> Entries, string? Broken)> ReadAsync(
        string chain, IEnumerable<ChainHead> heads, CancellationToken cancellation)
    {
        var entries = new List<AuditEntry>();
        try
        {
            await foreach (AuditEntry entry in _audit.ReadAsync(chain, cancellation))
                entries.Add(entry);
            if (await _audit.HeadAsync(chain, cancellation) is { } stored)
                heads = heads.Append(stored with { Chain = chain });
        }
        catch (JsonException)
        {
            return (entries, $"entry {entries.Count + 1}: what stands there is no audit entry");
        }
        ChainCheck check = AuditChain.Verify(chain, entries, heads);
        return (entries, check.IsWhole ? null : $"entry {check.BrokenAt}: {check.Why}");
    }

    /// <summary>A text in an entry's detail; null where there is none of that name.</summary>
    public static string? Text(AuditEntry entry, string name) =>
        entry.Detail.ValueKind == JsonValueKind.Object && entry.Detail.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
