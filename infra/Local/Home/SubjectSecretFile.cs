using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Limpid.Core.Subjects;

namespace Limpid.Local.Home;

/// <summary>The file of numbered subject secrets. It only grows: a secret that anything still names must stay.</summary>
internal static class SubjectSecretFile
{
    private const string Name = "subject-secrets.json";
    private const int SecretLength = 32;

    public static IReadOnlyList<SubjectSecret> Read(SecretFolder folder, TimeProvider clock) =>
        [.. ReadFile(folder, clock).Secrets.OrderByDescending(s => s.Number).Select(s => new SubjectSecret(s.Number, s.Key))];

    public static SubjectSecret Add(SecretFolder folder, TimeProvider clock)
    {
        using IDisposable alone = folder.Lock("subject-secrets.lock");
        StoredSecrets before = ReadFile(folder, clock);
        ushort last = before.Secrets.Max(s => s.Number);
        if (last == ushort.MaxValue)
            throw new UnfitHomeException("there are no numbers left for a new subject secret");
        StoredSecret added = NewSecret((ushort)(last + 1), clock);
        folder.Replace(Name, ToJson(new StoredSecrets { Secrets = [.. before.Secrets, added] }));
        return new SubjectSecret(added.Number, added.Key);
    }

    private static StoredSecrets ReadFile(SecretFolder folder, TimeProvider clock)
    {
        byte[] json = folder.ReadOrCreate(Name, () => ToJson(new StoredSecrets { Secrets = [NewSecret(1, clock)] }));
        try
        {
            StoredSecrets? read = JsonSerializer.Deserialize(json, HomeJson.Default.StoredSecrets);
            return read is not null && IsSound(read) ? read : throw folder.Damaged(Name);
        }
        catch (JsonException e)
        {
            throw folder.Damaged(Name, e);
        }
    }

    private static bool IsSound(StoredSecrets secrets) =>
        secrets.Secrets.Count > 0
        && secrets.Secrets.All(s => s.Number > 0 && s.Key.Length >= SecretLength)
        && secrets.Secrets.DistinctBy(s => s.Number).Count() == secrets.Secrets.Count;

    private static StoredSecret NewSecret(ushort number, TimeProvider clock) =>
        new() { Number = number, Key = RandomNumberGenerator.GetBytes(SecretLength), Created = clock.GetUtcNow() };

    private static byte[] ToJson(StoredSecrets secrets) => JsonSerializer.SerializeToUtf8Bytes(secrets, HomeJson.Default.StoredSecrets);
}

internal sealed record StoredSecrets
{
    public required IReadOnlyList<StoredSecret> Secrets { get; init; }
}

internal sealed record StoredSecret
{
    public required ushort Number { get; init; }

    /// <summary>Base64 in the file.</summary>
    public required byte[] Key { get; init; }

    public required DateTimeOffset Created { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StoredSecrets))]
internal sealed partial class HomeJson : JsonSerializerContext;
