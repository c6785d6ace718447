using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Limpid.Core.Evidence;

/// <summary>How far a chain had grown. Signed and kept elsewhere, it makes a truncation show.</summary>
/// <param name="Chain">The chain's name.</param>
/// <param name="Sequence">Of its last entry then.</param>
/// <param name="Hash">Of that entry.</param>
public sealed record ChainHead(string Chain, long Sequence, string Hash);

/// <param name="BrokenAt">The first sequence that does not hold, or null when the whole chain does.</param>
/// <param name="Why">One line for people, with <paramref name="BrokenAt"/>.</param>
public readonly record struct ChainCheck(long? BrokenAt, string? Why)
{
    public bool IsWhole => BrokenAt is null;
}

/// <summary>
/// Entries of which each holds the hash of the one before, so that none can be changed, removed from the middle, added or
/// moved without every later hash changing. The first holds a hash of the chain's name: an entry of one chain is none of another.
/// </summary>
/// <remarks>Each request has a chain of its own; the head of a closed one goes into the lake's chain as an entry.</remarks>
public static class AuditChain
{
    /// <summary>What the first entry of a chain holds as <see cref="AuditEntry.Previous"/>.</summary>
    public static string Genesis(string chain) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("limpid audit chain\n" + chain)));

    /// <summary>The entry that comes after <paramref name="previous"/>, or the first one where that is null.</summary>
    /// <param name="previous">The last entry as it is stored, or null.</param>
    /// <param name="chain">The chain's name; counts for the first entry only.</param>
    /// <param name="at">Kept to 100 nanoseconds, in UTC.</param>
    /// <param name="event">What happened.</param>
    /// <param name="detail">Must have a canonical form (<see cref="CanonicalJson"/>).</param>
    /// <exception cref="JsonException">The detail has no canonical form.</exception>
    public static AuditEntry Append(AuditEntry? previous, string chain, DateTimeOffset at, string @event, JsonElement detail)
    {
        var entry = new AuditEntry
        {
            Sequence = (previous?.Sequence ?? 0) + 1,
            At = at.ToUniversalTime(),
            Event = @event,
            Detail = detail.Clone(),
            Previous = previous?.Hash ?? Genesis(chain),
            Hash = "",
        };
        return entry with { Hash = HashOf(entry) };
    }

    public static ChainHead HeadOf(string chain, AuditEntry last) => new(chain, last.Sequence, last.Hash);

    /// <summary>
    /// Whether the entries, in the order given, are the chain of this name from its beginning, and hold every head in
    /// <paramref name="heads"/> that is of this chain. Without a head the loss of the last entries can't be seen.
    /// </summary>
    public static ChainCheck Verify(string chain, IEnumerable<AuditEntry> entries, params IEnumerable<ChainHead> heads)
    {
        ILookup<long, ChainHead> expected = heads.Where(h => h.Chain == chain).ToLookup(h => h.Sequence);
        string previous = Genesis(chain);
        long sequence = 0;
        foreach (AuditEntry entry in entries)
        {
            sequence++;
            if (WhyBroken(entry, sequence, previous) is { } why)
                return new ChainCheck(sequence, why);
            if (expected[sequence].Any(h => h.Hash != entry.Hash))
                return new ChainCheck(sequence, "the entry is not the one that a kept head names");
            previous = entry.Hash;
        }
        long last = expected.Select(h => h.Key).DefaultIfEmpty(0).Max();
        if (last > sequence)
            return new ChainCheck(sequence + 1, $"the chain ends here, but a kept head says that it had {last} entries");
        return expected.Any(h => h.Key < 1) ? new ChainCheck(1, "a kept head names an entry before the first") : default;
    }

    private static string? WhyBroken(AuditEntry entry, long sequence, string previous)
    {
        if (entry.Sequence != sequence)
            return $"the entry says that it is number {entry.Sequence}";
        if (entry.Previous != previous)
            return "the entry does not follow the one before it";
        try
        {
            return entry.Hash == HashOf(entry) ? null : "the entry was changed after it was written";
        }
        catch (JsonException e)
        {
            return "the entry's detail has no canonical form: " + e.Message;
        }
    }

    private static string HashOf(AuditEntry entry)
    {
        var content = new AuditContent
        {
            Sequence = entry.Sequence,
            At = entry.At,
            Event = entry.Event,
            Detail = entry.Detail,
            Previous = entry.Previous,
        };
        return CanonicalJson.Digest(JsonSerializer.SerializeToElement(content, AuditContentJson.Default.AuditContent));
    }
}
