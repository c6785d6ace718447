using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Limpid.Core.Subjects;

/// <summary>A secret that subject keys are made with. <see cref="Number"/> stands in front of every key made with it.</summary>
public sealed record SubjectSecret(ushort Number, ReadOnlyMemory<byte> Key);

/// <summary>
/// Makes subject keys from canonical identifiers: HMAC-SHA-256 over <c>kind, 0x00, canonical text in UTF-8</c>, cut to 128 bits.
/// Holds every live secret, the newest first; look-ups try all of them, the index is written under the newest.
/// Thread-safe. The same secrets, kind and text give the same keys on every machine.
/// </summary>
public sealed class SubjectHasher
{
    private readonly SubjectSecret[] _secrets;

    /// <param name="secrets">At least one, each of 32 bytes or more, numbers distinct.</param>
    public SubjectHasher(IEnumerable<SubjectSecret> secrets)
    {
        _secrets = [.. secrets.OrderByDescending(s => s.Number)];
        if (_secrets.Length == 0)
            throw new ArgumentException("at least one subject secret is needed", nameof(secrets));
        if (_secrets.Any(s => s.Key.Length < 32) || _secrets.DistinctBy(s => s.Number).Count() != _secrets.Length)
            throw new ArgumentException("subject secrets have 32 bytes or more and distinct numbers", nameof(secrets));
    }

    private SubjectHasher() => _secrets = [];

    /// <summary>For whoever may not know the secrets: it names nobody, and says so instead of finding nobody.</summary>
    public static SubjectHasher Closed { get; } = new();

    /// <summary>The number of the secret that the index is written under.</summary>
    public ushort Newest => Secrets[0].Number;

    /// <exception cref="ClosedSecretException">It is <see cref="Closed"/>.</exception>
    public IReadOnlyList<SubjectSecret> Secrets =>
        _secrets.Length > 0 ? _secrets : throw new ClosedSecretException("the subject secret");

    /// <summary>The keys of an identifier under every live secret, the newest first.</summary>
    /// <param name="kind">The kind's name, as in lake.yaml.</param>
    /// <param name="canonical">The canonical text in UTF-8.</param>
    public SubjectKey[] KeysOf(string kind, ReadOnlySpan<byte> canonical)
    {
        var keys = new SubjectKey[Secrets.Count];
        int kindLength = Encoding.UTF8.GetByteCount(kind);
        byte[]? rented = null;
        int length = kindLength + 1 + canonical.Length;
        Span<byte> message = length <= 512 ? stackalloc byte[512] : rented = new byte[length];
        message = message[..length];
        Encoding.UTF8.GetBytes(kind, message);
        message[kindLength] = 0;
        canonical.CopyTo(message[(kindLength + 1)..]);
        Span<byte> hash = stackalloc byte[32];
        for (int i = 0; i < keys.Length; i++)
        {
            HMACSHA256.HashData(_secrets[i].Key.Span, message, hash);
            keys[i] = new SubjectKey(_secrets[i].Number, BinaryPrimitives.ReadUInt128BigEndian(hash));
        }
        message.Clear();
        return keys;
    }
}
