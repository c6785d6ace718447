using System.Text;
using System.Text.Unicode;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>Which columns of a CSV file hold what the dataset speaks of, by its header. Not thread-safe.</summary>
internal sealed class CsvColumns
{
    private readonly (int Column, int Field)[] _subjects;
    private readonly int[] _masked;
    private byte[] _text = new byte[256];

    private CsvColumns(int count, (int Column, int Field)[] subjects, int[] masked)
    {
        Count = count;
        _subjects = subjects;
        _masked = masked;
    }

    /// <summary>How many fields each row has to have.</summary>
    public int Count { get; }

    /// <summary>
    /// Null, with the reason, where the header lacks a column that the dataset names. A name that stands over several columns means all
    /// of them.
    /// </summary>
    public static CsvColumns? From(ReadOnlySpan<byte> row, CsvRow header, Dataset dataset, SubjectFields fields, out string? reason)
    {
        reason = null;
        if (header.Fault is not null)
            reason = $"its header can't be read: {header.Fault}";
        else if (header.FieldCount > RowLimits.Columns)
            reason = "its header has more than 65,536 columns";
        else if (row.Contains((byte)0))
            reason = "its header holds NUL bytes, so it is no text";
        if (reason is not null)
            return null;
        string[] names = Names(row, header);
        bool masks = dataset.Erase == EraseMode.Mask || dataset.Shared == SharedMode.Mask;
        string[] wanted = masks ? [.. fields.Names, .. dataset.Fields] : [.. fields.Names];
        foreach (string name in wanted)
        {
            if (Array.IndexOf(names, name) >= 0)
                continue;
            reason = $"its header has no column '{name}'";
            return null;
        }
        IReadOnlyList<string> subjectNames = fields.Names;
        var subjects =
            from column in Enumerable.Range(0, names.Length)
            from field in Enumerable.Range(0, subjectNames.Count)
            where names[column] == subjectNames[field]
            select (column, field);
        var masked =
            from column in Enumerable.Range(0, names.Length)
            where masks && dataset.Fields.Contains(names[column], StringComparer.Ordinal)
            select column;
        return new CsvColumns(names.Length, [.. subjects], [.. masked]);
    }

    /// <summary>The people that a row of the right number of fields names. False where an identifier is not UTF-8.</summary>
    public bool TryCollect(ReadOnlySpan<byte> row, CsvRow fields, SubjectFields subjects, PeopleInRow people)
    {
        foreach ((int column, int field) in _subjects)
        {
            if (!TryText(row, fields.Fields[column], ref _text, out ReadOnlySpan<byte> text))
                continue;
            if (!Utf8.IsValid(text))
                return false;
            people.Add(subjects.Person(field, text));
        }
        return true;
    }

    /// <summary>Where the values stand that a mask overwrites.</summary>
    /// <param name="matcher">Given for a row that names others too: of the columns that name people only the subject's own values are taken then.</param>
    public void CollectMasked(ReadOnlySpan<byte> row, CsvRow fields, SubjectFields subjects, SubjectMatcher? matcher, List<Range> values)
    {
        foreach (int column in _masked)
        {
            CsvField value = fields.Fields[column];
            if (matcher is null || IsOwnOrNobodys(row, value, column, subjects, matcher))
                values.Add(value.Start..(value.Start + value.Length));
        }
    }

    /// <summary>What a field says; false where it is unquoted and empty, which says nothing.</summary>
    public static bool TryText(ReadOnlySpan<byte> row, CsvField field, ref byte[] scratch, out ReadOnlySpan<byte> text)
    {
        text = row.Slice(field.Start, field.Length);
        if (!field.IsQuoted)
            return !text.IsEmpty;
        text = text[1..^1];
        if (!field.HasQuotesInside)
            return true;
        if (scratch.Length < text.Length)
            scratch = new byte[text.Length];
        int length = 0;
        while (text.IndexOf((byte)'"') is var quote and >= 0)
        {
            text[..(quote + 1)].CopyTo(scratch.AsSpan(length));
            length += quote + 1;
            text = text[(quote + 2)..];
        }
        text.CopyTo(scratch.AsSpan(length));
        text = scratch.AsSpan(0, length + text.Length);
        return true;
    }

    private bool IsOwnOrNobodys(ReadOnlySpan<byte> row, CsvField value, int column, SubjectFields subjects, SubjectMatcher matcher)
    {
        bool namesPeople = false;
        foreach ((int subjectColumn, int field) in _subjects)
        {
            if (subjectColumn != column)
                continue;
            namesPeople = true;
            if (TryText(row, value, ref _text, out ReadOnlySpan<byte> text) && matcher.IsSubject(subjects.Person(field, text)))
                return true;
        }
        return !namesPeople;
    }

    private static string[] Names(ReadOnlySpan<byte> row, CsvRow header)
    {
        string[] names = new string[header.FieldCount];
        byte[] scratch = [];
        for (int i = 0; i < names.Length; i++)
        {
            TryText(row, header.Fields[i], ref scratch, out ReadOnlySpan<byte> text);
            names[i] = Encoding.UTF8.GetString(text);
        }
        return names;
    }
}
