using System.Text.Json.Serialization;
using Limpid.Functions.Triggers;

namespace Limpid.Functions.Indexing;

/// <summary>What the indexing functions take and give.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LakeEvent))]
[JsonSerializable(typeof(FollowResult))]
[JsonSerializable(typeof(FollowResults))]
[JsonSerializable(typeof(ReconcileInput))]
[JsonSerializable(typeof(ReconcileResult))]
internal sealed partial class IndexingJson : JsonSerializerContext;
