using System.CommandLine;
using System.Globalization;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Refresh;
using Limpid.Infra.Lake;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Cli;

/// <summary><c>limpid refresh</c>: builds a new version of a derived table, or serves an earlier one again.</summary>
internal static class RefreshCommand
{
    private sealed record Options(string Table, string? Restore, bool NoWait, bool Json, LakePlace Place, TextWriter Output, TextWriter Error);

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var table = new Argument<string>("table") { Description = "Its name, as in lake.yaml" };
        var restore = new Option<string?>("--restore") { Description = "Serve this version again instead of building one: limpid tables says which are kept", HelpName = "v=N" };
        var noWait = new Option<bool>("--no-wait") { Description = "Return at once, and leave it to limpid up" };
        var command = new Command("refresh", "Build a new version of a derived table and serve it once it is valid") { table, restore, noWait, lake, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            new(parsed.GetValue(table)!, parsed.GetValue(restore), parsed.GetValue(noWait), parsed.GetValue(json), lake.Of(parsed), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Options options, CancellationToken cancellation)
    {
        DerivedTable table = Named(options.Place.Folder.ReadConfig(), options.Table);
        long restore = ReadVersion(options.Restore);
        await using LocalLake lake = await options.Place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        if (restore > 0)
            await RefuseAsync(restore, table, lake, cancellation);
        string execution = (await new MarkStale(lake.Ports).HandleAsync(new MarkStaleInput(table.Name, Restore: restore), cancellation)).Executions[0];
        if (options.NoWait)
        {
            if (options.Json)
                await WriteAsync(options, await RefreshOutput.OfAsync(lake, table, execution, "running", cancellation));
            else
                await options.Output.WriteLineAsync($"execution {RefreshRuns.StateMachine}/{execution}; `limpid up` carries it out, now or when it is started");
            return ExitCode.Done;
        }
        ExecutionDescription closed = await new RefreshWatch(lake, table, options.Json ? TextWriter.Null : options.Output).UntilClosedAsync(execution, cancellation);
        RefreshOutput result = await RefreshOutput.OfAsync(lake, table, execution, closed.Status == "SUCCEEDED" ? "refreshed" : "failed", cancellation);
        if (options.Json)
            await WriteAsync(options, result);
        else if (result.Status == "failed")
        {
            string why = Why(closed, result);
            await options.Error.WriteLineAsync(Printable.Of($"limpid: {table.Name} was not refreshed: {why}; {Served(result, "still")}{Look(why, result, table, lake)}"));
        }
        else
            await options.Output.WriteLineAsync(Printable.Of($"{table.Name}: {Served(result, result.Status == "unchanged" ? "already" : null)}"));
        return ExitCode.OfExecution(closed.Status);
    }

    private static Task WriteAsync(Options options, RefreshOutput result) => options.Output.WriteLineAsync(CliJson.Write(result, CliJson.Default.RefreshOutput));

    private static string Why(ExecutionDescription closed, RefreshOutput result) => result.Why ?? result.Error ?? closed.Error ?? closed.Status;

    private static string Served(RefreshOutput result, string? how) => result.Version is { } version
        ? $"{TableOutput.NameOf(version)} is {(how is null ? "" : how + " ")}served, {Words.Count(result.Rows ?? 0, "row")}"
        : "nothing is served yet";

    /// <summary>Where to look further if a step failed, where the reason does not say so itself: a command that took too long has no words of its own.</summary>
    private static string Look(string why, RefreshOutput result, DerivedTable table, LocalLake lake)
    {
        string logs = Path.Combine(lake.Folder.State, "logs", table.Name);
        return result.Error == "StepFailedException" && Directory.Exists(logs) && !why.Contains($"logs/{table.Name}/", StringComparison.Ordinal)
            ? $" (what its commands print is in {logs})"
            : "";
    }

    private static DerivedTable Named(LakeConfig lake, string name)
    {
        string[] names = [.. (lake.Tables ?? []).Select(t => t.Name)];
        return lake.TableNamed(name) ?? throw new BadInputException(names.Length == 0
            ? "lake.yaml has no tables; the README shows one"
            : $"there is no table {name}{Suggestion.Tail(name, names)} (there are {string.Join(", ", names)})");
    }

    /// <summary>0 where none is given.</summary>
    private static long ReadVersion(string? text)
    {
        if (text is null)
            return 0;
        string digits = text.StartsWith("v=", StringComparison.Ordinal) ? text[2..] : text;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long version) && version > 0
            ? version
            : throw new BadInputException("--restore takes a version as v=3");
    }

    private static async Task RefuseAsync(long version, DerivedTable table, LocalLake lake, CancellationToken cancellation)
    {
        TableOutput now = await TableOutput.OfAsync(lake, table, cancellation);
        if (now.Version == version || now.Kept.Any(k => k.Version == version))
            return;
        string kept = now.Kept.Count == 0 ? "no earlier version is kept" : $"kept are {string.Join(", ", now.Kept.Select(k => TableOutput.NameOf(k.Version)))}";
        throw new BadInputException($"{table.Name} has no version {TableOutput.NameOf(version)} to be served again; {kept}");
    }
}

/// <param name="Status"><c>refreshed</c>; <c>unchanged</c>, where there was nothing to do; <c>failed</c>; <c>running</c>.</param>
/// <param name="Version">That is served now; null for none, and so are <paramref name="Rows"/> and <paramref name="MadeAt"/>.</param>
/// <param name="Error">By its name, where it failed.</param>
/// <param name="Why">In words, where it failed and that is known.</param>
internal sealed record RefreshOutput(string Table, string Status, string Execution, long? Version, long? Rows, DateTimeOffset? MadeAt, string? Error, string? Why)
{
    public static async Task<RefreshOutput> OfAsync(LocalLake lake, DerivedTable table, string execution, string status, CancellationToken cancellation)
    {
        TableHead head = (await new TableBook(lake.Ports, table).HeadAsync(cancellation)).Value;
        TableFailure? failed = status == "failed" && head.Failed?.Run == execution ? head.Failed : null;
        return new RefreshOutput(
            table.Name, status == "refreshed" && head.Served?.Run != execution ? "unchanged" : status, execution,
            head.Served?.Version, head.Served?.Rows, head.Served?.MadeAt, failed?.Error, failed is null ? null : TableOutput.WhyOf(failed, lake));
    }
}
