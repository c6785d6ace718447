using System.Text.Json;

namespace Limpid.Core.Schemas;

[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Object = 4,
    Array = 8,
    Number = 16,
    Integer = 32,
    String = 64,
    All = Null | Boolean | Object | Array | Number | String,
}

/// <summary>
/// One compiled schema. It reads a value once for itself and once for each schema that it applies in the same place. Filled in by
/// <see cref="SchemaCompiler"/> after it was made, since schemas may refer to one another in circles.
/// </summary>
internal sealed class SchemaNode
{
    /// <summary>What this stands for, where it is a reference and nothing else.</summary>
    public SchemaNode? Reference { get; set; }

    public bool AllowsNothing { get; set; }

    public JsonTypes Types { get; set; } = JsonTypes.All;

    /// <summary>Draft 4: <c>1.0</c> is no integer.</summary>
    public bool IntegersHaveNoPoint { get; set; }

    public NumberRules? Numbers { get; set; }

    public StringRules? Strings { get; set; }

    public ArrayRules? Arrays { get; set; }

    public ObjectRules? Objects { get; set; }

    /// <summary>Of <c>enum</c> or <c>const</c>.</summary>
    public ValueSet[] Values { get; set; } = [];

    public SchemaNode[] AllOf { get; set; } = [];

    public SchemaNode[] AnyOf { get; set; } = [];

    public SchemaNode[] OneOf { get; set; } = [];

    public SchemaNode? Not { get; set; }

    public SchemaNode? If { get; set; }

    public SchemaNode? Then { get; set; }

    public SchemaNode? Else { get; set; }

    /// <summary>The schemas that are held against the very value that this one is.</summary>
    public IEnumerable<SchemaNode> InPlace =>
        new[] { Reference, Not, If, Then, Else }.OfType<SchemaNode>().Concat(AllOf).Concat(AnyOf).Concat(OneOf).Concat(Objects?.InPlace ?? []);

    /// <summary>The schemas that are held against what stands in the value.</summary>
    public IEnumerable<SchemaNode> Deeper => (Arrays?.Deeper ?? []).Concat(Objects?.Deeper ?? []);

    /// <summary>Holds the value that the reader stands on against the schema, and reads to its end where it is allowed.</summary>
    public bool Check(ref Utf8JsonReader reader, Validation validation)
    {
        if (Reference is not null)
            return Reference.Check(ref reader, validation);
        if (AllowsNothing)
            return validation.Fail("false");
        if (!IsOfType(ref reader))
            return validation.Fail("type");
        Utf8JsonReader start = reader;
        return CheckByType(ref reader, validation) && CheckValues(start, validation) && CheckOthers(start, validation);
    }

    private bool IsOfType(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Types.HasFlag(JsonTypes.Object),
        JsonTokenType.StartArray => Types.HasFlag(JsonTypes.Array),
        JsonTokenType.String => Types.HasFlag(JsonTypes.String),
        JsonTokenType.Null => Types.HasFlag(JsonTypes.Null),
        JsonTokenType.Number => Types.HasFlag(JsonTypes.Number) || (Types.HasFlag(JsonTypes.Integer) && ExactNumber.IsInteger(reader.ValueSpan, IntegersHaveNoPoint)),
        _ => Types.HasFlag(JsonTypes.Boolean),
    };

    private bool CheckByType(ref Utf8JsonReader reader, Validation validation)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return Numbers?.WhyNot(reader.ValueSpan) is not { } number || validation.Fail(number);
            case JsonTokenType.String:
                return Strings?.WhyNot(validation.TextOf(ref reader)) is not { } text || validation.Fail(text);
            case JsonTokenType.StartArray when Arrays is not null:
                return Arrays.Check(ref reader, validation);
            case JsonTokenType.StartObject when Objects is not null:
                return Objects.Check(ref reader, validation);
            default:
                reader.Skip();
                return true;
        }
    }

    private bool CheckValues(Utf8JsonReader start, Validation validation)
    {
        foreach (ValueSet values in Values)
        {
            Utf8JsonReader again = start;
            if (!values.Contains(ref again))
                return validation.Fail(values.Keyword);
        }
        return true;
    }

    private bool CheckOthers(Utf8JsonReader start, Validation validation)
    {
        foreach (SchemaNode node in AllOf)
        {
            Utf8JsonReader again = start;
            if (!node.Check(ref again, validation))
                return false;
        }
        if (AnyOf.Length > 0 && Count(AnyOf, start, validation, enough: 1) == 0)
            return validation.Fail("anyOf");
        if (OneOf.Length > 0 && Count(OneOf, start, validation, enough: 2) != 1)
            return validation.Fail("oneOf");
        if (Not is not null && Allows(Not, start, validation))
            return validation.Fail("not");
        if (If is null || (Allows(If, start, validation) ? Then : Else) is not { } branch)
            return true;
        return branch.Check(ref start, validation);
    }

    private static int Count(SchemaNode[] nodes, Utf8JsonReader start, Validation validation, int enough)
    {
        int count = 0;
        for (int i = 0; i < nodes.Length && count < enough; i++)
            count += Allows(nodes[i], start, validation) ? 1 : 0;
        return count;
    }

    private static bool Allows(SchemaNode node, Utf8JsonReader start, Validation validation) => node.Check(ref start, validation);
}
