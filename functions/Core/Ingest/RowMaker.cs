using System.Buffers;
using System.Text;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Schemas;

namespace Limpid.Core.Ingest;

/// <summary>The value of a field of reference data under a key: JSON in one line, empty where the line has no such field; null where there is no such key.</summary>
public delegate ReadOnlyMemory<byte>? ReferenceValue(string reference, string key, string field);

/// <summary>
/// Makes a row of a record: decodes it, holds it against the schema, enriches it, finds its place. What can't be a row becomes one of
/// the quarantine, with the reason. The same record and reference data make the same bytes at any time.
/// </summary>
/// <param name="schema">Of the stream; null: any object.</param>
public sealed class RowMaker(DataStream stream, JsonSchema? schema)
{
    private readonly JsonField? _time = stream.TimeField is { } field ? new JsonField(field) : null;
    private readonly JsonField _changedAt = new("timestamp");
    private readonly JsonField[] _partition = [.. stream.Partition.Select(path => new JsonField(path))];
    private readonly (Enrichment Rule, JsonField Key)[] _enrich = [.. stream.Enrich.Select(rule => (rule, new JsonField(rule.Key)))];

    public StreamRow Make(StreamRecord record, string shard, ReferenceValue look)
    {
        RecordContent content = RecordContent.Of(record.Data, stream.Records);
        if (content.IsControl)
            return default;
        string? reason = content.Reason;
        if (reason is null && schema?.Validate(content.Data.Span) is { } error)
            reason = $"the schema does not allow it: {error}";
        string? path = reason is null ? PathOf(record, content, out reason) : null;
        var added = new List<KeyValuePair<byte[], byte[]>>();
        if (reason is null)
            reason = Enrich(content, look, added);
        if (reason is not null)
            return Refused(record, shard, content, reason);
        if (!content.Metadata.IsEmpty)
            added.Add(new("metadata"u8.ToArray(), content.Metadata.ToArray()));
        var line = new ArrayBufferWriter<byte>(content.Data.Length + 64);
        JsonLine.CopyObject(content.Data.Span, added, line);
        line.Write("\n"u8);
        return new StreamRow(stream.Dataset, path!, line.WrittenMemory);
    }

    private string? PathOf(StreamRecord record, RecordContent content, out string? reason)
    {
        reason = null;
        string? said = _time?.TextIn(content.Data.Span) ?? (_time is null && !content.Metadata.IsEmpty ? _changedAt.TextIn(content.Metadata.Span) : null);
        DateTimeOffset time = default;
        if (said is not null ? !EventTime.TryParse(said, out time) : _time is not null || record.Arrived is null)
            reason = _time is null ? "it does not say when it happened" : $"{_time.Path} does not say when it happened";
        else if (said is null)
            time = record.Arrived!.Value;
        if (reason is not null)
            return null;
        var path = new StringBuilder(HivePath.OfHour(time));
        if (stream.Late is { } late)
            path.Append(record.Arrived - time > late ? "late=true/" : "late=false/");
        foreach (JsonField field in _partition)
        {
            ReadOnlySpan<byte> value = field.In(content.Data.Span);
            if (value.Length > 0 && value[0] is (byte)'{' or (byte)'[')
                reason = $"{field.Path} is no single value, and its place depends on it";
            else if (HivePath.Of(field.Path, field.TextIn(content.Data.Span)) is { } part)
                path.Append(part);
            else
                reason = $"{field.Path} is too long for a part of its place";
        }
        return reason is null ? path.ToString() : null;
    }

    private string? Enrich(RecordContent content, ReferenceValue look, List<KeyValuePair<byte[], byte[]>> added)
    {
        foreach ((Enrichment rule, JsonField key) in _enrich)
        {
            string? wanted = key.TextIn(content.Data.Span);
            foreach (string field in rule.Fields)
            {
                ReadOnlyMemory<byte>? found = wanted is null ? null : look(rule.Reference, wanted, field);
                if (found is null && rule.Missing == MissingKey.Quarantine)
                    return $"{rule.Reference} has no such {key.Path}";
                byte[] value = found is { Length: > 0 } known ? known.ToArray()
                    : found is null && rule.Missing == MissingKey.Default && rule.Default?.TryGetValue(field, out JsonElement other) == true ? Encoding.UTF8.GetBytes(other.GetRawText())
                    : "null"u8.ToArray();
                added.Add(new(Encoding.UTF8.GetBytes(field), value));
            }
        }
        return null;
    }

    private StreamRow Refused(StreamRecord record, string shard, RecordContent content, string reason)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteString("stream", stream.Name);
            writer.WriteString("shard", shard);
            writer.WriteString("sequence", record.Sequence.ToString());
            if (record.Arrived is { } arrived)
                writer.WriteString("arrived", arrived);
            writer.WriteString("reason", reason);
            if (content.Json.IsEmpty && record.Data.Length <= RecordContent.MostBytes)
                writer.WriteBase64String("bytes", record.Data.Span);
            writer.WriteEndObject();
        }
        // The record as it is, so that who is in it is found and erased here as anywhere.
        var whole = new ArrayBufferWriter<byte>();
        JsonLine.CopyObject(line.WrittenSpan, content.Json.IsEmpty ? [] : [new("record"u8.ToArray(), Compact(content.Json.Span))], whole);
        whole.Write("\n"u8);
        return new StreamRow(stream.Quarantine, record.Arrived is { } at ? HivePath.OfHour(at) : "", whole.WrittenMemory);
    }

    private static byte[] Compact(ReadOnlySpan<byte> json)
    {
        var compact = new ArrayBufferWriter<byte>();
        JsonLine.Copy(json, compact);
        return compact.WrittenSpan.ToArray();
    }
}
