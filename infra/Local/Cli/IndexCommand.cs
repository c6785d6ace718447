using System.CommandLine;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid index</c>: lists the lake and brings the index to what it shows.</summary>
internal static class IndexCommand
{
    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("index", "List the lake and bring the index of who is in which object to what it shows") { lake, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed), parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(LakePlace place, bool json, TextWriter output, CancellationToken cancellation)
    {
        await using var progress = new LakeProgress(quiet: json);
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, progress.Report, cancellation);
        await progress.ExpectAsync(lake.Ports, cancellation);
        await Reconciliation.RunAsync(lake.Ports, cancellation);
        await progress.DisposeAsync();

        IndexedDataset[] datasets = await IndexedDataset.ReadAllAsync(lake, cancellation);
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write(new IndexOutput(datasets), CliJson.Default.IndexOutput));
            return ExitCode.Done;
        }
        Table table = Tables.New("dataset", "#objects", "#rows", "#people in objects", "#malformed rows", "#not readable");
        foreach (IndexedDataset dataset in datasets)
            table.AddRow(Tables.Cells(dataset.Name, dataset.Objects, dataset.Rows, dataset.PeopleInObjects, dataset.MalformedRows, dataset.Unreadable.Count));
        Tables.Write(output, table);
        foreach (IndexedDataset dataset in datasets)
        {
            foreach (string remark in dataset.Remarks(lake.Config))
                await output.WriteLineAsync(remark);
            foreach (ObjectReport malformed in dataset.Malformed)
                await output.WriteLineAsync(Printable.Of($"malformed: {malformed.Key}: {malformed.Reason}"));
        }
        return ExitCode.Done;
    }
}

internal sealed record IndexOutput(IReadOnlyList<IndexedDataset> Datasets);
