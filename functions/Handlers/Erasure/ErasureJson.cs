using System.Text.Json.Serialization;
using Limpid.Functions.Triggers;

namespace Limpid.Functions.Erasure;

/// <summary>What the erasure functions take and give.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SubmitInput))]
[JsonSerializable(typeof(SubmitResult))]
[JsonSerializable(typeof(CancelInput))]
[JsonSerializable(typeof(CancelResult))]
[JsonSerializable(typeof(ExtendInput))]
[JsonSerializable(typeof(ExtendResult))]
[JsonSerializable(typeof(LocateInput))]
[JsonSerializable(typeof(LocateResult))]
[JsonSerializable(typeof(SettleInput))]
[JsonSerializable(typeof(SettleResult))]
[JsonSerializable(typeof(BeginInput))]
[JsonSerializable(typeof(BeginResult))]
[JsonSerializable(typeof(ItemInput))]
[JsonSerializable(typeof(ItemResult))]
[JsonSerializable(typeof(CountInput))]
[JsonSerializable(typeof(CountResult))]
[JsonSerializable(typeof(CertifyInput))]
[JsonSerializable(typeof(CertifyResult))]
[JsonSerializable(typeof(FailInput))]
[JsonSerializable(typeof(FailResult))]
[JsonSerializable(typeof(ExecutionEvent))]
[JsonSerializable(typeof(PurgeInput))]
internal sealed partial class ErasureJson : JsonSerializerContext;
