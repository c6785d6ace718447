using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>A condition on an item, which is an empty object where there is none.</summary>
internal static class ConditionExpression
{
    private static readonly string[] Comparators = ["=", "<>", "<", "<=", ">", ">="];

    public static Func<JsonData, bool> Read(string text, ExpressionNames names)
    {
        var reader = new ExpressionReader(text, nameof(ConditionExpression), names);
        Func<JsonData, bool> condition = Or(reader);
        return reader.AtEnd ? condition : throw reader.Wrong(reader.Peek()!);
    }

    private static Func<JsonData, bool> Or(ExpressionReader reader)
    {
        Func<JsonData, bool> left = And(reader);
        while (reader.TryTake("OR"))
        {
            Func<JsonData, bool> a = left, b = And(reader);
            left = item => a(item) || b(item);
        }
        return left;
    }

    private static Func<JsonData, bool> And(ExpressionReader reader)
    {
        Func<JsonData, bool> left = Not(reader);
        while (reader.TryTake("AND"))
        {
            Func<JsonData, bool> a = left, b = Not(reader);
            left = item => a(item) && b(item);
        }
        return left;
    }

    private static Func<JsonData, bool> Not(ExpressionReader reader)
    {
        if (reader.TryTake("NOT"))
        {
            Func<JsonData, bool> inner = Not(reader);
            return item => !inner(item);
        }
        if (reader.TryTake("("))
        {
            Func<JsonData, bool> inner = Or(reader);
            reader.Expect(")");
            return inner;
        }
        return reader.IsCall(out string function) && function != "size" ? Call(reader, reader.Take()) : Comparison(reader);
    }

    private static Func<JsonData, bool> Call(ExpressionReader reader, string function)
    {
        reader.Expect("(");
        DocumentPath path = reader.Path();
        Func<JsonData, JsonData?>? operand = reader.TryTake(",") ? Operand(reader) : null;
        reader.Expect(")");
        bool takesTwo = function is "attribute_type" or "begins_with" or "contains";
        if (!takesTwo && function is not ("attribute_exists" or "attribute_not_exists"))
            throw reader.Invalid($"Invalid function name; function: {function}");
        if (takesTwo == operand is null)
            throw reader.Invalid($"Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {(operand is null ? 1 : 2)}");
        return function switch
        {
            "attribute_exists" => item => path.Get(item) is not null,
            "attribute_not_exists" => item => path.Get(item) is null,
            "attribute_type" => item => path.Get(item) is { } value && AttributeValue.TypeOf(value) == operand!(item)?.Get("S")?.Text,
            "begins_with" => item => path.Get(item) is { } value && operand!(item) is { } start && BeginsWith(value, start),
            _ => item => path.Get(item) is { } value && operand!(item) is { } part && Contains(value, part),
        };
    }

    private static Func<JsonData, bool> Comparison(ExpressionReader reader)
    {
        Func<JsonData, JsonData?> left = Operand(reader);
        if (reader.TryTake("BETWEEN"))
        {
            Func<JsonData, JsonData?> low = Operand(reader);
            reader.Expect("AND");
            Func<JsonData, JsonData?> high = Operand(reader);
            return item => left(item) is { } value && low(item) is { } from && high(item) is { } to && AttributeValue.Compare(value, from) >= 0 && AttributeValue.Compare(value, to) <= 0;
        }
        if (reader.TryTake("IN"))
        {
            var choices = new List<Func<JsonData, JsonData?>>();
            reader.Expect("(");
            do
                choices.Add(Operand(reader));
            while (reader.TryTake(","));
            reader.Expect(")");
            return item => left(item) is { } value && choices.Any(c => value.Equals(c(item)));
        }
        string comparator = reader.Take();
        if (!Comparators.Contains(comparator))
            throw reader.Wrong(comparator);
        Func<JsonData, JsonData?> right = Operand(reader);
        return item => Holds(comparator, left(item), right(item));
    }

    private static bool Holds(string comparator, JsonData? left, JsonData? right)
    {
        // What isn't there differs from everything, and is neither less nor greater.
        if (comparator is "=" or "<>")
            return (left is not null && left.Equals(right)) == (comparator == "=");
        if (left is null || right is null || AttributeValue.Compare(left, right) is not { } order)
            return false;
        return comparator switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    private static Func<JsonData, JsonData?> Operand(ExpressionReader reader)
    {
        if (reader.IsValue)
        {
            JsonData value = reader.Value();
            return _ => value;
        }
        if (reader.IsCall(out string function))
        {
            if (function != "size")
                throw reader.Invalid($"The function is not allowed to be used this way in an expression; function: {function}");
            reader.Take();
            reader.Expect("(");
            DocumentPath sized = reader.Path();
            reader.Expect(")");
            return item => sized.Get(item) is { } value && Size(value) is { } size ? AttributeValue.Of("N", JsonData.Of(size.ToString(System.Globalization.CultureInfo.InvariantCulture))) : null;
        }
        DocumentPath path = reader.Path();
        return path.Get;
    }

    private static long? Size(JsonData value)
    {
        JsonData content = AttributeValue.Content(value);
        return AttributeValue.TypeOf(value) switch
        {
            "S" => content.Text.Length,
            "B" => Convert.FromBase64String(content.Text).Length,
            "M" => content.Members.Count,
            "L" or "SS" or "NS" or "BS" => content.Items.Count,
            _ => null,
        };
    }

    private static bool BeginsWith(JsonData value, JsonData start) => (AttributeValue.TypeOf(value), AttributeValue.TypeOf(start)) switch
    {
        ("S", "S") => value.Get("S")!.Text.StartsWith(start.Get("S")!.Text, StringComparison.Ordinal),
        ("B", "B") => Convert.FromBase64String(value.Get("B")!.Text).AsSpan().StartsWith(Convert.FromBase64String(start.Get("B")!.Text)),
        _ => false,
    };

    private static bool Contains(JsonData value, JsonData part)
    {
        string type = AttributeValue.TypeOf(value), partType = AttributeValue.TypeOf(part);
        if (type == "S" && partType == "S")
            return value.Get("S")!.Text.Contains(part.Get("S")!.Text, StringComparison.Ordinal);
        if (type == "L")
            return value.Get("L")!.Items.Contains(part);
        return type == partType + "S" && AttributeValue.Content(value) is { Kind: JsonValueKind.Array } set && set.Items.Contains(AttributeValue.Content(part));
    }
}
