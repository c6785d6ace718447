using System.Text.Json.Serialization;

namespace Limpid.Functions.Partitions;

/// <summary>What the functions of the hours take, give and store.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BeginHourInput))]
[JsonSerializable(typeof(BeginHourResult))]
[JsonSerializable(typeof(HoursInput))]
[JsonSerializable(typeof(LoadPartitionInput))]
[JsonSerializable(typeof(LoadPartitionResult))]
[JsonSerializable(typeof(BucketPartitionInput))]
[JsonSerializable(typeof(BucketPartitionResult))]
[JsonSerializable(typeof(AttemptInput))]
[JsonSerializable(typeof(AttemptAtInput))]
[JsonSerializable(typeof(SettlePartitionResult))]
[JsonSerializable(typeof(RecordPartitionResult))]
[JsonSerializable(typeof(ClearPartitionResult))]
[JsonSerializable(typeof(HourRecord))]
[JsonSerializable(typeof(HoursProgress))]
[JsonSerializable(typeof(HoursTurn))]
[JsonSerializable(typeof(LeftCopy))]
[JsonSerializable(typeof(CopiedObjects))]
internal sealed partial class PartitionsJson : JsonSerializerContext;
