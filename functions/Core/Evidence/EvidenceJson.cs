using System.Text.Json;
using System.Text.Json.Serialization;

namespace Limpid.Core.Evidence;

/// <summary>The JSON form of evidence. Strict: a member that is unknown, repeated or missing is an error, never ignored.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(ChainHead))]
[JsonSerializable(typeof(SignedDocument))]
public sealed partial class EvidenceJson : JsonSerializerContext;

/// <summary>What the hash of an entry is taken over; nothing else reads or writes it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuditContent))]
internal sealed partial class AuditContentJson : JsonSerializerContext;
