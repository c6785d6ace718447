using System.Text;
using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>Typed values as DynamoDB writes them in JSON: <c>{"S": "text"}</c>, <c>{"N": "1.5"}</c>, <c>{"M": {...}}</c>.</summary>
internal static class AttributeValue
{
    /// <summary>The SDK spells some types in its own way, which its integrations take too: Bool, Ss, and this one.</summary>
    private const string SdkNull = "Nul";

    private static readonly string[] Types = ["S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"];

    public static string TypeOf(JsonData value) => value.Members.Keys.Single();

    /// <summary>The type as error messages call it.</summary>
    public static string NameOf(JsonData value) => TypeOf(value) switch
    {
        "S" => "STRING",
        "N" => "NUMBER",
        "B" => "BINARY",
        "BOOL" => "BOOLEAN",
        "M" => "MAP",
        "L" => "LIST",
        "SS" => "STRING_SET",
        "NS" => "NUMBER_SET",
        "BS" => "BINARY_SET",
        var type => type,
    };

    public static JsonData Content(JsonData value) => value.Members.Values.Single();

    public static JsonData Of(string type, JsonData content) => JsonData.Object((type, content));

    public static JsonData Of(DecimalNumber number) => number.Problem() is { } problem ? throw ServiceException.Invalid(problem) : Of("N", JsonData.Of(number.ToString()));

    /// <summary>The value in its one form: types as the API spells them, numbers by their value, sets in order.</summary>
    /// <exception cref="ServiceException">It is no attribute value.</exception>
    public static JsonData Read(JsonData value)
    {
        if (value.Kind != JsonValueKind.Object || value.Members.Count != 1)
            throw ServiceException.Invalid(value.Members.Count > 1
                ? "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
                : "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
        var (given, content) = value.Members.Single();
        string type = Types.FirstOrDefault(t => string.Equals(t, given == SdkNull ? "NULL" : given, StringComparison.OrdinalIgnoreCase))
            ?? throw ServiceException.Invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
        return type switch
        {
            "S" => Of(type, Text(content)),
            "N" => Of(type, Canonical(content)),
            "B" => Of(type, Binary(content)),
            "BOOL" when content.Kind is JsonValueKind.True or JsonValueKind.False => Of(type, content),
            "NULL" when content.Kind == JsonValueKind.True => Of(type, content),
            "M" when content.Kind == JsonValueKind.Object => Of(type, ReadAll(content)),
            "L" when content.Kind == JsonValueKind.Array => Of(type, JsonData.Array([.. content.Items.Select(Read)])),
            "SS" or "NS" or "BS" when content.Kind == JsonValueKind.Array => Set(type, content),
            _ => throw ServiceException.Invalid("One or more parameter values were invalid: the value is not of its type"),
        };
    }

    /// <summary>An item: names and their values.</summary>
    public static JsonData ReadAll(JsonData item) => JsonData.Object(item.Members.Select(m => KeyValuePair.Create(m.Key, Read(m.Value))));

    /// <summary>Less than, equal to or greater than 0; null where the two can't be ordered.</summary>
    public static int? Compare(JsonData a, JsonData b)
    {
        string type = TypeOf(a);
        if (type != TypeOf(b))
            return null;
        return type switch
        {
            "N" => Number(a).CompareTo(Number(b)),
            "S" => Encoding.UTF8.GetBytes(Content(a).Text).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(Content(b).Text)),
            "B" => Convert.FromBase64String(Content(a).Text).AsSpan().SequenceCompareTo(Convert.FromBase64String(Content(b).Text)),
            _ => null,
        };
    }

    public static DecimalNumber Number(JsonData value) => DecimalNumber.Parse(Content(value).Text);

    /// <summary>What DynamoDB counts towards the 400 KB of an item.</summary>
    public static long SizeOf(JsonData value)
    {
        JsonData content = Content(value);
        return TypeOf(value) switch
        {
            "S" => Encoding.UTF8.GetByteCount(content.Text),
            "N" => content.Text.Length / 2 + 2,
            "B" => content.Text.Length / 4 * 3,
            "M" => 3 + content.Members.Sum(m => 1 + Encoding.UTF8.GetByteCount(m.Key) + SizeOf(m.Value)),
            "L" => 3 + content.Items.Sum(i => 1 + SizeOf(i)),
            "SS" or "NS" or "BS" => content.Items.Sum(i => (long)Encoding.UTF8.GetByteCount(i.Text)),
            _ => 1,
        };
    }

    private static JsonData Set(string type, JsonData content)
    {
        if (content.Items.Count == 0)
            throw ServiceException.Invalid($"One or more parameter values were invalid: An {type switch { "SS" => "string", "NS" => "number", _ => "binary" }} set  may not be empty");
        JsonData[] elements = [.. content.Items.Select(i => type switch { "SS" => Text(i), "NS" => Canonical(i), _ => Binary(i) })];
        if (elements.Distinct().Count() != elements.Length)
            throw ServiceException.Invalid(type == "NS" ? "Input collection contains duplicates" : $"One or more parameter values were invalid: Input collection [{string.Join(", ", elements.Select(e => e.Text))}] contains duplicates.");
        return Of(type, Sorted(type, elements));
    }

    /// <summary>Sets have no order; one order for all of them makes equal sets equal JSON.</summary>
    public static JsonData Sorted(string type, IEnumerable<JsonData> elements) => JsonData.Array(
        [.. type == "NS" ? elements.OrderBy(e => DecimalNumber.Parse(e.Text)) : elements.OrderBy(e => e.Text, StringComparer.Ordinal)]);

    private static JsonData Text(JsonData content) =>
        content.Kind == JsonValueKind.String ? content : throw ServiceException.Invalid("One or more parameter values were invalid: a string is not given as text");

    private static JsonData Canonical(JsonData content)
    {
        if (content.Kind is not (JsonValueKind.String or JsonValueKind.Number) || !DecimalNumber.TryParse(content.Text, out DecimalNumber number))
            throw ServiceException.Invalid("The parameter cannot be converted to a numeric value: " + content.Text);
        return number.Problem() is { } problem ? throw ServiceException.Invalid(problem) : JsonData.Of(number.ToString());
    }

    private static JsonData Binary(JsonData content) =>
        content.Kind == JsonValueKind.String && Convert.TryFromBase64String(content.Text, new byte[content.Text.Length], out _)
            ? content
            : throw ServiceException.Invalid("One or more parameter values were invalid: a binary value is not in base64");
}
