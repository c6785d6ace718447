using System.Text.Json;
using System.Text.RegularExpressions;

namespace Limpid.Core.Schemas;

/// <summary>Makes nodes of what stands in the files. What can't be kept to is refused with its place, and never passed over.</summary>
internal sealed class SchemaCompiler(SchemaFiles files, SchemaDraft draft)
{
    private const int MostPatterns = 64;

    private readonly Dictionary<(string, string), SchemaNode> _nodes = [];

    public SchemaNode Compile(SchemaLocation at)
    {
        if (_nodes.TryGetValue((at.File, at.Pointer), out SchemaNode? known))
            return known;
        var node = new SchemaNode();
        _nodes.Add((at.File, at.Pointer), node);
        Fill(node, at);
        return node;
    }

    private void Fill(SchemaNode node, SchemaLocation at)
    {
        if (at.Element.ValueKind is JsonValueKind.True or JsonValueKind.False && draft >= SchemaDraft.Draft6)
        {
            node.AllowsNothing = at.Element.ValueKind == JsonValueKind.False;
            return;
        }
        if (at.Element.ValueKind != JsonValueKind.Object)
            throw Refused(at, "a schema stands here, and this is none");
        if (at.Element.TryGetProperty("$ref", out JsonElement reference) && reference.ValueKind == JsonValueKind.String)
        {
            node.Reference = Compile(files.Resolve(at, reference.GetString()!));
            return;
        }
        foreach (string later in SchemaKeywords.OfLaterDrafts)
        {
            if (at.Element.TryGetProperty(later, out _))
                throw Refused(at, $"`{later}` is of a later draft than {(int)draft}");
        }
        if (Find(at, "type") is { } type)
            node.Types = TypesOf(type);
        node.IntegersHaveNoPoint = draft == SchemaDraft.Draft4;
        node.Values = [.. ValuesOf(at)];
        node.Numbers = NumbersOf(at);
        node.Strings = StringsOf(at);
        node.Arrays = ArraysOf(at);
        node.Objects = ObjectsOf(at);
        (node.AllOf, node.AnyOf, node.OneOf) = (List(at, "allOf"), List(at, "anyOf"), List(at, "oneOf"));
        node.Not = One(at, "not");
        node.If = One(at, "if");
        (node.Then, node.Else) = node.If is null ? (null, null) : (One(at, "then"), One(at, "else"));
    }

    private static JsonTypes TypesOf(SchemaLocation type)
    {
        JsonElement[] names = type.Element.ValueKind == JsonValueKind.Array ? [.. type.Element.EnumerateArray()] : [type.Element];
        var types = JsonTypes.None;
        foreach (JsonElement name in names)
        {
            types |= (name.ValueKind == JsonValueKind.String ? name.GetString() : null) switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "object" => JsonTypes.Object,
                "array" => JsonTypes.Array,
                "number" => JsonTypes.Number,
                "integer" => JsonTypes.Integer,
                "string" => JsonTypes.String,
                _ => throw Refused(type, "there is no such type"),
            };
        }
        return types;
    }

    private IEnumerable<ValueSet> ValuesOf(SchemaLocation at)
    {
        if (Find(at, "enum") is { } values)
        {
            if (values.Element.ValueKind != JsonValueKind.Array)
                throw Refused(values, "a list of values stands here, and this is none");
            yield return new ValueSet("enum", values.Element.EnumerateArray().Select(FormOf));
        }
        if (Find(at, "const") is { } value)
            yield return new ValueSet("const", [FormOf(value.Element)]);
    }

    private static byte[] FormOf(JsonElement value)
    {
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(value.GetRawText()));
        reader.Read();
        return ValueForm.Of(ref reader);
    }

    private NumberRules? NumbersOf(SchemaLocation at)
    {
        bool flags = draft == SchemaDraft.Draft4;
        var rules = new NumberRules
        {
            Minimum = Number(at, "minimum"),
            Maximum = Number(at, "maximum"),
            MinimumIsExcluded = flags && Flag(at, "exclusiveMinimum"),
            MaximumIsExcluded = flags && Flag(at, "exclusiveMaximum"),
            ExclusiveMinimum = flags ? null : Number(at, "exclusiveMinimum"),
            ExclusiveMaximum = flags ? null : Number(at, "exclusiveMaximum"),
            MultipleOf = Number(at, "multipleOf"),
        };
        if (rules.MultipleOf is { IsAboveZero: false })
            throw Refused(at, "`multipleOf` is above zero");
        return rules.SaysNothing ? null : rules;
    }

    private StringRules? StringsOf(SchemaLocation at)
    {
        var rules = new StringRules
        {
            MinLength = Count(at, "minLength") ?? 0,
            MaxLength = Count(at, "maxLength") ?? int.MaxValue,
            Pattern = Find(at, "pattern") is { } pattern ? PatternOf(pattern, Text(pattern)) : null,
            Format = Find(at, "format") is { } format ? FormatOf(format) : null,
        };
        return rules is { MinLength: 0, MaxLength: int.MaxValue, Pattern: null, Format: null } ? null : rules;
    }

    private Func<string, bool>? FormatOf(SchemaLocation format)
    {
        string name = Text(format);
        return SchemaFormats.IsUnsupported(name, draft) ? throw Refused(format, $"the format {name} is not supported") : SchemaFormats.Named(name, draft);
    }

    private static Regex PatternOf(SchemaLocation at, string pattern)
    {
        try
        {
            return SchemaPattern.Of(pattern);
        }
        catch (Exception bad) when (bad is FormatException or ArgumentException or NotSupportedException)
        {
            throw Refused(at, bad is NotSupportedException
                ? "look-around and back-references are not supported, since a text could be made that they never finish"
                : "this is no pattern that is supported");
        }
    }

    private ArrayRules? ArraysOf(SchemaLocation at)
    {
        SchemaLocation? items = Find(at, "items");
        bool isList = items?.Element.ValueKind == JsonValueKind.Array;
        var rules = new ArrayRules
        {
            First = isList ? [.. items!.Element.EnumerateArray().Select((_, index) => Compile(files.Step(items, $"{index}")!))] : [],
            Others = isList ? OneOrFlag(at, "additionalItems") : One(at, "items"),
            OthersKeyword = isList ? "additionalItems" : "items",
            Contains = One(at, "contains"),
            MinItems = Count(at, "minItems") ?? 0,
            MaxItems = Count(at, "maxItems") ?? int.MaxValue,
            UniqueItems = Flag(at, "uniqueItems"),
        };
        return rules is { First.Length: 0, Others: null, Contains: null, MinItems: 0, MaxItems: int.MaxValue, UniqueItems: false } ? null : rules;
    }

    private ObjectRules? ObjectsOf(SchemaLocation at)
    {
        Dictionary<string, SchemaLocation> properties = Map(at, "properties"), patterns = Map(at, "patternProperties"), dependencies = Map(at, "dependencies");
        string[] required = Find(at, "required") is { } list ? [.. Names(list)] : [];
        var asked = dependencies.ToDictionary(d => d.Key, d => d.Value.Element.ValueKind == JsonValueKind.Array ? Names(d.Value).ToArray() : []);
        List<NamedMember> members = [];
        foreach (string name in properties.Keys.Concat(required).Concat(asked.Keys).Concat(asked.Values.SelectMany(names => names)).Distinct())
            members.Add(new NamedMember(name, members.Count, properties.TryGetValue(name, out SchemaLocation? property) ? Compile(property) : null));
        Dictionary<string, int> bits = members.ToDictionary(member => member.Name, member => member.Bit);
        if (patterns.Count > MostPatterns)
            throw Refused(at, $"more than {MostPatterns} patterns of names are not supported");
        var rules = new ObjectRules(members)
        {
            Required = [.. required.Select(name => bits[name])],
            Patterns = [.. patterns.Select(p => (PatternOf(p.Value, p.Key), Compile(p.Value)))],
            Additional = OneOrFlag(at, "additionalProperties"),
            Names = One(at, "propertyNames"),
            Dependencies = [.. asked.Select(d => new Dependency(
                bits[d.Key], [.. d.Value.Select(name => bits[name])], dependencies[d.Key].Element.ValueKind == JsonValueKind.Array ? null : Compile(dependencies[d.Key])))],
            MinProperties = Count(at, "minProperties") ?? 0,
            MaxProperties = Count(at, "maxProperties") ?? int.MaxValue,
        };
        return members.Count == 0 && rules is { Patterns.Length: 0, Additional: null, Names: null, MinProperties: 0, MaxProperties: int.MaxValue } ? null : rules;
    }

    private SchemaLocation? Find(SchemaLocation at, string keyword) =>
        draft.Knows(keyword) && at.Element.TryGetProperty(keyword, out JsonElement value) ? files.Entered(at.At(keyword, value)) : null;

    private SchemaNode? One(SchemaLocation at, string keyword) => Find(at, keyword) is { } found ? Compile(found) : null;

    // Draft 4 says true and false here, without having schemas of that form.
    private SchemaNode? OneOrFlag(SchemaLocation at, string keyword) => Find(at, keyword) is not { } found ? null
        : found.Element.ValueKind == JsonValueKind.False ? new SchemaNode { AllowsNothing = true }
        : found.Element.ValueKind == JsonValueKind.True ? null
        : Compile(found);

    private SchemaNode[] List(SchemaLocation at, string keyword)
    {
        if (Find(at, keyword) is not { } found)
            return [];
        if (found.Element.ValueKind != JsonValueKind.Array || found.Element.GetArrayLength() == 0)
            throw Refused(found, "a list of schemas stands here, and this is none");
        return [.. found.Element.EnumerateArray().Select((_, index) => Compile(files.Step(found, $"{index}")!))];
    }

    private Dictionary<string, SchemaLocation> Map(SchemaLocation at, string keyword)
    {
        var map = new Dictionary<string, SchemaLocation>();
        if (Find(at, keyword) is not { } found)
            return map;
        if (found.Element.ValueKind != JsonValueKind.Object)
            throw Refused(found, "an object of schemas stands here, and this is none");
        foreach (JsonProperty member in found.Element.EnumerateObject())
            map[member.Name] = files.Entered(found.At(member.Name, member.Value));
        return map;
    }

    private ExactNumber? Number(SchemaLocation at, string keyword) => Find(at, keyword) is not { } found ? null
        : found.Element.ValueKind == JsonValueKind.Number ? ExactNumber.Of(System.Text.Encoding.UTF8.GetBytes(found.Element.GetRawText()))
        : throw Refused(found, "a number stands here, and this is none");

    private int? Count(SchemaLocation at, string keyword) => Number(at, keyword) is not { } number ? null
        : number.AsCount ?? throw Refused(at, $"`{keyword}` is a whole number from 0 on");

    private bool Flag(SchemaLocation at, string keyword) => Find(at, keyword)?.Element.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Refused(at, $"`{keyword}` is true or false"),
    };

    private static string Text(SchemaLocation at) =>
        at.Element.ValueKind == JsonValueKind.String ? at.Element.GetString()! : throw Refused(at, "a text stands here, and this is none");

    private static IEnumerable<string> Names(SchemaLocation at) =>
        at.Element.ValueKind == JsonValueKind.Array && at.Element.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String)
            ? at.Element.EnumerateArray().Select(name => name.GetString()!)
            : throw Refused(at, "a list of names stands here, and this is none");

    private static SchemaRefusedException Refused(SchemaLocation at, string why) => new($"{at.File}#{at.Pointer}", why);
}
