using System.Runtime.InteropServices;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Indexing;

/// <summary>
/// Gathers each person's rows. A person of many rows takes one entry as long as all people fit; beyond that everybody so far goes to
/// the sorter, which joins what belongs together: memory stays flat, whoever is in the object.
/// </summary>
internal sealed class EntryCollector(EntrySorter sorter) : IRowSink
{
    private const int MostPeople = 1 << 16;

    // A row takes 4 to 6 bytes.
    private const int MostRows = 1 << 22;

    private int _rows;

    private readonly Dictionary<SubjectKey, RowSetEncoder> _people = [];

    public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people)
    {
        _rows += people.Length;
        foreach (RowPerson person in people)
            CollectionsMarshal.GetValueRefOrAddDefault(_people, person.Keys[0], out _).Append(row);
        if (_people.Count >= MostPeople || _rows >= MostRows)
            Flush();
    }

    /// <summary>Hands over what is left; to be called once behind the last row.</summary>
    public void Flush()
    {
        foreach ((SubjectKey subject, RowSetEncoder rows) in _people)
            sorter.Add(subject, rows.ToArray());
        _people.Clear();
        _rows = 0;
    }
}
