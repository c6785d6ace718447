using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>Makes a definition smaller for as long as something stays true of it.</summary>
internal static class Shrinking
{
    public static async Task<JsonData> OfAsync(JsonData definition, Func<JsonData, Task<bool>> still)
    {
        bool smaller = true;
        while (smaller)
        {
            smaller = false;
            foreach (JsonData candidate in Smaller(definition))
            {
                if (StateMachineDefinition.Parse("m", candidate.ToString(), null, _ => true).Definition is null || !await still(candidate))
                    continue;
                definition = candidate;
                smaller = true;
                break;
            }
        }
        return definition;
    }

    /// <summary>The value with one thing less: a member or an element left out, or a state that does nothing.</summary>
    private static IEnumerable<JsonData> Smaller(JsonData value)
    {
        if (value.Get("Type") is { Text: not "Pass" } && (value.Get("Next") ?? value.Get("Default") ?? value.Get("End")) is { } way)
            yield return JsonData.Object(("Type", JsonData.Of("Pass")), way.Kind == JsonValueKind.True ? ("End", way) : ("Next", way));
        // What a task asks for is left whole: without some of it a function can't answer, or nobody ends the wait for it.
        foreach (var (name, member) in value.Members.Where(m => value.Get("Resource") is null || m.Key is not ("Parameters" or "TimeoutSeconds" or "TimeoutSecondsPath")))
        {
            yield return JsonData.Object(value.Members.Where(m => m.Key != name));
            foreach (JsonData smaller in Smaller(member))
                yield return value.With(name, smaller);
        }
        for (int i = 0; i < value.Items.Count; i++)
        {
            int at = i;
            yield return JsonData.Array([.. value.Items.Where((_, j) => j != at)]);
            foreach (JsonData smaller in Smaller(value.Items[at]))
                yield return JsonData.Array([.. value.Items.Select((item, j) => j == at ? smaller : item)]);
        }
    }
}
