using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// What must stand in a file after an erasure, worked out the plainest way: whole files, split at their bytes. It shares no code
/// with Limpid and knows only tidy files, one identifier in one field of each row.
/// </summary>
internal static class Oracle
{
    /// <param name="field">Of the identifier, on the row's top level.</param>
    /// <param name="mode"><c>blank</c>, <c>drop</c> or <c>mask</c>.</param>
    /// <param name="masked">The fields that a mask overwrites.</param>
    public static byte[] After(byte[] before, string format, string field, string id, string mode, params string[] masked) =>
        format == "csv" ? Csv(before, field, id, mode, masked) : Ndjson(before, field, id, mode, masked);

    /// <summary>Everybody in a file, in the order of their first rows.</summary>
    public static List<string> People(byte[] content, string format, string field)
    {
        var people = new List<string>();
        if (format == "csv")
        {
            List<(int Start, int End, List<(int Start, int End)> Fields)> rows = CsvRows(content);
            int column = rows[0].Fields.FindIndex(f => Value(content, f) == field);
            people.AddRange(rows.Skip(1).Select(r => Value(content, r.Fields[column])));
        }
        else
        {
            foreach ((int start, int end) in Lines(content))
                people.AddRange(IdOf(content.AsSpan(start, end - start), field) is { } id ? [id] : []);
        }
        return [.. people.Where(p => p.Length > 0).Distinct()];
    }

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    public static byte[] Gunzip(byte[] content)
    {
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress))
            gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] Ndjson(byte[] before, string field, string id, string mode, string[] masked)
    {
        using var after = new MemoryStream();
        foreach ((int start, int end) in Lines(before))
        {
            ReadOnlySpan<byte> line = before.AsSpan(start, end - start);
            int behind = end < before.Length ? end + 1 : end;
            if (IdOf(line, field) != id)
                after.Write(before.AsSpan(start, behind - start));
            else if (mode == "blank")
                after.Write([.. "{}"u8, .. Enumerable.Repeat((byte)' ', line.Length - 2), .. before.AsSpan(end, behind - end)]);
            else if (mode == "mask")
                after.Write([.. Masked(line, masked), .. before.AsSpan(end, behind - end)]);
        }
        return after.ToArray();
    }

    private static byte[] Masked(ReadOnlySpan<byte> line, string[] masked)
    {
        using var after = new MemoryStream();
        var reader = new Utf8JsonReader(line);
        int copied = 0;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool hit = masked.Contains(reader.GetString(), StringComparer.Ordinal);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!hit)
                continue;
            after.Write(line[copied..start]);
            after.Write("null"u8);
            copied = (int)reader.BytesConsumed;
        }
        after.Write(line[copied..]);
        return after.ToArray();
    }

    private static byte[] Csv(byte[] before, string field, string id, string mode, string[] masked)
    {
        List<(int Start, int End, List<(int Start, int End)> Fields)> rows = CsvRows(before);
        string[] names = [.. rows[0].Fields.Select(f => Value(before, f))];
        int column = Array.IndexOf(names, field);
        using var after = new MemoryStream();
        for (int i = 0; i < rows.Count; i++)
        {
            int behind = i + 1 < rows.Count ? rows[i + 1].Start : before.Length;
            if (i == 0 || Value(before, rows[i].Fields[column]) != id)
            {
                after.Write(before.AsSpan(rows[i].Start, behind - rows[i].Start));
            }
            else if (mode == "mask")
            {
                int copied = rows[i].Start;
                foreach (((int start, int end), string name) in rows[i].Fields.Zip(names))
                {
                    if (!masked.Contains(name, StringComparer.Ordinal))
                        continue;
                    after.Write(before.AsSpan(copied, start - copied));
                    copied = end;
                }
                after.Write(before.AsSpan(copied, behind - copied));
            }
        }
        return after.ToArray();
    }

    private static List<(int Start, int End)> Lines(byte[] content)
    {
        var lines = new List<(int, int)>();
        for (int at = 0; at < content.Length;)
        {
            int newline = Array.IndexOf(content, (byte)'\n', at);
            int end = newline < 0 ? content.Length : newline;
            lines.Add((at, end));
            at = end + 1;
        }
        return lines;
    }

    private static string? IdOf(ReadOnlySpan<byte> line, string field)
    {
        if (line.IsEmpty)
            return null;
        using JsonDocument row = JsonDocument.Parse(line.ToArray());
        return row.RootElement.TryGetProperty(field, out JsonElement id)
            ? id.ValueKind == JsonValueKind.Number ? id.GetInt64().ToString(CultureInfo.InvariantCulture) : id.GetString()
            : null;
    }

    private static List<(int Start, int End, List<(int Start, int End)> Fields)> CsvRows(byte[] content)
    {
        var rows = new List<(int, int, List<(int, int)>)>();
        int row = 0, field = 0;
        bool quoted = false;
        var fields = new List<(int, int)>();
        for (int at = 0; at <= content.Length; at++)
        {
            byte c = at < content.Length ? content[at] : (byte)'\n';
            if (c == '"')
                quoted = !quoted;
            if (quoted || c is not ((byte)',' or (byte)'\n'))
                continue;
            int end = c == '\n' && at > field && content[at - 1] == '\r' ? at - 1 : at;
            fields.Add((field, end));
            field = at + 1;
            if (c == ',')
                continue;
            if (end > row)
                rows.Add((row, end, fields));
            (row, fields) = (at + 1, []);
        }
        return rows;
    }

    private static string Value(byte[] content, (int Start, int End) field)
    {
        string raw = Encoding.UTF8.GetString(content, field.Start, field.End - field.Start);
        return raw is ['"', .., '"'] ? raw[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : raw;
    }
}
