using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Ports;

namespace Limpid.Local.Home;

/// <summary>Signs with the key file of the user's configuration folder: ECDSA P-256, PKCS#8 in PEM.</summary>
internal sealed class EcdsaSigner : ISigner, IDisposable
{
    private const string Name = "signing-key.pem";

    private readonly Lock _alone = new();
    private readonly ECDsa _key;

    private EcdsaSigner(ECDsa key)
    {
        _key = key;
        PublicKey = key.ExportSubjectPublicKeyInfo();
    }

    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Opens the key, and makes one where there is none.</summary>
    /// <exception cref="UnfitHomeException">The file is damaged, holds another kind of key, or others may read it.</exception>
    public static EcdsaSigner Open(SecretFolder folder)
    {
        string pem = Encoding.UTF8.GetString(folder.ReadOrCreate(Name, NewKey));
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            // A public key alone imports as well, and would fail at the first signature.
            if (key.ExportParameters(includePrivateParameters: true).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
                throw new CryptographicException("not on the curve P-256");
            return new EcdsaSigner(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw folder.Damaged(Name, e);
        }
    }

    public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // ECDsa promises nothing about use by several threads.
        lock (_alone)
            return Task.FromResult(_key.SignData(data.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    public void Dispose() => _key.Dispose();

    private static byte[] NewKey()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
