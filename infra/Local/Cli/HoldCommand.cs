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
    private sealed record Options
    {
        public required IReadOnlyList<GivenIdentifier> Subjects { get; init; }
        public string? Dataset { get; init; }
        public string? Reason { get; init; }
        public required string By { get; init; }
        public string? Release { get; init; }

        public bool IsToPlace => Subjects.Count > 0 || Dataset is not null;
    }

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        Option<string[]> subjects = CommonOptions.Subjects();
        Option<string?> file = CommonOptions.SubjectFile();
        var dataset = new Option<string?>("--dataset") { Description = "Hold everything in this dataset", HelpName = "NAME" };
        var reason = new Option<string?>("--reason") { Description = "Why, for whoever asks later", HelpName = "TEXT" };
        var by = new Option<string>("--by") { Description = "Who places or releases it", HelpName = "MAIL", DefaultValueFactory = _ => Environment.UserName };
        var release = new Option<string?>("--release") { Description = "Release this hold", HelpName = "HOLD" };
        var command = new Command("hold", "Place a hold on a person or a dataset, release one, or list them all (without options)")
        {
            lake, subjects, file, dataset, reason, by, release, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed),
            new Options
            {
                Subjects = parsed.GetValue(subjects) is { Length: > 0 } || parsed.GetValue(file) is not null ? CommonOptions.ReadSubjects(parsed.GetValue(subjects), parsed.GetValue(file)) : [],
                Dataset = parsed.GetValue(dataset),
                Reason = parsed.GetValue(reason),
                By = parsed.GetValue(by)!,
                Release = parsed.GetValue(release),
            },
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(LakePlace place, Options options, bool json, TextWriter output, CancellationToken cancellation)
    {
        LakeFolder folder = place.Folder;
        Refuse(options, folder.ReadConfig());
        if (options.Release is not null && !folder.HasState)
            throw new BadInputException($"there is no hold {options.Release}");
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, null, cancellation);
        var holds = new Holds(lake.Ports.State);
        if (options.Release is { } id)
            _ = await holds.ReleaseAsync(id, options.By, lake.Ports.Time.GetUtcNow(), cancellation) ?? throw new BadInputException($"there is no hold {id}");
        else if (options.IsToPlace)
            await PlaceAsync(lake, holds, options, cancellation);
        await ListAsync(holds, json, output, cancellation);
        return ExitCode.Done;
    }

    private static void Refuse(Options options, LakeConfig lake)
    {
        if (options is { Release: not null, IsToPlace: true } or { Release: not null, Reason: not null })
            throw new BadInputException("a hold is either placed or released: --release takes no dataset, person or reason");
        if (options is { IsToPlace: false, Reason: not null })
            throw new BadInputException("say what to hold with --dataset NAME or --subject KIND=ID");
        if (options.IsToPlace && string.IsNullOrWhiteSpace(options.Reason))
            throw new BadInputException("say why with --reason TEXT");
        if (options.Dataset is { } dataset && lake.Named(dataset) is null)
            throw new BadInputException($"lake.yaml has no dataset '{dataset}'; it has {string.Join(", ", lake.Datasets.Select(d => d.Name))}");
        CommonOptions.RefuseUnknownKinds(options.Subjects, lake);
        if (options.Subjects.Any(given => given.Id.Trim().Length >= 4 && options.Reason!.Contains(given.Id.Trim(), StringComparison.OrdinalIgnoreCase)))
            throw new BadInputException("the reason names the person's identifier: leave it out, it would be kept");
    }

    private static async Task PlaceAsync(LocalLake lake, Holds holds, Options options, CancellationToken cancellation)
    {
        SubjectIdentity?[] keys = [.. options.Subjects.Select(given => CommonOptions.Hash(given, lake.Ports))];
        foreach (SubjectIdentity? subject in keys.Length == 0 ? [null] : keys)
        {
            var hold = new Hold
            {
                Id = "h-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)),
                Dataset = options.Dataset,
                Subject = subject,
                Reason = options.Reason!,
                Author = options.By,
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
