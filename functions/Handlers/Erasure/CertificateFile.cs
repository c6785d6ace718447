using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;

namespace Limpid.Functions.Erasure;

/// <summary>A certificate as it is kept: a signed document in canonical JSON.</summary>
internal static class CertificateFile
{
    /// <exception cref="InvalidDataException">These bytes are no certificate. The signature is not looked at.</exception>
    public static Certificate Read(ReadOnlySpan<byte> utf8, out SignedDocument signed)
    {
        try
        {
            if (SignedDocument.TryParse(utf8, out SignedDocument? document)
                && document!.Body.Deserialize(CertificateJson.Default.Certificate) is { Type: Certificate.Kind } certificate)
            {
                signed = document;
                return certificate;
            }
        }
        catch (JsonException)
        {
            // Not of a certificate's shape: said below, without quoting what it is.
        }
        throw new InvalidDataException("this is no erasure certificate");
    }
}
