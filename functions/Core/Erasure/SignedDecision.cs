using System.Text.Json;
using System.Text.Json.Serialization;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;

namespace Limpid.Core.Erasure;

/// <summary>A <see cref="Decision"/> as it is kept: the body of a <see cref="SignedDocument"/>.</summary>
public static class SignedDecision
{
    public static Task<SignedDocument> SignAsync(Decision decision, ISigner signer, CancellationToken cancellation) =>
        SignedDocument.SignAsync(JsonSerializer.SerializeToElement(decision, DecisionJson.Default.Decision), signer, cancellation);

    /// <summary>The decision in a document that the holder of this key signed; null for a forged or foreign document.</summary>
    /// <param name="publicKeySpki">SubjectPublicKeyInfo, DER.</param>
    public static Decision? Open(SignedDocument document, ReadOnlySpan<byte> publicKeySpki)
    {
        if (!document.Verify(publicKeySpki))
            return null;
        try
        {
            return document.Body.Deserialize(DecisionJson.Default.Decision);
        }
        catch (JsonException)
        {
            // Signed by the same key, but something else: a certificate or a chain's head is no decision.
            return null;
        }
    }
}

/// <summary>The JSON form that decisions are signed in. Strict: an unknown, repeated or missing member makes it no decision.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Decision))]
public sealed partial class DecisionJson : JsonSerializerContext;
