using System.Text.Json;

namespace Limpid.AwsPackages;

/// <summary>Members that may be missing: what is not set is not written, what is not there is null.</summary>
internal static class Members
{
    public static void WriteIfSet(this Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
            writer.WriteString(name, value);
    }

    public static void WriteIfSet(this Utf8JsonWriter writer, string name, IReadOnlyCollection<string>? values)
    {
        if (values is not { Count: > 0 })
            return;
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    /// <summary>Seconds since 1970, with a fraction.</summary>
    public static DateTime? Time(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.Number
            ? DateTime.UnixEpoch.AddMilliseconds(Math.Round(member.GetDouble() * 1000))
            : null;
}
