using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Limpid.Local.StateMachines;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid executions</c>: lists the executions of the lake's workflows, shows one, stops one, redrives one.</summary>
internal static class ExecutionsCommand
{
    private static readonly string[] Statuses = [Execution.Running, "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var which = new Argument<string?>("execution") { Description = "Show this one: its name, MACHINE/NAME or its ARN", Arity = ArgumentArity.ZeroOrOne };
        var machine = new Option<string?>("--machine") { Description = "Only those of this state machine", HelpName = "NAME" };
        var status = new Option<string?>("--status") { Description = $"Only those in this status: {string.Join(", ", Statuses)}", HelpName = "STATUS" };
        var stop = new Option<string?>("--stop") { Description = "Abort this execution, and those nested in it", HelpName = "EXECUTION" };
        var redrive = new Option<string?>("--redrive") { Description = "Let this one go on from where it failed, was stopped or timed out, and see it to its end", HelpName = "EXECUTION" };
        var command = new Command("executions", "List executions and show the way one took; stop or redrive one") { which, machine, status, stop, redrive, lake, json };
        command.SetAction((parsed, cancellation) =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            LakePlace place = lake.Of(parsed);
            bool isJson = parsed.GetValue(json);
            string?[] one = [parsed.GetValue(which), parsed.GetValue(stop), parsed.GetValue(redrive)];
            if (one.Count(o => o is not null) > 1)
                throw new BadInputException("name one execution: to show it, to --stop it or to --redrive it");
            if (one[1] is { } stopped)
                return StopAsync(place, stopped, isJson, output, cancellation);
            if (one[2] is { } redriven)
                return RedriveAsync(place, redriven, isJson, output, cancellation);
            LakeFolder folder = place.Folder;
            folder.ReadConfig();
            using ExecutionStore executions = ExecutionStore.Open(folder.State);
            return one[0] is { } shown
                ? ShowAsync(executions, Find(executions, shown), isJson, output)
                : ListAsync(executions, parsed.GetValue(machine), ReadStatus(parsed.GetValue(status)), isJson, output);
        });
        return command;
    }

    private static async Task<int> ListAsync(ExecutionStore store, string? machine, string? status, bool json, TextWriter output)
    {
        IReadOnlyList<ExecutionDescription> executions = store.List(TimeProvider.System.GetUtcNow(), machine, status);
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write(JsonData.Array([.. executions.Select(e => e.ToJson())])));
            return ExitCode.Done;
        }
        if (executions.Count == 0)
        {
            await output.WriteLineAsync("There are no executions.");
            return ExitCode.Done;
        }
        Table table = Tables.New("*execution", "status", "started", "#took", "#redrives");
        foreach (ExecutionDescription e in executions)
        {
            string took = e.Stopped is { } end ? ExecutionDrawing.Span(end - e.Started) : "";
            table.AddRow(Tables.Cells($"{e.StateMachine}/{e.Name}", e.Status, e.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), took, e.RedriveCount == 0 ? "" : e.RedriveCount));
        }
        Tables.Write(output, table);
        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(ExecutionStore store, ExecutionDescription execution, bool json, TextWriter output)
    {
        IReadOnlyList<HistoryEvent> history = store.History(execution.StateMachine, execution.Name);
        if (json)
            await output.WriteLineAsync(CliJson.Write(execution.ToJson().With("events", JsonData.Array([.. history.Select(e => e.ToJson())]))));
        else
            ExecutionDrawing.Write(output, execution, history);
        return ExitCode.Done;
    }

    private static async Task<int> StopAsync(LakePlace place, string which, bool json, TextWriter output, CancellationToken cancellation)
    {
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        ExecutionDescription execution = Find(lake.Executions, which);
        // Its request would go on waiting, and approvers would decide on what nobody carries out.
        if (LocalStateMachines.Names.Contains(execution.StateMachine) && execution.Input.Get("requestId") is { Kind: JsonValueKind.String } request)
            throw new BadInputException($"this carries out request {request.Text}: use `limpid cancel {request.Text}`");
        lake.Executions.Stop(execution.StateMachine, execution.Name, null, null);
        while ((execution = Find(lake.Executions, $"{execution.StateMachine}/{execution.Name}")).Status == Execution.Running)
        {
            if (!lake.Runner.TryCarryOutStops())
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }
        return await ShowAsync(lake.Executions, execution, json, output);
    }

    private static async Task<int> RedriveAsync(LakePlace place, string which, bool json, TextWriter output, CancellationToken cancellation)
    {
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        ExecutionDescription execution = Find(lake.Executions, which);
        if (lake.Executions.Redrive(execution.StateMachine, execution.Name, TimeProvider.System.GetUtcNow()) is { } refusal)
            throw new BadInputException($"{execution.StateMachine}/{execution.Name} can't be redriven: {refusal}");
        execution = await ExecutionWatch.UntilClosedAsync(lake, execution.StateMachine, execution.Name, cancellation);
        await ShowAsync(lake.Executions, execution, json, output);
        return ExitCode.OfExecution(execution.Status);
    }

    private static ExecutionDescription Find(ExecutionStore store, string which)
    {
        // Neither machines nor executions have a slash or a colon in their names.
        string[] parts = which.Split(':', '/');
        IReadOnlyList<ExecutionDescription> found = store.List(TimeProvider.System.GetUtcNow(), parts.Length > 1 ? parts[^2] : null, null, parts[^1]);
        return found switch
        {
            [] => throw new BadInputException($"there is no execution {which}"),
            [var one] => one,
            _ => throw new BadInputException($"there are several executions of this name: {string.Join(", ", found.Select(e => $"{e.StateMachine}/{e.Name}"))}"),
        };
    }

    private static string? ReadStatus(string? status)
    {
        if (status is null)
            return null;
        string upper = status.ToUpperInvariant().Replace('-', '_');
        return Statuses.Contains(upper) ? upper : throw new BadInputException($"there is no status {status}; there are {string.Join(", ", Statuses)}");
    }
}
