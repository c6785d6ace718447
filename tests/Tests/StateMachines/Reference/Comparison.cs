using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines.Reference;

/// <summary>Holds a run against what the reference says.</summary>
internal static class Comparison
{
    /// <summary>What differs, or null.</summary>
    public static string? Of(JsonData definition, ReferenceOutcome expected, ExecutionInfo actual, IReadOnlyList<HistoryEvent> history)
    {
        if (actual.Status != expected.Status || actual.Error != expected.Error && expected.Status == "FAILED")
            return $"{actual.Status} {actual.Error} ({actual.Cause}) instead of {expected.Status} {expected.Error}";
        if (expected.Output is { } output && !output.Equals(JsonData.Parse(actual.Output!)))
            return $"output {actual.Output} instead of {output}";
        ILookup<string, Entered> wanted = expected.Entered.ToLookup(e => e.Line);
        ILookup<string, string> found = Lines(definition, history).ToLookup(e => e.Line, e => e.State);
        foreach (string line in wanted.Select(w => w.Key).Concat(found.Select(f => f.Key)).Distinct())
        {
            if (!Same([.. wanted[line]], [.. found[line]]))
                return $"line '{line}' went by {string.Join(" ", found[line])} instead of {string.Join(" ", wanted[line].Select(w => w.Perhaps ? $"({w.State})" : w.State))}";
        }
        return null;
    }

    /// <summary>The same states in the same order, but for those that are there perhaps.</summary>
    private static bool Same(ReadOnlySpan<Entered> wanted, ReadOnlySpan<string> found)
    {
        if (wanted.Length == 0)
            return found.Length == 0;
        return found.Length > 0 && found[0] == wanted[0].State && Same(wanted[1..], found[1..]) || wanted[0].Perhaps && Same(wanted[1..], found);
    }

    /// <summary>The states that were entered, each with its line: which branches and iterations it lies in.</summary>
    private static IEnumerable<(string Line, string State)> Lines(JsonData definition, IReadOnlyList<HistoryEvent> history)
    {
        var places = Places(definition, "").ToDictionary(p => p.State, p => p.Around);
        Dictionary<long, HistoryEvent> byId = history.ToDictionary(e => e.Id);
        foreach (HistoryEvent entered in history.Where(e => e.Type.EndsWith("StateEntered", StringComparison.Ordinal)))
        {
            string state = entered.Details!.Get("name")!.Text;
            HistoryEvent at = entered;
            string line = "";
            // From the inside out: a number is a branch's, a name that of a Map, whose iteration the events before tell.
            foreach (string around in places[state].Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                if (char.IsAsciiDigit(around[0]))
                {
                    line = $"/{around}{line}";
                    continue;
                }
                while (at.Type != "MapIterationStarted" || at.Details!.Get("name")!.Text != around)
                    at = byId[at.PreviousId];
                line = $"[{at.Details!.Get("index")!.Text}]{line}";
            }
            yield return (line, state);
        }
    }

    private static IEnumerable<(string State, string Around)> Places(JsonData flow, string around)
    {
        foreach (var (name, state) in flow.Get("States")!.Members)
        {
            yield return (name, around);
            IEnumerable<(JsonData, string)> inner = state.Get("Branches") is { } branches ? branches.Items.Select((b, i) => (b, $"{around}/{i}"))
                : (state.Get("ItemProcessor") ?? state.Get("Iterator")) is { } iterations ? [(iterations, $"{around}/{name}")] : [];
            foreach (var place in inner.SelectMany(i => Places(i.Item1, i.Item2)))
                yield return place;
        }
    }
}
