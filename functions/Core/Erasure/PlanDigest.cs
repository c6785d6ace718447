using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Limpid.Core.Evidence;
using Limpid.Core.Subjects;

namespace Limpid.Core.Erasure;

/// <summary>
/// The digest that approvals bind to: over the canonical JSON of request, plan number, subject keys, digest of lake.yaml, what the
/// approver is shown of each dataset, and the digests of the files of items (for each item dataset, object version, erase mode and
/// rows). Neither cost nor time is in it.
/// </summary>
public static class PlanDigest
{
    public static string Of(
        string requestId, int number, IReadOnlyList<SubjectIdentity> subject, string lakeDigest, IReadOnlyList<DatasetPlan> datasets,
        string? beyondLimits, IReadOnlyList<string> chunkDigests)
    {
        var bound = new JsonObject
        {
            ["request"] = requestId,
            ["plan"] = number,
            ["subject"] = new JsonArray([.. subject.SelectMany(s => s.Keys).Select(k => (JsonNode)k.ToString())]),
            ["lake"] = lakeDigest,
            ["shown"] = CanonicalJson.Digest(JsonSerializer.SerializeToElement(datasets, PlanShownJson.Default.IReadOnlyListDatasetPlan)),
            ["beyondLimits"] = beyondLimits,
            ["items"] = new JsonArray([.. chunkDigests.Select(d => (JsonNode)d)]),
        };
        using JsonDocument document = JsonDocument.Parse(bound.ToJsonString());
        return CanonicalJson.Digest(document.RootElement);
    }

    /// <summary>Whether the header's own digest is the one that its content gives.</summary>
    public static bool Holds(Plan plan) =>
        plan.Digest == Of(plan.RequestId, plan.Number, plan.Subject, plan.LakeDigest, plan.Datasets, plan.BeyondLimits, plan.ChunkDigests);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<DatasetPlan>))]
internal sealed partial class PlanShownJson : JsonSerializerContext;
