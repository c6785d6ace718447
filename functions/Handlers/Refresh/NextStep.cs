using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Lake;

namespace Limpid.Functions.Refresh;

/// <param name="Run">The execution's name.</param>
/// <param name="Attempt">That has ended; 0 for none.</param>
/// <param name="Failed">The error that it ended with, or empty.</param>
/// <param name="Redrives">How often the execution was redriven.</param>
internal sealed record NextStepInput(string Table, string Run, long Fence, int Attempt, string Failed, int Redrives);

/// <param name="Kind"><c>glue</c>, <c>athena</c>, <c>lambda</c> or <c>command</c>; <c>none</c> where all steps are done.</param>
/// <param name="Seconds">After which the attempt has failed.</param>
internal sealed record NextStepResult(string Kind, int Attempt, long Seconds, StepTask Task);

/// <summary>What the service that runs the step is given; each member for one kind alone.</summary>
internal sealed record StepTask
{
    public string? Job { get; init; }

    public IReadOnlyDictionary<string, string>? Arguments { get; init; }

    public string? Query { get; init; }

    public string? Database { get; init; }

    public string? WorkGroup { get; init; }

    /// <summary>By which Athena takes the same query twice for one.</summary>
    public string? Token { get; init; }

    public string? Function { get; init; }

    public StepWork? Work { get; init; }
}

/// <summary>What a function or a command is told: the lake's own locations.</summary>
internal sealed record StepWork(string Table, string Step, long Version, IReadOnlyDictionary<string, string> Inputs, string Input, string Output)
{
    /// <summary>After which nobody waits for it any more.</summary>
    public required long Seconds { get; init; }

    public IReadOnlyList<string>? Command { get; init; }

    public string? Sql { get; init; }
}

/// <summary>
/// <c>next-step</c>: notes that an attempt at a step has ended, renews the lease, and says what is to be run next and where it writes. Each
/// attempt has a place of its own, which is empty, so that nothing that another left there, or still writes, is taken for a part of it. On
/// replay the same attempt is handed out.
/// </summary>
internal sealed class NextStep(Ports ports)
{
    private const int MostTries = 3;

    public async Task<NextStepResult> HandleAsync(NextStepInput input, CancellationToken cancellation)
    {
        DerivedTable table = ports.Lake.KnownTable(input.Table);
        var book = new TableBook(ports, table);
        TableRun run = await book.ChangeAsync(input.Run, input.Fence, own => Advance(table, own, input), cancellation);
        if (run.Why is { } why)
            throw new StepFailedException(table.Name, why);
        return run.Restores || run.Step == table.Steps.Count
            ? new NextStepResult("none", run.Attempt, 0, new StepTask())
            : Handout(table, run);
    }

    private TableRun Advance(DerivedTable table, TableRun own, NextStepInput input)
    {
        if (own.Restores || own.Step == table.Steps.Count || input.Attempt != own.Attempt || own.Why is not null)
            return own;
        // An attempt that was running when the execution was redriven may have been run twice, into one place.
        bool isDone = own.Attempt > 0 && input.Failed.Length == 0 && input.Redrives == own.Redrives;
        int step = isDone ? own.Step + 1 : own.Step;
        TableRun next = own with { Step = step, Attempt = own.Attempt + 1, Redrives = input.Redrives };
        if (step == table.Steps.Count)
            return next;
        if (table.Steps[step] is { Glue: null, Athena: null, Lambda: null } && !ports.RunsCommands)
            return own with { Why = ForOneMachine(table.Steps[step]) };
        bool isFirstTry = isDone || own.Attempt == 0;
        if (!isFirstTry && input.Failed.Length > 0 && own.Tries >= MostTries)
            return own with { Why = $"step {table.Steps[step].Name} failed {own.Tries} times, at last with {input.Failed}" };
        return next with
        {
            Tries = isFirstTry ? 1 : own.Tries + 1,
            // What the step before wrote; of the first one what the table is built of.
            Input = isFirstTry ? own.Output : own.Input,
            Output = ports.Lake.AttemptPrefix(table, own.Version, next.Attempt, table.Steps[step].Name),
        };
    }

    private NextStepResult Handout(DerivedTable table, TableRun run)
    {
        TableStep step = table.Steps[run.Step];
        long seconds = (long)table.Lease.TotalSeconds;
        var work = new StepWork(table.Name, step.Name, run.Version, run.Inputs, run.Input, run.Output) { Seconds = seconds };
        (string kind, StepTask task) = step switch
        {
            { Local: { } local } when ports.RunsCommands => ("command", new StepTask { Work = work with { Command = local.Command, Sql = local.Sql } }),
            { Glue: { } glue } => ("glue", new StepTask { Job = glue.Job, Arguments = glue.Arguments.ToDictionary(a => a.Key, a => Filled(a.Value)) }),
            { Athena: { } athena } => ("athena", new StepTask { Query = Filled(athena.Sql), Database = athena.Database, WorkGroup = athena.WorkGroup, Token = TokenOf(run) }),
            { Lambda: { } function } => ("lambda", new StepTask { Function = function, Work = work }),
            _ => throw new StepFailedException(table.Name, ForOneMachine(step)),
        };
        return new NextStepResult(kind, run.Attempt, seconds, task);

        string Filled(string text) => StepText.Fill(text, name => name switch
        {
            "input" => run.Input,
            "output" => run.Output,
            "table" => table.Name,
            "version" => FormattableString.Invariant($"{run.Version}"),
            _ => StepText.InputNamed(name) is { } input ? run.Inputs.GetValueOrDefault(input) : null,
        });
    }

    private static string ForOneMachine(TableStep step) => $"step {step.Name} is for one machine alone: say glue, athena or lambda beside `local` in lake.yaml";

    private string TokenOf(TableRun run) =>
        "limpid-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{ports.Lake.Name}/{run.Output}/{run.BegunAt.UtcTicks}"))));
}
