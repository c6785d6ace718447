using System.Buffers;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>
/// Makes the bytes that take an edited row's place, and refuses a row that is not what the edit was meant for. Not thread-safe.
/// </summary>
internal sealed class RowEditing
{
    private readonly Dataset _dataset;
    private readonly SubjectMatcher _matcher;
    private readonly RowScan _scan;
    private readonly JsonRow _json = new();
    private readonly FieldTree _masked;
    private readonly CsvRow _csv = new();
    private readonly List<Range> _values = [];
    private readonly bool _rowsNameTheSubject;
    private CsvColumns? _columns;

    public RowEditing(
        Dataset dataset, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher, IReadOnlyList<SubjectIdentity> subject)
    {
        _dataset = dataset;
        _matcher = new SubjectMatcher(subject);
        _scan = new RowScan(dataset, kinds, hasher);
        _masked = FieldTree.Of([.. _scan.Fields.Names, .. dataset.Fields]);
        // A row of an object whose name or sidecar is the subject need not name anybody; nor does a blanked one that vacuuming drops.
        _rowsNameTheSubject = subject.Count > 0 && dataset.Subjects.All(rule => rule.IsByRow);
    }

    /// <summary>Whether a CSV header is still to be read.</summary>
    public bool NeedsHeader => _dataset.Format == DataFormat.Csv && _columns is null;

    /// <summary>Takes the header where the bytes hold the whole of it, and says how far it and the empty lines before it reach.</summary>
    /// <returns>0 where more bytes are needed.</returns>
    public int ReadHeader(ReadOnlySpan<byte> bytes, bool atEnd)
    {
        int position = 0;
        while (position < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[position..];
            if (_csv.Split(rest, atEnd) == CsvRowEnd.Beyond)
                return 0;
            position += _csv.LengthWithEnding;
            if (_csv.IsEmpty)
                continue;
            _columns = CsvColumns.From(rest[.._csv.Length], _csv, _dataset, _scan.Fields, out string? reason);
            return _columns is null ? throw new InvalidDataException($"the object is not what was scanned: {reason}") : position;
        }
        return 0;
    }

    /// <summary>Writes the row's new bytes to <paramref name="target"/>; nothing for a dropped one.</summary>
    /// <exception cref="InvalidDataException">There is no such row, or it does not name the subject.</exception>
    public void Apply(RowEdit edit, ReadOnlySpan<byte> row, ArrayBufferWriter<byte> target)
    {
        target.ResetWrittenCount();
        if (!IsRow(row, edit.Action))
            throw new InvalidDataException("there is no row where an edit expects one");
        if (_rowsNameTheSubject && _matcher.Match(_scan.People) == RowMatch.None)
            throw new InvalidDataException("the row where an edit was to be made does not name the subject");
        if (edit.Action == RowAction.Drop)
            return;
        if (edit.Action == RowAction.Mask)
        {
            Mask(edit, row, target);
            return;
        }
        Span<byte> blank = target.GetSpan(row.Length)[..row.Length];
        "{}"u8.CopyTo(blank);
        blank[2..].Fill((byte)' ');
        target.Advance(row.Length);
    }

    private bool IsRow(ReadOnlySpan<byte> row, RowAction action)
    {
        if (_dataset.Format == DataFormat.Ndjson)
        {
            JsonRowShape shape = _scan.ReadJson(row);
            return shape == JsonRowShape.Object || (shape == JsonRowShape.Empty && !_rowsNameTheSubject);
        }
        return action != RowAction.Blank && _csv.Split(row, atEnd: true) == CsvRowEnd.Found && _csv.Length == row.Length
            && _csv.Fault is null && _csv.FieldCount == _columns!.Count && _scan.TryReadCsv(row, _csv, _columns);
    }

    private void Mask(RowEdit edit, ReadOnlySpan<byte> row, ArrayBufferWriter<byte> target)
    {
        _values.Clear();
        bool isJson = _dataset.Format == DataFormat.Ndjson;
        SubjectMatcher? matcher = edit.Shared ? _matcher : null;
        if (isJson)
        {
            var visitor = new JsonMask(_scan.Fields, _json.Escapes, matcher, _values);
            _json.Walk(row, _masked.Root, ref visitor);
        }
        else
        {
            _columns!.CollectMasked(row, _csv, _scan.Fields, matcher, _values);
        }
        ReadOnlySpan<byte> replacement = isJson ? "null"u8 : default;
        int copied = 0;
        foreach (Range value in _values)
        {
            target.Write(row[copied..value.Start.Value]);
            target.Write(replacement);
            copied = value.End.Value;
        }
        target.Write(row[copied..]);
        // The only column of a row, emptied, would leave an empty line: no row any more to readers of RFC 4180.
        if (target.WrittenCount == 0)
            target.Write("\"\""u8);
    }
}
