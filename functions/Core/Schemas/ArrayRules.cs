using System.Globalization;
using System.Text.Json;

namespace Limpid.Core.Schemas;

/// <summary>What a schema asks of arrays.</summary>
internal sealed class ArrayRules
{
    public SchemaNode[] First { get; init; } = [];

    /// <summary>Of every element behind <see cref="First"/>.</summary>
    public SchemaNode? Others { get; init; }

    public string OthersKeyword { get; init; } = "items";

    public SchemaNode? Contains { get; init; }

    public int MinItems { get; init; }

    public int MaxItems { get; init; } = int.MaxValue;

    public bool UniqueItems { get; init; }

    public IEnumerable<SchemaNode> Deeper => First.Concat(new[] { Others, Contains }.OfType<SchemaNode>());

    public bool Check(ref Utf8JsonReader reader, Validation validation)
    {
        HashSet<byte[]>? seen = UniqueItems ? new(ValueForm.Comparer) : null;
        bool contains = Contains is null, unique = true;
        int count = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            Utf8JsonReader item = reader;
            if (!contains)
            {
                Utf8JsonReader again = item;
                contains = Contains!.Check(ref again, validation);
            }
            if (seen is not null)
            {
                Utf8JsonReader again = item;
                unique &= seen.Add(ValueForm.Of(ref again));
            }
            SchemaNode? node = count < First.Length ? First[count] : Others;
            if (node is null)
                reader.Skip();
            else if (!CheckItem(node, count, ref reader, validation))
                return false;
        }
        return count < MinItems ? validation.Fail("minItems")
            : count > MaxItems ? validation.Fail("maxItems")
            : !unique ? validation.Fail("uniqueItems")
            : contains || validation.Fail("contains");
    }

    private bool CheckItem(SchemaNode node, int index, ref Utf8JsonReader reader, Validation validation)
    {
        if (node.AllowsNothing && index >= First.Length)
            return validation.Fail(OthersKeyword);
        return node.Check(ref reader, validation) || validation.FailedIn(index.ToString(CultureInfo.InvariantCulture));
    }
}
