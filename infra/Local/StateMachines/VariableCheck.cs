namespace Limpid.Local.StateMachines;

/// <summary>
/// Which variables may be there when a state of a flow begins: those of the scopes around it, and those that some way to the
/// state assigns. What Parallel and inline Map states assign inside ends with them.
/// </summary>
internal sealed class VariableCheck
{
    private readonly Flow flow;
    private readonly string at;
    private readonly HashSet<string> outer;
    private readonly Dictionary<string, HashSet<string>> before;

    /// <param name="before">The variables that may be there when the flow begins.</param>
    /// <param name="outer">The variables that are assigned anywhere around the flow.</param>
    public VariableCheck(Flow flow, string at, HashSet<string> before, HashSet<string> outer)
    {
        (this.flow, this.at, this.outer) = (flow, at, outer);
        this.before = flow.States.Keys.ToDictionary(name => name, _ => new HashSet<string>());
        Assigned = [.. outer, .. flow.States.Values.SelectMany(FlowCheck.Ways).SelectMany(w => w.Assign?.Names() ?? [])];
        this.before[flow.StartAt].UnionWith(before);
        Spread();
    }

    /// <summary>Every variable that is assigned in the flow or around it.</summary>
    public HashSet<string> Assigned { get; }

    public HashSet<string> Before(State state) => before[state.Name];

    public void Check(List<DefinitionProblem> problems)
    {
        foreach (State state in flow.States.Values)
        {
            string here = $"{at}/States/{state.Name}";
            foreach (string name in VariableReads.Of(state).Distinct().Where(n => !before[state.Name].Contains(n)))
            {
                problems.Add(new(here, Assigned.Contains(name)
                    ? $"The variable ${name} is read here, but no way that leads here assigns it."
                    : $"The variable ${name} is read here, but nothing assigns it that can be seen from here."));
            }
            foreach (string name in FlowCheck.Ways(state).SelectMany(w => w.Assign?.Names() ?? []).Distinct().Where(outer.Contains))
                problems.Add(new(here, $"The variable ${name} is assigned in a scope around this one; AWS refuses another of the same name inside."));
        }
    }

    /// <summary>Carries what each state assigns on to all that may come after it, until nothing is new.</summary>
    private void Spread()
    {
        var left = new Queue<string>(flow.States.Keys);
        while (left.TryDequeue(out string? name))
        {
            foreach (var (next, assign) in FlowCheck.Ways(flow.States[name]))
            {
                if (next is null)
                    continue;
                int had = before[next].Count;
                before[next].UnionWith(before[name]);
                before[next].UnionWith(assign?.Names() ?? []);
                if (before[next].Count > had)
                    left.Enqueue(next);
            }
        }
    }
}

/// <summary>The variables that a state's own fields read; not those that states inside it read.</summary>
internal static class VariableReads
{
    public static IEnumerable<string> Of(State state)
    {
        IEnumerable<string> common = [.. In(state.Common.InputPath, state.Common.OutputPath), .. In(state.Common.Assign)];
        return common.Concat(state switch
        {
            PassState pass => In(pass.Parameters),
            FailState fail => In(fail.ErrorPath, fail.CausePath),
            WaitState wait => In(wait.SecondsPath, wait.TimestampPath),
            ChoiceState choice => choice.Choices.SelectMany(c => c.Rule.Variables().Concat(In(c.Assign))),
            WorkState work => [.. OfWork(work.Work), .. work is TaskState task ? In(task.Timeout?.Path, task.Heartbeat?.Path) : [], .. work is MapState map ? OfMap(map.Map) : []],
            _ => [],
        });
    }

    private static IEnumerable<string> OfWork(WorkFields work) => In([work.Parameters, work.ResultSelector, .. work.Catch.Select(c => c.Assign)]);

    private static IEnumerable<string> OfMap(MapFields map) =>
    [
        .. In(map.ItemsPath, map.MaxConcurrency?.Path, map.ToleratedFailureCount?.Path, map.ToleratedFailurePercentage?.Path,
            map.Reader?.MaxItems?.Path, map.Batcher?.MaxItems?.Path, map.Batcher?.MaxBytes?.Path),
        .. In(map.ItemSelector, map.Reader?.Parameters, map.Batcher?.BatchInput, map.Writer?.Parameters),
    ];

    private static IEnumerable<string> In(params IEnumerable<Expression?> paths) => paths.SelectMany(p => p?.Variables() ?? []);

    private static IEnumerable<string> In(params IEnumerable<PayloadTemplate?> templates) => templates.SelectMany(t => t?.Variables() ?? []);
}
