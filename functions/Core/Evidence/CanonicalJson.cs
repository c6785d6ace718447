using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Limpid.Core.Evidence;

/// <summary>
/// The one byte form of a JSON value (RFC 8785): no white space, properties ordered by UTF-16 code units, numbers as
/// ECMAScript writes them. Equal values give equal bytes on every machine, so digests and signatures are taken over it.
/// </summary>
/// <remarks>
/// What has no single meaning is refused with a <see cref="JsonException"/>: a property that stands twice, a lone surrogate,
/// a number beyond the range of a double, and, stricter than the RFC, an integer that a double would round
/// (9007199254740993), because two documents would otherwise share a digest.
/// </remarks>
public static class CanonicalJson
{
    /// <summary>The canonical form in UTF-8.</summary>
    /// <exception cref="JsonException">The value has no canonical form.</exception>
    public static byte[] Of(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        WriteValue(output, value);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The canonical form of a JSON text in UTF-8.</summary>
    /// <exception cref="JsonException">It is no JSON, or has no canonical form.</exception>
    public static byte[] Of(ReadOnlyMemory<byte> utf8Json)
    {
        using JsonDocument document = JsonDocument.Parse(utf8Json);
        return Of(document.RootElement);
    }

    /// <summary>SHA-256 of bytes as 64 lowercase hexadecimal digits, without a prefix.</summary>
    public static string Digest(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The <see cref="Digest(ReadOnlySpan{byte})"/> of the canonical form.</summary>
    /// <exception cref="JsonException">The value has no canonical form.</exception>
    public static string Digest(JsonElement value) => Digest(Of(value));

    private static void WriteValue(ArrayBufferWriter<byte> output, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(output, value);
                break;
            case JsonValueKind.Array:
                WriteArray(output, value);
                break;
            case JsonValueKind.String:
                WriteString(output, TextOf(value));
                break;
            case JsonValueKind.Number:
                WriteAscii(output, NumberOf(value));
                break;
            case JsonValueKind.True:
                output.Write("true"u8);
                break;
            case JsonValueKind.False:
                output.Write("false"u8);
                break;
            case JsonValueKind.Null:
                output.Write("null"u8);
                break;
            default:
                throw new ArgumentException("an undefined JSON element has no canonical form", nameof(value));
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> output, JsonElement value)
    {
        var properties = new List<KeyValuePair<string, JsonElement>>();
        foreach (JsonProperty property in value.EnumerateObject())
            properties.Add(new(NameOf(property), property.Value));
        properties.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));

        output.Write("{"u8);
        for (int i = 0; i < properties.Count; i++)
        {
            if (i > 0)
            {
                if (properties[i].Key == properties[i - 1].Key)
                    throw new JsonException("a property stands twice in one object");
                output.Write(","u8);
            }
            WriteString(output, properties[i].Key);
            output.Write(":"u8);
            WriteValue(output, properties[i].Value);
        }
        output.Write("}"u8);
    }

    private static void WriteArray(ArrayBufferWriter<byte> output, JsonElement value)
    {
        output.Write("["u8);
        bool first = true;
        foreach (JsonElement element in value.EnumerateArray())
        {
            if (!first)
                output.Write(","u8);
            first = false;
            WriteValue(output, element);
        }
        output.Write("]"u8);
    }

    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        int begin = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c >= ' ' && c is not ('"' or '\\'))
                continue;
            Encoding.UTF8.GetBytes(text.AsSpan(begin, i - begin), output);
            begin = i + 1;
            WriteAscii(output, c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\f' => "\\f",
                '\r' => "\\r",
                _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            });
        }
        Encoding.UTF8.GetBytes(text.AsSpan(begin), output);
        output.Write("\""u8);
    }

    private static void WriteAscii(ArrayBufferWriter<byte> output, string text) => Encoding.ASCII.GetBytes(text, output);

    private static string NumberOf(JsonElement value)
    {
        string written = value.GetRawText();
        if (!value.TryGetDouble(out double number) || !double.IsFinite(number))
            throw new JsonException("a number is beyond the range of a double");
        string text = EcmaScriptNumber.Format(number);
        bool isInteger = written.AsSpan().IndexOfAny('.', 'e', 'E') < 0;
        if (isInteger && text != written && number != 0)
            throw new JsonException("an integer is beyond what a double holds exactly");
        return text;
    }

    // The reader hands over a lone surrogate as an InvalidOperationException; for a caller it is bad input like any other.
    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a string is no valid Unicode", e);
        }
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a property name is no valid Unicode", e);
        }
    }
}
