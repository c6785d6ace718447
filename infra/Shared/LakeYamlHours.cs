using System.Text.RegularExpressions;
using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Reads raw data by the hour with their copies, and checks that nobody stands in a copy where no erasure would look.</summary>
internal sealed partial class LakeYamlHours(LakeYamlReader lake, IReadOnlyList<Dataset> datasets)
{
    // Names are written without quotes: CREATE TABLE AS takes none (Athena's guide, considerations and limitations for CTAS queries).
    private static readonly HashSet<string> Reserved = [.. """
        all alter and array as authorization between bigint binary boolean both by case cashe cast char column commit conf constraint create
        cross cube current current_catalog current_date current_path current_role current_schema current_time current_timestamp current_user
        cursor database date dayofweek deallocate decimal delete describe distinct div double drop else end escape except exchange execute
        exists extended external extract false fetch first float floor following for foreign from full function grant group grouping having if
        import in inner insert int integer intersect interval into is join json_array json_exists json_object json_query json_table json_value
        last lateral left less like listagg local localtime localtimestamp macro map more natural none normalize not null nulls numeric of on
        only or order out outer over partialscan partition percent preceding precision prepare preserve primary procedure range reads
        recursive reduce references regexp revoke right rlike rollback rollup row rows select set skip smallint start table tablesample then
        time timestamp to transform trigger trim true truncate uescape unbounded union uniquejoin unnest update user using utc_timestamp
        values varchar views when where window with
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];

    private readonly Dictionary<string, int> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _copies = new(StringComparer.Ordinal);

    /// <returns>Null where there are none.</returns>
    public IReadOnlyList<HourlyCopy>? Read(IReadOnlyList<YamlNode> items)
    {
        var read = new List<HourlyCopy>();
        foreach (YamlMapping node in items.Cast<YamlMapping>())
        {
            HourlyCopy hours = ReadOne(node);
            CheckNames(hours, node);
            CheckColumns(hours, node);
            CheckDatasets(hours, node);
            lake.ReportOutOfReachLocally(node.At, "the hours are copied by Athena, which is not on one machine");
            read.Add(hours);
        }
        return read.Count == 0 ? null : read;
    }

    private HourlyCopy ReadOne(YamlMapping node)
    {
        var defaults = new HourlyCopy
        {
            Name = node.Text("name")!,
            Database = node.Text("database")!,
            Raw = ReadTable(node.Mapping("raw")!),
            Copy = ReadTable(node.Mapping("copy")!),
            View = node.Text("view")!,
            Columns = [.. node.Mapping("columns")!.Entries.Select(e => new Column(e.Key, (string)((YamlScalar)e.Value).Value!))],
            BucketBy = [.. node.Texts("bucketBy")],
            Since = node.Text("since")!,
        };
        if (!Hour.TryParse(defaults.Since, out _))
            lake.Report(node.Place("since"), $"`since`: there is no hour {defaults.Since}");
        TimeSpan settle = defaults.Settle;
        if (node.Text("settle") is { } text && (!LakeYamlText.TryParseDuration(text, out settle) || settle > TimeSpan.FromDays(1)))
            lake.Report(node.Place("settle"), "`settle` is longer than a day");
        return defaults with
        {
            WorkGroup = node.Text("workGroup") ?? defaults.WorkGroup,
            Buckets = (int)(node.Whole("buckets") ?? defaults.Buckets),
            Settle = settle,
            Gzip = node.Flag("gzip") ?? defaults.Gzip,
        };
    }

    private static HourlyTable ReadTable(YamlMapping node) => new(node.Text("dataset")!, node.Text("table")!);

    private void CheckNames(HourlyCopy hours, YamlMapping node)
    {
        if (!_names.TryAdd(hours.Name, node.At.Line))
            lake.Report(node.Place("name"), $"the hours in line {_names[hours.Name]} are called `{hours.Name}` already");
        (string Name, YamlMark At)[] named =
            [(hours.Raw.Table, node.Mapping("raw")!.Place("table")), (hours.Copy.Table, node.Mapping("copy")!.Place("table")), (hours.View, node.Place("view"))];
        foreach ((string name, YamlMark at) in named)
        {
            // Two that write to one table would take each other's hours away.
            if (!_tables.TryAdd($"{hours.Database}.{name}", at.Line))
                lake.Report(at, $"`{name}` stands in line {_tables[$"{hours.Database}.{name}"]} already");
        }
        foreach ((string name, YamlMark at) in named.Append((hours.Database, node.Place("database"))).Where(n => Reserved.Contains(n.Item1)))
            lake.Report(at, $"`{name}` is a reserved word in Athena");
    }

    private void CheckColumns(HourlyCopy hours, YamlMapping node)
    {
        foreach ((Column column, YamlEntry entry) in hours.Columns.Zip(node.Mapping("columns")!.Entries))
        {
            if (!NamePattern().IsMatch(column.Name))
                lake.Report(entry.At, $"`{LakeSchema.Shown(column.Name)}` can't name a column: lower-case letters, digits and underscores, a letter first, 127 characters at most");
            else if (column.Name == "dt" || Reserved.Contains(column.Name))
                lake.Report(entry.At, column.Name == "dt" ? "`dt` is the hour itself, and no column beside it" : $"`{column.Name}` is a reserved word in Athena");
        }
        foreach (YamlScalar by in node.Items("bucketBy").Cast<YamlScalar>())
        {
            if (hours.Columns.FirstOrDefault(c => c.Name == (string)by.Value!) is not { } column)
                lake.Report(by.At, $"`{LakeSchema.Shown(by.Text)}` is none of the columns" + Suggestion.Tail(by.Text, hours.Columns.Select(c => c.Name)));
            else if (column.Type.Contains('<', StringComparison.Ordinal))
                lake.Report(by.At, $"`{column.Name}` is of a nested type, by which nothing is bucketed");
        }
    }

    private void CheckDatasets(HourlyCopy hours, YamlMapping node)
    {
        YamlMark rawAt = node.Mapping("raw")!.Place("dataset"), copyAt = node.Mapping("copy")!.Place("dataset");
        Dataset? raw = Find(hours.Raw.Dataset, rawAt), copy = Find(hours.Copy.Dataset, copyAt);
        if (raw is null || copy is null)
            return;
        if (raw == copy)
            lake.Report(copyAt, "the copy is a dataset of its own: it names the same people a second time");
        else if (!_copies.TryAdd(copy.Name, copyAt.Line))
            lake.Report(copyAt, $"`{copy.Name}` holds the copy of line {_copies[copy.Name]} already");
        if (copy.Format != DataFormat.Ndjson)
            lake.Report(copyAt, "a copy is written as ndjson, so that people are found and erased in it");
        foreach ((Dataset dataset, YamlMark at) in new[] { (raw, rawAt), (copy, copyAt) })
        {
            if (!dataset.Location.StartsWith("s3://", StringComparison.Ordinal))
                lake.Report(at, $"`{dataset.Name}` is not in S3, where Athena reads and writes");
            // What was copied is remembered by hashes of the objects' names.
            if (dataset.NamesAreIdentifiers)
                lake.Report(at, $"the names of the objects of `{dataset.Name}` are identifiers; hours remember what they were copied from by name");
        }
        foreach (SubjectRule rule in copy.Subjects.Where(rule => rule.Field is null || !hours.Columns.Any(c => c.Name == rule.Field.Split('.')[0])))
            lake.Report(copyAt, $"`{copy.Name}` looks for people in {(rule.Field is { } field ? $"`{LakeSchema.Shown(field)}`" : "more than fields")}, and a copy has nothing but the columns");
    }

    private Dataset? Find(string name, YamlMark at)
    {
        Dataset? dataset = datasets.FirstOrDefault(d => d.Name == name);
        if (dataset is null)
            lake.Report(at, $"`{LakeSchema.Shown(name)}` is none of the datasets above" + Suggestion.Tail(name, datasets.Select(d => d.Name)));
        return dataset;
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,126}$")]
    private static partial Regex NamePattern();
}
