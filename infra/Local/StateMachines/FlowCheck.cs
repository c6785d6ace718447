namespace Limpid.Local.StateMachines;

/// <summary>Whether every state of a flow is on a way from its start to an end.</summary>
internal static class FlowCheck
{
    public static void Check(Flow flow, string at, List<DefinitionProblem> problems)
    {
        HashSet<string> reached = From([flow.StartAt], name => Successors(flow.States[name]));
        foreach (string name in flow.States.Keys.Where(n => !reached.Contains(n)))
            problems.Add(new($"{at}/States/{name}", "Nothing leads to this state."));

        ILookup<string, string> predecessors = flow.States.Values.SelectMany(s => Successors(s).Select(next => (next, s.Name))).ToLookup(e => e.next, e => e.Name);
        HashSet<string> ending = From(flow.States.Values.Where(Ends).Select(s => s.Name), name => predecessors[name]);
        string[] endless = [.. flow.States.Keys.Where(n => reached.Contains(n) && !ending.Contains(n))];
        if (endless.Length > 0)
            problems.Add(new($"{at}/States/{endless[0]}", $"No way leads from here to an end{(endless.Length == 1 ? "" : $", nor from {string.Join(", ", endless[1..])}")}."));
    }

    /// <summary>The states that may come next, once for each way that leads there.</summary>
    public static IEnumerable<string> Successors(State state) => Ways(state).Select(w => w.Next).OfType<string>();

    /// <summary>The ways out of a state, and what is assigned on each; no next state where the flow ends.</summary>
    public static IEnumerable<(string? Next, PayloadTemplate? Assign)> Ways(State state) => state switch
    {
        ChoiceState choice => choice.Choices.Select(c => ((string?)c.Next, c.Assign)).Append((choice.Default, choice.Common.Assign)),
        WorkState work => work.Work.Catch.Select(c => ((string?)c.Next, c.Assign)).Append((work.Common.Next, work.Common.Assign)),
        _ => [(state.Common.Next, state.Common.Assign)],
    };

    // A Choice without a Default ends by States.NoChoiceMatched, which nobody means by an end.
    private static bool Ends(State state) => state is SucceedState or FailState || state is not ChoiceState && state.Common.Next is null;

    private static HashSet<string> From(IEnumerable<string> starts, Func<string, IEnumerable<string>> next)
    {
        var found = new HashSet<string>();
        var left = new Stack<string>(starts);
        while (left.TryPop(out string? name))
        {
            if (!found.Add(name))
                continue;
            foreach (string other in next(name))
                left.Push(other);
        }
        return found;
    }
}
