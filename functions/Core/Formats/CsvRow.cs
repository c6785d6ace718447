using System.Buffers;

namespace Limpid.Core.Formats;

internal enum CsvRowEnd
{
    /// <summary>A line ending, or the end of the content.</summary>
    Found,

    /// <summary>Not in the given bytes.</summary>
    Beyond,
}

/// <summary>
/// Splits one row of RFC 4180 CSV into its fields. A quote inside a field that did not begin with one is a character like any other.
/// Where text follows a closing quote the row is at fault, and the field goes on as an unquoted one: the row ends where lenient
/// readers end it too. Not thread-safe.
/// </summary>
internal sealed class CsvRow
{
    private static readonly SearchValues<byte> Unquoted = SearchValues.Create(",\n\r"u8);

    private CsvField[] _fields = new CsvField[64];

    /// <summary>At most <see cref="RowLimits.Columns"/> fields are remembered; <see cref="FieldCount"/> counts on.</summary>
    public ReadOnlySpan<CsvField> Fields => _fields.AsSpan(0, Math.Min(FieldCount, RowLimits.Columns));

    public int FieldCount { get; private set; }

    /// <summary>In bytes, without the line ending.</summary>
    public int Length { get; private set; }

    /// <summary>In bytes, with the line ending.</summary>
    public int LengthWithEnding { get; private set; }

    /// <summary>What is wrong with it, of <see cref="RowFaults"/>, or null.</summary>
    public string? Fault { get; private set; }

    public bool HasQuotes { get; private set; }

    /// <summary>Whether it holds nothing at all.</summary>
    public bool IsEmpty => Length == 0;

    /// <param name="bytes">From the first byte of the row.</param>
    /// <param name="atEnd">Whether nothing follows.</param>
    public CsvRowEnd Split(ReadOnlySpan<byte> bytes, bool atEnd)
    {
        FieldCount = 0;
        Fault = null;
        HasQuotes = false;
        int position = 0;
        while (true)
        {
            int start = position;
            bool quoted = position < bytes.Length && bytes[position] == '"';
            bool doubled = false;
            if (quoted)
            {
                HasQuotes = true;
                position = ClosingQuote(bytes, position + 1, atEnd, out doubled);
                if (position < 0)
                {
                    if (!atEnd)
                        return CsvRowEnd.Beyond;
                    Fault ??= RowFaults.Unclosed;
                    position = bytes.Length;
                }
            }
            int end = EndOfField(bytes, position, quoted, atEnd);
            if (end < 0)
                return CsvRowEnd.Beyond;
            Add(new CsvField(start, end - start, quoted, doubled));
            if (end < bytes.Length && bytes[end] == ',')
            {
                position = end + 1;
                continue;
            }
            Length = end;
            LengthWithEnding = end == bytes.Length ? end : bytes[end] == '\r' ? end + 2 : end + 1;
            return CsvRowEnd.Found;
        }
    }

    /// <summary>The position behind the quote that closes the field, or -1 where it is not in the bytes.</summary>
    private static int ClosingQuote(ReadOnlySpan<byte> bytes, int position, bool atEnd, out bool doubled)
    {
        doubled = false;
        while (true)
        {
            int quote = bytes[position..].IndexOf((byte)'"');
            if (quote < 0)
                return -1;
            position += quote + 1;
            if (position == bytes.Length)
                return atEnd ? position : -1;
            if (bytes[position] != '"')
                return position;
            doubled = true;
            position++;
        }
    }

    /// <summary>The position of the comma or line ending that ends the field, or of the end of the content; -1 where it is not in the bytes.</summary>
    private int EndOfField(ReadOnlySpan<byte> bytes, int position, bool closed, bool atEnd)
    {
        while (true)
        {
            int stop = bytes[position..].IndexOfAny(Unquoted);
            if (stop < 0 && !atEnd)
                return -1;
            if (stop != 0 && closed && position < bytes.Length)
                Fault ??= RowFaults.AfterQuote;
            if (stop < 0)
                return bytes.Length;
            position += stop;
            if (bytes[position] != '\r')
                return position;
            if (position + 1 < bytes.Length ? bytes[position + 1] == '\n' : !atEnd)
                return position + 1 < bytes.Length ? position : -1;
            Fault ??= RowFaults.BareReturn;
            position++;
            closed = false;
        }
    }

    private void Add(CsvField field)
    {
        int index = FieldCount++;
        if (index >= RowLimits.Columns)
            return;
        if (index == _fields.Length)
            Array.Resize(ref _fields, index * 2);
        _fields[index] = field;
    }
}
