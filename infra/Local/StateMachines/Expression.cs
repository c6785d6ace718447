using System.Diagnostics.CodeAnalysis;

namespace Limpid.Local.StateMachines;

/// <summary>What an expression can look at: the value that <c>$</c> is, the context object, the variables, and chance.</summary>
internal interface IEvaluation
{
    JsonData Input { get; }

    /// <summary>The context object, <c>$$</c>.</summary>
    JsonData Context { get; }

    JsonData? Variable(string name);

    /// <summary>The next number of a sequence that is the same whenever the state is run again after a crash.</summary>
    Random Chance { get; }
}

/// <summary>What a field that takes a path may hold: a path into the input, the context or a variable, a call of an intrinsic function, or a literal among its arguments.</summary>
internal abstract record Expression(string Text)
{
    /// <param name="field">The field's name, for messages.</param>
    /// <exception cref="StateFailure">There is no such value.</exception>
    public abstract JsonData Evaluate(IEvaluation on, string field);

    public sealed record Literal(string Text, JsonData Value) : Expression(Text)
    {
        public override JsonData Evaluate(IEvaluation on, string field) => Value;
    }

    public sealed record InputPath(string Text, JsonPath Path) : Expression(Text)
    {
        public override JsonData Evaluate(IEvaluation on, string field) =>
            Path.TryEvaluate(on.Input, out JsonData? value) ? value : throw StateFailure.NotFound(Text, field, on.Input);
    }

    public sealed record ContextPath(string Text, JsonPath Path) : Expression(Text)
    {
        public override JsonData Evaluate(IEvaluation on, string field) =>
            Path.TryEvaluate(on.Context, out JsonData? value) ? value : throw StateFailure.NotFound(Text, field, on.Context);
    }

    public sealed record Variable(string Text, string Name, JsonPath Path) : Expression(Text)
    {
        public override JsonData Evaluate(IEvaluation on, string field)
        {
            JsonData root = on.Variable(Name) ?? throw StateFailure.Runtime($"The JSONPath '{Text}' specified for the field '{field}' refers to the variable '{Name}', which was never assigned.");
            return Path.TryEvaluate(root, out JsonData? value) ? value : throw StateFailure.NotFound(Text, field, root);
        }
    }

    public sealed record Call(string Text, string Function, IReadOnlyList<Expression> Arguments) : Expression(Text)
    {
        public override JsonData Evaluate(IEvaluation on, string field)
        {
            try
            {
                return Value(on);
            }
            catch (IntrinsicException e)
            {
                // However deep the call stands that went wrong, the whole expression is named.
                string cause = $"The function '{Text}' had the following error: {e.Message}";
                throw e.Missing ? StateFailure.Runtime(cause) : new(StatesErrors.IntrinsicFailure, cause);
            }
        }

        private JsonData Value(IEvaluation on) =>
            Intrinsics.Call(Function, [.. Arguments.Select(a => a is Call inner ? inner.Value(on) : Argument(a, on))], on.Chance);

        private static JsonData Argument(Expression argument, IEvaluation on)
        {
            JsonPath? path = argument switch { InputPath p => p.Path, ContextPath p => p.Path, _ => null };
            if (path is null)
                return argument.Evaluate(on, argument.Text);
            if (path.TryEvaluate(argument is InputPath ? on.Input : on.Context, out JsonData? value, out string reason))
                return value;
            // The service names a path into the context object by its last $, and always the input as what it looked into.
            throw new IntrinsicException(reason.StartsWith("Filter:", StringComparison.Ordinal)
                ? reason
                : $"The JsonPath argument for the field '{path.Text}' could not be found in the input '{on.Input}'")
            { Missing = true };
        }
    }

    /// <summary>Whether the path ends at an index that its array doesn't reach: in templates the service takes that for null.</summary>
    public bool IsPastAnEnd(IEvaluation on) => this switch
    {
        InputPath p => p.Path.IsPastAnEnd(on.Input),
        ContextPath p => p.Path.IsPastAnEnd(on.Context),
        Variable v => on.Variable(v.Name) is { } root && v.Path.IsPastAnEnd(root),
        _ => false,
    };

    /// <summary>Reads a path: <c>$</c>, <c>$.a</c>, <c>$$.Execution.Id</c> or <c>$variable.a</c>.</summary>
    public static bool TryParsePath(string text, [NotNullWhen(true)] out Expression? expression)
    {
        expression = null;
        if (!text.StartsWith('$'))
            return false;
        if (text.StartsWith("$$", StringComparison.Ordinal))
        {
            if (JsonPath.TryParse(text[1..], out JsonPath? context))
                expression = new ContextPath(text, context);
            return expression is not null;
        }
        int end = 1;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        if (!JsonPath.TryParse("$" + text[end..], out JsonPath? path))
            return false;
        expression = end == 1 ? new InputPath(text, path) : new Variable(text, text[1..end], path);
        return true;
    }

    /// <summary>Reads a path or a call of an intrinsic function.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Expression? expression, out string reason)
    {
        reason = "";
        if (text.StartsWith("States.", StringComparison.Ordinal))
            return new IntrinsicParser(text).TryParse(out expression, out reason);
        if (TryParsePath(text, out expression))
            return true;
        reason = $"'{text}' is no path and no intrinsic function";
        return false;
    }

    /// <summary>The variables that the expression reads.</summary>
    public IEnumerable<string> Variables() => this switch
    {
        Variable variable => [variable.Name],
        Call call => call.Arguments.SelectMany(a => a.Variables()),
        _ => [],
    };
}
