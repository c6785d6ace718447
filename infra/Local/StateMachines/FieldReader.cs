using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>Takes the fields of one object of a definition; what is of the wrong kind, or left over at the end, is a problem.</summary>
internal sealed class FieldReader(JsonData json, string at, List<DefinitionProblem> problems)
{
    /// <summary>What is said of JSONata, wherever it shows first.</summary>
    public const string Jsonata = "This is JSONata, which is not supported: definitions are run in JSONPath mode only.";

    private static readonly string[] JsonataFields = ["Arguments", "Output", "Items", "Condition"];

    private readonly HashSet<string> taken = ["Comment"];

    public string At => at;

    public bool Has(string field) => json.Get(field) is not null;

    public void Problem(string field, string message) => problems.Add(new(field.Length == 0 ? at : $"{at}/{field}", message));

    public JsonData? Take(string field)
    {
        taken.Add(field);
        return json.Get(field);
    }

    public JsonData? Take(string field, JsonValueKind kind)
    {
        JsonData? value = Take(field);
        if (value is null || value.Kind == kind)
            return value;
        Problem(field, $"This must be of type {kind.ToString().ToLowerInvariant()}.");
        return null;
    }

    public FieldReader? Object(string field) => Take(field, JsonValueKind.Object) is { } value ? new(value, $"{at}/{field}", problems) : null;

    public string? Text(string field) => Take(field, JsonValueKind.String)?.Text;

    public bool Flag(string field)
    {
        JsonData? value = Take(field);
        if (value is not null && value.Kind is not (JsonValueKind.True or JsonValueKind.False))
            Problem(field, "This must be true or false.");
        return value?.Kind == JsonValueKind.True;
    }

    public string Required(string field)
    {
        if (Text(field) is { Length: > 0 } text)
            return text;
        if (json.Get(field)?.Kind is null or JsonValueKind.String)
            Problem(field, "This field is required.");
        return "";
    }

    public long? Integer(string field, long min, long max)
    {
        if (Take(field) is not { } value)
            return null;
        if (value.TryInteger(out long number) && number >= min && number <= max)
            return number;
        Problem(field, $"This must be an integer from {min} to {max}.");
        return null;
    }

    public double? Number(string field, double min, double max)
    {
        if (Take(field) is not { } value)
            return null;
        if (value.Kind == JsonValueKind.Number && value.Double() is var number && number >= min && number <= max)
            return number;
        Problem(field, $"This must be a number from {min} to {max}.");
        return null;
    }

    /// <summary>A path; null in the definition yields an empty object, a missing field nothing.</summary>
    public Expression? Path(string field, bool intrinsics = false)
    {
        if (Take(field) is not { } value)
            return null;
        if (value.Kind == JsonValueKind.Null)
            return new Expression.Literal("null", JsonData.EmptyObject);
        string reason = "";
        if (value.Kind == JsonValueKind.String)
        {
            if (Expression.TryParsePath(value.Text, out Expression? path))
                return path;
            if (intrinsics && Expression.TryParse(value.Text, out Expression? call, out reason))
                return call;
        }
        Problem(field, $"This must be a path{(reason.Length > 0 ? ": " + reason : "")}.");
        return null;
    }

    public PayloadTemplate? Template(string field) =>
        Take(field) is { } value ? PayloadTemplate.Parse(value, $"{at}/{field}", (where, message) => problems.Add(new(where, message))) : null;

    public ResultPlace? Place(string field)
    {
        if (Take(field) is not { } value)
            return null;
        if (value.Kind == JsonValueKind.Null)
            return new(null);
        if (value.Kind == JsonValueKind.String && ReferencePath.TryParse(value.Text, out ReferencePath? path))
            return new(path);
        Problem(field, "This must be a reference path: names and indexes only.");
        return null;
    }

    /// <summary>A number, or the path to it under the same name and <c>Path</c>.</summary>
    public Amount? Amount(string field, long min, long max = 99_999_999)
    {
        if (Has(field) && Has(field + "Path"))
            Problem(field, $"There can be {field} or {field}Path, not both.");
        long? value = Integer(field, min, max);
        Expression? path = Path(field + "Path");
        return value is null && path is null ? null : new(value, path);
    }

    /// <summary>A percentage, or the path to it under the same name and <c>Path</c>.</summary>
    public Share? Share(string field)
    {
        if (Has(field) && Has(field + "Path"))
            Problem(field, $"There can be {field} or {field}Path, not both.");
        double? value = Number(field, 0, 100);
        Expression? path = Path(field + "Path");
        return value is null && path is null ? null : new(value, path);
    }

    public IReadOnlyList<FieldReader> List(string field)
    {
        if (Take(field, JsonValueKind.Array) is not { } list)
            return [];
        var readers = new List<FieldReader>();
        for (int i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i].Kind == JsonValueKind.Object)
                readers.Add(new(list.Items[i], $"{at}/{field}/{i}", problems));
            else
                Problem($"{field}/{i}", "This must be an object.");
        }
        return readers;
    }

    public IReadOnlyList<string> Texts(string field)
    {
        if (Take(field, JsonValueKind.Array) is not { } list)
            return [];
        if (list.Items.Any(i => i.Kind != JsonValueKind.String))
            Problem(field, "This must be an array of strings.");
        return [.. list.Items.Select(i => i.Text)];
    }

    public IEnumerable<FieldReader> Each() => json.Members.Keys.Select(k => Object(k)).OfType<FieldReader>();

    /// <summary>The query language, which must be JSONPath here.</summary>
    public void QueryLanguage()
    {
        if (Text("QueryLanguage") is { } language && language != "JSONPath")
            Problem("QueryLanguage", language == "JSONata" ? Jsonata : $"There is no query language '{language}'.");
    }

    /// <summary>Tells of the fields that nobody took.</summary>
    public void Finish()
    {
        foreach (string field in json.Members.Keys.Where(f => !taken.Contains(f)))
        {
            Problem(field, JsonataFields.Contains(field) ? Jsonata : "This field is not known here.");
        }
    }
}
