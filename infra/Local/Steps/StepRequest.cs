using System.Text.Json;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Steps;

/// <summary>What a state machine asks of the command activity: one rebuild step of a derived table.</summary>
/// <param name="Command">A program and its arguments; null where <paramref name="Sql"/> is there.</param>
/// <param name="Sql">A file of SQL below the lake's folder.</param>
/// <param name="Inputs">What the table is made from: names and their locations in the lake, ending with a slash, or an object's key.</param>
/// <param name="Input">What the step before made, of the first one the first of what the table is made from; null where somebody's own execution says none.</param>
/// <param name="Output">The location that it fills, ending with a slash.</param>
internal sealed record StepRequest(
    string Table, string Step, IReadOnlyList<string>? Command, string? Sql, IReadOnlyDictionary<string, string> Inputs, string? Input, string Output)
{
    /// <exception cref="CommandFailedException">It lacks something.</exception>
    public static StepRequest Read(JsonData parameters)
    {
        IReadOnlyList<string>? command = parameters.Get("command") is { Kind: JsonValueKind.Array } array ? [.. array.Items.Select(i => i.Text)] : null;
        string? sql = Text(parameters, "sql");
        if (command is { Count: > 0 } == sql is not null)
            throw new CommandFailedException("a local step has either a command or a file of SQL");
        Dictionary<string, string> inputs = (parameters.Get("inputs") ?? JsonData.EmptyObject).Members.ToDictionary(m => m.Key, m => m.Value.Text);
        return new StepRequest(Required("table"), Required("step"), command, sql, inputs, Text(parameters, "input"), Required("output"));

        string Required(string name) => Text(parameters, name) ?? throw new CommandFailedException($"a local step says no {name}");
    }

    private static string? Text(JsonData parameters, string name) => parameters.Get(name) is { Kind: JsonValueKind.String, Text: { Length: > 0 } text } ? text : null;
}
