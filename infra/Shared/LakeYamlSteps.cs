using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Reads the steps of a derived table, with the files of their queries.</summary>
/// <param name="files">As of <see cref="LakeYamlReader"/>.</param>
internal sealed class LakeYamlSteps(LakeYamlReader lake, Func<string, string?>? files)
{
    // Athena's quota for a query.
    private const int LongestQuery = 262_144;

    private static readonly string[] CloudKeys = ["glue", "athena", "lambda"];

    public IReadOnlyList<TableStep> Read(YamlMapping table, IReadOnlyList<string> from)
    {
        var names = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var steps = new List<TableStep>();
        foreach (YamlMapping node in table.Items("steps").Cast<YamlMapping>())
        {
            TableStep step = ReadOne(node, from);
            if (!names.TryAdd(step.Name, node.At.Line))
                lake.Report(node.Place("name"), $"the step in line {names[step.Name]} is called `{step.Name}` already");
            steps.Add(step);
        }
        return steps;
    }

    private TableStep ReadOne(YamlMapping node, IReadOnlyList<string> from)
    {
        string[] cloud = [.. CloudKeys.Where(key => node.Find(key) is not null)];
        if (cloud.Length > 1)
            lake.Report(node.Find(cloud[1])!.Value.At, $"a step is {cloud[0]} or {cloud[1]}, not both");
        else if (cloud.Length == 0 && node.Find("local") is null)
            lake.Report(node.At, "a step needs glue, athena, lambda or local");
        else if (cloud.Length == 0)
            lake.ReportOutOfReachOnS3(node.At, "in the cloud a step is glue, athena or lambda");
        else if (node.Find("local") is null)
            lake.ReportOutOfReachLocally(node.At, $"on one machine there is no {cloud[0]}; say under `local` what is done instead");
        return new TableStep
        {
            Name = node.Text("name")!,
            Glue = node.Mapping("glue") is { } glue ? ReadGlue(glue, from) : null,
            Athena = node.Mapping("athena") is { } athena ? ReadAthena(athena, from) : null,
            Lambda = node.Text("lambda"),
            Local = node.Mapping("local") is { } local ? ReadLocal(local) : null,
        };
    }

    private GlueStep ReadGlue(YamlMapping node, IReadOnlyList<string> from)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlEntry entry in node.Mapping("arguments")?.Entries ?? [])
        {
            var value = (YamlScalar)entry.Value;
            if (!entry.Key.StartsWith("--", StringComparison.Ordinal))
                lake.Report(entry.At, $"`{LakeSchema.Shown(entry.Key)}`: the arguments of a Glue job begin with --");
            CheckText(value.Text, value.At, from);
            arguments[entry.Key] = value.Text;
        }
        return new GlueStep(node.Text("job")!, arguments);
    }

    private AthenaStep ReadAthena(YamlMapping node, IReadOnlyList<string> from)
    {
        YamlMark at = node.Place("query");
        var step = new AthenaStep { Query = FileName(node.Text("query")!, "query", at) ?? "", Database = node.Text("database")! };
        string? sql = files is not null && step.Query.Length > 0 ? files(step.Query) : "";
        if (sql is null)
            lake.Report(at, $"`query`: there is no file {LakeSchema.Shown(step.Query)}");
        else if (sql.Length > LongestQuery)
            lake.Report(at, $"`query`: Athena takes {LongestQuery:N0} bytes at most");
        else
            CheckText(sql, at, from);
        return step with { Sql = sql ?? "", WorkGroup = node.Text("workGroup") ?? step.WorkGroup };
    }

    private LocalStep ReadLocal(YamlMapping node)
    {
        if (node.Find("command") is not null && node.Find("sql") is { } second)
            lake.Report(second.At, "`local` is a command or sql, not both");
        string? sql = node.Text("sql") is { } text ? FileName(text, "sql", node.Place("sql")) ?? "" : null;
        if (sql is { Length: > 0 } && files is not null && files(sql) is null)
            lake.Report(node.Place("sql"), $"`sql`: there is no file {LakeSchema.Shown(sql)}");
        return new LocalStep { Command = node.Find("command") is null ? null : [.. node.Texts("command")], Sql = sql };
    }

    private void CheckText(string text, YamlMark at, IReadOnlyList<string> from)
    {
        if (StepText.Unknown(text, from) is { } unknown)
            lake.Report(at, $"${{{LakeSchema.Shown(unknown)}}} stands for nothing: there are ${{input}}, ${{output}}, ${{table}}, ${{version}} and {string.Join(", ", from.Select(f => $"${{inputs.{f}}}"))}");
    }

    /// <summary>A file below the folder of lake.yaml.</summary>
    private string? FileName(string text, string key, YamlMark at)
    {
        if (LakeYamlText.Location(text, out string why) is { } location && !location.StartsWith("s3://", StringComparison.Ordinal))
            return location.TrimEnd('/');
        lake.Report(at, $"`{key}`: {(why.Length > 0 ? why : "write a file below the folder of lake.yaml")}");
        return null;
    }
}
