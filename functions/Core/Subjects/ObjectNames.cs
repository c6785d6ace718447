using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Lake;

namespace Limpid.Core.Subjects;

/// <summary>
/// What stands for an object's key in the index, reports and logs. Where keys hold identifiers
/// (<see cref="Dataset.NamesAreIdentifiers"/>) that is a keyed reference, with the key encrypted beside it; elsewhere the key
/// itself. The same secret and key give the same reference and the same sealed text, so that repeating a step changes nothing.
/// Thread-safe.
/// </summary>
public sealed class ObjectNames
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly byte[]? _referenceKey;
    private readonly byte[]? _nonceKey;
    private readonly byte[]? _sealingKey;

    /// <param name="namingSecret">32 bytes or more. Losing it loses the way from references back to objects, until they are indexed anew.</param>
    public ObjectNames(ReadOnlyMemory<byte> namingSecret)
    {
        if (namingSecret.Length < 32)
            throw new ArgumentException("a naming secret has 32 bytes or more", nameof(namingSecret));
        _referenceKey = Derive(namingSecret.Span, "limpid object reference"u8);
        _nonceKey = Derive(namingSecret.Span, "limpid object nonce"u8);
        _sealingKey = Derive(namingSecret.Span, "limpid object sealing"u8);
    }

    private ObjectNames()
    {
    }

    /// <summary>For whoever may not know the secret: objects whose keys are no identifiers have their names, all others are an error.</summary>
    public static ObjectNames Closed { get; } = new();

    /// <summary>What the index calls an object, and its encrypted key where that is a reference.</summary>
    public (string Object, string? SealedKey) NameOf(Dataset dataset, string key) =>
        dataset.NamesAreIdentifiers ? (Reference(dataset, key), Seal(key)) : (key, null);

    /// <summary>The key of an object that <see cref="NameOf"/> named.</summary>
    /// <exception cref="CryptographicException">The sealed key was changed, belongs to another object, or to another secret.</exception>
    public string KeyOf(string objectId, string? sealedKey)
    {
        if (sealedKey is null)
            return objectId;
        string key = Unseal(sealedKey);
        int dataset = objectId.LastIndexOf("/#", StringComparison.Ordinal);
        // Two records whose sealed keys were exchanged would otherwise have each other's object erased.
        if (dataset < 0 || Reference(objectId[..dataset], key) != objectId)
            throw new CryptographicException("a sealed key belongs to another object");
        return key;
    }

    /// <summary><c>reviews/#</c> and 32 hexadecimal digits: the dataset's name and a keyed hash of it and the key.</summary>
    public string Reference(Dataset dataset, string key) => Reference(dataset.Name, key);

    /// <summary>The key under AES-256-GCM with a nonce made of the key itself, base64url.</summary>
    public string Seal(string key)
    {
        byte[] plain = Encoding.UTF8.GetBytes(key);
        byte[] sealedKey = new byte[NonceLength + plain.Length + TagLength];
        Span<byte> nonce = sealedKey.AsSpan(0, NonceLength);
        HMACSHA256.HashData(Open(_nonceKey), plain).AsSpan(0, NonceLength).CopyTo(nonce);
        using var aes = new AesGcm(Open(_sealingKey), TagLength);
        aes.Encrypt(nonce, plain, sealedKey.AsSpan(NonceLength, plain.Length), sealedKey.AsSpan(NonceLength + plain.Length));
        return Base64Url.EncodeToString(sealedKey);
    }

    /// <exception cref="CryptographicException">The text was changed, or sealed under another secret.</exception>
    public string Unseal(string sealedKey)
    {
        if (!Base64Url.IsValid(sealedKey, out int length) || length < NonceLength + TagLength)
            throw new CryptographicException("this is no sealed key");
        byte[] bytes = Base64Url.DecodeFromChars(sealedKey);
        byte[] plain = new byte[bytes.Length - NonceLength - TagLength];
        using var aes = new AesGcm(Open(_sealingKey), TagLength);
        aes.Decrypt(
            bytes.AsSpan(0, NonceLength),
            bytes.AsSpan(NonceLength, plain.Length),
            bytes.AsSpan(NonceLength + plain.Length),
            plain);
        return Encoding.UTF8.GetString(plain);
    }

    private string Reference(string dataset, string key)
    {
        // No name of a dataset holds a zero, so that no other pair makes the same message.
        byte[] message = Encoding.UTF8.GetBytes($"{dataset}\0{key}");
        return $"{dataset}/#{Convert.ToHexStringLower(HMACSHA256.HashData(Open(_referenceKey), message).AsSpan(0, 16))}";
    }

    private static byte[] Open(byte[]? key) => key ?? throw new ClosedSecretException("the naming secret");

    private static byte[] Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> purpose)
    {
        byte[] key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt: [], info: purpose);
        return key;
    }
}
