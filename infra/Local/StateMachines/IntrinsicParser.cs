using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Limpid.Local.StateMachines;

/// <summary>Reads <c>States.Format('{} of {}', $.a, States.MathAdd($.n, 1))</c>.</summary>
internal sealed class IntrinsicParser(string text)
{
    /// <summary>How deep calls may stand in one another.</summary>
    private const int MaxDepth = 10;

    private int position;
    private string reason = "";

    public bool TryParse([NotNullWhen(true)] out Expression? expression, out string why)
    {
        expression = Call(1);
        SkipSpace();
        if (expression is not null && position < text.Length)
        {
            Fail("there is more after the call");
            expression = null;
        }
        why = $"{reason} at position {position} of '{text}'";
        return expression is not null;
    }

    private Expression? Call(int depth)
    {
        int start = position;
        while (position < text.Length && (char.IsAsciiLetterOrDigit(text[position]) || text[position] is '.' or '_'))
            position++;
        string function = text[start..position];
        if (!Intrinsics.Arities.TryGetValue(function, out var arity))
            return Fail($"'{function}' is no intrinsic function");
        if (depth > MaxDepth)
            return Fail($"more than {MaxDepth} calls stand in one another");
        SkipSpace();
        if (!Take('('))
            return Fail("a '(' is missing");
        var arguments = new List<Expression>();
        SkipSpace();
        while (!Take(')'))
        {
            if (arguments.Count > 0 && !Take(','))
                return Fail("a ',' or ')' is missing");
            SkipSpace();
            // States.Format reads the escapes of its template itself, for only it knows which braces are meant.
            if (Argument(depth, keepEscapes: function == "States.Format" && arguments.Count == 0) is not { } argument)
                return null;
            arguments.Add(argument);
            SkipSpace();
        }
        if (arguments.Count < arity.Min || arguments.Count > arity.Max)
            return Fail($"{function} doesn't take {arguments.Count} arguments");
        return new Expression.Call(text[start..position], function, arguments);
    }

    private Expression? Argument(int depth, bool keepEscapes)
    {
        if (position >= text.Length)
            return Fail("a ')' is missing");
        return text[position] switch
        {
            '\'' => Quoted(keepEscapes),
            '$' => Path(),
            _ when text.AsSpan(position).StartsWith("States.") => Call(depth + 1),
            _ => Literal(),
        };
    }

    private Expression? Quoted(bool keepEscapes)
    {
        int start = position++;
        while (position < text.Length && text[position] != '\'')
            position += text[position] == '\\' ? 2 : 1;
        if (position >= text.Length)
            return Fail("a closing quote is missing");
        string value = text[(start + 1)..position++];
        return new Expression.Literal(text[start..position], JsonData.Of(keepEscapes ? value : Unescaped(value)));
    }

    /// <summary>Only what the language escapes loses its backslash: <c>\'</c>, <c>\{</c>, <c>\}</c> and <c>\\</c>.</summary>
    private static string Unescaped(string value)
    {
        var result = new StringBuilder();
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length && Intrinsics.IsEscaped(value[i + 1]))
                i++;
            result.Append(value[i]);
        }
        return result.ToString();
    }

    private Expression? Path()
    {
        int start = position;
        int depth = 0;
        char quote = '\0';
        while (position < text.Length)
        {
            char c = text[position];
            if (quote != '\0')
            {
                if (c == '\\')
                    position++;
                else if (c == quote)
                    quote = '\0';
            }
            else if (depth > 0 && c is '\'' or '"')
                quote = c;
            else if (c is '[' or '(')
                depth++;
            else if (depth > 0 && c is ']' or ')')
                depth--;
            else if (depth == 0 && (c is ',' or ')' || char.IsWhiteSpace(c)))
                break;
            position++;
        }
        position = Math.Min(position, text.Length);
        return Expression.TryParsePath(text[start..position], out Expression? path) ? path : Fail($"'{text[start..position]}' is no path");
    }

    private Expression? Literal()
    {
        int start = position;
        while (position < text.Length && text[position] is not (',' or ')') && !char.IsWhiteSpace(text[position]))
            position++;
        string literal = text[start..position];
        return JsonData.TryParse(literal, out JsonData? value) && value.Items.Count == 0 && value.Members.Count == 0
            ? new Expression.Literal(literal, value)
            : Fail($"'{literal}' is no argument");
    }

    private bool Take(char expected)
    {
        if (position >= text.Length || text[position] != expected)
            return false;
        position++;
        return true;
    }

    private void SkipSpace()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
            position++;
    }

    private Expression? Fail(string why)
    {
        if (reason.Length == 0)
            reason = why;
        return null;
    }
}
