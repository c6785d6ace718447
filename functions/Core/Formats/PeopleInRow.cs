using System.Runtime.InteropServices;

namespace Limpid.Core.Formats;

/// <summary>Collects the distinct people of one row.</summary>
internal sealed class PeopleInRow
{
    private const int SearchedOneByOne = 16;

    private readonly List<RowPerson> _people = [];
    private readonly HashSet<RowPerson> _known = new(SamePerson.Instance);

    public ReadOnlySpan<RowPerson> People => CollectionsMarshal.AsSpan(_people);

    /// <summary>Whether some of them were left out because there are more than <see cref="RowLimits.People"/>.</summary>
    public bool AreTooMany { get; private set; }

    public void Clear()
    {
        AreTooMany = false;
        _people.Clear();
        if (_known.Count > 0)
            _known.Clear();
    }

    public void Add(RowPerson person)
    {
        if (AreTooMany || !IsNew(person))
            return;
        AreTooMany = _people.Count == RowLimits.People;
        if (!AreTooMany)
            _people.Add(person);
    }

    // A row with a million identifiers must not be searched a million times.
    private bool IsNew(RowPerson person)
    {
        if (_people.Count < SearchedOneByOne)
        {
            foreach (RowPerson known in People)
            {
                if (SamePerson.Instance.Equals(known, person))
                    return false;
            }
            return true;
        }
        if (_known.Count == 0)
            _known.UnionWith(_people);
        return _known.Add(person);
    }

    private sealed class SamePerson : IEqualityComparer<RowPerson>
    {
        public static readonly SamePerson Instance = new();

        public bool Equals(RowPerson x, RowPerson y) =>
            ReferenceEquals(x.Keys, y.Keys) || (x.Keys[0] == y.Keys[0] && string.Equals(x.Kind, y.Kind, StringComparison.Ordinal));

        public int GetHashCode(RowPerson person) => person.Keys[0].GetHashCode();
    }
}
