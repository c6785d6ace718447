using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Limpid.Tests.Aws;

/// <summary>KMS on the wire, with one key to sign with. What encrypts is no cipher, but binds the context as KMS does.</summary>
internal sealed class FakeKms : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Key(string spec, string usage) =>
        JsonOf(("PublicKey", Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo())), ("KeySpec", spec), ("KeyUsage", usage));

    public void Dispose() => _key.Dispose();

    public (int Status, string Body) Answer(ServiceRequest request)
    {
        JsonElement asked = request.Json;
        request.AssertSigned("kms");
        switch (request.Target)
        {
            case "TrentService.GetPublicKey":
                return (200, Key("ECC_NIST_P256", "SIGN_VERIFY"));
            case "TrentService.Sign":
                return (200, JsonOf(("Signature", Convert.ToBase64String(_key.SignHash(asked.GetProperty("Message").GetBytesFromBase64(), DSASignatureFormat.Rfc3279DerSequence)))));
            case "TrentService.Encrypt":
                return (200, JsonOf(("CiphertextBlob", Convert.ToBase64String([.. Mark(asked), .. Masked(asked.GetProperty("Plaintext").GetBytesFromBase64())]))));
            default:
                byte[] blob = asked.GetProperty("CiphertextBlob").GetBytesFromBase64();
                return blob.AsSpan(0, 32).SequenceEqual(Mark(asked))
                    ? (200, JsonOf(("Plaintext", Convert.ToBase64String(Masked(blob[32..])))))
                    : (400, JsonOf(("__type", "InvalidCiphertextException")));
        }
    }

    private static byte[] Masked(byte[] bytes) => [.. bytes.Select(b => (byte)(b ^ 0x5A))];

    private static byte[] Mark(JsonElement asked) => SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(
        '\n', asked.GetProperty("EncryptionContext").EnumerateObject().Select(m => $"{m.Name}={m.Value}").Order(StringComparer.Ordinal))));

    private static string JsonOf(params (string Name, string Value)[] members) =>
        $"{{{string.Join(',', members.Select(m => $"\"{m.Name}\":\"{m.Value}\""))}}}";
}
