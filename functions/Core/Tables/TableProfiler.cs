using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Tables;

/// <summary>
/// Takes the rows of a version, object after object, and counts what its profile says, in memory that grows with the columns alone. The
/// columns are the members of each JSON object, or those of the CSV header. Not thread-safe.
/// </summary>
public sealed class TableProfiler : IRowSink, IDisposable
{
    /// <summary>More make no table.</summary>
    public const int MostColumns = 1000;

    private static readonly Kind AsItIs = new();

    private readonly bool _isCsv;
    private readonly IReadOnlyList<string> _key;
    private readonly byte[]?[] _keyOfRow;
    private readonly KeyCheck _keys;
    private readonly ulong _seed;
    private readonly List<ColumnTally> _columns = [];
    private readonly Dictionary<string, ColumnTally> _byName = new(StringComparer.Ordinal);
    private readonly CsvValues _csv = new();
    private ColumnTally[] _header = [];
    private byte[] _text = new byte[256];
    private long _rows;
    private long _withoutKey;

    /// <param name="key">Columns; empty where there is no key.</param>
    /// <param name="salt">32 unguessable bytes.</param>
    /// <param name="scratch">As of <see cref="KeyCheck"/>.</param>
    public TableProfiler(DataFormat format, IReadOnlyList<string> key, ReadOnlySpan<byte> salt, Func<Stream> scratch)
    {
        _isCsv = format == DataFormat.Csv;
        _key = key;
        _keyOfRow = new byte[]?[key.Count];
        _keys = new KeyCheck(salt, scratch);
        _seed = BinaryPrimitives.ReadUInt64LittleEndian(salt);
    }

    /// <summary>Whether there are more columns than <see cref="MostColumns"/>: then the profile is of no use.</summary>
    public bool HasTooManyColumns { get; private set; }

    public void OnHeader(ReadOnlySpan<byte> content)
    {
        _csv.Split(content);
        _header = new ColumnTally[_csv.Count];
        for (int i = 0; i < _header.Length; i++)
        {
            _csv.TryText(content, i, out ReadOnlySpan<byte> name);
            _header[i] = ColumnOf(Encoding.UTF8.GetString(name));
        }
    }

    public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people)
    {
        Array.Clear(_keyOfRow);
        if (_isCsv)
            ReadCsv(content);
        else
            ReadJson(content);
        _rows++;
        if (_key.Count == 0)
            return;
        if (Array.IndexOf(_keyOfRow, null) >= 0)
        {
            _withoutKey++;
            return;
        }
        foreach (byte[]? part in _keyOfRow)
            _keys.Append(part);
        _keys.EndRow();
    }

    /// <summary>Of everything that was taken. To be asked for once.</summary>
    public TableProfile ToProfile()
    {
        var columns = new List<ColumnProfile>(_columns.Count);
        foreach (ColumnTally column in _columns)
            columns.Add(column.ToProfile());
        return new TableProfile(_rows, columns) { RowsWithoutKey = _withoutKey, RowsWithKeyOfAnother = _keys.CountSame() };
    }

    public void Dispose() => _keys.Dispose();

    private void ReadCsv(ReadOnlySpan<byte> row)
    {
        _csv.Split(row);
        for (int i = 0; i < _csv.Count && i < _header.Length; i++)
        {
            if (!_csv.TryText(row, i, out ReadOnlySpan<byte> text))
                continue;
            // A column of texts may hold a number now and then, and says so from the first time on.
            bool isNumber = Utf8Parser.TryParse(text, out double _, out int read) && read == text.Length;
            _header[i].Add(_rows, isNumber ? ColumnTally.ValueType.Number : ColumnTally.ValueType.Text, text);
            if (KeyNumber(_header[i]) is var key and >= 0)
                _keyOfRow[key] = text.ToArray();
        }
    }

    private void ReadJson(ReadOnlySpan<byte> row)
    {
        var reader = new Utf8JsonReader(row);
        reader.Read();
        for (int position = 0; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; position++)
        {
            ColumnTally column = ColumnOf(ref reader, position);
            reader.Read();
            long start = reader.TokenStartIndex;
            if (KeyNumber(column) is var key and >= 0)
                _keyOfRow[key] = Identifier.TryFromJson(AsItIs, ref reader, out byte[] canonical) ? canonical : null;
            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    break;
                case JsonTokenType.String:
                    column.Add(_rows, ColumnTally.ValueType.Text, Decoded(ref reader));
                    break;
                case JsonTokenType.Number:
                    column.Add(_rows, ColumnTally.ValueType.Number, reader.ValueSpan);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    column.Add(_rows, ColumnTally.ValueType.Boolean, reader.ValueSpan);
                    break;
                default:
                    ColumnTally.ValueType type = reader.TokenType == JsonTokenType.StartObject ? ColumnTally.ValueType.Object : ColumnTally.ValueType.Array;
                    reader.Skip();
                    column.Add(_rows, type, row[(int)start..(int)reader.BytesConsumed]);
                    break;
            }
        }
    }

    private ReadOnlySpan<byte> Decoded(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        // A lone surrogate has no text: what stands there is taken as it is.
        try
        {
            if (_text.Length < reader.ValueSpan.Length)
                _text = new byte[reader.ValueSpan.Length];
            return _text.AsSpan(0, reader.CopyString(_text));
        }
        catch (InvalidOperationException)
        {
            return reader.ValueSpan;
        }
    }

    // Rows mostly have their members in the same order.
    private ColumnTally ColumnOf(ref Utf8JsonReader reader, int position)
    {
        if (position < _columns.Count && !reader.ValueIsEscaped && reader.ValueSpan.SequenceEqual(_columns[position].Name))
            return _columns[position];
        return ColumnOf(Encoding.UTF8.GetString(Decoded(ref reader)));
    }

    private ColumnTally ColumnOf(string name)
    {
        if (_byName.TryGetValue(name, out ColumnTally? known))
            return known;
        HasTooManyColumns |= _columns.Count >= MostColumns;
        var column = new ColumnTally(name, _seed);
        // The rest is thrown away with the profile, and must not fill the memory meanwhile.
        if (HasTooManyColumns)
            return column;
        _columns.Add(column);
        _byName.Add(name, column);
        return column;
    }

    private int KeyNumber(ColumnTally column)
    {
        for (int i = 0; i < _key.Count; i++)
        {
            if (column.Is(_key[i]))
                return i;
        }
        return -1;
    }
}
