using System.Text.Json;
using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>Finds the values of a JSON row that a mask overwrites.</summary>
/// <param name="fields">Paths from 0 in the tree are these, those behind them the dataset's masked fields.</param>
/// <param name="matcher">Given for a row that names others too: of the fields that name people only the subject's own values are taken then.</param>
internal readonly ref struct JsonMask(SubjectFields fields, JsonEscapes escapes, SubjectMatcher? matcher, List<Range> values) : IFieldVisitor
{
    public void OnScalar(ref Utf8JsonReader reader, FieldTree.Node node)
    {
        if (IsMasked(node) && (matcher is null || !NamesPeople(node) || IsSubject(ref reader, node)))
            values.Add(((int)reader.TokenStartIndex)..(int)reader.BytesConsumed);
    }

    public bool OnObject(ref Utf8JsonReader reader, FieldTree.Node node)
    {
        // An object is nobody's identifier: where a field names people and others share the row, it stays.
        if (!IsMasked(node) || (matcher is not null && NamesPeople(node)))
            return false;
        int start = (int)reader.TokenStartIndex;
        Utf8JsonReader end = reader;
        end.Skip();
        values.Add(start..(int)end.BytesConsumed);
        return true;
    }

    private bool IsMasked(FieldTree.Node node)
    {
        foreach (int path in node.Here)
        {
            if (path >= fields.Count)
                return true;
        }
        return false;
    }

    private bool NamesPeople(FieldTree.Node node)
    {
        foreach (int path in node.Here)
        {
            if (path < fields.Count)
                return true;
        }
        return false;
    }

    private bool IsSubject(ref Utf8JsonReader reader, FieldTree.Node node)
    {
        foreach (int path in node.Here)
        {
            if (path < fields.Count && fields.TryPerson(path, ref reader, escapes, out RowPerson person) && matcher!.IsSubject(person))
                return true;
        }
        return false;
    }
}
