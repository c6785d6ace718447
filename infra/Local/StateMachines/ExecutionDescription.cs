namespace Limpid.Local.StateMachines;

/// <summary>All that is known of an execution, as DescribeExecution tells it.</summary>
/// <param name="RedriveStatusReason">Why it can't be redriven, or null.</param>
public sealed record ExecutionDescription(
    string Name, string StateMachine, string Status, JsonData Input, JsonData? Output, string? Error, string? Cause, DateTimeOffset Started, DateTimeOffset? Stopped,
    int RedriveCount, DateTimeOffset? Redriven, string? RedriveStatusReason)
{
    /// <summary>For how long an unsuccessful execution can be redriven after its end.</summary>
    public static readonly TimeSpan RedrivableFor = TimeSpan.FromDays(14);

    /// <summary>The longest that a standard execution may take, redrives included.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    public string RedriveStatus => RedriveStatusReason is null ? "REDRIVABLE" : "NOT_REDRIVABLE";

    /// <summary>In the shape of DescribeExecution; times in ISO 8601, input and output as the text of their JSON.</summary>
    public JsonData ToJson()
    {
        JsonData whole = JsonData.Object(("included", JsonData.True));
        var members = new List<(string, JsonData?)>
        {
            ("executionArn", JsonData.Of(Arns.Execution(StateMachine, Name))), ("stateMachineArn", JsonData.Of(Arns.StateMachine(StateMachine))), ("name", JsonData.Of(Name)),
            ("status", JsonData.Of(Status)), ("startDate", Time(Started)), ("stopDate", Time(Stopped)), ("input", JsonData.Of(Input.ToString())), ("inputDetails", whole),
            ("output", Output is null ? null : JsonData.Of(Output.ToString())), ("outputDetails", Output is null ? null : whole), ("error", Text(Error)), ("cause", Text(Cause)),
            ("redriveCount", JsonData.Of(RedriveCount)), ("redriveDate", Time(Redriven)), ("redriveStatus", JsonData.Of(RedriveStatus)), ("redriveStatusReason", Text(RedriveStatusReason)),
        };
        return JsonData.Object([.. members.Where(m => m.Item2 is not null).Select(m => (m.Item1, m.Item2!))]);
    }

    /// <param name="isKept">Whether its frames are still there.</param>
    internal static string? WhyNotRedrivable(string status, DateTimeOffset started, DateTimeOffset? stopped, long events, bool isKept, DateTimeOffset now)
    {
        if (status is Execution.Running or "SUCCEEDED")
            return $"Execution is {status} and cannot be redriven";
        if (stopped + RedrivableFor <= now || !isKept)
            return "Execution redrivable period exceeded";
        if (started + Longest <= now)
            return "Execution has exceeded the max execution time";
        // One event says that it was redriven, and one more must have room.
        return events >= Interpreter.MaxEvents - 1 ? "Execution history event limit exceeded" : null;
    }

    private static JsonData? Text(string? text) => text is null ? null : JsonData.Of(text);

    private static JsonData? Time(DateTimeOffset? time) => time is { } at ? JsonData.Of(Timestamps.Format(at)) : null;
}
