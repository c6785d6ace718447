using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>What reading rows takes besides the rows: buffers and caches, used by one scan at a time and kept for the next.</summary>
internal sealed class RowScan
{
    private readonly JsonRow _json = new();
    private readonly FieldTree _tree;
    private readonly PeopleInRow _people = new();
    private readonly PlainJsonRow _plain;

    public RowScan(Dataset dataset, IReadOnlyDictionary<string, Kind> kinds, SubjectHasher hasher)
    {
        Fields = new SubjectFields(dataset.Subjects.Where(rule => rule.IsByRow), kinds, hasher);
        _tree = FieldTree.Of(Fields.Names);
        _plain = new PlainJsonRow(Fields, _tree, _people);
    }

    public SubjectFields Fields { get; }

    /// <summary>Of the row read last.</summary>
    public ReadOnlySpan<RowPerson> People => _people.People;

    /// <summary>Whether the row read last names more people than a row may.</summary>
    public bool NamesTooMany => _people.AreTooMany;

    public JsonRowShape ReadJson(ReadOnlySpan<byte> row)
    {
        _people.Clear();
        return _plain.TryRead(row) ? JsonRowShape.Object : ReadDoubtfulJson(row);
    }

    /// <summary>The general reader's answer, which the fast way never contradicts.</summary>
    public JsonRowShape ReadDoubtfulJson(ReadOnlySpan<byte> row)
    {
        _people.Clear();
        var visitor = new JsonPeople(Fields, _json.Escapes, _people);
        return _json.Walk(row, _tree.Root, ref visitor);
    }

    /// <summary>False where an identifier is not UTF-8, so that nobody knows whom the row names.</summary>
    public bool TryReadCsv(ReadOnlySpan<byte> row, CsvRow fields, CsvColumns columns)
    {
        _people.Clear();
        return columns.TryCollect(row, fields, Fields, _people);
    }
}
