using System.Text.Json;
using System.Text.Json.Serialization;

namespace Limpid.Core.Evidence;

/// <summary>One link of an <see cref="AuditChain"/>. Holds subject keys and references, never an identifier.</summary>
public sealed record AuditEntry
{
    /// <summary>From 1, without gaps.</summary>
    public required long Sequence { get; init; }

    [JsonConverter(typeof(UtcInstant))]
    public required DateTimeOffset At { get; init; }

    /// <summary>What happened, verb and noun: <c>decision-recorded</c>.</summary>
    public required string Event { get; init; }

    public required JsonElement Detail { get; init; }

    /// <summary>The <see cref="Hash"/> of the entry before, or the chain's genesis.</summary>
    public required string Previous { get; init; }

    /// <summary>SHA-256 over the canonical JSON of everything else, 64 lowercase hexadecimal digits.</summary>
    public required string Hash { get; init; }
}

/// <summary>An entry without its hash: what the hash is taken over.</summary>
internal sealed record AuditContent
{
    public required long Sequence { get; init; }

    [JsonConverter(typeof(UtcInstant))]
    public required DateTimeOffset At { get; init; }

    public required string Event { get; init; }

    public required JsonElement Detail { get; init; }

    public required string Previous { get; init; }
}
