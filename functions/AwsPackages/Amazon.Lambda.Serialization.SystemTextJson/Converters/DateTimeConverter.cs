using System.Text.Json;
using System.Text.Json.Serialization;

namespace Amazon.Lambda.Serialization.SystemTextJson.Converters;

/// <summary>ISO 8601, or seconds or milliseconds since 1970: streams give the one, services that were changed since the other.</summary>
public class DateTimeConverter : JsonConverter<DateTime>
{
    // As seconds this is the year 6968, as milliseconds the end of 1974: what is larger is milliseconds.
    private const long MostSeconds = 157753180800;

    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out long whole):
                return whole > MostSeconds ? DateTime.UnixEpoch.AddMilliseconds(whole) : DateTime.UnixEpoch.AddSeconds(whole);
            case JsonTokenType.Number:
                // As precise as the number: a millisecond written as a fraction may be a few ticks off.
                return DateTime.UnixEpoch.AddSeconds(reader.GetDouble());
            case JsonTokenType.String when reader.TryGetDateTime(out DateTime parsed):
                return parsed;
            default:
                throw new JsonSerializerException($"A time is neither ISO 8601 nor a number but {reader.TokenType}.");
        }
    }

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
