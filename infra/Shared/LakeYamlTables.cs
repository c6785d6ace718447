using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Reads the derived tables, with the files of their queries, and checks them against what they are built of and each other.</summary>
internal sealed class LakeYamlTables(LakeYamlReader lake, IReadOnlyList<Dataset> datasets, IReadOnlyList<Reference> references, Func<string, string?>? files)
{
    private static readonly TimeSpan LongestLease = TimeSpan.FromDays(2), LongestKeep = TimeSpan.FromDays(3653);

    private readonly Dictionary<string, int> _lines = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _datasets = new(StringComparer.Ordinal);
    private readonly LakeYamlSteps _steps = new(lake, files);

    /// <returns>Null where there are none.</returns>
    public IReadOnlyList<DerivedTable>? Read(IReadOnlyList<YamlNode> items)
    {
        var read = new List<DerivedTable>();
        YamlMapping[] nodes = [.. items.Cast<YamlMapping>()];
        foreach (YamlMapping node in nodes)
        {
            DerivedTable table = ReadOne(node);
            if (!_lines.TryAdd(table.Name, node.At.Line))
                lake.Report(node.Place("name"), $"the table in line {_lines[table.Name]} is called `{table.Name}` already");
            CheckDataset(table, node);
            read.Add(table);
        }
        foreach ((DerivedTable table, YamlMapping node) in read.Zip(nodes))
            CheckSources(table, node, read);
        return read.Count == 0 ? null : read;
    }

    private DerivedTable ReadOne(YamlMapping node)
    {
        string[] from = [.. node.Texts("from").Distinct(StringComparer.Ordinal)];
        var table = new DerivedTable
        {
            Name = node.Text("name")!,
            Dataset = node.Text("dataset")!,
            From = from,
            When = node.Mapping("when") is { } when ? ReadTriggers(when) : null,
            Steps = _steps.Read(node, from),
            Validate = node.Mapping("validate") is { } rules ? ReadRules(rules) : new TableRules(),
        };
        return table with
        {
            Lease = Duration(node, "lease", table.Lease, TimeSpan.FromMinutes(1), LongestLease, "between a minute and two days"),
            Keep = Duration(node, "keep", table.Keep, TimeSpan.FromHours(1), LongestKeep, "between an hour and ten years"),
        };
    }

    private TableTriggers ReadTriggers(YamlMapping node) => new()
    {
        Schedule = ReadSchedule(node),
        Arrivals = node.Mapping("arrivals") is { } arrivals
            ? new ArrivalBatch(
                (int)(arrivals.Whole("files") ?? 100),
                Duration(arrivals, "within", TimeSpan.FromMinutes(10), TimeSpan.Zero, TimeSpan.FromDays(365), "a year at most"))
            : null,
        After = [.. node.Texts("after").Distinct(StringComparer.Ordinal)],
    };

    private string? ReadSchedule(YamlMapping node)
    {
        string? text = node.Text("schedule");
        if (text is not null && !Schedule.TryParse(text, out _, out string? problem))
            lake.Report(node.Place("schedule"), $"`schedule` {problem}");
        return text;
    }

    private static TableRules ReadRules(YamlMapping node)
    {
        var each = new Dictionary<string, ColumnRule>(StringComparer.Ordinal);
        foreach (YamlEntry entry in node.Mapping("complete")?.Entries ?? [])
            each[entry.Key] = new ColumnRule(entry.Key) { Complete = LakeYamlText.Share((YamlScalar)entry.Value) };
        foreach (YamlEntry entry in node.Mapping("distinct")?.Entries ?? [])
            each[entry.Key] = (each.GetValueOrDefault(entry.Key) ?? new ColumnRule(entry.Key)) with { Distinct = ReadBounds((YamlMapping)entry.Value) };
        return new TableRules
        {
            Rows = node.Mapping("rows") is { } rows ? ReadBounds(rows) : null,
            Columns = node.Text("columns") == "same" ? ColumnChange.Same : ColumnChange.MayGrow,
            Key = [.. node.Texts("key").Distinct(StringComparer.Ordinal)],
            Each = [.. each.Values],
            Drift = ShareOf(node, "drift"),
        };
    }

    private static Bounds ReadBounds(YamlMapping node) => new()
    {
        AtLeast = ShareOf(node, "atLeast"),
        AtMost = ShareOf(node, "atMost"),
        Min = node.Whole("min"),
        Max = node.Whole("max"),
    };

    private static double? ShareOf(YamlMapping node, string key) => node.Find(key) is { } entry ? LakeYamlText.Share((YamlScalar)entry.Value) : null;

    private TimeSpan Duration(YamlMapping node, string key, TimeSpan otherwise, TimeSpan shortest, TimeSpan longest, string words)
    {
        if (node.Text(key) is not { } text)
            return otherwise;
        if (!LakeYamlText.TryParseDuration(text, out TimeSpan duration) || duration < shortest || duration > longest)
            lake.Report(node.Place(key), $"`{key}` is {words}");
        return duration;
    }

    private void CheckDataset(DerivedTable table, YamlMapping node)
    {
        YamlMark at = node.Place("dataset");
        if (datasets.FirstOrDefault(d => d.Name == table.Dataset) is not { } dataset)
        {
            lake.Report(at, $"`{LakeSchema.Shown(table.Dataset)}` is none of the datasets above" + Suggestion.Tail(table.Dataset, datasets.Select(d => d.Name)));
            return;
        }
        if (!_datasets.TryAdd(dataset.Name, node.At.Line))
            lake.Report(at, $"`{dataset.Name}` holds the versions of the table in line {_datasets[dataset.Name]} already");
        if (dataset.Format is not (DataFormat.Ndjson or DataFormat.Csv))
            lake.Report(at, $"versions are ndjson or csv, so that they are validated and people are erased in them; `{dataset.Name}` is something else");
        else if (!dataset.Location.EndsWith("/" + TableMap.VersionsFolder, StringComparison.Ordinal))
            lake.Report(at, $"the location of `{dataset.Name}` has to end with /{TableMap.VersionsFolder}: pointer.json stands beside that folder");
        if (dataset.Subjects.Any(rule => !rule.IsByRow))
            lake.Report(at, $"`{dataset.Name}` finds its people by objects, and a version's objects are of many");
        if (dataset.Erase == EraseMode.Delete)
            lake.Report(at, $"`{dataset.Name}` erases whole objects, and a version's objects are of many: use drop, blank or mask");
    }

    private void CheckSources(DerivedTable table, YamlMapping node, IReadOnlyList<DerivedTable> tables)
    {
        string[] known = [.. tables.Where(t => t != table).Select(t => t.Name), .. references.Select(r => r.Name), .. datasets.Select(d => d.Name)];
        foreach (YamlScalar from in node.Items("from").Cast<YamlScalar>())
        {
            if (from.Text == table.Name || from.Text == table.Dataset)
                lake.Report(from.At, "a table is not built of itself");
            else if (!known.Contains(from.Text))
                lake.Report(from.At, $"`{LakeSchema.Shown(from.Text)}` is none of the tables, references and datasets" + Suggestion.Tail(from.Text, known));
            else if (!tables.Any(t => t.Name == from.Text) && tables.FirstOrDefault(t => t.Dataset == from.Text) is { } owner)
                lake.Report(from.At, $"`{from.Text}` holds all versions of the table `{owner.Name}`: name the table");
            else if (datasets.FirstOrDefault(d => d.Name == from.Text) is { Format: DataFormat.External } && !tables.Any(t => t.Name == from.Text) && !references.Any(r => r.Name == from.Text))
                lake.Report(from.At, $"`{from.Text}` is outside the lake, where no step reads");
        }
        foreach (YamlScalar after in (node.Mapping("when")?.Items("after") ?? []).Cast<YamlScalar>())
        {
            if (!tables.Any(t => t.Name == after.Text))
                lake.Report(after.At, $"`{LakeSchema.Shown(after.Text)}` is none of the tables" + Suggestion.Tail(after.Text, tables.Select(t => t.Name)));
            else if (Leads(after.Text, table.Name, tables, []))
                lake.Report(after.At, $"`{LakeSchema.Shown(after.Text)}` comes after this table, so that they would never end");
        }
    }

    /// <summary>Whether a table comes after another, or after one that does.</summary>
    private static bool Leads(string name, string to, IReadOnlyList<DerivedTable> tables, HashSet<string> seen) =>
        name == to || (seen.Add(name) && tables.FirstOrDefault(t => t.Name == name)?.When?.After.Any(next => Leads(next, to, tables, seen)) == true);
}
