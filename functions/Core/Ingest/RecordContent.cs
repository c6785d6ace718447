using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Unicode;
using Limpid.Core.Lake;

namespace Limpid.Core.Ingest;

/// <summary>What stands in a record's bytes.</summary>
/// <param name="Reason">Why it can't be a row, or null.</param>
/// <param name="Json">The record's JSON, if it is any.</param>
/// <param name="Data">What the schema speaks of: the record, or a change's <c>data</c>.</param>
/// <param name="Metadata">Of a change, with <c>_</c> for <c>-</c> in its names.</param>
/// <param name="IsControl">Whether it tells of a table and not of a row.</param>
public readonly record struct RecordContent(
    string? Reason, ReadOnlyMemory<byte> Json = default, ReadOnlyMemory<byte> Data = default, ReadOnlyMemory<byte> Metadata = default, bool IsControl = false)
{
    /// <summary>Larger ones are not unpacked: a few bytes of gzip can stand for gigabytes. Kinesis takes records of 10 MiB.</summary>
    public const int MostBytes = 10 * 1024 * 1024;

    private static readonly JsonField DataField = new("data"), MetadataField = new("metadata"), TypeField = new("record-type"), OperationField = new("operation");

    private static readonly string[] RowOperations = ["load", "insert", "update", "delete"];

    public static RecordContent Of(ReadOnlyMemory<byte> bytes, RecordForm form)
    {
        // The Kinesis Producer Library's mark of several records in one.
        if (bytes.Span.StartsWith((ReadOnlySpan<byte>)[0xF3, 0x89, 0x9A, 0xC2]))
            return new RecordContent("it holds several records, aggregated by the Kinesis Producer Library, which is not supported");
        if (bytes.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            if (Unpack(bytes) is not { } unpacked)
                return new RecordContent("it is no whole gzip, or more than 10 MiB unpacked");
            bytes = unpacked;
        }
        if (bytes.Length > MostBytes)
            return new RecordContent("it is larger than 10 MiB");
        if (WhyNoObject(bytes.Span) is { } why)
            return new RecordContent(why);
        // A control record tells consumers that know DMS of something else than a row, in a plain stream too.
        return form == RecordForm.Dms ? OfChange(bytes)
            : TypeField.TextIn(MetadataField.In(bytes.Span)) == "control" ? new RecordContent(null, bytes, IsControl: true)
            : new RecordContent(null, bytes, bytes);
    }

    // AWS DMS, "Using Kinesis as a target": data, metadata with record-type and operation.
    private static RecordContent OfChange(ReadOnlyMemory<byte> json)
    {
        ReadOnlyMemory<byte> metadata = Part(json, MetadataField);
        string? type = TypeField.TextIn(metadata.Span), operation = OperationField.TextIn(metadata.Span);
        if (metadata.IsEmpty || operation is null)
            return new RecordContent("it is no change of DMS: it has no metadata with an operation", json);
        if (type == "control")
            return new RecordContent(null, json, IsControl: true);
        ReadOnlyMemory<byte> data = Part(json, DataField);
        return !RowOperations.Contains(operation) ? new RecordContent("its operation is none of load, insert, update and delete", json)
            : data.IsEmpty || data.Span[0] != '{' ? new RecordContent("it is no change of DMS: it has no data", json)
            : new RecordContent(null, json, data, Renamed(metadata.Span));
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> json, JsonField field)
    {
        ReadOnlySpan<byte> part = field.In(json.Span);
        return part.IsEmpty || !json.Span.Overlaps(part, out int at) ? default : json.Slice(at, part.Length);
    }

    private static byte[] Renamed(ReadOnlySpan<byte> metadata)
    {
        var line = new ArrayBufferWriter<byte>();
        var reader = new Utf8JsonReader(metadata);
        reader.Read();
        line.Write("{"u8);
        for (bool isFirst = true; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; isFirst = false)
        {
            line.Write(isFirst ? "\""u8 : ",\""u8);
            byte[] name = reader.ValueSpan.ToArray();
            name.AsSpan().Replace((byte)'-', (byte)'_');
            line.Write(name);
            line.Write("\":"u8);
            reader.Read();
            int begin = (int)reader.TokenStartIndex;
            reader.Skip();
            JsonLine.Copy(metadata[begin..(int)reader.BytesConsumed], line);
        }
        line.Write("}"u8);
        return line.WrittenSpan.ToArray();
    }

    private static string? WhyNoObject(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return "it is no UTF-8";
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return "it is no JSON object";
            while (reader.Read())
            {
            }
            return null;
        }
        catch (JsonException)
        {
            return "it is no JSON";
        }
    }

    private static byte[]? Unpack(ReadOnlyMemory<byte> gzip)
    {
        try
        {
            using var stream = new GZipStream(new MemoryStream(gzip.ToArray(), writable: false), CompressionMode.Decompress);
            using var all = new MemoryStream();
            byte[] buffer = new byte[64 * 1024];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                if (all.Length + read > MostBytes)
                    return null;
                all.Write(buffer, 0, read);
            }
            // Cut short it would unpack to a part without a word; its last bytes say how long the whole is (RFC 1952).
            return gzip.Length >= 18 && BinaryPrimitives.ReadUInt32LittleEndian(gzip.Span[^4..]) == all.Length ? all.ToArray() : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
