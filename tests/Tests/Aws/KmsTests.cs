using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Aws;

/// <summary>KMS as signer and as keeper of secrets, over the wire.</summary>
public sealed class KmsTests : IAsyncLifetime
{
    private readonly FakeKms _fake = new();
    private ServiceServer _server = null!;
    private AmazonKeyManagementServiceClient _kms = null!;

    private const Needs All = Needs.SubjectSecrets | Needs.NamingSecret | Needs.PageSecret | Needs.MakeSecrets;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ServiceServer.StartAsync();
        _server.Otherwise = _fake.Answer;
        _kms = new AmazonKeyManagementServiceClient(ServiceServer.Credentials, _server.Configure(new AmazonKeyManagementServiceConfig()));
    }

    public async ValueTask DisposeAsync()
    {
        _kms.Dispose();
        _fake.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_signature_is_made_of_the_digest_and_verifies_in_the_form_that_certificates_have()
    {
        KmsSigner signer = await KmsSigner.OpenAsync(_kms, "key", Stop);
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(signer.PublicKey.Span, out _);
        // Often enough that numbers with leading zeros, which DER shortens, are among them.
        for (int i = 0; i < 600; i++)
        {
            byte[] data = Encoding.UTF8.GetBytes($"data {i}"), signature = await signer.SignAsync(data, Stop);
            Assert.Equal(64, signature.Length);
            Assert.True(verifier.VerifyData(data, signature, HashAlgorithmName.SHA256));
        }
        ServiceRequest request = _server.Requests.Last();
        Assert.Equal(("DIGEST", "ECDSA_SHA_256"), (request.Json.GetProperty("MessageType").GetString(), request.Json.GetProperty("SigningAlgorithm").GetString()));
        Assert.Equal(32, request.Json.GetProperty("Message").GetBytesFromBase64().Length);
    }

    [Theory]
    [InlineData("ECC_NIST_P384", "SIGN_VERIFY")]
    [InlineData("ECC_NIST_P256", "KEY_AGREEMENT")]
    public async Task A_key_of_another_kind_is_refused_at_the_start(string spec, string usage)
    {
        _server.Answers(_fake.Key(spec, usage));
        await Assert.ThrowsAsync<MissingSettingException>(() => KmsSigner.OpenAsync(_kms, "key", Stop));
    }

    [Fact]
    public async Task Secrets_are_made_once_stored_encrypted_and_read_again_by_others()
    {
        var store = new MemoryStore(TimeProvider.System);
        KmsSecrets first = await KmsSecrets.OpenAsync(store, _kms, "key", "acme", All, Stop), second = await KmsSecrets.OpenAsync(store, _kms, "key", "acme", All, Stop);
        Assert.Equal(first.Subjects.Select(s => (s.Number, Convert.ToHexString(s.Key.Span))), second.Subjects.Select(s => (s.Number, Convert.ToHexString(s.Key.Span))));
        Assert.Equal(first.Pages.ToArray(), second.Pages.ToArray());
        Assert.Equal(first.Naming.ToArray(), second.Naming.ToArray());
        SubjectSecret subject = Assert.Single(first.Subjects);
        Assert.Equal((1, 32), (subject.Number, subject.Key.Length));
        Assert.Equal(3, new[] { subject.Key, first.Pages, first.Naming }.Select(k => Convert.ToHexString(k.Span)).Distinct().Count());
        string stored = Encoding.UTF8.GetString(store.Read(KmsSecrets.Key)!);
        Assert.DoesNotContain(Convert.ToBase64String(subject.Key.Span), stored, StringComparison.Ordinal);
        Assert.Equal(3, _server.Requests.Count(r => r.Target == "TrentService.Encrypt"));
    }

    [Fact]
    public async Task Two_that_make_secrets_at_once_end_up_with_the_same()
    {
        var store = new MemoryStore(TimeProvider.System);
        bool first = true;
        byte[]? rivals = null;
        store.OnStep = async call =>
        {
            if (!first || call.Method != "CreateAsync")
                return;
            first = false;
            rivals = (await KmsSecrets.OpenAsync(store, _kms, "key", "acme", All, Stop)).Pages.ToArray();
        };
        Assert.Equal((await KmsSecrets.OpenAsync(store, _kms, "key", "acme", All, Stop)).Pages.ToArray(), rivals);
    }

    [Fact]
    public async Task Secrets_of_another_lake_or_purpose_do_not_open()
    {
        var store = new MemoryStore(TimeProvider.System);
        await KmsSecrets.OpenAsync(store, _kms, "key", "acme", All, Stop);
        await Assert.ThrowsAsync<InvalidCiphertextException>(() => KmsSecrets.OpenAsync(store, _kms, "key", "other", All, Stop));
        using JsonDocument stored = JsonDocument.Parse(store.Read(KmsSecrets.Key)!);
        string naming = stored.RootElement.GetProperty("naming").GetString()!, pages = stored.RootElement.GetProperty("pages").GetString()!;
        store.Put(KmsSecrets.Key, Encoding.UTF8.GetBytes(stored.RootElement.GetRawText().Replace(pages, naming, StringComparison.Ordinal)));
        await Assert.ThrowsAsync<InvalidCiphertextException>(() => KmsSecrets.OpenAsync(store, _kms, "key", "acme", All, Stop));
    }

    [Fact]
    public async Task The_kill_switch_is_an_object_of_the_evidence_and_what_can_not_be_seen_is_an_error()
    {
        var store = new MemoryStore(TimeProvider.System);
        var killSwitch = new ObjectKillSwitch(store);
        Assert.False(await killSwitch.IsOnAsync(Stop));
        store.Put("stop", []);
        Assert.True(await killSwitch.IsOnAsync(Stop));
        store.OnStep = _ => throw new IOException("S3 is away");
        await Assert.ThrowsAsync<IOException>(() => killSwitch.IsOnAsync(Stop));
    }
}
