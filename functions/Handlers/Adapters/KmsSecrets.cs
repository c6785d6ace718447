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
/// The secrets of one lake. They stand in one object, each encrypted by KMS for this lake and purpose alone, and are read once a
/// process, each by the functions that need it. One function makes them, others may not, by the rights of their roles.
/// </summary>
/// <param name="Subjects">None where they were not asked for.</param>
/// <param name="Naming">Empty where it was not asked for.</param>
/// <param name="Pages">Empty where it was not asked for.</param>
internal sealed record KmsSecrets(IReadOnlyList<SubjectSecret> Subjects, ReadOnlyMemory<byte> Naming, ReadOnlyMemory<byte> Pages)
{
    public const string Key = "secrets.json";

    private const int SecretLength = 32;

    public static KmsSecrets None { get; } = new([], default, default);

    /// <summary>Opens those that are needed; makes all where there are none. Two that make them at once end up with the same.</summary>
    /// <param name="key">KMS key, symmetric.</param>
    /// <exception cref="MissingSettingException">There are none, and they are not this function's to make.</exception>
    public static async Task<KmsSecrets> OpenAsync(
        IObjectStore store, IAmazonKeyManagementService kms, string key, string lake, Needs needs, CancellationToken cancellation)
    {
        var files = new EvidenceFiles(store);
        byte[]? json = await files.ReadAsync(Key, cancellation);
        if (json is null)
        {
            if (!needs.HasFlag(Needs.MakeSecrets))
                throw new MissingSettingException("the lake has no secrets yet: reconcile-lake makes them when it first runs");
            SealedSecrets made = await MakeAsync(kms, key, lake, cancellation);
            await files.CreateAsync(Key, JsonSerializer.SerializeToUtf8Bytes(made, SecretsJson.Default.SealedSecrets), cancellation);
            json = await files.ReadAsync(Key, cancellation) ?? throw new MissingSettingException($"{Key} is gone again");
        }
        return await UnsealAsync(JsonSerializer.Deserialize(json, SecretsJson.Default.SealedSecrets)!, kms, key, lake, needs, cancellation);
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
        SealedSecrets all, IAmazonKeyManagementService kms, string key, string lake, Needs needs, CancellationToken cancellation)
    {
        var subjects = new List<SubjectSecret>();
        foreach (SealedSecret subject in needs.HasFlag(Needs.SubjectSecrets) ? all.Subjects : [])
            subjects.Add(new SubjectSecret(subject.Number, await PlainAsync(subject.Key, "subjects")));
        return new KmsSecrets(
            subjects,
            needs.HasFlag(Needs.NamingSecret) ? await PlainAsync(all.Naming, "naming") : default(ReadOnlyMemory<byte>),
            needs.HasFlag(Needs.PageSecret) ? await PlainAsync(all.Pages, "pages") : default(ReadOnlyMemory<byte>));

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
