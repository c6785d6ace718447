using System.Text.Json.Serialization;

namespace Limpid.Core.Lake;

/// <summary>Says which version of a derived table is served. Whoever reads it by a conditional request sees a change by its ETag.</summary>
/// <param name="Version">Grows with every run; numbers are left out, and come again where a version is restored.</param>
/// <param name="Folder">Of the version's objects, relative to the pointer's own: <c>versions/v=7/2-sum/</c>.</param>
/// <param name="MadeAt">The moment that its content is from.</param>
/// <param name="PublishedAt">When it came to be served.</param>
public sealed record TablePointer(long Version, string Folder, long Rows, DateTimeOffset MadeAt, DateTimeOffset PublishedAt);

/// <summary>The JSON form of <see cref="TablePointer"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TablePointer))]
public sealed partial class TablePointerJson : JsonSerializerContext;
