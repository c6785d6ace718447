using System.Text.Json;
using System.Text.Json.Serialization;
using Limpid.Core.Evidence;
using Limpid.Core.Subjects;

namespace Limpid.Core.Erasure;

/// <summary>
/// The evidence of one request, for a stated scope: what was erased, what could not be, who decided, and the second pass that
/// looked again. Kept and shown as the body of a <see cref="SignedDocument"/>.
/// </summary>
public sealed record Certificate
{
    public const string Kind = "limpid/erasure-certificate/1";

    public string Type { get; init; } = Kind;
    public required string RequestId { get; init; }
    public required string Lake { get; init; }

    /// <summary><c>certified</c>, <c>certified-with-exceptions</c> or <c>nothing-found</c>.</summary>
    public required RequestStatus Outcome { get; init; }
    public required IReadOnlyList<SubjectIdentity> Subject { get; init; }
    public required string RequestedBy { get; init; }
    public string? Case { get; init; }
    public string? VerifiedBy { get; init; }
    public required DateOnly Received { get; init; }
    public required DateOnly Due { get; init; }

    /// <summary>Where the month was extended: by whom, when, and the reason that the person was to be told.</summary>
    public Extension? Extension { get; init; }
    public required DateTimeOffset SubmittedAt { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required CertificateScope Scope { get; init; }

    /// <summary>Digests of the plans, in order.</summary>
    public required IReadOnlyList<CertifiedPlan> Plans { get; init; }
    public required long ObjectsErased { get; init; }

    /// <summary>In all versions.</summary>
    public required long RowsErased { get; init; }

    /// <summary>Old versions that were removed, whole; null where no version but the current one was.</summary>
    public long? VersionsRemoved { get; init; }

    /// <summary>SHA-256 over the file of item outcomes that stands beside the certificate.</summary>
    public required string ItemsDigest { get; init; }
    public required long Items { get; init; }

    /// <summary>What could not be erased or searched. Empty where the outcome has no exceptions.</summary>
    public required IReadOnlyList<BlockedObject> Exceptions { get; init; }
    public required long ExceptionCount { get; init; }

    /// <summary>Signed attestations for places outside the lake.</summary>
    public required IReadOnlyList<SignedDocument> Attestations { get; init; }

    /// <summary>Objects that came after the as-of time and name the person again: a human decides.</summary>
    public required IReadOnlyList<string> Resurfaced { get; init; }
    public required long ResurfacedCount { get; init; }

    /// <summary>Copies that Limpid does not reach, with the day on which they lapse where it is known.</summary>
    public required IReadOnlyList<ResidualCopy> Residual { get; init; }
    public required SecondPass SecondPass { get; init; }

    /// <summary>The request's audit chain when the certificate was made.</summary>
    public required ChainHead Audit { get; init; }

    /// <summary>The lake's chain, before this request's head entered it; null for the first request.</summary>
    public ChainHead? LakeAudit { get; init; }

    public static string KeyOf(string requestId) => $"certificates/{requestId}.json";

    public static string ItemsKeyOf(string digest) => $"certificates/items-{digest}.jsonl";

    public const int MostExceptionsListed = 1_000;
}

/// <summary>What the certificate speaks of.</summary>
public sealed record CertificateScope
{
    public required string LakeDigest { get; init; }

    /// <summary>Only what stood in the lake at this time is certified.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The listing before locating.</summary>
    public required Listing Located { get; init; }

    /// <summary>The listing before the second look-up.</summary>
    public required Listing Verified { get; init; }
    public required IReadOnlyList<CertifiedDataset> Datasets { get; init; }

    /// <summary>What was not looked at.</summary>
    public string Limits { get; init; } = "Identifiers were looked for where 'searched' says, and nowhere else: free text was not searched, nor were the malformed rows counted here.";
}

public sealed record Listing(DateTimeOffset From, DateTimeOffset To);

/// <param name="Objects">Where versions are kept, object versions.</param>
public sealed record CertifiedDataset(
    string Name, IReadOnlyList<string> Searched, long Objects, long Rows, long UnreadableObjects, long MalformedRows);

/// <param name="Decisions">The signed decisions that authorised it; empty for a plan with nothing to erase.</param>
public sealed record CertifiedPlan(int Number, string Digest, long Objects, long Rows, IReadOnlyList<SignedDocument> Decisions);

public sealed record ResidualCopy(string What)
{
    /// <summary>The day on which it lapses; null where Limpid can't know.</summary>
    public DateOnly? Until { get; init; }
}

/// <summary>The second pass: each object was read again, whole, in all its versions, and nothing of the person was found but the exceptions.</summary>
public sealed record SecondPass(DateTimeOffset From, DateTimeOffset To, long Objects)
{
    /// <summary>Versions of them that were read, old ones counted; null where there were no old ones.</summary>
    public long? Versions { get; init; }
}

/// <summary>Strict: a member that is unknown, repeated or missing is an error.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Certificate))]
public sealed partial class CertificateJson : JsonSerializerContext;
