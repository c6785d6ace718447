using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>SET, REMOVE, ADD and DELETE on an item. Every value is taken from the item as it was before.</summary>
internal sealed class UpdateExpression
{
    private readonly List<(DocumentPath Path, Func<JsonData, JsonData?> Value)> changes = [];
    private readonly List<DocumentPath> removals = [];

    /// <summary>The attributes that it changes.</summary>
    public IEnumerable<DocumentPath> Paths => changes.Select(c => c.Path).Concat(removals);

    public static UpdateExpression Read(string text, ExpressionNames names)
    {
        var reader = new ExpressionReader(text, nameof(UpdateExpression), names);
        var update = new UpdateExpression();
        var clauses = new HashSet<string>();
        while (!reader.AtEnd)
        {
            string word = reader.Take();
            string clause = word.ToUpperInvariant();
            if (clause is not ("SET" or "REMOVE" or "ADD" or "DELETE"))
                throw reader.Wrong(word);
            if (!clauses.Add(clause))
                throw reader.Invalid($"The \"{clause}\" section can only be used once in an update expression;");
            do
                update.Action(reader, clause);
            while (reader.TryTake(","));
        }
        DocumentPath[] paths = [.. update.Paths];
        for (int i = 0; i < paths.Length; i++)
        {
            if (paths.Take(i).FirstOrDefault(p => p.Overlaps(paths[i])) is { } other)
                throw reader.Invalid($"Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {other}, path two: {paths[i]}");
        }
        return update;
    }

    public JsonData Apply(JsonData item)
    {
        JsonData result = item;
        var values = changes.Select(c => (c.Path, Value: c.Value(item))).ToList();
        foreach (var (path, value) in values)
        {
            // Nothing left of a set is no attribute.
            if (value is not null || path.Get(item) is not null)
                result = path.Put(result, value);
        }
        // Higher indexes first, so that the lower ones still mean what they did.
        foreach (DocumentPath path in removals.OrderByDescending(p => p.Steps[^1] is int index ? index : -1))
            result = path.Put(result, null);
        return result;
    }

    private void Action(ExpressionReader reader, string clause)
    {
        DocumentPath path = reader.Path();
        switch (clause)
        {
            case "REMOVE":
                removals.Add(path);
                break;
            case "SET":
                reader.Expect("=");
                changes.Add((path, Sum(reader)));
                break;
            default:
                JsonData value = reader.Value();
                bool isSet = AttributeValue.TypeOf(value) is "SS" or "NS" or "BS";
                if (!isSet && (clause == "DELETE" || AttributeValue.TypeOf(value) != "N"))
                    throw reader.Invalid($"Incorrect operand type for operator or function; operator: {clause}, operand type: {AttributeValue.NameOf(value)}");
                changes.Add((path, item => clause == "ADD" ? Added(path.Get(item), value) : Deleted(path.Get(item), value)));
                break;
        }
    }

    private static Func<JsonData, JsonData?> Sum(ExpressionReader reader)
    {
        Func<JsonData, JsonData> left = Operand(reader);
        bool plus = reader.TryTake("+");
        if (!plus && !reader.TryTake("-"))
            return left;
        Func<JsonData, JsonData> right = Operand(reader);
        return item =>
        {
            (DecimalNumber a, DecimalNumber b) = (Number(left(item)), Number(right(item)));
            return AttributeValue.Of(plus ? a + b : a - b);
        };
    }

    private static Func<JsonData, JsonData> Operand(ExpressionReader reader)
    {
        if (reader.IsValue)
        {
            JsonData value = reader.Value();
            return _ => value;
        }
        if (reader.TryTake("("))
        {
            Func<JsonData, JsonData?> inner = Sum(reader);
            reader.Expect(")");
            return item => inner(item)!;
        }
        if (reader.IsCall(out string function))
        {
            reader.Take();
            reader.Expect("(");
            DocumentPath? path = function == "if_not_exists" ? reader.Path() : null;
            Func<JsonData, JsonData>? first = path is null ? Operand(reader) : null;
            reader.Expect(",");
            Func<JsonData, JsonData> second = Operand(reader);
            reader.Expect(")");
            return function switch
            {
                "if_not_exists" => item => path!.Get(item) ?? second(item),
                "list_append" => item => AttributeValue.Of("L", JsonData.Array([.. List(first!(item)), .. List(second(item))])),
                _ => throw reader.Invalid($"Invalid function name; function: {function}"),
            };
        }
        DocumentPath from = reader.Path();
        return item => from.Get(item) ?? throw ServiceException.Invalid("The provided expression refers to an attribute that does not exist in the item");
    }

    private static JsonData Added(JsonData? there, JsonData value)
    {
        if (there is null)
            return value;
        string type = AttributeValue.TypeOf(value);
        if (AttributeValue.TypeOf(there) != type)
            throw WrongType();
        return type == "N"
            ? AttributeValue.Of(Number(there) + Number(value))
            : AttributeValue.Of(type, AttributeValue.Sorted(type, AttributeValue.Content(there).Items.Concat(AttributeValue.Content(value).Items).Distinct()));
    }

    /// <returns>Null where nothing is left.</returns>
    private static JsonData? Deleted(JsonData? there, JsonData value)
    {
        if (there is null)
            return null;
        string type = AttributeValue.TypeOf(value);
        if (AttributeValue.TypeOf(there) != type)
            throw WrongType();
        JsonData[] left = [.. AttributeValue.Content(there).Items.Except(AttributeValue.Content(value).Items)];
        return left.Length == 0 ? null : AttributeValue.Of(type, JsonData.Array(left));
    }

    private static DecimalNumber Number(JsonData value) => AttributeValue.TypeOf(value) == "N" ? AttributeValue.Number(value) : throw WrongType();

    private static IReadOnlyList<JsonData> List(JsonData value) => value.Get("L")?.Items ?? throw WrongType();

    private static ServiceException WrongType() => ServiceException.Invalid("An operand in the update expression has an incorrect data type");
}
