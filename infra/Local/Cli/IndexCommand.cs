using System.CommandLine;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid index</c>: lists the lake and brings the index to what it shows.</summary>
internal static class IndexCommand
{
    public static Command Create()
    {
        Option<string> lake = CommonOptions.Lake();
        Option<string?> state = CommonOptions.State();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("index", "List the lake and bring the index of who is in which object to what it shows") { lake, state, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(lake)!, parsed.GetValue(state), parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string root, string? state, bool json, TextWriter output, CancellationToken cancellation)
    {
        await using var progress = new LakeProgress(quiet: json);
        await using LocalLake lake = await LocalLake.OpenAsync(root, state, UpCommand.DefaultUrl, TimeProvider.System, progress.Report, cancellation);
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

/// <param name="Key">Of the object, or its keyed reference where keys are identifiers.</param>
internal sealed record ObjectReport(string Key, string Reason);

/// <summary>What the index holds of a dataset.</summary>
internal sealed record IndexedDataset(
    string Name, long Objects, long Rows, long PeopleInObjects, long MalformedRows,
    IReadOnlyList<ObjectReport> Unreadable, IReadOnlyList<ObjectReport> Malformed)
{
    /// <summary>Why somebody may stand in the dataset and not be found, a line each.</summary>
    public IEnumerable<string> Remarks(LakeConfig lake)
    {
        foreach (ObjectReport unreadable in Unreadable)
            yield return Printable.Of($"not read: {unreadable.Key}: {unreadable.Reason}");
        // A field that is spelt wrongly finds nobody, which looks like a dataset without people.
        if (Rows > 0 && PeopleInObjects == 0)
        {
            string fields = string.Join(", ", lake.Named(Name)!.Subjects.Select(s => s.Field).OfType<string>());
            yield return Printable.Of($"nobody found: {Name}: none of its rows names anybody{(fields.Length > 0 ? $"; is the field right? {fields}" : "")}");
        }
    }

    public static async Task<IndexedDataset[]> ReadAllAsync(LocalLake lake, CancellationToken cancellation) =>
        await lake.Config.Datasets.Where(d => d.Format != DataFormat.External).ToAsyncEnumerable()
            .Select(async (Dataset dataset, CancellationToken token) => await ReadAsync(lake.Ports, dataset, token)).ToArrayAsync(cancellation);

    private static async Task<IndexedDataset> ReadAsync(Functions.Ports ports, Dataset dataset, CancellationToken cancellation)
    {
        long objects = 0, rows = 0, people = 0, malformed = 0;
        var unreadable = new List<ObjectReport>();
        var withMalformed = new List<ObjectReport>();
        await foreach (ObjectRecord record in ports.Index.ListAsync(dataset.Name, cancellation))
        {
            string key = ports.Names.KeyOf(record.Object, record.SealedKey);
            if (record.State == RecordState.Deleted || !dataset.Counts(key))
                continue;
            objects += dataset.Holds(key) ? 1 : 0;
            rows += record.Rows;
            people += record.People;
            malformed += record.MalformedRows;
            if (record.Unreadable is { } why)
                unreadable.Add(new ObjectReport(record.Object, why));
            else if (record.MalformedRows > 0)
                withMalformed.Add(new ObjectReport(record.Object, record.MalformedAt ?? ""));
        }
        unreadable.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        withMalformed.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return new IndexedDataset(dataset.Name, objects, rows, people, malformed, unreadable, withMalformed);
    }
}
