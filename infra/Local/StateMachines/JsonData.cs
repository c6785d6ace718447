using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>
/// One JSON value that never changes, so that states can share parts of it without copying.
/// A number keeps the text it came with, so that what only passes through leaves as it came; members keep their order,
/// and of a key that stands twice the last value counts.
/// </summary>
public sealed class JsonData : IEquatable<JsonData>
{
    private static readonly JsonWriterOptions AsIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 1000 };

    private readonly Dictionary<string, JsonData>? members;

    private JsonData(JsonValueKind kind, string? text = null, IReadOnlyList<JsonData>? items = null, Dictionary<string, JsonData>? members = null)
    {
        Kind = kind;
        Text = text ?? "";
        Items = items ?? [];
        this.members = members;
    }

    public static JsonData Null { get; } = new(JsonValueKind.Null);
    public static JsonData True { get; } = new(JsonValueKind.True);
    public static JsonData False { get; } = new(JsonValueKind.False);
    public static JsonData EmptyObject { get; } = new(JsonValueKind.Object, members: []);

    public JsonValueKind Kind { get; }

    /// <summary>The characters of a string, the digits of a number as they were written; empty for the rest.</summary>
    public string Text { get; }

    /// <summary>The elements of an array; empty for the rest.</summary>
    public IReadOnlyList<JsonData> Items { get; }

    /// <summary>The members of an object; empty for the rest.</summary>
    public IReadOnlyDictionary<string, JsonData> Members => members ?? EmptyObject.members!;

    public static JsonData Of(string text) => new(JsonValueKind.String, text);
    public static JsonData Of(bool value) => value ? True : False;
    public static JsonData Of(long value) => Number(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    public static JsonData Number(string text) => new(JsonValueKind.Number, text);
    public static JsonData Array(IReadOnlyList<JsonData> items) => new(JsonValueKind.Array, items: items);

    public static JsonData Object(IEnumerable<KeyValuePair<string, JsonData>> members)
    {
        var map = new Dictionary<string, JsonData>();
        foreach (var (key, value) in members)
            map[key] = value;
        return new(JsonValueKind.Object, members: map);
    }

    public static JsonData Object(params (string Key, JsonData Value)[] members) =>
        Object(members.Select(m => KeyValuePair.Create(m.Key, m.Value)));

    /// <exception cref="JsonException">The text is no JSON.</exception>
    public static JsonData Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static JsonData Parse(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, Deep);
        reader.Read();
        JsonData value = Read(ref reader);
        if (reader.Read())
            throw new JsonException("There is more after the JSON value.");
        return value;
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out JsonData? value)
    {
        try
        {
            value = Parse(text);
            return true;
        }
        catch (JsonException)
        {
            value = null;
            return false;
        }
    }

    /// <summary>The value that the reader stands on; the reader then stands on its last token.</summary>
    public static JsonData Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new Dictionary<string, JsonData>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string key = reader.GetString()!;
                    reader.Read();
                    members[key] = Read(ref reader);
                }
                return new(JsonValueKind.Object, members: members);
            case JsonTokenType.StartArray:
                var items = new List<JsonData>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Read(ref reader));
                return Array(items);
            case JsonTokenType.String:
                return Of(reader.GetString()!);
            case JsonTokenType.Number:
                return Number(Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan));
            case JsonTokenType.True:
                return True;
            case JsonTokenType.False:
                return False;
            case JsonTokenType.Null:
                return Null;
            default:
                throw new JsonException("There is no JSON value.");
        }
    }

    public JsonData? Get(string key) => members?.GetValueOrDefault(key);

    /// <summary>The members of an object as a Map goes through them: objects of <c>Key</c> and <c>Value</c>.</summary>
    internal IReadOnlyList<JsonData> Pairs() => [.. Members.Select(m => Object(("Key", Of(m.Key)), ("Value", m.Value)))];

    /// <summary>This object with one member set.</summary>
    public JsonData With(string key, JsonData value) => new(JsonValueKind.Object, members: new(members!) { [key] = value });

    /// <summary>The number's value, where this is a number that a <see cref="long"/> holds exactly (<c>3.0</c> is 3).</summary>
    public bool TryInteger(out long value)
    {
        value = 0;
        if (Kind != JsonValueKind.Number)
            return false;
        if (long.TryParse(Text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out value))
            return true;
        double number = Double();
        value = (long)number;
        return number == value && Math.Abs(number) < 9e15;
    }

    /// <summary>The value of a number.</summary>
    public double Double() => double.Parse(Text, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The value as JSON without white space.</summary>
    public override string ToString() => Encoding.UTF8.GetString(ToUtf8().Span);

    /// <summary>The value as UTF-8 JSON without white space.</summary>
    public ReadOnlyMemory<byte> ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, AsIs))
            Write(writer);
        return buffer.WrittenMemory;
    }

    public void Write(Utf8JsonWriter writer)
    {
        switch (Kind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var (key, value) in Members)
                {
                    writer.WritePropertyName(key);
                    value.Write(writer);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonData item in Items)
                    item.Write(writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Text);
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(Text, skipInputValidation: true);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.WriteBooleanValue(Kind == JsonValueKind.True);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    /// <summary>Equal as JSON: numbers by value, objects whatever the order of their members.</summary>
    public bool Equals(JsonData? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other is null || Kind != other.Kind)
            return false;
        return Kind switch
        {
            JsonValueKind.String => Text == other.Text,
            JsonValueKind.Number => Text == other.Text || Double() == other.Double(),
            JsonValueKind.Array => Items.Count == other.Items.Count && Items.SequenceEqual(other.Items),
            JsonValueKind.Object => Members.Count == other.Members.Count && Members.All(m => m.Value.Equals(other.Get(m.Key))),
            _ => true,
        };
    }

    public override bool Equals(object? obj) => Equals(obj as JsonData);

    public override int GetHashCode() => Kind switch
    {
        JsonValueKind.String => Text.GetHashCode(StringComparison.Ordinal),
        JsonValueKind.Number => Double().GetHashCode(),
        JsonValueKind.Array => HashCode.Combine(Kind, Items.Count),
        JsonValueKind.Object => HashCode.Combine(Kind, Members.Count),
        _ => (int)Kind,
    };
}
