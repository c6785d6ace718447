using System.Buffers;
using System.Text.Json;

namespace Limpid.Core.Ingest;

/// <summary>Copies JSON into one line: without white space between its parts, every text and number as it was written.</summary>
internal static class JsonLine
{
    public static void Copy(ReadOnlySpan<byte> json, IBufferWriter<byte> line)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        CopyValue(ref reader, line);
    }

    /// <summary>An object with some members left out and others put behind the rest.</summary>
    /// <param name="added">Each with its value's JSON.</param>
    public static void CopyObject(ReadOnlySpan<byte> json, IReadOnlyList<KeyValuePair<byte[], byte[]>> added, IBufferWriter<byte> line)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        line.Write("{"u8);
        bool isFirst = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isReplaced = false;
            foreach ((byte[] name, _) in added)
                isReplaced |= reader.ValueTextEquals(name);
            if (isReplaced)
            {
                reader.Read();
                reader.Skip();
                continue;
            }
            line.Write(isFirst ? [] : ","u8);
            isFirst = false;
            CopyName(ref reader, line);
            CopyValue(ref reader, line);
        }
        foreach ((byte[] name, byte[] value) in added)
        {
            line.Write(isFirst ? "\""u8 : ",\""u8);
            isFirst = false;
            line.Write(JsonEncodedText.Encode(name).EncodedUtf8Bytes);
            line.Write("\":"u8);
            line.Write(value);
        }
        line.Write("}"u8);
    }

    private static void CopyName(ref Utf8JsonReader reader, IBufferWriter<byte> line)
    {
        line.Write("\""u8);
        line.Write(reader.ValueSpan);
        line.Write("\":"u8);
        reader.Read();
    }

    private static void CopyValue(ref Utf8JsonReader reader, IBufferWriter<byte> line)
    {
        bool isFirst = true;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                line.Write("{"u8);
                for (; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; isFirst = false)
                {
                    line.Write(isFirst ? [] : ","u8);
                    CopyName(ref reader, line);
                    CopyValue(ref reader, line);
                }
                line.Write("}"u8);
                break;
            case JsonTokenType.StartArray:
                line.Write("["u8);
                for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; isFirst = false)
                {
                    line.Write(isFirst ? [] : ","u8);
                    CopyValue(ref reader, line);
                }
                line.Write("]"u8);
                break;
            case JsonTokenType.String:
                line.Write("\""u8);
                line.Write(reader.ValueSpan);
                line.Write("\""u8);
                break;
            default:
                line.Write(reader.ValueSpan);
                break;
        }
    }
}
