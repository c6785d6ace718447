using System.Text.Json;
using Amazon.DynamoDBv2.Model;

namespace Limpid.Tests.Adapters;

/// <summary>Items from their JSON with the types of DynamoDB.</summary>
internal static class DynamoItem
{
    public static Dictionary<string, AttributeValue> Of(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Members(document.RootElement);
    }

    private static Dictionary<string, AttributeValue> Members(JsonElement item) => item.EnumerateObject().ToDictionary(m => m.Name, m => Value(m.Value.EnumerateObject().Single()));

    private static AttributeValue Value(JsonProperty typed) => typed.Name switch
    {
        "S" => new AttributeValue(typed.Value.GetString()),
        "N" => new AttributeValue { N = typed.Value.GetString() },
        "B" => new AttributeValue { B = new MemoryStream(typed.Value.GetBytesFromBase64()) },
        "BOOL" => new AttributeValue { BOOL = typed.Value.GetBoolean() },
        "NULL" => new AttributeValue { NULL = true },
        "SS" => new AttributeValue { SS = [.. typed.Value.EnumerateArray().Select(t => t.GetString())] },
        "NS" => new AttributeValue { NS = [.. typed.Value.EnumerateArray().Select(t => t.GetString())] },
        "BS" => new AttributeValue { BS = [.. typed.Value.EnumerateArray().Select(t => new MemoryStream(t.GetBytesFromBase64()))] },
        "L" => new AttributeValue { L = [.. typed.Value.EnumerateArray().Select(t => Value(t.EnumerateObject().Single()))], IsLSet = true },
        _ => new AttributeValue { M = Members(typed.Value), IsMSet = true },
    };
}
