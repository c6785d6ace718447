using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Core.Tables;

namespace Limpid.Functions.Refresh;

/// <param name="Run">The execution's name.</param>
internal sealed record TableRunInput(string Table, string Run, long Fence);

/// <param name="Rows">In what was found valid.</param>
internal sealed record ValidateTableResult(long Rows);

/// <summary>
/// <c>validate-table</c>: erases once more who was erased since the moment that the version's content is from, reads what is left, and
/// holds it against the table's rules and the last good run. What was found valid is noted object by object, and that is what is
/// published. A version that is restored was valid, and is held against nothing but that it can be read.
/// </summary>
internal sealed class ValidateTable(Ports ports, long mostBytes = ValidateTable.MostBytes)
{
    /// <summary>What one call reads within its time, twice.</summary>
    public const long MostBytes = 32L << 30;

    private const int MostValidations = 10;
    private const int MostProblemsTold = 10;

    private readonly ErasedSince _erased = new(ports);

    public async Task<ValidateTableResult> HandleAsync(TableRunInput input, CancellationToken cancellation)
    {
        DerivedTable table = ports.Lake.KnownTable(input.Table);
        var book = new TableBook(ports, table);
        TableRun run = await book.ChangeAsync(input.Run, input.Fence, own => own with { Valid = null, Validations = own.Validations + 1 }, cancellation);
        if (!run.Restores && run.Step < table.Steps.Count)
            throw new StepFailedException(table.Name, "not all steps are done");
        if (run.Validations > MostValidations)
            await RefuseAsync(book, table, run, "others keep writing it", cancellation);

        if (!run.Restores && await GoneInputAsync(table, run, cancellation) is { } gone)
            await RefuseAsync(book, table, run, $"its input {gone} was removed while it was built", cancellation);

        Erased erased = await _erased.FindAsync(ports.Lake.VersionsOf(table), run.MadeAt, cancellation);
        try
        {
            erased = await new EraseReplay(ports, table).RunAsync(run.Output, run.Version, erased, AliveAsync, cancellation);
        }
        catch (InvalidTableException cannot)
        {
            await book.ExplainAsync(run.Run, run.Fence, cannot.Why, cancellation);
            throw;
        }
        catch (ErasingStoppedException)
        {
            await book.ExplainAsync(run.Run, run.Fence, ErasingStoppedException.Why, cancellation);
            throw;
        }
        List<ObjectInfo> objects = await TableObjects.ListAsync(ports.Objects, run.Output, cancellation);
        TableProfile profile = await ProfileAsync(book, table, run, objects, cancellation);
        if (!run.Restores)
        {
            TableProfile? last = (await book.HeadAsync(cancellation)).Value.Served is { } served ? await book.ProfileAsync(served.Version, cancellation) : null;
            IReadOnlyList<string> problems = TableJudge.Problems(table.Validate, profile, last);
            if (problems.Count > 0)
                await RefuseAsync(book, table, run, string.Join("; ", problems.Take(MostProblemsTold)), cancellation);
        }
        await book.PutProfileAsync(run.Version, profile, cancellation);
        await book.ChangeAsync(
            run.Run, run.Fence, own => own with { Valid = TableObjects.DigestOf(objects), Replayed = erased.Digest, Rows = profile.Rows }, cancellation);
        return new ValidateTableResult(profile.Rows);

        async Task AliveAsync()
        {
            if (ports.Time.GetUtcNow() > run.Until - table.Lease / 2)
                run = await book.ChangeAsync(run.Run, run.Fence, own => own, cancellation);
        }
    }

    // Whoever removes a version marks it first: one that is not marked once all steps are done was there for them to read.
    private async Task<string?> GoneInputAsync(DerivedTable table, TableRun run, CancellationToken cancellation)
    {
        foreach (string from in table.From)
        {
            if (ports.Lake.TableNamed(from) is not { } upstream)
                continue;
            bool isThere = await new TableBook(ports, upstream).VersionsAsync(cancellation).AnyAsync(v => v.Location == run.Inputs[from] && !v.Removing, cancellation);
            if (!isThere)
                return from;
        }
        return null;
    }

    private async Task<TableProfile> ProfileAsync(TableBook book, DerivedTable table, TableRun run, List<ObjectInfo> objects, CancellationToken cancellation)
    {
        if (objects.Sum(o => o.Size) is var bytes && bytes > mostBytes)
        {
            await book.ExplainAsync(run.Run, run.Fence, FormattableString.Invariant($"{bytes} bytes are more than {mostBytes}"), cancellation);
            throw new TableTooLargeException(table.Name, FormattableString.Invariant($"{bytes} bytes are more than {mostBytes}"));
        }
        byte[] salt = new byte[32];
        ports.RandomBytes(salt);
        // Nobody is looked for: only rows.
        Dataset rows = ports.Lake.VersionsOf(table) with { Subjects = [], Erase = EraseMode.Drop, Shared = SharedMode.Block, Fields = [] };
        var scanner = new ObjectScanner(rows, ports.Lake.Kinds, SubjectHasher.Closed);
        using var profiler = new TableProfiler(rows.Format, table.Validate.Key, salt, ports.Scratch);
        foreach (ObjectInfo info in objects)
        {
            ScanReport report;
            await using (Stream content = await ports.Objects.OpenReadAsync(info, 0, cancellation))
                report = await scanner.ScanAsync(ports.Watched(content), profiler, cancellation);
            if (report.Unreadable is { } unreadable)
                await RefuseAsync(book, table, run, $"an object can't be read: {unreadable}", cancellation);
            if (report.MalformedRows > 0)
                await RefuseAsync(book, table, run, FormattableString.Invariant($"{report.MalformedRows} rows of an object can't be read, the first because {report.Malformed[0].Reason}"), cancellation);
            if (profiler.HasTooManyColumns)
                await RefuseAsync(book, table, run, FormattableString.Invariant($"there are more than {TableProfiler.MostColumns} columns"), cancellation);
            if (ports.Time.GetUtcNow() > run.Until - table.Lease / 2)
                run = await book.ChangeAsync(run.Run, run.Fence, own => own, cancellation);
        }
        return profiler.ToProfile();
    }

    private static async Task RefuseAsync(TableBook book, DerivedTable table, TableRun run, string why, CancellationToken cancellation)
    {
        await book.ExplainAsync(run.Run, run.Fence, why, cancellation);
        throw new InvalidTableException(table.Name, why);
    }
}
