using System.Buffers;
using System.Text.Json;
using Limpid.Core.Subjects;

namespace Limpid.Core.Lake;

/// <summary>
/// A version of reference data as it is stored: a JSON object a line, in the order of the keys, members in the order of their names, so
/// that the same data are the same bytes in whatever order a table gives its items.
/// </summary>
/// <param name="Bytes">Null where it can't be published; then <paramref name="Problem"/> says why, in numbers alone.</param>
/// <param name="Rows">How many lines.</param>
public sealed record ReferenceContent(byte[]? Bytes, long Rows, string? Problem)
{
    private static readonly Kind AsItIs = new();

    /// <param name="key">Of each row, by which it will be looked up: a text or a number, the same in no two rows.</param>
    public static ReferenceContent Of(IEnumerable<JsonElement> rows, string key)
    {
        var lines = new SortedDictionary<byte[], ReadOnlyMemory<byte>>(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));
        long without = 0, twice = 0;
        foreach (JsonElement row in rows)
        {
            ReadOnlyMemory<byte> line = Line(row);
            if (KeyOf(row, key) is not { } value)
                without++;
            else if (!lines.TryAdd(value, line))
                twice++;
        }
        if (without + twice > 0)
            return new ReferenceContent(null, lines.Count, FormattableString.Invariant($"{without} rows have no `{key}`, and {twice} have one that another row has"));
        using var bytes = new MemoryStream();
        foreach (ReadOnlyMemory<byte> line in lines.Values)
        {
            bytes.Write(line.Span);
            bytes.WriteByte((byte)'\n');
        }
        return new ReferenceContent(bytes.ToArray(), lines.Count, null);
    }

    private static byte[]? KeyOf(JsonElement row, string key)
    {
        if (!row.TryGetProperty(key, out JsonElement value))
            return null;
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(value.GetRawText()));
        reader.Read();
        return Identifier.TryFromJson(AsItIs, ref reader, out byte[] canonical) ? canonical : null;
    }

    private static ReadOnlyMemory<byte> Line(JsonElement row)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
            Write(writer, row);
        return line.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement element in value.EnumerateArray())
                    Write(writer, element);
                writer.WriteEndArray();
                break;
            default:
                // Numbers as they were written: a double would round them.
                value.WriteTo(writer);
                break;
        }
    }
}
