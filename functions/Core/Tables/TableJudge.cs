using System.Globalization;
using Limpid.Core.Lake;

namespace Limpid.Core.Tables;

/// <summary>Holds a version against its table's rules and the last good run.</summary>
public static class TableJudge
{
    /// <summary>What is wrong with it, each in one line for people, of columns and numbers alone; none where it may be served.</summary>
    /// <param name="last">Null where there is no good run yet: then nothing is compared with it.</param>
    public static IReadOnlyList<string> Problems(TableRules rules, TableProfile now, TableProfile? last)
    {
        var problems = new List<string>();
        if (rules.Rows is { } rows)
            AddBounds(problems, "rows", rows, now.Rows, last?.Rows, isExact: true);
        if (last is not null)
            AddColumns(problems, rules, now, last);
        if (now.RowsWithoutKey > 0)
            problems.Add(Text($"{now.RowsWithoutKey} rows lack the key {string.Join(", ", rules.Key)}"));
        if (now.RowsWithKeyOfAnother > 0)
            problems.Add(Text($"{now.RowsWithKeyOfAnother} rows have a key {string.Join(", ", rules.Key)} that another row has"));
        foreach (ColumnRule rule in rules.Each)
            AddRule(problems, rule, now, last);
        if (rules.Drift is { } drift && last is not null)
            AddDrift(problems, rules, drift, now, last);
        return problems;
    }

    private static void AddColumns(List<string> problems, TableRules rules, TableProfile now, TableProfile last)
    {
        foreach (ColumnProfile before in last.Columns)
        {
            if (now.Column(before.Name) is not { } column)
            {
                // Without any row there is no telling which columns JSON has; the rules for rows say whether that is well.
                if (now.Rows > 0)
                    problems.Add($"column {before.Name} is missing");
                continue;
            }
            foreach (string type in column.Types)
            {
                // What had no value before may have any type.
                if (before.Types.Count > 0 && !Contains(before.Types, type))
                    problems.Add($"column {column.Name} holds {type}, and held {string.Join(" and ", before.Types)}");
            }
        }
        if (rules.Columns != ColumnChange.Same || last.Columns.Count == 0)
            return;
        foreach (ColumnProfile column in now.Columns)
        {
            if (last.Column(column.Name) is null)
                problems.Add($"column {column.Name} is new");
        }
    }

    private static void AddRule(List<string> problems, ColumnRule rule, TableProfile now, TableProfile? last)
    {
        ColumnProfile? column = now.Column(rule.Column);
        if (rule.Complete is { } complete && Share(column, now) is var share && share < complete)
            problems.Add(Text($"column {rule.Column} has a value in {share:0.##%} of the rows, and needs one in {complete:0.##%}"));
        if (rule.Distinct is { } distinct)
            AddBounds(problems, $"different values in column {rule.Column}", distinct, column?.Distinct ?? 0, last is null ? null : last.Column(rule.Column)?.Distinct ?? 0, column?.IsExact ?? true);
    }

    private static void AddDrift(List<string> problems, TableRules rules, double drift, TableProfile now, TableProfile last)
    {
        foreach (ColumnProfile before in last.Columns)
        {
            if (HasRule(rules, before.Name) || now.Rows == 0)
                continue;
            double was = Share(before, last), share = Share(now.Column(before.Name), now);
            if (share < was - drift)
                problems.Add(Text($"column {before.Name} has a value in {share:0.##%} of the rows, and had one in {was:0.##%}"));
        }
    }

    private static void AddBounds(List<string> problems, string what, Bounds bounds, long now, long? last, bool isExact)
    {
        string number = Text($"{(isExact ? "" : "about ")}{now}");
        if (now < bounds.Min)
            problems.Add(Text($"{number} {what} are fewer than {bounds.Min}"));
        if (now > bounds.Max)
            problems.Add(Text($"{number} {what} are more than {bounds.Max}"));
        if (last is not { } before)
            return;
        if (bounds.AtLeast is { } least && now < before * least)
            problems.Add(Text($"{number} {what} are fewer than {least:0.##%} of the last good run's {before}"));
        if (bounds.AtMost is { } most && now > before * most)
            problems.Add(Text($"{number} {what} are more than {most:0.##%} of the last good run's {before}"));
    }

    private static double Share(ColumnProfile? column, TableProfile profile) =>
        profile.Rows == 0 ? 1 : (column?.Filled ?? 0) / (double)profile.Rows;

    private static bool HasRule(TableRules rules, string column)
    {
        foreach (ColumnRule rule in rules.Each)
        {
            if (rule.Column == column && rule.Complete is not null)
                return true;
        }
        return false;
    }

    private static bool Contains(IReadOnlyList<string> types, string type)
    {
        foreach (string known in types)
        {
            if (known == type)
                return true;
        }
        return false;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
