using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Limpid.Core.Evidence;

/// <summary>
/// An instant in one text form only, <c>2026-11-22T06:00:00.0000000Z</c>. Any other spelling of the same instant is refused:
/// evidence would otherwise have two byte forms, and a change from one to the other would not show.
/// </summary>
public sealed class UtcInstant : JsonConverter<DateTimeOffset>
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return reader.TokenType == JsonTokenType.String
            && DateTimeOffset.TryParseExact(reader.GetString(), Form, CultureInfo.InvariantCulture, Utc, out DateTimeOffset at)
                ? at
                : throw new JsonException($"not an instant in the form {Form}");
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToUniversalTime().ToString(Form, CultureInfo.InvariantCulture));
}
