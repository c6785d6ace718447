using System.Text.Json;
using System.Text.RegularExpressions;

namespace Limpid.Local.StateMachines;

/// <summary>The condition of <c>[?(...)]</c>.</summary>
internal abstract record PathFilter
{
    public abstract bool Holds(JsonData current, JsonData root);

    internal sealed record All(PathFilter Left, PathFilter Right) : PathFilter
    {
        public override bool Holds(JsonData current, JsonData root) => Left.Holds(current, root) && Right.Holds(current, root);
    }

    internal sealed record Any(PathFilter Left, PathFilter Right) : PathFilter
    {
        public override bool Holds(JsonData current, JsonData root) => Left.Holds(current, root) || Right.Holds(current, root);
    }

    internal sealed record Not(PathFilter Inner) : PathFilter
    {
        public override bool Holds(JsonData current, JsonData root) => !Inner.Holds(current, root);
    }

    internal sealed record Exists(PathOperand Operand) : PathFilter
    {
        public override bool Holds(JsonData current, JsonData root) => Operand.Value(current, root) is not null;
    }

    internal sealed record Compare(PathOperand Left, string Operator, PathOperand Right) : PathFilter
    {
        public override bool Holds(JsonData current, JsonData root)
        {
            JsonData? left = Left.Value(current, root);
            JsonData? right = Right.Value(current, root);
            return Operator switch
            {
                "==" => Same(left, right),
                "!=" => !Same(left, right),
                "<" => Order(left, right) < 0,
                "<=" => Order(left, right) <= 0,
                ">" => Order(left, right) > 0,
                ">=" => Order(left, right) >= 0,
                "in" => right is not null && left is not null && right.Items.Contains(left),
                "nin" => right is not null && (left is null || !right.Items.Contains(left)),
                "contains" => Contains(left, right),
                "size" => right is not null && right.TryInteger(out long size) && Size(left) == size,
                "empty" => right is not null && Size(left) is { } count && (count == 0) == (right.Kind == JsonValueKind.True),
                _ => false,
            };
        }

        private static bool Same(JsonData? left, JsonData? right) => left is null ? right is null : left.Equals(right);

        private static int? Order(JsonData? left, JsonData? right) => (left?.Kind, right?.Kind) switch
        {
            (JsonValueKind.Number, JsonValueKind.Number) => left!.Double().CompareTo(right!.Double()),
            (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(left!.Text, right!.Text),
            _ => null,
        };

        private static bool Contains(JsonData? left, JsonData? right) => left?.Kind switch
        {
            JsonValueKind.Array => right is not null && left.Items.Contains(right),
            JsonValueKind.String => right?.Kind == JsonValueKind.String && left.Text.Contains(right.Text, StringComparison.Ordinal),
            _ => false,
        };

        private static int? Size(JsonData? value) => value?.Kind switch
        {
            JsonValueKind.Array => value.Items.Count,
            JsonValueKind.Object => value.Members.Count,
            JsonValueKind.String => value.Text.Length,
            _ => null,
        };
    }

    /// <summary>The whole text matches the pattern.</summary>
    internal sealed record Matches(PathOperand Left, Regex Pattern) : PathFilter
    {
        public override bool Holds(JsonData current, JsonData root) =>
            Left.Value(current, root) is { Kind: JsonValueKind.String or JsonValueKind.Number } text && Pattern.IsMatch(text.Text);
    }
}

/// <summary>One side of a comparison: a literal, or a path from the current value (<c>@</c>) or the root (<c>$</c>).</summary>
internal sealed record PathOperand(JsonData? Literal, JsonPath? Path, bool FromRoot)
{
    public JsonData? Value(JsonData current, JsonData root)
    {
        if (Path is null)
            return Literal;
        List<JsonData> found = Path.Matches(FromRoot ? root : current, root);
        if (!Path.Definite)
            return found.Count == 0 ? null : JsonData.Array(found);
        return found.Count == 1 ? found[0] : null;
    }
}

/// <summary>Reads <c>@.a == 1 &amp;&amp; !(@.b =~ /x.*/i)</c> up to the closing parenthesis; null where it is none.</summary>
internal sealed class PathFilterParser(string text, int position)
{
    private static readonly string[] Symbols = ["==", "!=", "<=", ">=", "=~", "<", ">"];
    private static readonly string[] Words = ["in", "nin", "contains", "size", "empty"];

    private PathScanner scanner = new(text, position);

    public int Position => scanner.Position;

    public PathFilter? Parse()
    {
        PathFilter? left = And();
        scanner.SkipSpace();
        while (left is not null && scanner.TryTake("||"))
        {
            left = And() is { } right ? new PathFilter.Any(left, right) : null;
            scanner.SkipSpace();
        }
        return left;
    }

    private PathFilter? And()
    {
        PathFilter? left = Term();
        scanner.SkipSpace();
        while (left is not null && scanner.TryTake("&&"))
        {
            left = Term() is { } right ? new PathFilter.All(left, right) : null;
            scanner.SkipSpace();
        }
        return left;
    }

    private PathFilter? Term()
    {
        scanner.SkipSpace();
        if (scanner.TryTake('!'))
            return Term() is { } inner ? new PathFilter.Not(inner) : null;
        if (scanner.TryTake('('))
            return Parse() is { } inner && scanner.TryTake(')') ? inner : null;
        if (Operand() is not { } left)
            return null;
        scanner.SkipSpace();
        if (Array.Find(Symbols, s => scanner.TryTake(s)) is { } symbol)
            return symbol == "=~" ? Pattern(left) : Operand() is { } right ? new PathFilter.Compare(left, symbol, right) : null;
        if (char.IsAsciiLetter(scanner.Current))
            return scanner.Name() is var word && Array.IndexOf(Words, word) >= 0 && Operand() is { } right ? new PathFilter.Compare(left, word, right) : null;
        return new PathFilter.Exists(left);
    }

    private PathFilter.Matches? Pattern(PathOperand left)
    {
        scanner.SkipSpace();
        if (!scanner.TryTake('/'))
            return null;
        int start = scanner.Position;
        while (!scanner.AtEnd && scanner.Current != '/')
            scanner.Position += scanner.Current == '\\' ? 2 : 1;
        if (scanner.AtEnd)
            return null;
        string pattern = text[start..scanner.Position];
        scanner.Position++;
        RegexOptions options = scanner.TryTake('i') ? RegexOptions.IgnoreCase : RegexOptions.None;
        try
        {
            return new PathFilter.Matches(left, new($"^(?:{pattern})$", options | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private PathOperand? Operand()
    {
        scanner.SkipSpace();
        if (scanner.Current is '@' or '$')
        {
            bool fromRoot = scanner.Current == '$';
            int start = scanner.Position++;
            return scanner.TrySteps(out var steps) ? new(null, new(text[start..scanner.Position], steps), fromRoot) : null;
        }
        if (scanner.Current is '\'' or '"')
            return scanner.TryQuoted(out string? quoted) ? new(JsonData.Of(quoted), null, false) : null;
        return Literal();
    }

    private PathOperand? Literal()
    {
        int start = scanner.Position;
        if (scanner.TryTake('['))
        {
            while (!scanner.AtEnd && !scanner.TryTake(']'))
                scanner.Position++;
        }
        else
        {
            while (char.IsAsciiLetterOrDigit(scanner.Current) || scanner.Current is '-' or '+' or '.')
                scanner.Position++;
        }
        string literal = text[start..scanner.Position];
        return JsonData.TryParse(literal, out JsonData? value) || JsonData.TryParse(literal.Replace('\'', '"'), out value) ? new(value, null, false) : null;
    }
}
