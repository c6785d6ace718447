using System.Text.Json;
using System.Text.Json.Serialization;

namespace Limpid.Core.Subjects;

/// <summary>A subject key in JSON is its text form.</summary>
public sealed class SubjectKeyJson : JsonConverter<SubjectKey>
{
    public override SubjectKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        SubjectKey.TryParse(reader.GetString(), out SubjectKey key) ? key : throw new JsonException("not a subject key");

    public override void Write(Utf8JsonWriter writer, SubjectKey value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
