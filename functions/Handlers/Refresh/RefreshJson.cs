using System.Text.Json.Serialization;

namespace Limpid.Functions.Refresh;

/// <summary>What the refreshing functions take and give, and the small objects that they keep.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ChangeFlag))]
[JsonSerializable(typeof(ChangeFile))]
[JsonSerializable(typeof(ChangeRecord))]
[JsonSerializable(typeof(FlagChangeInput))]
[JsonSerializable(typeof(FlagChangeResult))]
[JsonSerializable(typeof(RefreshReferenceInput))]
[JsonSerializable(typeof(PublishReferenceInput))]
[JsonSerializable(typeof(PublishReferenceResult))]
internal sealed partial class RefreshJson : JsonSerializerContext;
