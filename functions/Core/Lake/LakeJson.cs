using System.Text.Json.Serialization;

namespace Limpid.Core.Lake;

/// <summary>The JSON form of <see cref="LakeConfig"/> that functions read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LakeConfig))]
public sealed partial class LakeJson : JsonSerializerContext;
