using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Limpid.Local.StateMachines;

/// <summary>Reads the text of paths; a method that returns false leaves the place where it gave up.</summary>
internal struct PathScanner(string text, int position)
{
    public int Position { get; set; } = position;

    public readonly bool AtEnd => Position >= text.Length;

    public readonly char Current => AtEnd ? '\0' : text[Position];

    public bool TryTake(char expected)
    {
        if (Current != expected || AtEnd)
            return false;
        Position++;
        return true;
    }

    public bool TryTake(string expected)
    {
        if (string.CompareOrdinal(text, Position, expected, 0, expected.Length) != 0)
            return false;
        Position += expected.Length;
        return true;
    }

    public void SkipSpace()
    {
        while (!AtEnd && char.IsWhiteSpace(Current))
            Position++;
    }

    public bool TryRoot() => TryTake('$');

    /// <summary>The steps after <c>$</c> or <c>@</c>, as far as they go.</summary>
    public bool TrySteps([NotNullWhen(true)] out List<PathStep>? steps)
    {
        steps = [];
        while (Current is '.' or '[')
        {
            if (!TryStep(steps))
            {
                steps = null;
                return false;
            }
        }
        return true;
    }

    private bool TryStep(List<PathStep> steps)
    {
        if (TryTake('['))
            return TryBracket(steps);
        Position++;
        if (TryTake('.'))
            steps.Add(new PathStep.Descend());
        if (TryTake('['))
            return TryBracket(steps);
        if (TryTake('*'))
        {
            steps.Add(new PathStep.Wildcard());
            return true;
        }
        string name = Name();
        if (name.Length == 0 || Current == '(')
            return false;
        steps.Add(new PathStep.Name(name));
        return true;
    }

    /// <summary>A name after a dot: letters, digits and all else that doesn't end it.</summary>
    public string Name()
    {
        int start = Position;
        while (!AtEnd && Current is not ('.' or '[' or ']' or '(' or ')' or ',' or '\'' or '"' or '=' or '!' or '<' or '>' or '&' or '|' or '~' or '@' or '?' or '*')
            && !char.IsWhiteSpace(Current))
        {
            Position++;
        }
        return text[start..Position];
    }

    private bool TryBracket(List<PathStep> steps)
    {
        SkipSpace();
        PathStep? step = Current switch
        {
            '*' => Take(new PathStep.Wildcard()),
            '\'' or '"' => Names(),
            '?' => Filter(),
            _ => Numbers(),
        };
        SkipSpace();
        if (step is null || !TryTake(']'))
            return false;
        steps.Add(step);
        return true;
    }

    private PathStep Take(PathStep step)
    {
        Position++;
        return step;
    }

    private PathStep? Names()
    {
        var names = new List<string>();
        do
        {
            SkipSpace();
            if (!TryQuoted(out string? name))
                return null;
            names.Add(name);
            SkipSpace();
        }
        while (TryTake(','));
        return names.Count == 1 ? new PathStep.Name(names[0]) : new PathStep.Names(names);
    }

    private PathStep? Numbers()
    {
        int? first = Number();
        SkipSpace();
        if (TryTake(':'))
        {
            int? to = Number();
            int? stride = TryTake(':') ? Number() : null;
            return stride is < 1 ? null : new PathStep.Slice(first, to, stride);
        }
        if (first is not { } index)
            return null;
        var indexes = new List<int> { index };
        while (TryTake(','))
        {
            if (Number() is not { } next)
                return null;
            indexes.Add(next);
        }
        return indexes.Count == 1 ? new PathStep.Index(index) : new PathStep.Indexes(indexes);
    }

    private int? Number()
    {
        SkipSpace();
        int start = Position;
        TryTake('-');
        while (char.IsAsciiDigit(Current))
            Position++;
        bool isNumber = int.TryParse(text.AsSpan(start, Position - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number);
        SkipSpace();
        return isNumber ? number : null;
    }

    /// <summary>A quoted text; a backslash takes the next character as it is.</summary>
    public bool TryQuoted([NotNullWhen(true)] out string? value)
    {
        value = null;
        char quote = Current;
        if (quote is not ('\'' or '"'))
            return false;
        Position++;
        var found = new StringBuilder();
        while (!AtEnd && Current != quote)
        {
            if (Current == '\\' && Position + 1 < text.Length)
                Position++;
            found.Append(Current);
            Position++;
        }
        value = found.ToString();
        return TryTake(quote);
    }

    private PathStep.Filter? Filter()
    {
        Position++;
        SkipSpace();
        if (!TryTake('('))
            return null;
        var parser = new PathFilterParser(text, Position);
        PathFilter? filter = parser.Parse();
        Position = parser.Position;
        return filter is not null && TryTake(')') ? new PathStep.Filter(filter) : null;
    }
}
