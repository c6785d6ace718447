namespace Limpid.Local.StateMachines;

/// <summary>Reads Choice states and their rules.</summary>
internal static class ChoiceReader
{
    private static readonly string[] TypeTests = ["IsPresent", "IsNull", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"];

    public static ChoiceState Read(FieldReader fields, string name, StateCommon common)
    {
        IReadOnlyList<FieldReader> choices = fields.List("Choices");
        if (choices.Count == 0)
            fields.Problem("Choices", "There must be at least one choice.");
        var branches = new List<ChoiceBranch>();
        foreach (FieldReader choice in choices)
        {
            string next = choice.Required("Next");
            PayloadTemplate? assign = choice.Template("Assign");
            if (Rule(choice) is { } rule)
                branches.Add(new(rule, next, assign));
        }
        return new(name, common, branches, fields.Text("Default"));
    }

    private static ChoiceRule? Rule(FieldReader fields)
    {
        ChoiceRule? rule = null;
        if (fields.Has("And"))
            rule = new ChoiceRule.And(Rules(fields, "And"));
        else if (fields.Has("Or"))
            rule = new ChoiceRule.Or(Rules(fields, "Or"));
        else if (fields.Has("Not"))
            rule = fields.Object("Not") is { } inner && Rule(inner) is { } negated ? new ChoiceRule.Not(negated) : null;
        else if (fields.Path("Variable") is { } variable)
            rule = Test(fields, variable);
        else if (!fields.Has("Variable") && !fields.Has("Condition"))
            fields.Problem("", "A choice rule needs a Variable and an operator, or And, Or or Not.");
        fields.Finish();
        return rule;
    }

    private static ChoiceRule[] Rules(FieldReader fields, string field)
    {
        IReadOnlyList<FieldReader> rules = fields.List(field);
        if (rules.Count == 0)
            fields.Problem(field, "There must be at least one rule.");
        return [.. rules.Select(Rule).OfType<ChoiceRule>()];
    }

    private static ChoiceRule? Test(FieldReader fields, Expression variable)
    {
        foreach (string test in TypeTests.Where(fields.Has))
            return new ChoiceRule.TypeTest(variable, test, fields.Flag(test));
        foreach (var (name, comparison) in Comparison.All)
        {
            if (fields.Has(name) && fields.Take(name) is { } constant)
            {
                if (!comparison.Takes(constant))
                    fields.Problem(name, $"This must be of type {comparison.Type.ToLowerInvariant()}.");
                return new ChoiceRule.Compare(variable, comparison, constant, null);
            }
            if (comparison.Operator != "Matches" && fields.Has(name + "Path"))
                return fields.Path(name + "Path") is { } other ? new ChoiceRule.Compare(variable, comparison, null, other) : null;
        }
        fields.Problem("", "A choice rule needs an operator.");
        return null;
    }
}
