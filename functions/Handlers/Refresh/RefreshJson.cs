using System.Text.Json.Serialization;
using Limpid.Core.Tables;
using Limpid.Functions.Triggers;

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
[JsonSerializable(typeof(TableHead))]
[JsonSerializable(typeof(VersionRecord))]
[JsonSerializable(typeof(StaleMark))]
[JsonSerializable(typeof(TableProfile))]
[JsonSerializable(typeof(RefreshTableInput))]
[JsonSerializable(typeof(MarkStaleInput))]
[JsonSerializable(typeof(MarkStaleResult))]
[JsonSerializable(typeof(RefreshedEvent))]
[JsonSerializable(typeof(BeginTableInput))]
[JsonSerializable(typeof(BeginTableResult))]
[JsonSerializable(typeof(NextStepInput))]
[JsonSerializable(typeof(NextStepResult))]
[JsonSerializable(typeof(TableRunInput))]
[JsonSerializable(typeof(ValidateTableResult))]
[JsonSerializable(typeof(PublishTableResult))]
[JsonSerializable(typeof(EndRefreshInput))]
[JsonSerializable(typeof(EndRefreshResult))]
internal sealed partial class RefreshJson : JsonSerializerContext;
