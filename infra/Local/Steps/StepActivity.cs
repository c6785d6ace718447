using System.Text;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions;
using Limpid.Local.StateMachines;

namespace Limpid.Local.Steps;

/// <summary>
/// The worker of the activity by which derived tables are rebuilt on this machine: runs a command or a file of SQL on what a table is
/// made from, and puts what it made into the lake once it is complete. An attempt that ends early leaves nothing behind but objects
/// below its output location, which go with the version, or when the same attempt is run again. A failure is named <see cref="Error"/>.
/// </summary>
internal sealed class StepActivity(Func<Ports> ports, LakeFolder folder)
{
    public const string Error = "CommandFailed";

    private const int MostOfCause = 1024;

    private readonly Turns _turns = new();

    /// <summary>Whether a task's resource is this activity.</summary>
    public static bool Serves(TaskResource resource) => resource.Arn == LocalStateMachines.CommandActivity;

    public async Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation)
    {
        try
        {
            StepRequest request = StepRequest.Read(call.Parameters);
            // An attempt that nobody waits for any more may still be ending: two must not write to one place.
            long? rows = await _turns.TakeAsync([request.Output], () => RunAsync(request, ports(), cancellation));
            return TaskResult.Success(rows is { } count ? JsonData.Object(("rows", JsonData.Of(count))) : JsonData.EmptyObject);
        }
        catch (CommandFailedException failed)
        {
            return Failure(failed.Message);
        }
        catch (ObjectChangedException)
        {
            return Failure("an object changed while it was read");
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            // The message may name an object, and an object's name can be a person's.
            return Failure($"something could not be read or written: {broken.GetType().Name}");
        }
    }

    private static TaskResult Failure(string cause) => TaskResult.Failure(Error, cause.Length <= MostOfCause ? cause : cause[..MostOfCause]);

    private async Task<long?> RunAsync(StepRequest request, Ports ports, CancellationToken cancellation)
    {
        DerivedTable table = ports.Lake.TableNamed(request.Table) ?? throw new CommandFailedException($"lake.yaml has no table {request.Table}");
        Dataset versions = ports.Lake.VersionsOf(table);
        // Whoever may start executions may not write elsewhere by them.
        if (!versions.Holds(request.Output) || !request.Output.EndsWith('/'))
            throw new CommandFailedException($"the output is no location of dataset {versions.Name}");
        using var attempt = new StepFolder(folder.State);
        var inputs = new StepInputs(ports, folder);
        long? rows = null;
        if (request.Sql is { } sql)
            rows = await RunSqlAsync(request, sql, versions.Format, inputs, attempt, ports, cancellation);
        else
            await RunCommandAsync(request, inputs, attempt, cancellation);
        await new StepOutput(ports.Objects).PublishAsync(attempt.Output, request.Output, cancellation);
        return rows;
    }

    private async Task RunCommandAsync(StepRequest request, StepInputs inputs, StepFolder attempt, CancellationToken cancellation)
    {
        var places = new Dictionary<string, string>();
        foreach ((string name, string location) in request.Inputs)
            places.Add(name, await inputs.PlaceAsync(location, attempt.Input(name), cancellation));
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach ((string name, string place) in places)
                writer.WriteString(name, place);
            writer.WriteEndObject();
        }
        var environment = new Dictionary<string, string>
        {
            ["LIMPID_TABLE"] = request.Table,
            ["LIMPID_STEP"] = request.Step,
            ["LIMPID_INPUTS"] = Encoding.UTF8.GetString(json.ToArray()),
            [MarkedProcesses.Variable] = attempt.Output,
        };
        if (request.Input is { } input)
            environment["LIMPID_INPUT"] = await inputs.PlaceAsync(input, attempt.Input(SqlInput.OfStepBefore), cancellation);
        using var log = new StepLog(folder.State, request.Table, request.Step);
        await CommandProcess.RunAsync(request.Command!, folder.Root, environment, log, cancellation);
    }

    private async Task<long> RunSqlAsync(
        StepRequest request, string file, DataFormat format, StepInputs inputs, StepFolder attempt, Ports ports, CancellationToken cancellation)
    {
        string path = Path.Combine(folder.Root, file);
        if (!File.Exists(path))
            throw new CommandFailedException($"there is no file {file}");
        string sql = await File.ReadAllTextAsync(path, cancellation);
        List<SqlInput> tables = [.. request.Inputs.Select(i => new SqlInput(i.Key, inputs.ObjectsAsync(i.Value, cancellation)))];
        // Of the first step it is one of the others, which is not read twice.
        string? same = request.Inputs.FirstOrDefault(i => i.Value == request.Input).Key;
        if (request.Input is { } input && same is null)
            tables.Add(new SqlInput(SqlInput.OfStepBefore, inputs.ObjectsAsync(input, cancellation)));
        await using FileStream result = File.Create(Path.Combine(attempt.Output, format == DataFormat.Csv ? "rows.csv" : "rows.ndjson"));
        try
        {
            // On a thread of its own: SQLite answers when it is done.
            return await Task.Run(() => new SqlStep(ports.Objects, ports.Hasher).RunAsync(
                sql, tables, same, attempt.Rows, format, result, cancellation), cancellation);
        }
        catch (CommandFailedException failed)
        {
            throw new CommandFailedException($"{file}: {failed.Message}");
        }
    }
}
