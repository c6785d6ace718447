using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Limpid.Core.Formats;

/// <summary>
/// The rows of a small file that people keep by hand: a JSON array of objects, an object a line, or CSV with a header; gzipped or not.
/// Which of them it is, its content tells.
/// </summary>
public static class LooseRows
{
    /// <summary>A JSON object a row; of CSV all values are text, and an unquoted empty field is left out.</summary>
    /// <param name="mostBytes">Decompressed; the whole file is held in memory.</param>
    /// <exception cref="InvalidDataException">It is none of them, or too large; says where and never what.</exception>
    public static async Task<IReadOnlyList<JsonElement>> ReadAsync(Stream content, long mostBytes, CancellationToken cancellation)
    {
        await using Content opened = await Content.OpenAsync(content, cancellation).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        byte[] chunk = new byte[64 * 1024];
        while (await opened.Bytes.ReadAsync(chunk, cancellation).ConfigureAwait(false) is var read and > 0)
        {
            if (bytes.Length + read > mostBytes)
                throw new InvalidDataException(FormattableString.Invariant($"it has more than {mostBytes} bytes"));
            bytes.Write(chunk, 0, read);
        }
        return Of(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    private static IReadOnlyList<JsonElement> Of(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.StartsWith(ByteOrderMark.Utf8))
            bytes = bytes[ByteOrderMark.Utf8.Length..];
        if (!Utf8.IsValid(bytes.Span))
            throw new InvalidDataException("it is not in UTF-8");
        int first = bytes.Span.IndexOfAnyExcept(" \t\r\n"u8);
        if (first < 0)
            return [];
        return bytes.Span[first] switch
        {
            (byte)'[' => OfArray(bytes),
            (byte)'{' => OfLines(bytes),
            _ => OfCsv(bytes),
        };
    }

    private static List<JsonElement> OfArray(ReadOnlyMemory<byte> bytes)
    {
        JsonElement array = Parsed(bytes, "it is no JSON");
        int at = 0;
        foreach (JsonElement row in array.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(FormattableString.Invariant($"element {at} is no object"));
            at++;
        }
        return [.. array.EnumerateArray()];
    }

    private static List<JsonElement> OfLines(ReadOnlyMemory<byte> bytes)
    {
        var rows = new List<JsonElement>();
        for (int line = 0; !bytes.IsEmpty; line++)
        {
            int end = bytes.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> row = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? ReadOnlyMemory<byte>.Empty : bytes[(end + 1)..];
            if (row.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
                continue;
            JsonElement value = Parsed(row, FormattableString.Invariant($"line {line} is no JSON object"));
            rows.Add(value.ValueKind == JsonValueKind.Object ? value : throw new InvalidDataException(FormattableString.Invariant($"line {line} is no JSON object")));
        }
        return rows;
    }

    private static JsonElement Parsed(ReadOnlyMemory<byte> json, string why)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new InvalidDataException(why);
        }
    }

    private static List<JsonElement> OfCsv(ReadOnlyMemory<byte> bytes)
    {
        var rows = new List<JsonElement>();
        var row = new CsvRow();
        string[]? names = null;
        for (int number = 0; !bytes.IsEmpty; number++)
        {
            row.Split(bytes.Span, atEnd: true);
            string?[] values = row.IsEmpty ? [] : Values(bytes.Span, row, number);
            bytes = bytes[row.LengthWithEnding..];
            if (values.Length == 0)
                continue;
            if (names is null)
            {
                names = [.. values.Select(v => v ?? "")];
                if (names.Distinct(StringComparer.Ordinal).Count() != names.Length)
                    throw new InvalidDataException("its header names a column twice");
            }
            else
            {
                rows.Add(values.Length == names.Length ? Row(names, values)
                    : throw new InvalidDataException(FormattableString.Invariant($"row {number} has {values.Length} fields, and the header {names.Length}")));
            }
        }
        return rows;
    }

    private static string?[] Values(ReadOnlySpan<byte> bytes, CsvRow row, int number)
    {
        if (row.Fault is { } fault)
            throw new InvalidDataException(FormattableString.Invariant($"row {number}: {fault}"));
        if (row.FieldCount > RowLimits.Columns)
            throw new InvalidDataException(FormattableString.Invariant($"row {number} has more than {RowLimits.Columns} fields"));
        string?[] values = new string?[row.FieldCount];
        byte[] scratch = [];
        for (int i = 0; i < values.Length; i++)
            values[i] = CsvColumns.TryText(bytes, row.Fields[i], ref scratch, out ReadOnlySpan<byte> text) ? Encoding.UTF8.GetString(text) : null;
        return values;
    }

    private static JsonElement Row(string[] names, string?[] values)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            for (int i = 0; i < names.Length; i++)
            {
                if (values[i] is { } value)
                    writer.WriteString(names[i], value);
            }
            writer.WriteEndObject();
        }
        return Parsed(json.ToArray(), "a row could not be read back");
    }
}
