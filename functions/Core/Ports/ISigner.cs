namespace Limpid.Core.Ports;

/// <summary>ECDSA P-256 over SHA-256 (KMS in the cloud; a key file in the user's configuration folder on one machine).</summary>
public interface ISigner
{
    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Of the data's SHA-256; IEEE P1363 form, 64 bytes.</summary>
    Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation);
}
