using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>The states that do no work: Pass, Choice, Wait, Fail.</summary>
internal sealed partial class Interpreter
{
    private void Pass(Frame frame, PassState pass)
    {
        JsonData input = InputOf(frame);
        JsonData result = pass.Parameters?.Fill(On(frame, input)) ?? input;
        LeaveWith(frame, pass.Result ?? result, pass.ResultPath);
    }

    private void Choose(Frame frame, ChoiceState choice)
    {
        Evaluation on = On(frame, InputOf(frame));
        foreach (ChoiceBranch branch in choice.Choices)
        {
            if (branch.Rule.Holds(on))
            {
                Leave(frame, on.Input, branch.Next, branch.Assign?.Fill(on) ?? JsonData.EmptyObject);
                return;
            }
        }
        if (choice.Default is null)
            throw StateFailure.Runtime("Failed to transition out of the state. The state does not point to a next state.");
        Leave(frame, on.Input, choice.Default);
    }

    private void Wait(Frame frame, WaitState wait)
    {
        Evaluation on = On(frame, InputOf(frame));
        DateTimeOffset until = wait switch
        {
            { Seconds: { } seconds } => Now.AddSeconds(seconds),
            { SecondsPath: { } path } => Now.AddSeconds(SecondsAt(path, on)),
            { Timestamp: { } timestamp } => Timestamps.Parse(timestamp),
            _ => TimestampAt(wait.TimestampPath!, on),
        };
        // The service counts the delay in an int of seconds.
        if (until - Now > TimeSpan.FromSeconds(int.MaxValue))
            throw StateFailure.Runtime("Wait state delay is too long.");
        if (until <= Now)
        {
            Leave(frame, on.Input, wait.Common.Next);
            return;
        }
        frame.Phase = Phase.Wait;
        frame.WakeAt = until;
        Schedule(frame);
    }

    private static long SecondsAt(Expression path, Evaluation on)
    {
        JsonData value = path.Evaluate(on, "SecondsPath");
        if (!value.TryInteger(out long seconds))
            throw StateFailure.Runtime($"The SecondsPath parameter cannot be parsed as a long value: {path.Text} == {Shown(value)}");
        if (seconds < 0)
            throw StateFailure.Runtime($"The SecondsPath parameter references a negative value: {path.Text} == {Shown(value)}");
        return seconds;
    }

    private static DateTimeOffset TimestampAt(Expression path, Evaluation on)
    {
        JsonData value = path.Evaluate(on, "TimestampPath");
        return value.Kind == JsonValueKind.String && Timestamps.TryParse(value.Text, out DateTimeOffset time)
            ? time
            : throw StateFailure.Runtime($"The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {path.Text} == {Shown(value)}");
    }

    private static string Shown(JsonData value) => value.Kind == JsonValueKind.String ? value.Text : value.ToString();

    private void Fail(Frame frame, FailState fail)
    {
        Evaluation on = On(frame, frame.Input);
        string? error = fail.ErrorPath is null ? fail.Error : TextAt(fail.ErrorPath, on, "ErrorPath");
        string? cause = fail.CausePath is null ? fail.Cause : TextAt(fail.CausePath, on, "CausePath");
        Change(frame);
        Fatal(frame, new(error, cause));
    }

    private static string TextAt(Expression path, Evaluation on, string field)
    {
        JsonData value = path.Evaluate(on, field);
        return value.Kind == JsonValueKind.String
            ? value.Text
            : throw StateFailure.Runtime($"The {field} field refers to value \"{value}\" which is not a valid string: {path.Text}");
    }

    /// <summary>The number that a field gives or points to.</summary>
    /// <exception cref="StateFailure">What the path points to is no such number.</exception>
    private static long? AmountOf(Amount? amount, string field, Evaluation on, long min = 0)
    {
        if (amount?.Path is not { } path)
            return amount?.Value;
        JsonData value = path.Evaluate(on, field + "Path");
        if (value.Kind != JsonValueKind.Number || !long.TryParse(value.Text, out long number))
            throw StateFailure.Runtime($"The {field}Path field refers to value \"{Shown(value)}\" which is not a valid integer: {path.Text}");
        if (number >= min)
            return number;
        throw StateFailure.Runtime(min == 0 ? $"{field} cannot be negative." : $"The {field}Path field refers to value \"{number}\" which is not a positive integer: {path.Text}");
    }

    private static double? PercentageOf(Share? share, string field, Evaluation on)
    {
        if (share?.Path is not { } path)
            return share?.Value;
        JsonData value = path.Evaluate(on, field + "Path");
        if (value.Kind != JsonValueKind.Number)
            throw StateFailure.Runtime($"The {field}Path field refers to value \"{Shown(value)}\" which is not a valid float: {path.Text}");
        return value.Double() is >= 0 and <= 100 and var percentage ? percentage : throw StateFailure.Runtime($"{field} must be between 0 and 100.");
    }
}
