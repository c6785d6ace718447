using System.Security.Cryptography;

namespace Limpid.Core.Subjects;

/// <summary>
/// Names a subject secret without telling anything of it. Kept beside the secret's number in the state table, it shows a
/// secret that was lost and made anew, or exchanged: under such a one nobody who was erased would be recognised again.
/// </summary>
public static class SecretFingerprint
{
    /// <summary>16 lowercase hexadecimal digits of an HMAC-SHA-256 under the secret.</summary>
    public static string Of(SubjectSecret secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(secret.Key.Span, "limpid fingerprint"u8))[..16];
}
