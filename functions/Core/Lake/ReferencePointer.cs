using System.Text.Json.Serialization;

namespace Limpid.Core.Lake;

/// <summary>Says which version of reference data is current. Whoever reads it by a conditional request sees a change by its ETag.</summary>
/// <param name="Version">Grows; numbers may be left out.</param>
/// <param name="Object">Its name, beside the pointer.</param>
/// <param name="Rows">Lines in it.</param>
/// <param name="Sha256">Of the object's bytes, 64 lowercase hexadecimal digits.</param>
/// <param name="PublishedAt">When the pointer was moved to it.</param>
public sealed record ReferencePointer(int Version, string Object, long Rows, string Sha256, DateTimeOffset PublishedAt);

/// <summary>The JSON form of <see cref="ReferencePointer"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReferencePointer))]
public sealed partial class ReferencePointerJson : JsonSerializerContext;
