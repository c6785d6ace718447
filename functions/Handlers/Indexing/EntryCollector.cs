using System.Runtime.InteropServices;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Indexing;

/// <summary>
/// Gathers each person's rows. A person of many rows takes one entry as long as all people and rows fit; beyond that everybody so far
/// goes to the sorter, which joins what belongs together: memory stays flat, whoever is in the object and however often.
/// </summary>
internal sealed class EntryCollector(EntrySorter sorter) : IRowSink
{
    private const int MostPeople = 1 << 16;

    // About six bytes each, and as much again for what is held in reserve and not collected yet.
    private const int MostRows = 1 << 19;

    private readonly Dictionary<SubjectKey, RowSetEncoder> _people = [];
    private int _rows;

    public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people)
    {
        foreach (RowPerson person in people)
            CollectionsMarshal.GetValueRefOrAddDefault(_people, person.Keys[0], out _).Append(row);
        _rows += people.Length;
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
