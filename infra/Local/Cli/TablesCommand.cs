using System.CommandLine;
using System.Globalization;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid tables</c>: the derived tables, what is served of each, who works on it, what went wrong last.</summary>
internal static class TablesCommand
{
    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("tables", "List the derived tables: what is served of each, and what comes next") { lake, json };
        command.SetAction((parsed, cancellation) => RunAsync(lake.Of(parsed), parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(LakePlace place, bool json, TextWriter output, CancellationToken cancellation)
    {
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        var tables = new List<TableOutput>();
        foreach (DerivedTable table in lake.Config.Tables ?? [])
            tables.Add(await TableOutput.OfAsync(lake, table, cancellation));
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write<IReadOnlyList<TableOutput>>(tables, CliJson.Default.IReadOnlyListTableOutput));
            return ExitCode.Done;
        }
        if (tables.Count == 0)
        {
            await output.WriteLineAsync("There are no tables: `tables` in lake.yaml lists them.");
            return ExitCode.Done;
        }
        Table shown = Tables.New("table", "served", "#rows", "made at", "*kept", "*now", "next");
        foreach (TableOutput table in tables)
        {
            shown.AddRow(Tables.Cells(
                table.Name, table.Version is { } version ? TableOutput.NameOf(version) : "", table.Rows, Time(table.MadeAt),
                string.Join(", ", table.Kept.Select(k => TableOutput.NameOf(k.Version))), Now(table), Time(table.Next)));
        }
        Tables.Write(output, shown);
        foreach (TableOutput table in tables.Where(t => t.Failure is not null))
            await output.WriteLineAsync(Printable.Of($"{table.Name} was not refreshed at {Time(table.Failure!.At)}: {table.Failure.Why ?? table.Failure.Error} (limpid executions {table.Failure.Execution} tells more)"));
        return ExitCode.Done;
    }

    private static string Now(TableOutput table) => table switch
    {
        { Lock: { Step: { } step } own } => $"step {step}, until {Time(own.Until)} at the longest",
        { Lock: { } own } => $"being published, until {Time(own.Until)} at the longest",
        { StaleSince: { } since } => $"stale since {Time(since)}",
        _ => "",
    };

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
}

/// <param name="Version">That is served; null for none, and so are <paramref name="Rows"/> and <paramref name="MadeAt"/>.</param>
/// <param name="MadeAt">The moment that its content is from.</param>
/// <param name="Location">Of its objects.</param>
/// <param name="StaleSince">The first change that it has not; null where there is none.</param>
/// <param name="Lock">The run that works on it, or null.</param>
/// <param name="Failure">Of the last run, where that failed.</param>
/// <param name="Next">When its schedule begins a run, while <c>limpid up</c> runs.</param>
/// <param name="Kept">Versions that <c>limpid refresh --restore</c> can serve again, the newest first.</param>
internal sealed record TableOutput(
    string Name, long? Version, long? Rows, DateTimeOffset? MadeAt, string? Location, DateTimeOffset? StaleSince, LockOutput? Lock, FailureOutput? Failure,
    DateTimeOffset? Next, IReadOnlyList<KeptVersion> Kept)
{
    public static async Task<TableOutput> OfAsync(LocalLake lake, DerivedTable table, CancellationToken cancellation)
    {
        Ports ports = lake.Ports;
        var book = new TableBook(ports, table);
        TableHead head = (await book.HeadAsync(cancellation)).Value;
        var kept = new List<KeptVersion>();
        await foreach (VersionRecord version in book.VersionsAsync(cancellation))
        {
            if (version is { Location: not null, Removing: false } && version.Version != head.Served?.Version && version.Version != head.Lock?.Version)
                kept.Insert(0, new KeptVersion(version.Version, version.Rows, version.MadeAt));
        }
        StaleMark? mark = (await new StaleTables(ports).ReadAsync(table, cancellation))?.Value;
        return new TableOutput(
            table.Name, head.Served?.Version, head.Served?.Rows, head.Served?.MadeAt, head.Served?.Location, mark?.Since,
            head.Lock is { } own ? new LockOutput(own.Run, own.Step < table.Steps.Count ? table.Steps[own.Step].Name : null, own.Since, own.Until) : null,
            head.Failed is { } failed && !(head.Served?.PublishedAt > failed.At) ? new FailureOutput(failed.Run, failed.Error, WhyOf(failed, lake), failed.At) : null,
            TableWatch.TryScheduleOf(table, out Schedule? schedule) ? schedule.After(ports.Time.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById(ports.Lake.TimeZone)) : null,
            kept);
    }

    /// <summary>Why a run failed, with what its step said last; null where that is not known.</summary>
    public static string? WhyOf(TableFailure failed, LocalLake lake) =>
        RefreshWatch.CauseOf(lake.Executions, failed.Run) is { } cause && failed.Why?.StartsWith("step ", StringComparison.Ordinal) == true ? $"{failed.Why}: {cause}" : failed.Why;

    public static string NameOf(long version) => FormattableString.Invariant($"v={version}");
}

/// <param name="Step">That is worked on; null once all are done.</param>
/// <param name="BegunAt">When the run took the table.</param>
internal sealed record LockOutput(string Execution, string? Step, DateTimeOffset BegunAt, DateTimeOffset Until);

internal sealed record FailureOutput(string Execution, string Error, string? Why, DateTimeOffset At);

internal sealed record KeptVersion(long Version, long Rows, DateTimeOffset MadeAt);
