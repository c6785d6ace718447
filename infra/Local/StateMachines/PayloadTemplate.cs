using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>
/// A JSON value of a definition whose members named <c>x.$</c> are replaced by <c>x</c> and what their path or function yields:
/// Parameters, ResultSelector, ItemSelector, BatchInput, Assign.
/// </summary>
internal abstract record PayloadTemplate
{
    public abstract JsonData Fill(IEvaluation on);

    /// <summary>The variables that the template reads.</summary>
    public abstract IEnumerable<string> Variables();

    /// <summary>The names of the members that the template yields.</summary>
    public IEnumerable<string> Names() => this switch
    {
        Fixed { Value: var value } => value.Members.Keys,
        Members members => members.Parts.Select(p => p.Name),
        _ => [],
    };

    /// <summary>The value of a member that the definition gives itself; null where it is computed, or not there.</summary>
    public JsonData? Constant(string name) => this switch
    {
        Fixed { Value: var value } => value.Get(name),
        Members members => members.Parts.Select(p => p.Name == name ? (p.Value as Fixed)?.Value : null).FirstOrDefault(v => v is not null),
        _ => null,
    };

    private sealed record Fixed(JsonData Value) : PayloadTemplate
    {
        public override JsonData Fill(IEvaluation on) => Value;

        public override IEnumerable<string> Variables() => [];
    }

    private sealed record Members(IReadOnlyList<(string Name, PayloadTemplate Value)> Parts) : PayloadTemplate
    {
        public override JsonData Fill(IEvaluation on) => JsonData.Object(Parts.Select(p => KeyValuePair.Create(p.Name, p.Value.Fill(on))));

        public override IEnumerable<string> Variables() => Parts.SelectMany(p => p.Value.Variables());
    }

    private sealed record Elements(IReadOnlyList<PayloadTemplate> Parts) : PayloadTemplate
    {
        public override JsonData Fill(IEvaluation on) => JsonData.Array([.. Parts.Select(p => p.Fill(on))]);

        public override IEnumerable<string> Variables() => Parts.SelectMany(p => p.Variables());
    }

    private sealed record Computed(string Field, Expression Expression) : PayloadTemplate
    {
        public override JsonData Fill(IEvaluation on)
        {
            try
            {
                return Expression.Evaluate(on, Field);
            }
            catch (StateFailure) when (Expression.IsPastAnEnd(on))
            {
                return JsonData.Null;
            }
        }

        public override IEnumerable<string> Variables() => Expression.Variables();
    }

    /// <param name="problem">Told of a member <c>x.$</c> that is no path and no function: where, and why.</param>
    public static PayloadTemplate Parse(JsonData value, string at, Action<string, string> problem)
    {
        if (value.Kind == JsonValueKind.Array)
        {
            PayloadTemplate[] items = [.. value.Items.Select((v, i) => Parse(v, $"{at}/{i}", problem))];
            return Array.TrueForAll(items, i => i is Fixed) ? new Fixed(value) : new Elements(items);
        }
        if (value.Kind != JsonValueKind.Object)
            return new Fixed(value);
        var parts = new List<(string, PayloadTemplate)>();
        foreach (var (key, member) in value.Members)
        {
            if (!key.EndsWith(".$", StringComparison.Ordinal))
                parts.Add((key, Parse(member, $"{at}/{key}", problem)));
            else if (member.Kind != JsonValueKind.String)
                problem($"{at}/{key}", "The value of a field whose name ends in '.$' must be a string with a path or an intrinsic function.");
            else if (Expression.TryParse(member.Text, out Expression? expression, out string reason))
                parts.Add((key[..^2], new Computed(key, expression)));
            else
                problem($"{at}/{key}", $"The value is no valid path or intrinsic function: {reason}.");
        }
        foreach (var same in parts.GroupBy(p => p.Item1).Where(g => g.Count() > 1))
            problem($"{at}/{same.Key}", $"There can be '{same.Key}' or '{same.Key}.$', not both.");
        return parts.TrueForAll(p => p.Item2 is Fixed) ? new Fixed(value) : new Members(parts);
    }
}
