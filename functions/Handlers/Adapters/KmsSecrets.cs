using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.State;

namespace Limpid.Functions.Adapters;

/// <summary>
/// All secrets of one lake. They stand in one object, each encrypted by KMS for this lake and purpose alone, and are read once a
/// process. The first process makes them: others may not, by the rights of their roles.
/// </summary>
internal sealed record KmsSecrets(IReadOnlyList<SubjectSecret> Subjects, ReadOnlyMemory<byte> Naming, ReadOnlyMemory<byte> Pages)
{
    public const string Key = "secrets.json";

    private const int SecretLength = 32;

    /// <summary>Reads them; makes them where there are none. Two that make them at once end up with the same.</summary>
    /// <param name="key">KMS key, symmetric.</param>
    public static async Task<KmsSecrets> OpenAsync(
        IObjectStore store, IAmazonKeyManagementService kms, string key, string lake, CancellationToken cancellation)
    {
        var files = new EvidenceFiles(store);
        byte[]? json = await files.ReadAsync(Key, cancellation);
        if (json is null)
        {
            SealedSecrets made = await MakeAsync(kms, key, lake, cancellation);
            await files.CreateAsync(Key, JsonSerializer.SerializeToUtf8Bytes(made, SecretsJson.Default.SealedSecrets), cancellation);
            json = await files.ReadAsync(Key, cancellation) ?? throw new MissingSettingException($"{Key} is gone again");
        }
        return await UnsealAsync(JsonSerializer.Deserialize(json, SecretsJson.Default.SealedSecrets)!, kms, key, lake, cancellation);
    }

    private static async Task<SealedSecrets> MakeAsync(IAmazonKeyManagementService kms, string key, string lake, CancellationToken cancellation)
    {
        return new SealedSecrets
        {
            Subjects = [new SealedSecret(1, await NewAsync("subjects"))],
            Naming = await NewAsync("naming"),
            Pages = await NewAsync("pages"),
        };

        async Task<byte[]> NewAsync(string purpose)
        {
            using var plain = new MemoryStream(RandomNumberGenerator.GetBytes(SecretLength));
            EncryptResponse encrypted = await kms.EncryptAsync(
                new EncryptRequest { KeyId = key, Plaintext = plain, EncryptionContext = Context(lake, purpose) }, cancellation);
            return encrypted.CiphertextBlob.ToArray();
        }
    }

    private static async Task<KmsSecrets> UnsealAsync(
        SealedSecrets all, IAmazonKeyManagementService kms, string key, string lake, CancellationToken cancellation)
    {
        var subjects = new List<SubjectSecret>();
        foreach (SealedSecret subject in all.Subjects)
            subjects.Add(new SubjectSecret(subject.Number, await PlainAsync(subject.Key, "subjects")));
        return new KmsSecrets(subjects, await PlainAsync(all.Naming, "naming"), await PlainAsync(all.Pages, "pages"));

        async Task<byte[]> PlainAsync(byte[] ciphertext, string purpose)
        {
            using var blob = new MemoryStream(ciphertext, writable: false);
            DecryptResponse decrypted = await kms.DecryptAsync(
                new DecryptRequest { KeyId = key, CiphertextBlob = blob, EncryptionContext = Context(lake, purpose) }, cancellation);
            return decrypted.Plaintext.ToArray();
        }
    }

    // Bound into the ciphertext: what was sealed for one purpose or lake opens for no other.
    private static Dictionary<string, string> Context(string lake, string purpose) => new() { ["limpid:lake"] = lake, ["limpid:purpose"] = purpose };
}

/// <summary>As they are stored. Numbers of subject secrets only grow, and none that anything still names is taken out.</summary>
internal sealed record SealedSecrets
{
    public required IReadOnlyList<SealedSecret> Subjects { get; init; }

    public required byte[] Naming { get; init; }

    public required byte[] Pages { get; init; }
}

/// <param name="Key">Ciphertext, base64 in the file.</param>
internal sealed record SealedSecret(ushort Number, byte[] Key);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SealedSecrets))]
internal sealed partial class SecretsJson : JsonSerializerContext;
