using System.Text.Json;

namespace Limpid.Local.Events;

/// <summary>What an event of Kinesis or of a table's stream says of where it is from. What else is in it is the function's to read.</summary>
/// <param name="Json">Without the mark that recorded files often begin with.</param>
/// <param name="Sources">ARNs, each once; empty where a record says none.</param>
/// <param name="Shards">That records of Kinesis are of, each once.</param>
internal sealed record RecordedEvent(ReadOnlyMemory<byte> Json, IReadOnlyList<string> Sources, IReadOnlyList<string> Shards)
{
    /// <summary>Null where it is no JSON object.</summary>
    public static RecordedEvent? Of(ReadOnlyMemory<byte> body)
    {
        ReadOnlyMemory<byte> json = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            JsonElement[] records = document.RootElement.TryGetProperty("Records", out JsonElement all) && all.ValueKind == JsonValueKind.Array ? [.. all.EnumerateArray()] : [];
            return new RecordedEvent(
                json, [.. records.Select(record => Text(record, "eventSourceARN")).Distinct()],
                [.. records.Select(record => Text(record, "eventID").Split(':')[0]).Distinct()]);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonElement record, string name) =>
        record.ValueKind == JsonValueKind.Object && record.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : "";
}
