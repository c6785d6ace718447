using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Subjects;

namespace Limpid.Core.Erasure;

/// <summary>
/// The keyed hashes of the approvers' pages: links, forms, codes and references to people, each under a label of its own, so that
/// none can pass for another. Whoever reads the state table learns neither a link nor a code from it.
/// </summary>
/// <param name="secret">32 bytes or more; empty for whoever may not know it, and seals nothing.</param>
public sealed class PageSeal(ReadOnlyMemory<byte> secret)
{
    private const int LinkBytes = 24;

    /// <summary>
    /// The opaque part of a link, 192 bits, fit for a URL. It is made of 128 random bits and the secret rather than stored, so that a
    /// reminder can hold the same link as the first mail.
    /// </summary>
    /// <param name="nonce">16 unguessable bytes or more.</param>
    public string LinkId(ReadOnlySpan<byte> nonce) =>
        Base64Url.EncodeToString(Mac("link", Convert.ToHexStringLower(nonce)).AsSpan(0, LinkBytes));

    /// <summary>What a link is stored and looked up under.</summary>
    public string LinkHash(string linkId) => Convert.ToHexStringLower(Mac("stored link", linkId));

    /// <summary>A short reference to a person, for the names of items and mails.</summary>
    public string PersonReference(string normalisedMail) => Convert.ToHexStringLower(Mac("person", normalisedMail).AsSpan(0, 16));

    /// <summary>What a mailed code is stored as: it opens one question, for one person, on one plan.</summary>
    public string CodeHash(string code, FormScope scope) => Convert.ToHexStringLower(Mac("code", [code, .. scope.Fields]));

    /// <summary>Goes into every form of a page; proves that Limpid made it, for whom, on what, and until when.</summary>
    public string FormSignature(FormScope scope, DateTimeOffset expires) =>
        Base64Url.EncodeToString(Mac("form", [.. scope.Fields, Invariant(expires.ToUnixTimeSeconds())]));

    /// <summary>In constant time.</summary>
    public bool IsFormSignature(string? signature, FormScope scope, DateTimeOffset expires) =>
        signature is not null && Same(signature, FormSignature(scope, expires));

    /// <summary>In constant time.</summary>
    public bool IsCode(string code, FormScope scope, string hash) => Same(CodeHash(code, scope), hash);

    private static bool Same(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    private static string Invariant(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    // Every field has its length in front: no two lists of fields are the same message.
    private byte[] Mac(string label, params ReadOnlySpan<string> fields)
    {
        if (secret.IsEmpty)
            throw new ClosedSecretException("the page secret");
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Span);
        Append(mac, label);
        foreach (string field in fields)
            Append(mac, field);
        return mac.GetHashAndReset();
    }

    private static void Append(IncrementalHash mac, string field)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(field);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        mac.AppendData(length);
        mac.AppendData(bytes);
    }
}

/// <summary>What a form or a code is good for, and nothing else.</summary>
/// <param name="Approver">Normalised.</param>
/// <param name="PlanDigest">Of the plan that was shown.</param>
public sealed record FormScope(Question Question, string Approver, string PlanDigest)
{
    internal string[] Fields => [Question.RequestId, Question.Sort, Approver, PlanDigest];
}
