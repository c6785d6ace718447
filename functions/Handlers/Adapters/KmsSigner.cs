using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters;

/// <summary>Signs with a key that never leaves KMS.</summary>
internal sealed class KmsSigner : ISigner
{
    private const int CoordinateLength = 32;

    private readonly IAmazonKeyManagementService _kms;
    private readonly string _key;

    private KmsSigner(IAmazonKeyManagementService kms, string key, byte[] publicKey)
    {
        _kms = kms;
        _key = key;
        PublicKey = publicKey;
    }

    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <exception cref="MissingSettingException">The key is of another kind.</exception>
    public static async Task<KmsSigner> OpenAsync(IAmazonKeyManagementService kms, string key, CancellationToken cancellation)
    {
        GetPublicKeyResponse told = await kms.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = key }, cancellation);
        return told.KeySpec == KeySpec.ECC_NIST_P256 && told.KeyUsage == KeyUsageType.SIGN_VERIFY
            ? new KmsSigner(kms, key, told.PublicKey.ToArray())
            : throw new MissingSettingException("the signing key is not an ECC_NIST_P256 key for SIGN_VERIFY");
    }

    public async Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        using var digest = new MemoryStream(SHA256.HashData(data.Span), writable: false);
        SignResponse signed = await _kms.SignAsync(
            new SignRequest { KeyId = _key, Message = digest, MessageType = MessageType.DIGEST, SigningAlgorithm = SigningAlgorithmSpec.ECDSA_SHA_256 },
            cancellation);
        return Plain(signed.Signature.ToArray());
    }

    // KMS answers in DER, a sequence of two integers; elsewhere a signature is these two, 32 bytes each.
    private static byte[] Plain(byte[] der)
    {
        AsnReader sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        byte[] plain = new byte[2 * CoordinateLength];
        Write(sequence.ReadInteger(), plain.AsSpan(0, CoordinateLength));
        Write(sequence.ReadInteger(), plain.AsSpan(CoordinateLength));
        return plain;
    }

    private static void Write(BigInteger number, Span<byte> bytes)
    {
        int length = number.GetByteCount(isUnsigned: true);
        number.TryWriteBytes(bytes[^length..], out _, isUnsigned: true, isBigEndian: true);
    }
}
