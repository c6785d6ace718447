using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Limpid.Tests.Formats;

/// <summary>
/// Reads the simplest way there is, whole files and character by character, and shares no code with Limpid: what it says is what the
/// scanner is held against.
/// </summary>
internal static class NaiveReader
{
    /// <param name="Ids">Canonical identifiers; null where the row is malformed.</param>
    /// <param name="End">Behind the line ending.</param>
    public sealed record Row(long Line, int Offset, int Length, int End, HashSet<string>? Ids);

    public static List<Row> Ndjson(byte[] content, string[] path)
    {
        List<Row> rows = [];
        int at = content.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xef, 0xbb, 0xbf]) ? 3 : 0;
        for (long line = 0; at < content.Length; line++)
        {
            int newline = Array.IndexOf(content, (byte)'\n', at);
            int next = newline < 0 ? content.Length : newline + 1;
            int end = newline < 0 ? content.Length : newline > at && content[newline - 1] == '\r' ? newline - 1 : newline;
            string text = Encoding.UTF8.GetString(content, at, end - at);
            if (text.Trim(' ', '\t', '\r').Length > 0 && !IsBlank(text, out JsonElement row))
                rows.Add(new Row(line, at, end - at, next, Ids(row, path)));
            at = next;
        }
        return rows;
    }

    public static List<Row> Csv(byte[] content)
    {
        List<Row> rows = [];
        int at = content.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xef, 0xbb, 0xbf]) ? 3 : 0;
        int[]? columns = null;
        int count = 0;
        long line = 0;
        while (at < content.Length)
        {
            int start = at;
            List<(string Text, bool Quoted)> fields = [];
            var field = new List<byte>();
            bool quoted = false, closed = false, open = false, wrong = false;
            long startLine = line;
            int end = -1;
            while (end < 0)
            {
                int c = at < content.Length ? content[at] : -1;
                if (open && c >= 0)
                {
                    if (c == '\n')
                        line++;
                    if (c != '"')
                        field.Add((byte)c);
                    else if (at + 1 < content.Length && content[at + 1] == '"')
                        field.Add(content[++at]);
                    else
                        (open, closed) = (false, true);
                    at++;
                }
                else if (c == '"' && field.Count == 0 && !quoted && !closed)
                {
                    (open, quoted) = (true, true);
                    at++;
                }
                else if (c == ',' || c == '\n' || c < 0 || (c == '\r' && at + 1 < content.Length && content[at + 1] == '\n'))
                {
                    wrong |= open;
                    fields.Add((Encoding.UTF8.GetString([.. field]), quoted));
                    field.Clear();
                    quoted = closed = open = false;
                    if (c == ',')
                        at++;
                    else
                        (end, at) = (at, c < 0 ? at : c == '\n' ? at + 1 : at + 2);
                }
                else
                {
                    wrong |= closed || c is '\r' or 0;
                    field.Add((byte)c);
                    at++;
                }
            }
            line++;
            wrong |= content.AsSpan(start, end - start).Contains((byte)0);
            if (end == start)
                continue;
            if (columns is null)
            {
                count = fields.Count;
                columns = [.. Enumerable.Range(0, count).Where(i => fields[i].Text == "id")];
                continue;
            }
            bool good = !wrong && fields.Count == count;
            HashSet<string>? ids = good ? [.. columns.Where(i => fields[i].Quoted || fields[i].Text.Length > 0).Select(i => fields[i].Text)] : null;
            rows.Add(new Row(startLine, start, end - start, at, ids));
        }
        return rows;
    }

    private static bool IsBlank(string text, out JsonElement row)
    {
        row = default;
        try
        {
            row = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 10_000 }).RootElement;
            return row.ValueKind == JsonValueKind.Object && !row.EnumerateObject().Any();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static HashSet<string>? Ids(JsonElement row, string[] path)
    {
        if (row.ValueKind != JsonValueKind.Object)
            return null;
        HashSet<string> ids = new(StringComparer.Ordinal);
        Collect(row, path, ids);
        return ids;
    }

    private static void Collect(JsonElement value, string[] path, HashSet<string> ids)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement element in value.EnumerateArray())
                Collect(element, path, ids);
        }
        else if (path.Length > 0 && value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                for (int taken = 1; taken <= path.Length; taken++)
                {
                    if (property.Name == string.Join('.', path.Take(taken)))
                        Collect(property.Value, path[taken..], ids);
                }
            }
        }
        else if (path.Length == 0 && value.ValueKind == JsonValueKind.String)
        {
            ids.Add(value.GetString()!);
        }
        else if (path.Length == 0 && value.ValueKind == JsonValueKind.Number)
        {
            ids.Add(Plain(value.GetRawText()));
        }
    }

    private static string Plain(string number)
    {
        decimal value = decimal.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        return value == decimal.Truncate(value)
            ? new BigInteger(value).ToString(CultureInfo.InvariantCulture)
            : value.ToString(CultureInfo.InvariantCulture).TrimEnd('0');
    }
}
