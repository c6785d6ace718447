using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Limpid.Core.Ports;

namespace Limpid.Core.Evidence;

/// <summary>
/// A JSON document with a signature over its canonical form (ECDSA P-256 and SHA-256): a decision, a certificate, a chain's head.
/// White space and the order of properties may change on the way; nothing else may.
/// </summary>
public sealed record SignedDocument
{
    public required JsonElement Body { get; init; }

    /// <summary>Names the key: see <see cref="KeyIdOf"/>.</summary>
    public required string KeyId { get; init; }

    /// <summary>64 bytes in IEEE P1363 form, base64url without padding.</summary>
    public required string Signature { get; init; }

    /// <exception cref="JsonException">The body has no canonical form.</exception>
    public static async Task<SignedDocument> SignAsync(JsonElement body, ISigner signer, CancellationToken cancellation)
    {
        byte[] signature = await signer.SignAsync(CanonicalJson.Of(body), cancellation);
        return new SignedDocument
        {
            Body = body.Clone(),
            KeyId = KeyIdOf(signer.PublicKey.Span),
            Signature = Base64Url.EncodeToString(signature),
        };
    }

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of a public key's SubjectPublicKeyInfo.</summary>
    public static string KeyIdOf(ReadOnlySpan<byte> publicKeySpki) =>
        Convert.ToHexStringLower(SHA256.HashData(publicKeySpki))[..16];

    /// <summary>The document in canonical JSON, UTF-8.</summary>
    public byte[] ToUtf8() =>
        CanonicalJson.Of(JsonSerializer.SerializeToElement(this, EvidenceJson.Default.SignedDocument));

    /// <summary>Reads what <see cref="ToUtf8"/> wrote; unknown and repeated properties are refused. Says nothing of the signature.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out SignedDocument? document)
    {
        try
        {
            document = JsonSerializer.Deserialize(utf8, EvidenceJson.Default.SignedDocument);
        }
        catch (JsonException)
        {
            document = null;
        }
        return document is not null;
    }

    /// <summary>Whether the body is what the holder of this key signed. False too for a key that is no P-256 public key.</summary>
    /// <param name="publicKeySpki">SubjectPublicKeyInfo, DER.</param>
    public bool Verify(ReadOnlySpan<byte> publicKeySpki)
    {
        if (KeyId != KeyIdOf(publicKeySpki))
            return false;
        Span<byte> signature = stackalloc byte[64];
        if (!Base64Url.IsValid(Signature, out int length) || length != signature.Length)
            return false;
        Base64Url.DecodeFromChars(Signature, signature);
        // The last character has bits to spare: only one of its spellings is the signature's.
        if (Base64Url.EncodeToString(signature) != Signature)
            return false;
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(publicKeySpki, out int read);
            return read == publicKeySpki.Length
                && key.KeySize == 256
                && key.VerifyData(CanonicalJson.Of(Body), signature, HashAlgorithmName.SHA256);
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            return false;
        }
    }
}
