using System.CommandLine;
using System.Text.Json.Serialization;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid erase</c>: submits a request, and carries it out or hands it over to a running <c>limpid up</c>.</summary>
internal static class EraseCommand
{
    private sealed record Options
    {
        public required LakePlace Place { get; init; }
        public required SubmitInput Submit { get; init; }
        public bool DryRun { get; init; }
        public bool NoWait { get; init; }
        public bool Json { get; init; }
        public int Port { get; init; }
    }

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        Option<string[]> subjects = CommonOptions.Subjects();
        Option<string?> file = CommonOptions.SubjectFile();
        var by = new Option<string?>("--requested-by") { Description = "Who asks (a requester of lake.yaml, if it names any)", HelpName = "MAIL" };
        var @case = new Option<string?>("--case") { Description = "Your case reference; without the person's name", HelpName = "TEXT" };
        var received = new Option<string?>("--received") { Description = "The day the demand came in (default: today); the month runs from here", HelpName = "DATE" };
        var verified = new Option<string?>("--verified-by") { Description = "How the person's identity was verified", HelpName = "TEXT" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be erased, and change nothing" };
        var beyond = new Option<bool>("--beyond-limits") { Description = "Go on though it is more than lake.yaml's limits, or a placeholder" };
        var approve = new Option<string?>("--approve-as") { Description = "Decide at once as this approver (only where lake.yaml says unattended: true)", HelpName = "MAIL" };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as the request waits for people" };
        Option<int> port = UpCommand.PortOption();
        var command = new Command("erase", "Ask for a person to be erased, with an approver's consent and a certificate")
        {
            lake, subjects, file, by, @case, received, verified, dryRun, beyond, approve, noWait, port, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            bool isDryRun = parsed.GetValue(dryRun);
            return RunAsync(new Options
            {
                Place = lake.Of(parsed),
                Submit = new SubmitInput
                {
                    Subjects = CommonOptions.ReadSubjects(parsed.GetValue(subjects), parsed.GetValue(file)),
                    RequestedBy = parsed.GetValue(by) ?? throw new BadInputException("say who asks with --requested-by MAIL"),
                    Case = parsed.GetValue(@case),
                    VerifiedBy = parsed.GetValue(verified),
                    Received = CommonOptions.ReadDate(parsed.GetValue(received), "--received"),
                    BeyondLimits = parsed.GetValue(beyond),
                    ApproveAs = parsed.GetValue(approve),
                },
                DryRun = isDryRun,
                NoWait = parsed.GetValue(noWait),
                Json = parsed.GetValue(json),
                Port = parsed.GetValue(port),
            }, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(Options options, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        // Refused before anything is made in the lake.
        if (SubmitErasure.WhyRefused(options.Submit, options.Place.Folder.ReadConfig(), TimeProvider.System) is { } refusal)
            throw new BadInputException(refusal);
        await using var progress = new LakeProgress(quiet: options.Json);
        await using LocalLake lake = await options.Place.OpenAsync(UpCommand.UrlOf(options.Port), progress.Report, cancellation);
        var submit = new SubmitErasure(lake.Ports);
        // Refused before the lake is read: nobody waits for an hour to be told of a typing mistake.
        if (submit.Read(options.Submit).Problem is { } problem)
            throw new BadInputException(problem);
        await progress.ExpectAsync(lake.Ports, cancellation);
        ReconcileRun listing = await Reconciliation.RunAsync(lake.Ports, cancellation);
        await progress.DisposeAsync();
        if (options.DryRun)
            return await DryRunAsync(lake, submit.Read(options.Submit).Request!, listing, options.Json, output, cancellation);

        SubmitResult submitted = await submit.HandleAsync(options.Submit, cancellation);
        if (submitted.Problem is { } refused)
            throw new BadInputException(refused);
        string id = submitted.RequestId!;
        if (!options.Json)
            await output.WriteLineAsync($"request {id}");
        ErasureRequest request = await RequestWatch.UntilAsync(lake, id, options.NoWait, options.Port, options.Json ? TextWriter.Null : output, error, cancellation);
        EraseOutput result = await EraseOutput.OfAsync(lake, request, cancellation);
        await WriteAsync(result, request.Reason, options.Json, output);
        return ExitCode.Of(request.Status);
    }

    private static async Task<int> DryRunAsync(
        LocalLake lake, ErasureRequest request, ReconcileRun listing, bool json, TextWriter output, CancellationToken cancellation)
    {
        var draft = new PlanDraft(lake.Ports.Lake, request.Id, Digest);
        Plan plan = (await new Planner(lake.Ports).BuildAsync(request, 1, listing, EarlierPlans.None, draft, () => Task.FromResult(true), cancellation))!;
        var result = new EraseOutput(null, "planned", plan.Digest, plan.Objects, plan.Rows, EraseOutput.BlockedOf(plan), null)
        {
            EstimatedDollars = ErasureEstimate.DollarsOf(plan, lake.Ports.Lake),
        };
        await WriteAsync(result, plan.BeyondLimits is { } beyond && !request.BeyondLimits ? $"it would stop: {beyond}" : null, json, output);
        return ExitCode.Done;

        static Task<string> Digest(string requestId, IReadOnlyList<PlanItem> items, CancellationToken cancellation) =>
            Task.FromResult(CanonicalJson.Digest(Plans.ToJsonLines(items)));
    }

    private static async Task WriteAsync(EraseOutput result, string? reason, bool json, TextWriter output)
    {
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write(result, CliJson.Default.EraseOutput));
            return;
        }
        await output.WriteLineAsync($"{result.Status}: {Words.Count(result.Rows, "row")} in {Words.Count(result.Objects, "object")}{(reason is null ? "" : $" ({Printable.Of(reason)})")}");
        if (result.Blocked.Count > 0)
        {
            Table table = Tables.New("not erased", "*why");
            foreach (ObjectReport blocked in result.Blocked)
                table.AddRow(Tables.Cells(blocked.Key, blocked.Reason));
            Tables.Write(output, table);
        }
        if (result.EstimatedDollars is { } dollars)
            await output.WriteLineAsync($"estimated at {Words.Dollars(dollars)} on AWS, at list prices");
        if (result.Certificate is not null)
            await output.WriteLineAsync($"certificate: {result.Certificate}");
    }
}

/// <param name="RequestId">Null for a dry run.</param>
/// <param name="Objects">Erased, or planned to be.</param>
/// <param name="Certificate">Where the file is, or null.</param>
internal sealed record EraseOutput(
    string? RequestId, string Status, string? PlanDigest, long Objects, long Rows, IReadOnlyList<ObjectReport> Blocked, string? Certificate)
{
    /// <summary>What carrying it out would cost on AWS, of a dry run on a lake in buckets.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? EstimatedDollars { get; init; }

    public static async Task<EraseOutput> OfAsync(LocalLake lake, ErasureRequest request, CancellationToken cancellation)
    {
        string status = RequestOutput.NameOf(request.Status);
        if (request.Certificate is { } key && await new EvidenceFiles(lake.Evidence).ReadAsync(key, cancellation) is { } file)
        {
            Certificate certificate = CertificateFile.Read(file, out _);
            return new EraseOutput(
                request.Id, status, certificate.Plans[0].Digest, certificate.ObjectsErased, certificate.RowsErased,
                [.. certificate.Exceptions.Select(e => new ObjectReport(e.Key, e.Reason))], lake.EvidencePlace(key));
        }
        Plan? plan = request.Plan is { } reference ? await new Plans(lake.Evidence).GetAsync(request.Id, reference.Number, cancellation) : null;
        return new EraseOutput(
            request.Id, status, plan?.Digest, plan?.Objects ?? 0, plan?.Rows ?? 0, plan is null ? [] : BlockedOf(plan), null);
    }

    public static IReadOnlyList<ObjectReport> BlockedOf(Plan plan) =>
        [.. plan.Datasets.SelectMany(d => d.Blocked.Concat(d.Unreadable)).Select(b => new ObjectReport(b.Key, b.Reason))];
}
