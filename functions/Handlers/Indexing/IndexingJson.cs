using System.Text.Json.Serialization;

namespace Limpid.Functions.Indexing;

/// <summary>What the indexing functions take and give.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LakeEvent))]
[JsonSerializable(typeof(FollowResult))]
[JsonSerializable(typeof(ReconcileInput))]
[JsonSerializable(typeof(ReconcileResult))]
internal sealed partial class IndexingJson : JsonSerializerContext;
