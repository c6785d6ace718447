using System.Text.Json.Serialization;
using Limpid.Core.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions;

/// <summary>JSON forms of everything that is stored as an item of the state table.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErasureRequest))]
[JsonSerializable(typeof(Approval))]
[JsonSerializable(typeof(Decision))]
[JsonSerializable(typeof(PlanOutcome))]
[JsonSerializable(typeof(Hold))]
[JsonSerializable(typeof(ItemOutcome))]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(PlanItem))]
[JsonSerializable(typeof(BegunPlan))]
[JsonSerializable(typeof(DraftStep))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(RequestStatus))]
[JsonSerializable(typeof(ReconcileRun))]
[JsonSerializable(typeof(ReconcileLease))]
[JsonSerializable(typeof(SuppressionEntry))]
[JsonSerializable(typeof(SuppressionCount))]
[JsonSerializable(typeof(Resurfaced))]
internal sealed partial class Records : JsonSerializerContext;
