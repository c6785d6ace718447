namespace Limpid.Local.StateMachines;

/// <summary>What a definition may refer to outside of itself.</summary>
/// <param name="Functions">The names of the functions, without ARN.</param>
/// <param name="Machines">The names of the state machines, without ARN.</param>
public sealed record KnownNames(IReadOnlySet<string> Functions, IReadOnlySet<string> Machines);

/// <summary>
/// Finds what is wrong with a definition that can be read: states that nothing reaches, ways without an end, variables that are
/// never assigned, references to what there is not. It runs nothing, and is no condition of running: AWS refuses some of this,
/// the rest fails only on the way that takes it.
/// </summary>
public static class DefinitionCheck
{
    /// <summary>Every problem in the order of the text, each with its state (in the pointer) and its line; none where all is well.</summary>
    /// <param name="text">The definition, with its placeholders.</param>
    /// <param name="substitutions">As in <see cref="StateMachineDefinition.Parse"/>.</param>
    /// <param name="supports">As in <see cref="StateMachineDefinition.Parse"/>.</param>
    /// <param name="known">Null: references to functions and machines are not looked at.</param>
    public static IReadOnlyList<DefinitionProblem> Problems(
        string text, IReadOnlyDictionary<string, string>? substitutions = null, Func<TaskResource, bool>? supports = null, KnownNames? known = null)
    {
        DefinitionResult read = StateMachineDefinition.Parse("checked", text, substitutions, supports);
        // What can't be read as it is meant would only bring up problems that are none.
        if (read.Definition is not { } definition)
            return read.Problems;
        DefinitionPositions positions = DefinitionPositions.Of(definition.Text);
        var problems = positions.TwiceNamed().ToList();
        Check(definition.Flow, "", [], [], positions, known, problems);
        return [.. problems.Select(positions.Place).OrderBy(p => p.Line)];
    }

    /// <param name="before">The variables that may be there when the flow begins.</param>
    /// <param name="outer">The variables that are assigned anywhere around the flow.</param>
    private static void Check(Flow flow, string at, HashSet<string> before, HashSet<string> outer, DefinitionPositions positions, KnownNames? known, List<DefinitionProblem> problems)
    {
        FlowCheck.Check(flow, at, problems);
        var variables = new VariableCheck(flow, at, before, outer);
        variables.Check(problems);
        foreach (State state in flow.States.Values)
        {
            string here = $"{at}/States/{state.Name}";
            switch (state)
            {
                case TaskState task when known is not null:
                    CheckReference(task, here, known, problems);
                    break;
                case ParallelState parallel:
                    for (int i = 0; i < parallel.Branches.Count; i++)
                        Check(parallel.Branches[i], $"{here}/Branches/{i}", variables.Before(state), variables.Assigned, positions, known, problems);
                    break;
                case MapState { Map: var map }:
                    string inner = positions.Has($"{here}/ItemProcessor") ? $"{here}/ItemProcessor" : $"{here}/Iterator";
                    // The iterations of a distributed Map are executions of their own.
                    Check(map.Processor, inner, map.Distributed ? [] : variables.Before(state), map.Distributed ? [] : variables.Assigned, positions, known, problems);
                    break;
            }
        }
    }

    private static void CheckReference(TaskState task, string at, KnownNames known, List<DefinitionProblem> problems)
    {
        if (task.Resource.Function is { } direct)
        {
            if (!known.Functions.Contains(direct))
                problems.Add(new($"{at}/Resource", $"There is no function '{direct}'."));
        }
        else if (task.Resource.Integration == "lambda:invoke" && Given(task, "FunctionName") is { } function)
        {
            if (!known.Functions.Contains(TaskResource.FunctionName(function)))
                problems.Add(new($"{at}/Parameters/FunctionName", $"There is no function '{TaskResource.FunctionName(function)}'."));
        }
        else if (task.Resource.IsNested && Given(task, "StateMachineArn") is { } machine && !known.Machines.Contains(Arns.MachineName(machine)))
            problems.Add(new($"{at}/Parameters/StateMachineArn", $"There is no state machine '{Arns.MachineName(machine)}'."));
    }

    /// <summary>A parameter that the definition gives itself; null where it is found at run time only.</summary>
    private static string? Given(TaskState task, string parameter) =>
        task.Work.Parameters?.Constant(parameter) is { Kind: System.Text.Json.JsonValueKind.String } given ? given.Text : null;
}
