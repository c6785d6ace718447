using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>A condition of a Choice state.</summary>
internal abstract record ChoiceRule
{
    /// <exception cref="StateFailure">A path names what isn't there.</exception>
    public abstract bool Holds(IEvaluation on);

    /// <summary>The variables that the rule reads.</summary>
    public abstract IEnumerable<string> Variables();

    public sealed record And(IReadOnlyList<ChoiceRule> Rules) : ChoiceRule
    {
        public override bool Holds(IEvaluation on) => Rules.All(r => r.Holds(on));

        public override IEnumerable<string> Variables() => Rules.SelectMany(r => r.Variables());
    }

    public sealed record Or(IReadOnlyList<ChoiceRule> Rules) : ChoiceRule
    {
        public override bool Holds(IEvaluation on) => Rules.Any(r => r.Holds(on));

        public override IEnumerable<string> Variables() => Rules.SelectMany(r => r.Variables());
    }

    public sealed record Not(ChoiceRule Rule) : ChoiceRule
    {
        public override bool Holds(IEvaluation on) => !Rule.Holds(on);

        public override IEnumerable<string> Variables() => Rule.Variables();
    }

    /// <summary>Compares with a constant, or with what a path finds. Values of another type than the operator's are never equal, less or greater.</summary>
    public sealed record Compare(Expression Variable, Comparison Comparison, JsonData? Constant, Expression? Other) : ChoiceRule
    {
        public override bool Holds(IEvaluation on)
        {
            JsonData left = Value(on, Variable);
            return Comparison.Holds(left, Constant ?? Value(on, Other!));
        }

        public override IEnumerable<string> Variables() => Variable.Variables().Concat(Other?.Variables() ?? []);
    }

    /// <summary><c>IsString</c> and its like: whether the value is of the type is as expected.</summary>
    public sealed record TypeTest(Expression Variable, string Test, bool Expected) : ChoiceRule
    {
        public override bool Holds(IEvaluation on)
        {
            if (Test == "IsPresent")
                return Present(on) == Expected;
            JsonData value = Value(on, Variable);
            bool found = Test switch
            {
                "IsNull" => value.Kind == JsonValueKind.Null,
                "IsNumeric" => value.Kind == JsonValueKind.Number,
                "IsString" => value.Kind == JsonValueKind.String,
                "IsBoolean" => value.Kind is JsonValueKind.True or JsonValueKind.False,
                _ => value.Kind == JsonValueKind.String && Timestamps.TryParse(value.Text, out _),
            };
            return found == Expected;
        }

        public override IEnumerable<string> Variables() => Variable.Variables();

        private bool Present(IEvaluation on)
        {
            try
            {
                Variable.Evaluate(on, "Variable");
                return true;
            }
            catch (StateFailure)
            {
                return false;
            }
        }
    }

    private static JsonData Value(IEvaluation on, Expression path)
    {
        try
        {
            return path.Evaluate(on, "Variable");
        }
        catch (StateFailure)
        {
            throw StateFailure.Runtime($"Invalid path '{path.Text}': The choice state's condition path references an invalid value.");
        }
    }
}

/// <summary>One of the operators of the States Language.</summary>
internal sealed record Comparison(string Type, string Operator)
{
    private static readonly string[] Orders = ["Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"];

    /// <summary>Every operator by its name, <c>StringMatches</c> too.</summary>
    public static IReadOnlyDictionary<string, Comparison> All { get; } =
        new[] { "String", "Numeric", "Timestamp" }.SelectMany(t => Orders.Select(o => new Comparison(t, o)))
            .Append(new("Boolean", "Equals")).Append(new("String", "Matches"))
            .ToDictionary(c => c.Type + c.Operator);

    /// <summary>Whether a value is of the operator's type.</summary>
    public bool Takes(JsonData value) => Type switch
    {
        "String" => value.Kind == JsonValueKind.String,
        "Numeric" => value.Kind == JsonValueKind.Number,
        "Boolean" => value.Kind is JsonValueKind.True or JsonValueKind.False,
        _ => value.Kind == JsonValueKind.String && Timestamps.TryParse(value.Text, out _),
    };

    public bool Holds(JsonData left, JsonData right)
    {
        if (!Takes(left) || !Takes(right))
            return false;
        if (Operator == "Matches")
            return Matches(left.Text, right.Text);
        int order = Type switch
        {
            "String" => string.CompareOrdinal(left.Text, right.Text),
            "Numeric" => Numbers(left, right),
            "Boolean" => left.Kind == right.Kind ? 0 : 1,
            _ => Timestamps.Parse(left.Text).CompareTo(Timestamps.Parse(right.Text)),
        };
        return Operator switch
        {
            "Equals" => order == 0,
            "LessThan" => order < 0,
            "GreaterThan" => order > 0,
            "LessThanEquals" => order <= 0,
            _ => order >= 0,
        };
    }

    private static int Numbers(JsonData left, JsonData right) =>
        left.TryInteger(out long a) && right.TryInteger(out long b) ? a.CompareTo(b) : left.Double().CompareTo(right.Double());

    /// <summary>A <c>*</c> stands for any number of characters, <c>\*</c> for itself.</summary>
    internal static bool Matches(string text, string pattern)
    {
        // The place to come back to when what follows the last star doesn't fit.
        int at = 0, next = 0, star = -1, mark = 0;
        while (at < text.Length || next < pattern.Length)
        {
            if (next < pattern.Length && pattern[next] == '*')
            {
                star = ++next;
                mark = at;
                continue;
            }
            bool escaped = next + 1 < pattern.Length && pattern[next] == '\\' && pattern[next + 1] is '*' or '\\';
            if (at < text.Length && next < pattern.Length && text[at] == pattern[escaped ? next + 1 : next])
            {
                at++;
                next += escaped ? 2 : 1;
                continue;
            }
            if (star < 0 || mark >= text.Length)
                return false;
            next = star;
            at = ++mark;
        }
        return true;
    }
}
