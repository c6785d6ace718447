using System.Text;
using System.Text.Json;
using Limpid.Core.Formats;
using Limpid.Core.Subjects;

namespace Limpid.Core.Ingest;

/// <summary>A field of a JSON object by its dotted path; arrays are not gone through. Of a name that stands twice the last counts, as readers of JSON have it.</summary>
public sealed class JsonField(string path)
{
    private readonly byte[][] _names = [.. path.Split('.').Select(Encoding.UTF8.GetBytes)];

    public string Path => path;

    /// <summary>The bytes of its value, or nothing where it is not there.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> json)
    {
        foreach (byte[] name in _names)
        {
            json = Member(json, name);
            if (json.IsEmpty)
                return [];
        }
        return json;
    }

    /// <summary>A string's text, a number by its value, true or false. Null for what is no scalar, for null, and for what is not there.</summary>
    public string? TextIn(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> value = In(json);
        return value.IsEmpty || value[0] is (byte)'{' or (byte)'[' or (byte)'n' ? null
            : value[0] == '"' ? Encoding.UTF8.GetString(new JsonEscapes().Decode(value[1..^1]))
            : value[0] is (byte)'t' or (byte)'f' ? Encoding.UTF8.GetString(value)
            : Encoding.UTF8.GetString(new DecimalText().PlainForm(value));
    }

    private static ReadOnlySpan<byte> Member(ReadOnlySpan<byte> json, byte[] name)
    {
        ReadOnlySpan<byte> found = [];
        if (json.IsEmpty)
            return found;
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isIt = reader.ValueTextEquals(name);
            reader.Read();
            int begin = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isIt)
                found = json[begin..(int)reader.BytesConsumed];
        }
        return found;
    }
}
