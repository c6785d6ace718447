using Limpid.Core.Lake;
using Limpid.Functions.Refresh;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Cli;

/// <summary>Sees a refresh to its end, and says on the way what it is about: a line for each step as it begins and ends.</summary>
internal sealed class RefreshWatch(LocalLake lake, DerivedTable table, TextWriter output)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private long _told;
    private string? _said;
    private DateTimeOffset _stepBegan;

    public async Task<ExecutionDescription> UntilClosedAsync(string execution, CancellationToken cancellation)
    {
        Task<ExecutionDescription> running = ExecutionWatch.UntilClosedAsync(lake, RefreshRuns.StateMachine, execution, cancellation);
        while (await Task.WhenAny(running, Task.Delay(Look, CancellationToken.None)) != running)
            await TellAsync(execution);
        ExecutionDescription closed = await running;
        await TellAsync(execution);
        return closed;
    }

    /// <summary>Why the last local step of an execution failed, as it says itself; null where none did.</summary>
    public static string? CauseOf(ExecutionStore executions, string execution) =>
        executions.History(RefreshRuns.StateMachine, execution).LastOrDefault(e => e.Type == "ActivityFailed")?.Details?.Get("cause")?.Text;

    private async Task TellAsync(string execution)
    {
        foreach (HistoryEvent happened in lake.Executions.History(RefreshRuns.StateMachine, execution))
        {
            if (happened.Id <= _told)
                continue;
            _told = happened.Id;
            if (Line(happened) is not { } line || line == _said)
                continue;
            _said = line;
            await output.WriteLineAsync(Printable.Of(line));
        }
    }

    private string? Line(HistoryEvent happened)
    {
        JsonData? details = happened.Details;
        switch (happened.Type)
        {
            case "TaskStateEntered" when Name(details) == "RunCommand":
                _stepBegan = happened.Timestamp;
                return $"{table.Name}: step {StepOf(details!)}";
            case "ActivitySucceeded":
                return $"{table.Name}: done in {ExecutionDrawing.Span(happened.Timestamp - _stepBegan)}{Rows(details)}";
            case "ActivityFailed":
                return $"{table.Name}: failed: {details?.Get("cause")?.Text}";
            case "ActivityTimedOut":
                return $"{table.Name}: given up after {ExecutionDrawing.Span(happened.Timestamp - _stepBegan)}: it took longer than the lease";
            case "WaitStateEntered" when Name(details) == "WaitForOther":
                return $"{table.Name}: waiting for another run of it to end";
            case "TaskStateEntered" when Name(details) == "ValidateTable":
                return $"{table.Name}: validating";
            case "TaskStateEntered" when Name(details) == "PublishTable":
                return $"{table.Name}: publishing";
            default:
                return null;
        }
    }

    private static string? Name(JsonData? details) => details?.Get("name")?.Text;

    /// <summary><c>sum: sh sum.sh</c>.</summary>
    private static string StepOf(JsonData entered)
    {
        JsonData work = JsonData.Parse(entered.Get("input")!.Text).Get("next")!.Get("task")!.Get("work")!;
        string what = work.Get("sql")?.Text ?? string.Join(' ', work.Get("command")!.Items.Select(i => i.Text));
        return $"{work.Get("step")!.Text}: {what}";
    }

    private static string Rows(JsonData? details) => details?.Get("output") is { } output && JsonData.Parse(output.Text).Get("rows") is { } rows
        ? ", " + Functions.Words.Count(long.Parse(rows.Text, System.Globalization.CultureInfo.InvariantCulture), "row") : "";
}
