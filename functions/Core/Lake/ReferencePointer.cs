using System.Text.Json;
using System.Text.Json.Serialization;

namespace Limpid.Core.Lake;

/// <summary>Says which version of reference data is current. Whoever reads it by a conditional request sees a change by its ETag.</summary>
/// <param name="Version">Grows; numbers may be left out.</param>
/// <param name="Object">Its name, beside the pointer.</param>
/// <param name="Rows">Lines in it.</param>
/// <param name="Sha256">Of the object's bytes, 64 lowercase hexadecimal digits.</param>
/// <param name="PublishedAt">When the pointer was moved to it; null where somebody else publishes and does not say.</param>
/// <param name="History">Of the versions before it; null before there was any, or where somebody else publishes.</param>
public sealed record ReferencePointer(
    int Version, string Object, long Rows, string Sha256, DateTimeOffset? PublishedAt = null, ReferenceHistory? History = null)
{
    /// <param name="reference">Its name, for the error.</param>
    /// <exception cref="InvalidDataException">It is no pointer.</exception>
    public static ReferencePointer Read(ReadOnlySpan<byte> json, string reference)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ReferencePointerJson.Default.ReferencePointer) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"the pointer of the reference {reference} is none");
        }
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ReferencePointerJson.Default.ReferencePointer);
}

/// <summary>The JSON form of <see cref="ReferencePointer"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReferencePointer))]
internal sealed partial class ReferencePointerJson : JsonSerializerContext;
