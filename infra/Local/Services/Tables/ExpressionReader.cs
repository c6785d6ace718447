using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Services;

/// <summary>The names and values that expressions of one request stand for; each has to be used.</summary>
internal sealed class ExpressionNames
{
    private readonly JsonData? names;
    private readonly Dictionary<string, JsonData> values = [];
    private readonly HashSet<string> used = [];

    public ExpressionNames(JsonData? names, JsonData? values)
    {
        this.names = names is { Kind: JsonValueKind.Object } ? names : null;
        foreach (var (name, value) in values?.Members ?? JsonData.EmptyObject.Members)
            this.values.Add(name, AttributeValue.Read(value));
    }

    public string Name(string placeholder, string kind)
    {
        used.Add(placeholder);
        return names?.Get(placeholder)?.Text
            ?? throw ServiceException.Invalid($"Invalid {kind}: An expression attribute name used in the document path is not defined; attribute name: {placeholder}");
    }

    public JsonData Value(string placeholder, string kind)
    {
        used.Add(placeholder);
        return values.TryGetValue(placeholder, out JsonData? value)
            ? value
            : throw ServiceException.Invalid($"Invalid {kind}: An expression attribute value used in expression is not defined; attribute value: {placeholder}");
    }

    /// <exception cref="ServiceException">One of them is used nowhere.</exception>
    public void RequireAllUsed()
    {
        string[] idle = [.. (names?.Members.Keys ?? []).Where(n => !used.Contains(n))];
        if (idle.Length > 0)
            throw ServiceException.Invalid($"Value provided in ExpressionAttributeNames unused in expressions: keys: {{{string.Join(", ", idle)}}}");
        idle = [.. values.Keys.Where(v => !used.Contains(v))];
        if (idle.Length > 0)
            throw ServiceException.Invalid($"Value provided in ExpressionAttributeValues unused in expressions: keys: {{{string.Join(", ", idle)}}}");
    }
}

/// <summary>Reads the tokens of one expression, and what all kinds of expressions have in common.</summary>
/// <param name="kind"><c>ConditionExpression</c>, <c>UpdateExpression</c>, ...: for messages.</param>
internal sealed partial class ExpressionReader(string text, string kind, ExpressionNames names)
{
    private readonly List<string> tokens = Tokens(text, kind);
    private int at;

    [GeneratedRegex(@"\G\s*(?:([#:]?[A-Za-z_][A-Za-z0-9_]*|[#:][0-9]+|\d+|<=|>=|<>|[=<>()\[\].,+-])|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Token { get; }

    public bool AtEnd => at == tokens.Count;

    public string? Peek(int ahead = 0) => tokens.ElementAtOrDefault(at + ahead);

    public string Take() => at < tokens.Count ? tokens[at++] : throw Wrong("<EOF>");

    public bool TryTake(string token)
    {
        if (!string.Equals(Peek(), token, StringComparison.OrdinalIgnoreCase))
            return false;
        at++;
        return true;
    }

    public void Expect(string token)
    {
        if (!TryTake(token))
            throw Wrong(Peek() ?? "<EOF>");
    }

    /// <summary>Whether a call of this function comes next.</summary>
    public bool IsCall(out string function)
    {
        function = Peek() ?? "";
        return Peek(1) == "(" && char.IsAsciiLetter(function.FirstOrDefault());
    }

    public bool IsValue => Peek() is [':', ..];

    public JsonData Value() => IsValue ? names.Value(Take(), kind) : throw Wrong(Peek() ?? "<EOF>");

    public DocumentPath Path()
    {
        var steps = new List<object> { Name() };
        while (Peek() is "." or "[")
        {
            if (TryTake("."))
                steps.Add(Name());
            else
            {
                Expect("[");
                steps.Add(int.TryParse(Take(), NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : throw Wrong(tokens[at - 1]));
                Expect("]");
            }
        }
        return new(steps);
    }

    public ServiceException Wrong(string token)
    {
        int here = token == Peek() || at == 0 || tokens[at - 1] != token ? at : at - 1;
        string near = string.Join(' ', tokens.Skip(Math.Max(0, here - 1)).Take(here == 0 ? 2 : 3));
        return ServiceException.Invalid($"Invalid {kind}: Syntax error; token: \"{token}\", near: \"{near}\"");
    }

    public ServiceException Invalid(string message) => ServiceException.Invalid($"Invalid {kind}: {message}");

    private string Name()
    {
        string token = Take();
        return token[0] == '#' ? names.Name(token, kind) : char.IsAsciiLetter(token[0]) || token[0] == '_' ? token : throw Wrong(token);
    }

    private static List<string> Tokens(string text, string kind)
    {
        var found = new List<string>();
        int from = 0;
        while (from < text.Length)
        {
            Match match = Token.Match(text, from);
            if (!match.Success)
            {
                string rest = text[from..].TrimStart();
                throw ServiceException.Invalid($"Invalid {kind}: Syntax error; token: \"{rest[..1]}\", near: \"{rest[..Math.Min(rest.Length, 10)]}\"");
            }
            if (match.Groups[1].Success)
                found.Add(match.Groups[1].Value);
            from = match.Index + Math.Max(match.Length, 1);
        }
        if (found.Count == 0)
            throw ServiceException.Invalid($"Invalid {kind}: The expression can not be empty;");
        return found;
    }
}
