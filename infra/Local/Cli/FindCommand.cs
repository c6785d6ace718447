using System.CommandLine;
using System.Text.Json.Serialization;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Erasure;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid find</c>: where a person is, by the index after a listing; no object is read that did not change.</summary>
internal static class FindCommand
{
    private const int MostRowsShown = 5;

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        Option<string[]> subjects = CommonOptions.Subjects();
        Option<string?> file = CommonOptions.SubjectFile();
        var command = new Command("find", "Show in which objects and rows a person is") { lake, subjects, file, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            lake.Of(parsed), CommonOptions.ReadSubjects(parsed.GetValue(subjects), parsed.GetValue(file)),
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        LakePlace place, IReadOnlyList<GivenIdentifier> given, bool json, TextWriter output, CancellationToken cancellation)
    {
        CommonOptions.RefuseUnknownKinds(given, place.Folder.ReadConfig());
        await using var progress = new LakeProgress(quiet: json);
        await using LocalLake lake = await place.OpenAsync(UpCommand.DefaultUrl, progress.Report, cancellation);
        var keys = new HashSet<SubjectKey>();
        foreach (GivenIdentifier identifier in given)
            keys.UnionWith(CommonOptions.Hash(identifier, lake.Ports).Keys);
        await progress.ExpectAsync(lake.Ports, cancellation);
        await Reconciliation.RunAsync(lake.Ports, cancellation);
        await progress.DisposeAsync();

        FoundObject[] objects = await FindAsync(lake, keys, cancellation);
        IndexedDataset[] datasets = await IndexedDataset.ReadAllAsync(lake, cancellation);
        ObjectReport[] notRead = [.. datasets.SelectMany(d => d.Unreadable)];
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write(new FindOutput(objects, notRead.Length > 0 ? notRead : null), CliJson.Default.FindOutput));
            return ExitCode.Done;
        }
        if (objects.Length == 0)
            await output.WriteLineAsync(notRead.Length == 0 ? "The person is in no object of the lake." : "The person is in no object that could be read.");
        else
            Write(objects, output);
        foreach (string remark in datasets.SelectMany(d => d.Remarks(lake.Config)))
            await output.WriteLineAsync(remark);
        return ExitCode.Done;
    }

    private static void Write(FoundObject[] objects, TextWriter output)
    {
        Table table = Tables.New("object", "#rows", "*lines");
        foreach (FoundObject found in objects)
        {
            string lines = string.Join(", ", found.Rows.Take(MostRowsShown).Select(r => r.Line));
            table.AddRow(Tables.Cells(found.Key, found.Rows.Count, found.Rows.Count > MostRowsShown ? lines + ", ..." : found.Rows.Count == 0 ? "the whole object" : lines));
        }
        Tables.Write(output, table);
    }

    private static async Task<FoundObject[]> FindAsync(LocalLake lake, IEnumerable<SubjectKey> keys, CancellationToken cancellation)
    {
        var found = new SortedDictionary<string, SortedDictionary<long, FoundRow>>(KeyOrder.Instance);
        foreach (SubjectKey key in keys)
        {
            await foreach (IndexHit hit in lake.Ports.Index.FindAsync(key, cancellation))
            {
                string name = lake.Ports.Names.KeyOf(hit.Record.Object, hit.Record.SealedKey);
                if (lake.Config.Named(hit.Record.Dataset) is not { } dataset || !dataset.Holds(name))
                    continue;
                if (!found.TryGetValue(name, out SortedDictionary<long, FoundRow>? rows))
                    found.Add(name, rows = []);
                // Without rows the object is the person's by its name or its metadata file, and with it every row.
                if (hit.Rows.IsEmpty)
                    await ReadRowsAsync(lake, dataset, name, null, rows, cancellation);
                else if (RowSet.IsUnlisted(hit.Rows.Span))
                    await ReadRowsAsync(lake, dataset, name, key, rows, cancellation);
                else
                    Add(RowSet.Decode(hit.Rows.Span), rows);
            }
        }
        return [.. found.Select(f => new FoundObject(f.Key, [.. f.Value.Values]))];
    }

    /// <param name="of">Whose rows, or null for all.</param>
    private static async Task ReadRowsAsync(
        LocalLake lake, Dataset dataset, string name, SubjectKey? of, SortedDictionary<long, FoundRow> rows, CancellationToken cancellation)
    {
        if (await lake.Objects.HeadAsync(name, cancellation) is not { Unreadable: null } info)
            return;
        await using Stream content = await lake.Objects.OpenReadAsync(info, 0, cancellation);
        var read = new RowsOf(of);
        ScanReport report = await new ObjectScanner(dataset, lake.Config.Kinds, lake.Ports.Hasher).ScanAsync(content, read, cancellation);
        if (report.Unreadable is null)
            Add(read.Rows, rows);
    }

    private static void Add(IEnumerable<RowRef> found, SortedDictionary<long, FoundRow> rows)
    {
        foreach (RowRef row in found)
            rows[row.Offset] = new FoundRow(row.Line, row.Offset, row.Length);
    }

    private sealed class RowsOf(SubjectKey? subject) : IRowSink
    {
        public List<RowRef> Rows { get; } = [];

        public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people)
        {
            if (subject is not { } key || Names(people, key))
                Rows.Add(row);
        }

        private static bool Names(ReadOnlySpan<RowPerson> people, SubjectKey key)
        {
            foreach (RowPerson person in people)
            {
                if (person.Keys.Contains(key))
                    return true;
            }
            return false;
        }
    }
}

/// <param name="NotRead">Where the person may stand without its showing; left out where everything was read.</param>
internal sealed record FindOutput(
    IReadOnlyList<FoundObject> Objects, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ObjectReport>? NotRead);

internal sealed record FoundObject(string Key, IReadOnlyList<FoundRow> Rows);

/// <param name="Line">From 0.</param>
/// <param name="Offset">In bytes, of the decompressed content.</param>
/// <param name="Length">In bytes, without the line ending.</param>
internal sealed record FoundRow(long Line, long Offset, int Length);
