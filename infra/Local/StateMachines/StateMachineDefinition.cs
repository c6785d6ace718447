using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Limpid.Local.StateMachines;

/// <summary>What is wrong with a definition, and where.</summary>
/// <param name="At">A JSON pointer into the definition, by which states are told too; for text that is no JSON, line and column.</param>
/// <param name="Line">The line where it stands, counted from 1, where there is one.</param>
public sealed record DefinitionProblem(string At, string Message, long? Line = null)
{
    public override string ToString() => Line is null ? $"{At}: {Message}" : $"line {Line}, {At}: {Message}";
}

/// <summary>A definition, or what is wrong with it.</summary>
public sealed record DefinitionResult(StateMachineDefinition? Definition, IReadOnlyList<DefinitionProblem> Problems);

/// <summary>A state machine in the Amazon States Language (JSONPath), read and checked.</summary>
public sealed partial class StateMachineDefinition
{
    /// <summary>The integrations that the runner has by itself: functions and nested executions.</summary>
    public static bool Supports(TaskResource resource) => resource.Integration switch
    {
        "states:startExecution" => true,
        "lambda" or "lambda:invoke" => resource.Pattern is TaskPattern.RequestResponse or TaskPattern.WaitForTaskToken,
        _ => false,
    };

    private StateMachineDefinition(string name, string text, Flow flow, long? timeoutSeconds)
    {
        Name = name;
        Text = text;
        Flow = flow;
        TimeoutSeconds = timeoutSeconds;
        Digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The file's name without its ending: <c>purge</c>.</summary>
    public string Name { get; }

    /// <summary>The definition after substitution.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of the text: running executions keep the definition that they began with.</summary>
    public string Digest { get; }

    internal Flow Flow { get; }

    internal long? TimeoutSeconds { get; }

    [GeneratedRegex(@"\$\{(\w+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder { get; }

    /// <summary>Reads a definition; every problem is told, not only the first, except that of a definition in JSONata no more is told than that.</summary>
    /// <param name="substitutions">What stands for <c>${EraseRows}</c>: <c>EraseRows</c> and its value. A placeholder without one is a problem.</param>
    /// <param name="supports">Whether tasks may name an integration; by default <see cref="Supports"/>.</param>
    public static DefinitionResult Parse(
        string name, string text, IReadOnlyDictionary<string, string>? substitutions = null, Func<TaskResource, bool>? supports = null)
    {
        var problems = new List<DefinitionProblem>();
        string filled = substitutions is null ? text : Placeholder.Replace(text, match =>
        {
            if (substitutions.TryGetValue(match.Groups[1].Value, out string? value))
                return JsonEncodedText.Encode(value).Value;
            problems.Add(new("/", $"Nothing stands for the placeholder {match.Value}.", text.AsSpan(0, match.Index).Count('\n') + 1));
            return match.Value;
        });
        JsonData json;
        try
        {
            json = JsonData.Parse(filled);
        }
        catch (JsonException e)
        {
            return new(null, [.. problems, new($"line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}", "This is no JSON.")]);
        }
        var reader = new DefinitionReader(supports ?? Supports, problems);
        var (flow, timeout) = reader.Machine(json);
        if (problems.Count == 0)
            return new(new(name, filled, flow!, timeout), []);
        var positions = DefinitionPositions.Of(filled);
        // All else that is found in a definition for another query language follows from that.
        return problems.Find(p => p.Message == FieldReader.Jsonata) is { } jsonata
            ? new(null, [positions.Place(jsonata)])
            : new(null, [.. problems.Select(positions.Place)]);
    }

    /// <summary>A definition that was read without a problem before.</summary>
    internal static StateMachineDefinition Reread(string name, string text)
    {
        var reader = new DefinitionReader(_ => true, []);
        var (flow, timeout) = reader.Machine(JsonData.Parse(text));
        return new(name, text, flow!, timeout);
    }
}
