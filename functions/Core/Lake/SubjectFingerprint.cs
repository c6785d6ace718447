using System.Text.Json;
using System.Text.Json.Serialization;
using Limpid.Core.Evidence;

namespace Limpid.Core.Lake;

/// <summary>
/// Names everything that a dataset's index depends on besides the objects' content. An object record that carries another
/// fingerprint has to be indexed anew; how rows are erased, by whom and where the dataset stands make no difference.
/// </summary>
public static class SubjectFingerprint
{
    /// <summary>Counts the changes in how rows are found and identifiers are read; raising it indexes every lake anew.</summary>
    private const int Reading = 1;

    /// <summary>32 lowercase hexadecimal digits.</summary>
    /// <param name="dataset">Whose subject rules count; their order does not.</param>
    /// <param name="kinds">The lake's; those that the rules name count.</param>
    /// <param name="newestSecretNumber">Of the secret that the index is written under.</param>
    public static string Of(Dataset dataset, IReadOnlyDictionary<string, Kind> kinds, ushort newestSecretNumber)
    {
        var basis = new SubjectBasis
        {
            Reading = Reading,
            Format = dataset.Format,
            Subjects = [.. dataset.Subjects
                .OrderBy(s => s.Kind, StringComparer.Ordinal)
                .ThenBy(s => s.Field, StringComparer.Ordinal)
                .ThenBy(s => s.FileName, StringComparer.Ordinal)
                .ThenBy(s => s.Tag, StringComparer.Ordinal)
                .ThenBy(s => s.Sidecar, StringComparer.Ordinal)],
            Kinds = dataset.Subjects.Select(s => s.Kind).Distinct(StringComparer.Ordinal).ToDictionary(k => k, k => kinds[k], StringComparer.Ordinal),
            Secret = newestSecretNumber,
        };
        return CanonicalJson.Digest(JsonSerializer.SerializeToElement(basis, SubjectBasisJson.Default.SubjectBasis))[..32];
    }
}

internal sealed record SubjectBasis
{
    public required int Reading { get; init; }
    public required DataFormat Format { get; init; }
    public required IReadOnlyList<SubjectRule> Subjects { get; init; }
    public required IReadOnlyDictionary<string, Kind> Kinds { get; init; }
    public required ushort Secret { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SubjectBasis))]
internal sealed partial class SubjectBasisJson : JsonSerializerContext;
