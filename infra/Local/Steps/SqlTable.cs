using System.Text;
using System.Text.Json;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using SQLitePCL;

namespace Limpid.Local.Steps;

/// <summary>
/// A table that SQL reads, filled row by row: a column for each field of the rows, as it comes up. Whole numbers, others, text and null
/// are SQLite's own; in a column of nothing but true, false and null these are 1, 0 and null; all else is <see cref="SqlJson"/>. Of CSV
/// all is text, but for unquoted empty fields, which are null.
/// </summary>
internal sealed class SqlTable : IRowSink, IDisposable
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 1000 };

    private readonly sqlite3 _database;
    private readonly SqlJson _json;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folded = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SqlColumn> _columns = [];
    private readonly List<int> _fields = [];
    private readonly CsvValues _csv = new();
    private int[]? _header;
    private SqlStatement? _insert;
    private byte[] _text = new byte[1024];

    public SqlTable(sqlite3 database, SqlJson json, string name) => (_database, _json, Name) = (database, json, name);

    public string Name { get; }

    public long Rows { get; private set; }

    /// <summary>A name as SQL has it.</summary>
    public static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The column of exactly this name, or null.</summary>
    public SqlColumn? Column(string name) => _places.TryGetValue(name, out int place) ? _columns[place] : null;

    public void OnHeader(ReadOnlySpan<byte> content)
    {
        _csv.Split(content);
        _header = new int[_csv.Count];
        for (int i = 0; i < _header.Length; i++)
        {
            _header[i] = PlaceOf(_csv.TryText(content, i, out ReadOnlySpan<byte> name) ? Encoding.UTF8.GetString(name) : "");
            if (Array.IndexOf(_header, _header[i], 0, i) >= 0)
                throw new CommandFailedException($"two columns of an object of {Name} have the same name: use a command instead");
        }
    }

    public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people)
    {
        try
        {
            if (_header is { } header)
                TakeCsv(content, header);
            else
                TakeJson(content);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CommandFailedException(FormattableString.Invariant($"a row of {Name}, on line {row.Line} of its object, has text that is no Unicode"));
        }
        Statement.Step();
        Rows++;
    }

    /// <summary>All rows are there. A table without any has a column of its own, since SQLite has none without.</summary>
    public void Complete()
    {
        if (_columns.Count == 0)
            SqlStatement.Run(_database, $"CREATE TABLE {Quoted(Name)} (\"no rows\")");
        _insert?.Dispose();
        _insert = null;
    }

    /// <summary>Before the rows of an object: those of the next one may have another header.</summary>
    public void BeginObject() => _header = null;

    public void Dispose() => _insert?.Dispose();

    private void TakeJson(ReadOnlySpan<byte> row)
    {
        // Columns first: a statement holds for those that there were when it was prepared.
        _fields.Clear();
        var names = new Utf8JsonReader(row, Deep);
        names.Read();
        while (names.Read() && names.TokenType == JsonTokenType.PropertyName)
        {
            _fields.Add(PlaceOf(names.GetString()!));
            names.Skip();
        }
        ForgetRow();
        var reader = new Utf8JsonReader(row, Deep);
        reader.Read();
        foreach (int place in _fields)
        {
            reader.Read();
            reader.Read();
            Take(ref reader, row, place);
        }
    }

    private void Take(ref Utf8JsonReader reader, ReadOnlySpan<byte> row, int place)
    {
        SqlColumn column = _columns[place];
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            column.HasBooleans = true;
            if (column.HasOthers)
                BindJson(place, reader.ValueSpan);
            else
                Statement.Bind(place + 1, reader.TokenType == JsonTokenType.True ? 1 : 0);
            return;
        }
        if (reader.TokenType == JsonTokenType.Null)
        {
            Statement.BindNull(place + 1);
            return;
        }
        if (column.IsBoolean)
            Separate(place);
        column.HasOthers = true;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                BindText(ref reader, place);
                break;
            case JsonTokenType.Number when reader.TryGetInt64(out long whole):
                Statement.Bind(place + 1, whole);
                break;
            case JsonTokenType.Number when reader.ValueSpan.IndexOfAny(".eE"u8) >= 0 && reader.GetDouble() is var real && double.IsFinite(real):
                Statement.Bind(place + 1, real);
                break;
            case JsonTokenType.Number:
                BindJson(place, reader.ValueSpan);
                break;
            default:
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                BindJson(place, row[start..(int)reader.BytesConsumed]);
                break;
        }
    }

    private void BindText(ref Utf8JsonReader reader, int place)
    {
        if (!reader.ValueIsEscaped)
        {
            Statement.BindText(place + 1, reader.ValueSpan);
            return;
        }
        if (_text.Length < reader.ValueSpan.Length)
            _text = new byte[reader.ValueSpan.Length];
        Statement.BindText(place + 1, _text.AsSpan(0, reader.CopyString(_text)));
    }

    private void BindJson(int place, ReadOnlySpan<byte> json) => Statement.BindBytes(place + 1, _json.ToBinary(json));

    private void TakeCsv(ReadOnlySpan<byte> row, int[] header)
    {
        _csv.Split(row);
        ForgetRow();
        for (int i = 0; i < header.Length; i++)
        {
            if (_csv.TryText(row, i, out ReadOnlySpan<byte> text))
            {
                _columns[header[i]].HasOthers = true;
                Statement.BindText(header[i] + 1, text);
            }
        }
    }

    private SqlStatement Statement => _insert ??= Insert();

    // What the row before had in a field is nothing of this one's.
    private void ForgetRow()
    {
        for (int i = 1; i <= _columns.Count; i++)
            Statement.BindNull(i);
    }

    /// <summary>The column's true and false were 1 and 0, and could no longer be told from numbers.</summary>
    private void Separate(int place)
    {
        string column = Quoted(_places.First(p => p.Value == place).Key);
        SqlStatement.Run(_database, $"UPDATE {Quoted(Name)} SET {column} = jsonb(iif({column}, 'true', 'false')) WHERE {column} IS NOT NULL");
    }

    private int PlaceOf(string field)
    {
        if (_places.TryGetValue(field, out int place))
            return place;
        // Names may be anything here, a person's even: they are not repeated.
        if (!_folded.Add(field))
            throw new CommandFailedException($"two fields of {Name} differ in upper and lower case alone, which SQL does not tell apart: use a command instead");
        place = _columns.Count;
        SqlStatement.Run(_database, place == 0 ? $"CREATE TABLE {Quoted(Name)} ({Quoted(field)})" : $"ALTER TABLE {Quoted(Name)} ADD COLUMN {Quoted(field)}");
        _places.Add(field, place);
        _columns.Add(new SqlColumn());
        _insert?.Dispose();
        _insert = null;
        return place;
    }

    private SqlStatement Insert() => new(
        _database, $"INSERT INTO {Quoted(Name)} VALUES ({string.Join(", ", Enumerable.Range(1, _columns.Count).Select(i => FormattableString.Invariant($"?{i}")))})");
}
