using System.Text.Json;

namespace Limpid.Core.Formats;

/// <summary>Collects the people that a JSON row names.</summary>
internal readonly ref struct JsonPeople(SubjectFields fields, JsonEscapes escapes, PeopleInRow people) : IFieldVisitor
{
    public void OnScalar(ref Utf8JsonReader reader, FieldTree.Node node)
    {
        foreach (int field in node.Here)
        {
            if (fields.TryPerson(field, ref reader, escapes, out RowPerson person))
                people.Add(person);
        }
    }

    public bool OnObject(ref Utf8JsonReader reader, FieldTree.Node node) => false;
}
