using System.CommandLine;
using System.Security.Cryptography;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid hold</c>: places, releases and lists what forbids erasing.</summary>
internal static class HoldCommand
{
    public static Command Create()
    {
        Option<string> lake = CommonOptions.Lake();
        Option<string?> state = CommonOptions.State();
        Option<bool> json = CommonOptions.Json();
        Option<string[]> subjects = CommonOptions.Subjects();
        Option<string?> file = CommonOptions.SubjectFile();
        var dataset = new Option<string?>("--dataset") { Description = "Hold everything in this dataset", HelpName = "NAME" };
        var reason = new Option<string?>("--reason") { Description = "Why, for whoever asks later", HelpName = "TEXT" };
        var by = new Option<string>("--by") { Description = "Who places or releases it", HelpName = "MAIL", DefaultValueFactory = _ => Environment.UserName };
        var release = new Option<string?>("--release") { Description = "Release this hold", HelpName = "HOLD" };
        var command = new Command("hold", "Place a hold on a person or a dataset, release one, or list them all (without options)")
        {
            lake, state, subjects, file, dataset, reason, by, release, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using LocalLake opened = await LocalLake.OpenAsync(
                parsed.GetValue(lake)!, parsed.GetValue(state), UpCommand.DefaultUrl, TimeProvider.System, null, cancellation);
            var holds = new Holds(opened.Ports.State);
            if (parsed.GetValue(release) is { } id)
                _ = await holds.ReleaseAsync(id, parsed.GetValue(by)!, opened.Ports.Time.GetUtcNow(), cancellation) ?? throw new BadInputException($"there is no hold {id}");
            else if (parsed.GetValue(subjects) is { Length: > 0 } || parsed.GetValue(file) is not null || parsed.GetValue(dataset) is not null)
                await PlaceAsync(opened, holds, parsed.GetValue(subjects), parsed.GetValue(file), parsed.GetValue(dataset), parsed.GetValue(reason), parsed.GetValue(by)!, cancellation);
            await ListAsync(holds, parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task PlaceAsync(
        LocalLake lake, Holds holds, string[]? subjects, string? file, string? dataset, string? reason, string by, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(reason))
            throw new BadInputException("say why with --reason TEXT");
        if (dataset is not null && lake.Config.Named(dataset) is null)
            throw new BadInputException($"lake.yaml has no dataset '{dataset}'; it has {string.Join(", ", lake.Config.Datasets.Select(d => d.Name))}");
        var keys = new List<SubjectIdentity>();
        if (subjects is { Length: > 0 } || file is not null)
        {
            foreach (GivenIdentifier given in CommonOptions.ReadSubjects(subjects, file))
            {
                if (given.Id.Trim().Length >= 4 && reason.Contains(given.Id.Trim(), StringComparison.OrdinalIgnoreCase))
                    throw new BadInputException("the reason names the person's identifier: leave it out, it would be kept");
                keys.Add(CommonOptions.Hash(given, lake.Ports));
            }
        }
        foreach (SubjectIdentity? subject in keys.Count == 0 ? [null] : keys.AsEnumerable<SubjectIdentity?>())
        {
            var hold = new Hold
            {
                Id = "h-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)),
                Dataset = dataset,
                Subject = subject,
                Reason = reason,
                Author = by,
                Since = lake.Ports.Time.GetUtcNow(),
            };
            if (!await holds.TryPlaceAsync(hold, cancellation))
                throw new IOException("the hold could not be placed; try again");
        }
    }

    private static async Task ListAsync(Holds holds, bool json, TextWriter output, CancellationToken cancellation)
    {
        List<HoldOutput> all = await holds.ListAsync(cancellation).Select(HoldOutput.Of).ToListAsync(cancellation);
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write<IReadOnlyList<HoldOutput>>(all, CliJson.Default.IReadOnlyListHoldOutput));
            return;
        }
        if (all.Count == 0)
        {
            await output.WriteLineAsync("There are no holds.");
            return;
        }
        Table table = Tables.New("hold", "*on", "since", "released", "*by", "*reason");
        foreach (HoldOutput hold in all)
        {
            string on = string.Join(" in ", new[] { hold.Subject, hold.Dataset }.Where(o => o is not null));
            table.AddRow(Tables.Cells(
                hold.Id, on, FormattableString.Invariant($"{hold.Since:yyyy-MM-dd}"), hold.ReleasedAt is { } at ? FormattableString.Invariant($"{at:yyyy-MM-dd}") : "", hold.Author, hold.Reason));
        }
        Tables.Write(output, table);
    }
}

/// <param name="Subject">A subject key, or null.</param>
internal sealed record HoldOutput(
    string Id, string? Dataset, string? Subject, string Reason, string Author, DateTimeOffset Since, DateTimeOffset? ReleasedAt, string? ReleasedBy)
{
    public static HoldOutput Of(Hold hold) => new(
        hold.Id, hold.Dataset, hold.Subject?.Keys[0].ToString(), hold.Reason, hold.Author, hold.Since, hold.ReleasedAt, hold.ReleasedBy);
}
