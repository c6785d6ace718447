using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;

namespace Limpid.Tests.Evidence;

public sealed class SignedDocumentTests : IDisposable
{
    private const string Body = """{"request":"r-1","rows":12,"exceptions":[],"by":"dpo@acme.example","note":"it's ok"}""";

    private readonly KeyInMemory _key = new();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task A_signed_document_verifies_with_the_public_key_alone()
    {
        SignedDocument document = await SignAsync();
        Assert.True(document.Verify(_key.PublicKey.Span));
        Assert.Equal(SignedDocument.KeyIdOf(_key.PublicKey.Span), document.KeyId);
        Assert.Equal(16, document.KeyId.Length);
    }

    [Fact]
    public async Task It_survives_being_laid_out_anew()
    {
        SignedDocument document = await SignAsync();
        string laidOut = $$"""
            { "signature": "{{document.Signature}}",
              "body": {"rows": 12.0, "note": "it\u0027s ok", "by": "dpo@acme.example", "exceptions": [ ], "request": "r-1"},
              "keyId": "{{document.KeyId}}" }
            """;
        Assert.True(SignedDocument.TryParse(Encoding.UTF8.GetBytes(laidOut), out SignedDocument? read));
        Assert.True(read!.Verify(_key.PublicKey.Span));
    }

    [Fact]
    public async Task Another_key_does_not_verify_it()
    {
        SignedDocument document = await SignAsync();
        using var other = new KeyInMemory();
        Assert.False(document.Verify(other.PublicKey.Span));
        Assert.False((document with { KeyId = SignedDocument.KeyIdOf(other.PublicKey.Span) }).Verify(other.PublicKey.Span));
    }

    [Fact]
    public async Task F56_every_changed_bit_of_a_stored_document_shows()
    {
        byte[] stored = (await SignAsync()).ToUtf8();
        for (int bit = 0; bit < stored.Length * 8; bit++)
        {
            byte[] changed = [.. stored];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(
                SignedDocument.TryParse(changed, out SignedDocument? read) && read!.Verify(_key.PublicKey.Span),
                $"bit {bit}: {Encoding.UTF8.GetString(changed)}");
        }
    }

    [Fact]
    public async Task F56_every_truncation_of_a_stored_document_shows()
    {
        byte[] stored = (await SignAsync()).ToUtf8();
        for (int length = 0; length < stored.Length; length++)
            Assert.False(SignedDocument.TryParse(stored.AsSpan(0, length), out _));
    }

    [Fact]
    public async Task A_property_that_is_unknown_or_stands_twice_is_refused()
    {
        string stored = Encoding.UTF8.GetString((await SignAsync()).ToUtf8());
        string[] forged =
        [
            stored.Replace("\"keyId\"", "\"extra\":1,\"keyId\"", StringComparison.Ordinal),
            stored.Replace("\"keyId\"", "\"body\":{},\"keyId\"", StringComparison.Ordinal),
            stored.Replace("\"rows\":12", "\"rows\":12,\"rows\":13", StringComparison.Ordinal),
        ];
        Assert.All(forged, text => Assert.False(
            SignedDocument.TryParse(Encoding.UTF8.GetBytes(text), out SignedDocument? read) && read!.Verify(_key.PublicKey.Span)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("!!!!")]
    [InlineData("AAAA")]
    public async Task A_signature_of_another_shape_is_simply_wrong(string signature) =>
        Assert.False((await SignAsync() with { Signature = signature }).Verify(_key.PublicKey.Span));

    [Fact]
    public async Task What_is_no_P256_key_verifies_nothing()
    {
        SignedDocument document = await SignAsync();
        using ECDsa larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        byte[][] keys = [[], [1, 2, 3], larger.ExportSubjectPublicKeyInfo(), [.. _key.PublicKey.Span, 0]];
        Assert.All(keys, key => Assert.False((document with { KeyId = SignedDocument.KeyIdOf(key) }).Verify(key)));
    }

    private async Task<SignedDocument> SignAsync()
    {
        using JsonDocument body = JsonDocument.Parse(Body);
        return await SignedDocument.SignAsync(body.RootElement, _key, TestContext.Current.CancellationToken);
    }

    private sealed class KeyInMemory : ISigner, IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public ReadOnlyMemory<byte> PublicKey => _key.ExportSubjectPublicKeyInfo();

        public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) =>
            Task.FromResult(_key.SignData(data.Span, HashAlgorithmName.SHA256));

        public void Dispose() => _key.Dispose();
    }
}
