using System.Text.Json;

namespace Limpid.Functions.Triggers;

/// <summary>What an event came in. It decides how the event is read: keys of objects are form-encoded in some and raw in others.</summary>
internal enum Envelope
{
    /// <summary>None: the function's own input, from a workflow, a tool or a test.</summary>
    Plain,

    /// <summary>An S3 event of EventBridge: keys as they are.</summary>
    Bus,

    /// <summary>What S3 itself sends: form-encoded keys.</summary>
    Notification,

    /// <summary>What S3 sends when somebody sets notifications up.</summary>
    Test,

    /// <summary>A batch of SQS, each message with an envelope of its own.</summary>
    Queue,

    /// <summary>A batch of a DynamoDB stream.</summary>
    TableStream,

    /// <summary>A request to an HTTP API, in payload format 2.0.</summary>
    Http,

    /// <summary>An event of Limpid's own state machines, by EventBridge.</summary>
    Own,

    /// <summary>What became of an execution, by EventBridge.</summary>
    Execution,

    /// <summary>An event of something else.</summary>
    Foreign,
}

internal static class Envelopes
{
    /// <summary>Looks at names of the outermost members alone, and at where the first record says that it is from.</summary>
    /// <exception cref="JsonException">This is no JSON object.</exception>
    public static Envelope Of(ReadOnlySpan<byte> json)
    {
        using JsonDocument document = Parse(json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new JsonException("not an object");
        if (Member(root, "Records") is { ValueKind: JsonValueKind.Array } records)
        {
            return records.GetArrayLength() == 0 ? Envelope.Foreign : Text(records[0], "eventSource") switch
            {
                "aws:sqs" => Envelope.Queue,
                "aws:s3" => Envelope.Notification,
                "aws:dynamodb" => Envelope.TableStream,
                _ => Envelope.Foreign,
            };
        }
        if (Member(root, "detail-type") is not null)
            return Text(root, "source") switch { "aws.s3" => Envelope.Bus, "aws.states" => Envelope.Execution, "limpid" => Envelope.Own, _ => Envelope.Foreign };
        if (Text(root, "Event") == "s3:TestEvent")
            return Envelope.Test;
        return Member(root, "requestContext") is not null ? Envelope.Http : Envelope.Plain;
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        JsonDocument document = JsonDocument.ParseValue(ref reader);
        try
        {
            if (reader.Read())
                throw new JsonException("something follows the object");
            return document;
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    private static JsonElement? Member(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return member.Value;
        }
        return null;
    }

    private static string? Text(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
