using System.Diagnostics.CodeAnalysis;

namespace Limpid.Local.StateMachines;

/// <summary>How a Task waits for its work.</summary>
public enum TaskPattern
{
    RequestResponse,

    /// <summary><c>.sync</c>: until the job is done; a nested execution's output is text.</summary>
    Sync,

    /// <summary><c>.sync:2</c>: a nested execution's output is JSON.</summary>
    Sync2,

    /// <summary><c>.waitForTaskToken</c>: until somebody calls back with the token.</summary>
    WaitForTaskToken,
}

/// <summary>What a Task's Resource names.</summary>
/// <param name="Arn">As the definition gives it.</param>
/// <param name="Service">As history calls it: <c>lambda</c>, <c>states</c>, <c>sns</c>, <c>aws-sdk:s3</c>; <c>activity</c> for an activity.</param>
/// <param name="Action"><c>invoke</c>, <c>startExecution</c>; for a function named directly, empty.</param>
/// <param name="Function">The function named directly, else null.</param>
public sealed record TaskResource(string Arn, string Service, string Action, TaskPattern Pattern, string? Function)
{
    /// <summary><c>lambda:invoke</c>; for a function named directly, <c>lambda</c>.</summary>
    public string Integration => Function is null ? $"{Service}:{Action}" : "lambda";

    /// <summary>The action with its pattern, as history events have it.</summary>
    public string ActionInHistory => Pattern switch
    {
        TaskPattern.Sync => Action + ".sync",
        TaskPattern.Sync2 => Action + ".sync:2",
        TaskPattern.WaitForTaskToken => Action + ".waitForTaskToken",
        _ => Action,
    };

    /// <summary>Whether it is an activity, whose workers ask for tasks.</summary>
    public bool IsActivity => Service == "activity";

    internal bool IsNested => Function is null && Service == "states" && Action == "startExecution";

    /// <summary>Reads a service integration (<c>arn:aws:states:::lambda:invoke</c>), a function's ARN, or a function's bare name.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TaskResource? resource)
    {
        resource = null;
        string[] parts = text.Split(':');
        if (parts[0] != "arn")
        {
            if (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                resource = new(text, "lambda", "", TaskPattern.RequestResponse, text);
            return resource is not null;
        }
        if (parts.Length >= 7 && parts[2] == "lambda" && parts[5] == "function")
        {
            resource = new(text, "lambda", "", TaskPattern.RequestResponse, FunctionName(text));
            return true;
        }
        if (parts.Length == 7 && parts[2] == "states" && parts[5] == "activity")
        {
            resource = new(text, "activity", parts[6], TaskPattern.RequestResponse, null);
            return true;
        }
        if (parts.Length < 7 || parts[2] != "states" || parts[3].Length > 0 || parts[4].Length > 0)
            return false;
        bool sdk = parts[5] == "aws-sdk";
        if (sdk && parts.Length < 8)
            return false;
        string service = sdk ? $"aws-sdk:{parts[6]}" : parts[5];
        string action = string.Join(':', parts[(sdk ? 7 : 6)..]);
        TaskPattern pattern = TaskPattern.RequestResponse;
        foreach (var (ending, meaning) in Endings)
        {
            if (action.EndsWith(ending, StringComparison.Ordinal))
            {
                action = action[..^ending.Length];
                pattern = meaning;
                break;
            }
        }
        resource = new(text, service, action, pattern, null);
        return true;
    }

    /// <summary>A function's name without ARN and version: <c>erase-rows</c>.</summary>
    public static string FunctionName(string nameOrArn)
    {
        string[] parts = nameOrArn.Split(':');
        return parts.Length >= 7 && parts[0] == "arn" ? parts[6] : parts[0];
    }

    private static readonly (string, TaskPattern)[] Endings =
    [
        (".sync:2", TaskPattern.Sync2), (".sync", TaskPattern.Sync), (".waitForTaskToken", TaskPattern.WaitForTaskToken),
    ];
}
