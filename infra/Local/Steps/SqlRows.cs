using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Limpid.Core.Lake;
using SQLitePCL;

namespace Limpid.Local.Steps;

/// <summary>Writes the rows that a statement gives, as NDJSON or CSV, one at a time.</summary>
internal sealed class SqlRows(SqlJson json, DataFormat format)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private string[] _names = [];
    private JsonEncodedText[] _properties = [];
    private bool[] _booleans = [];

    /// <summary>Before the rows of a statement.</summary>
    /// <param name="isBoolean">Whether 1 and 0 in a column stand for true and false.</param>
    /// <exception cref="CommandFailedException">Two columns have one name.</exception>
    public void Begin(sqlite3_stmt statement, Func<int, bool> isBoolean, Stream target)
    {
        int count = raw.sqlite3_column_count(statement);
        _names = [.. Enumerable.Range(0, count).Select(i => raw.sqlite3_column_name(statement, i).utf8_to_string())];
        if (_names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new CommandFailedException($"two columns of the last statement are called {twice.Key}: name them with AS");
        _properties = [.. _names.Select(name => JsonEncodedText.Encode(name, Plain.Encoder))];
        _booleans = [.. Enumerable.Range(0, count).Select(isBoolean)];
        if (format == DataFormat.Csv)
            target.Write(Encoding.UTF8.GetBytes(string.Join(',', _names.Select(n => CsvText(n))) + "\n"));
    }

    public void Write(sqlite3_stmt statement, Stream target)
    {
        if (format == DataFormat.Csv)
            WriteCsv(statement, target);
        else
            WriteJson(statement, target);
    }

    private void WriteJson(sqlite3_stmt statement, Stream target)
    {
        using (var writer = new Utf8JsonWriter(target, Plain))
        {
            writer.WriteStartObject();
            for (int i = 0; i < _names.Length; i++)
            {
                writer.WritePropertyName(_properties[i]);
                WriteValue(statement, i, writer);
            }
            writer.WriteEndObject();
        }
        target.WriteByte((byte)'\n');
    }

    private void WriteValue(sqlite3_stmt statement, int column, Utf8JsonWriter writer)
    {
        switch (raw.sqlite3_column_type(statement, column))
        {
            case raw.SQLITE_INTEGER when _booleans[column]:
                writer.WriteBooleanValue(raw.sqlite3_column_int64(statement, column) != 0);
                break;
            case raw.SQLITE_INTEGER:
                writer.WriteNumberValue(raw.sqlite3_column_int64(statement, column));
                break;
            case raw.SQLITE_FLOAT:
                writer.WriteRawValue(Real(statement, column), skipInputValidation: true);
                break;
            case raw.SQLITE_TEXT:
                writer.WriteStringValue(Text(statement, column));
                break;
            case raw.SQLITE_BLOB:
                writer.WriteRawValue(Json(statement, column), skipInputValidation: true);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private void WriteCsv(sqlite3_stmt statement, Stream target)
    {
        string[] values = new string[_names.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = raw.sqlite3_column_type(statement, i) switch
            {
                raw.SQLITE_INTEGER when _booleans[i] => raw.sqlite3_column_int64(statement, i) != 0 ? "true" : "false",
                raw.SQLITE_INTEGER => raw.sqlite3_column_int64(statement, i).ToString(CultureInfo.InvariantCulture),
                raw.SQLITE_FLOAT => Real(statement, i),
                raw.SQLITE_TEXT => CsvText(Encoding.UTF8.GetString(Text(statement, i))),
                raw.SQLITE_BLOB => CsvText(Encoding.UTF8.GetString(Json(statement, i))),
                _ => "",
            };
        }
        target.Write(Encoding.UTF8.GetBytes(string.Join(',', values) + "\n"));
    }

    // RFC 4180; empty text is quoted, since an unquoted empty field says nothing. So is a row's only field: an empty line is no row.
    private static string CsvText(string text) => text.Length == 0 || text.AsSpan().IndexOfAny(",\"\r\n") >= 0 || text[0] == '\ufeff'
        ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    // Always with a sign that it is none of the whole numbers, so that it is a real number for whoever reads it next.
    private string Real(sqlite3_stmt statement, int column)
    {
        double value = raw.sqlite3_column_double(statement, column);
        if (!double.IsFinite(value))
            throw new CommandFailedException($"{_names[column]} is infinite in a row");
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny(".E") < 0 ? text + ".0" : text;
    }

    private ReadOnlySpan<byte> Text(sqlite3_stmt statement, int column)
    {
        ReadOnlySpan<byte> text = raw.sqlite3_column_blob(statement, column);
        return System.Text.Unicode.Utf8.IsValid(text) ? text : throw new CommandFailedException($"{_names[column]} has text in a row that is no Unicode");
    }

    private byte[] Json(sqlite3_stmt statement, int column) => json.ToText(raw.sqlite3_column_blob(statement, column))
        ?? throw new CommandFailedException($"{_names[column]} has bytes in a row that are no JSON: write them as hex(...)");
}
