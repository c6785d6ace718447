using System.CommandLine;
using System.Security.Cryptography;
using Limpid.Infra.Lake;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Cli;

/// <summary><c>limpid execute</c>: tries any definition, with recorded answers or on the lake.</summary>
internal static class ExecuteCommand
{
    private sealed record Options(
        string Definition, string Input, string? Answers, bool VirtualTime, bool Check, string? Name, LakePlace Place, bool IsLakeGiven, bool Json, TextWriter Output, TextWriter Error);

    public static Command Create()
    {
        var definition = new Option<string>("--definition") { Description = "The state machine, in the Amazon States Language; - is standard input", HelpName = "FILE", Required = true };
        var input = new Option<string>("--input") { Description = "The input; @FILE reads a file, - standard input", HelpName = "JSON", DefaultValueFactory = _ => "{}" };
        var answers = new Option<string?>("--answers") { Description = "Answer all tasks from this recording, whatever they name, instead of on the lake", HelpName = "FILE" };
        var virtualTime = new Option<bool>("--virtual-time") { Description = "Don't wait: the clock begins at 2026-01-01, the same each time, and skips to whatever comes next" };
        var check = new Option<bool>("--check") { Description = "Run nothing, and say what is wrong with the definition beyond its form" };
        var name = new Option<string?>("--name") { Description = "The execution's name on the lake: the same name and input again is the same execution", HelpName = "NAME" };
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("execute", "Run a state machine, and show the way that it takes") { definition, input, answers, virtualTime, check, name, lake, json };
        command.SetAction((parsed, cancellation) => RunAsync(new(
            parsed.GetValue(definition)!, parsed.GetValue(input)!, parsed.GetValue(answers), parsed.GetValue(virtualTime), parsed.GetValue(check), parsed.GetValue(name), lake.Of(parsed), lake.IsGiven(parsed),
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Options options, CancellationToken cancellation)
    {
        if (options is { Definition: "-", Input: "-" })
            throw new BadInputException("only one of --definition and --input can be read from standard input");
        string text = await ReadAsync(options.Definition, cancellation);
        string input = options.Input is ['@', .. var file] ? await ReadAsync(file, cancellation) : options.Input == "-" ? await ReadAsync("-", cancellation) : options.Input;
        if (!JsonData.TryParse(input, out _))
            throw new BadInputException("the input is no JSON; a string is given as '\"text\"'");
        if (options.Name is { } name && ExecutionName.Problem(name) is { } problem)
            throw new BadInputException(problem);
        bool isRecorded = options.Answers is not null;
        if (options.Check)
            return await CheckAsync(options, isRecorded ? DefinitionCheck.Problems(text, null, _ => true) : LocalStateMachines.Check(text));
        StateMachineDefinition definition = Read(options.Definition, text, isRecorded);
        if (isRecorded)
            return await TryAsync(options, definition, input, ReadAnswers(await ReadAsync(options.Answers!, cancellation), options.Answers!), null, cancellation);
        if (!options.IsLakeGiven && !File.Exists(Path.Combine(options.Place.Root, LakeYaml.FileName)))
        {
            return definition.Flow.All().OfType<TaskState>().FirstOrDefault() is { } task
                ? throw new BadInputException($"'{task.Name}' is a task, and there is no lake here to run it on: name one with --lake, or recorded answers with --answers")
                : await TryAsync(options, definition, input, new NoTasks(), null, cancellation);
        }
        await using LocalLake lake = await options.Place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        return options.VirtualTime
            ? await TryAsync(options, definition, input, lake.Tasks, lake, cancellation)
            : await ExecuteAsync(options, definition, input, lake, cancellation);
    }

    /// <summary>Runs it in a store of its own, which nobody sees afterwards.</summary>
    private static async Task<int> TryAsync(
        Options options, StateMachineDefinition definition, string input, ITaskIntegrations tasks, LocalLake? lake, CancellationToken cancellation)
    {
        TimeProvider time = options.VirtualTime ? new VirtualTime() : TimeProvider.System;
        using var trial = new StateMachineTrial(
            definition, lake?.Machines ?? new Dictionary<string, StateMachineDefinition>(), tasks, lake?.Items ?? new NoItems(), time, RandomNumberGenerator.GetInt32(int.MaxValue));
        ExecutionDescription execution = await trial.RunAsync(input, cancellation);
        await WriteAsync(options, execution, trial.History);
        if (execution.Status == Execution.Running)
            await options.Error.WriteLineAsync("limpid: the execution waits for a callback that nothing here gives, and has no time-out: it would wait for ever");
        return ExitCode.OfExecution(execution.Status);
    }

    /// <summary>Runs it among the lake's own executions: it is kept, and goes on after a crash.</summary>
    private static async Task<int> ExecuteAsync(Options options, StateMachineDefinition definition, string input, LocalLake lake, CancellationToken cancellation)
    {
        if (LocalStateMachines.Names.Contains(definition.Name))
            throw new BadInputException($"'{definition.Name}' is the name of a state machine of Limpid's own: give the definition's file another");
        string name = options.Name ?? Guid.NewGuid().ToString();
        if (lake.Executions.Start(definition, name, input, TimeProvider.System.GetUtcNow()) == Core.Ports.StartOutcome.AlreadyExists)
            throw new BadInputException($"there is an execution {definition.Name}/{name} already, which is over or has another input");
        if (!options.Json)
            await options.Output.WriteLineAsync($"execution {definition.Name}/{name}");
        ExecutionDescription execution = await ExecutionWatch.UntilClosedAsync(lake, definition.Name, name, cancellation);
        await WriteAsync(options, execution, lake.Executions.History(definition.Name, name));
        return ExitCode.OfExecution(execution.Status);
    }

    private static async Task WriteAsync(Options options, ExecutionDescription execution, IReadOnlyList<HistoryEvent> history)
    {
        if (options.Json)
            await options.Output.WriteLineAsync(CliJson.Write(ExecutionJson.Of(execution, history)));
        else
            ExecutionDrawing.Write(options.Output, execution, history);
    }

    private static async Task<int> CheckAsync(Options options, IReadOnlyList<DefinitionProblem> problems)
    {
        if (options.Json)
        {
            JsonData[] told = [.. problems.Select(p => JsonData.Object(("at", JsonData.Of(p.At)), ("line", p.Line is { } line ? JsonData.Of(line) : JsonData.Null), ("message", JsonData.Of(p.Message))))];
            await options.Output.WriteLineAsync(CliJson.Write(JsonData.Object(("problems", JsonData.Array(told)))));
            return problems.Count == 0 ? ExitCode.Done : ExitCode.BadInput;
        }
        if (problems.Count > 0)
            throw new BadInputException(Describe(options.Definition, problems));
        await options.Output.WriteLineAsync("good: nothing is wrong with it");
        return ExitCode.Done;
    }

    private static string Describe(string file, IReadOnlyList<DefinitionProblem> problems) =>
        string.Join(Environment.NewLine, problems.Select(p => $"{(file == "-" ? "" : file + ": ")}{p}"));

    private static StateMachineDefinition Read(string file, string text, bool isRecorded)
    {
        string name = file == "-" ? "definition" : Path.GetFileName(file).Replace(".asl.json", "", StringComparison.Ordinal).Replace(".json", "", StringComparison.Ordinal);
        if (ExecutionName.Problem(name) is not null)
            name = "definition";
        DefinitionResult read = LocalStateMachines.Read(name, text, isRecorded ? _ => true : LocalIntegrations.Supports);
        return read.Definition ?? throw new BadInputException(Describe(file, read.Problems));
    }

    private static RecordedAnswers ReadAnswers(string text, string file)
    {
        try
        {
            return JsonData.TryParse(text, out JsonData? json) ? RecordedAnswers.Read(json) : throw new FormatException("it is no JSON");
        }
        catch (FormatException wrong)
        {
            throw new BadInputException($"{file} holds no recorded answers: {wrong.Message}");
        }
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellation)
    {
        if (file == "-")
            return await Console.In.ReadToEndAsync(cancellation);
        using var reader = new StreamReader(CommonOptions.OpenFile(file));
        return await reader.ReadToEndAsync(cancellation);
    }

    /// <summary>For definitions without tasks.</summary>
    private sealed class NoTasks : ITaskIntegrations
    {
        public Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation) =>
            Task.FromResult(TaskResult.Failure(StatesErrors.Runtime, $"There is nothing here to run {call.Resource.Arn} on."));
    }
}
