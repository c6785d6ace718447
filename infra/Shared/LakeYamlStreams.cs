using System.Text.Json;
using System.Text.Json.Nodes;
using Limpid.Core.Lake;
using Limpid.Core.Schemas;

namespace Limpid.Infra.Lake;

/// <summary>Reads the streams, with the files of their schemas, and checks them against datasets and references.</summary>
internal sealed class LakeYamlStreams(LakeYamlReader lake, IReadOnlyList<Dataset> datasets, IReadOnlyList<Reference> references, Func<string, string?>? files)
{
    /// <summary>2^53 - 1: up to here a double holds every whole number.</summary>
    private const long LargestExact = 9_007_199_254_740_991;

    /// <returns>Null where there is none.</returns>
    public IReadOnlyList<DataStream>? Read(IReadOnlyList<YamlNode> items)
    {
        var read = new List<DataStream>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (YamlMapping node in items.Cast<YamlMapping>())
        {
            DataStream stream = ReadOne(node);
            if (!lines.TryAdd(stream.Name, node.At.Line))
                lake.Report(node.Place("name"), $"the stream in line {lines[stream.Name]} is called `{stream.Name}` already");
            Check(stream, node);
            read.Add(stream);
        }
        return read.Count == 0 ? null : read;
    }

    private DataStream ReadOne(YamlMapping node) => new()
    {
        Name = node.Text("name")!,
        Dataset = node.Text("dataset")!,
        Records = node.Text("records") == "dms" ? RecordForm.Dms : RecordForm.Json,
        Schema = node.Text("schema") is { } schema ? ReadSchema(schema, node.Place("schema")) : null,
        TimeField = node.Mapping("time")?.Text("field"),
        Late = node.Text("late") is { } late && LakeYamlText.TryParseDuration(late, out TimeSpan time) ? time : null,
        Partition = [.. node.Texts("partition").Distinct(StringComparer.Ordinal)],
        Enrich = [.. node.Items("enrich").Cast<YamlMapping>().Select(ReadEnrichment)],
        Retention = ReadRetention(node),
        Quarantine = node.Text("quarantine")!,
    };

    private TimeSpan? ReadRetention(YamlMapping node)
    {
        if (node.Text("retention") is not { } text)
            return null;
        if (!LakeYamlText.TryParseDuration(text, out TimeSpan retention) || retention < TimeSpan.FromDays(1) || retention > TimeSpan.FromDays(365))
            lake.Report(node.Place("retention"), "`retention`: Kinesis keeps records for 24h to 365d");
        return retention;
    }

    private StreamSchema ReadSchema(string name, YamlMark at)
    {
        var found = new Dictionary<string, string>();
        if (LakeYamlText.Location(name, out string why) is not { } location || location.StartsWith("s3://", StringComparison.Ordinal))
        {
            lake.Report(at, $"`schema`: {(why.Length > 0 ? why : "a schema is a file below the folder of lake.yaml")}");
            return new StreamSchema(name, found);
        }
        string file = location.TrimEnd('/');
        if (files is not null && JsonSchema.Compile(StreamSchema.AddressOf(file), Find, out string problem) is null)
            lake.Report(at, $"`schema`: {LakeSchema.ShownLong(problem)}");
        return new StreamSchema(file, found);

        string? Find(string address)
        {
            // A reference may not lead out of the lake's folder.
            if (StreamSchema.FileAt(address) is not { } path || LakeYamlText.Location(path, out _)?.TrimEnd('/') != path || files(path) is not { } text)
                return null;
            return found[path] = text;
        }
    }

    private Enrichment ReadEnrichment(YamlMapping node)
    {
        var enrichment = new Enrichment
        {
            Reference = node.Text("reference")!,
            Key = node.Text("key")!,
            Fields = [.. node.Texts("fields").Distinct(StringComparer.Ordinal)],
            Missing = node.Text("missing") switch
            {
                "default" => MissingKey.Default,
                "quarantine" => MissingKey.Quarantine,
                _ => MissingKey.Null,
            },
            Default = node.Mapping("default")?.Entries.ToDictionary(e => e.Key, e => JsonOf((YamlScalar)e.Value)),
        };
        if (!references.Any(r => r.Name == enrichment.Reference))
            lake.Report(node.Place("reference"), $"`{LakeSchema.Shown(enrichment.Reference)}` is none of the references above" + Suggestion.Tail(enrichment.Reference, references.Select(r => r.Name)));
        // A larger one has no form in the digest of lake.yaml.
        if (node.Mapping("default")?.Entries.Select(e => e.Value).OfType<YamlScalar>().FirstOrDefault(v => v.Value is < -LargestExact or > LargestExact) is { } large)
            lake.Report(node.Place("default"), $"`default`: whole numbers are at most {LargestExact}; not `{LakeSchema.Shown(large.Text)}`");
        if (enrichment.Missing != MissingKey.Default && enrichment.Default is not null)
            lake.Report(node.Place("default"), "`default` is for `missing: default`");
        else if (enrichment.Missing == MissingKey.Default && !enrichment.Fields.ToHashSet().SetEquals(enrichment.Default?.Keys ?? []))
            lake.Report(node.Place("default"), $"`default` says nothing of `{LakeSchema.Shown(enrichment.Fields[0])}`, or something of what is not taken over");
        return enrichment;
    }

    private static JsonElement JsonOf(YamlScalar value)
    {
        JsonNode? node = value.Value switch
        {
            string text => JsonValue.Create(text),
            long whole => JsonValue.Create(whole),
            double fraction => JsonValue.Create(fraction),
            bool flag => JsonValue.Create(flag),
            _ => null,
        };
        using JsonDocument document = JsonDocument.Parse(node?.ToJsonString() ?? "null");
        return document.RootElement.Clone();
    }

    private void Check(DataStream stream, YamlMapping node)
    {
        Dataset? dataset = Named(stream.Dataset, node.Place("dataset")), quarantine = Named(stream.Quarantine, node.Place("quarantine"));
        if (dataset is null || quarantine is null)
            return;
        if (dataset == quarantine)
        {
            lake.Report(node.Place("quarantine"), "the quarantine is another dataset than the one for rows");
            return;
        }
        foreach (string field in stream.Partition.Where(field => dataset.Subjects.Any(rule => rule.IsByRow && (rule.Field + ".").StartsWith(field + ".", StringComparison.Ordinal))))
            lake.Report(node.Place("partition"), $"`{LakeSchema.Shown(field)}` would put what names a person into the names of objects");
        string inside = stream.Records == RecordForm.Dms ? "record.data." : "record.";
        foreach (SubjectRule rule in dataset.Subjects.Where(rule => rule.IsByRow))
        {
            if (!quarantine.Subjects.Any(other => other.Kind == rule.Kind && other.Field == inside + rule.Field))
                lake.Report(node.Place("quarantine"), $"in `{quarantine.Name}` nobody would be found by `{LakeSchema.Shown(rule.Field!)}`: give it a subject {{kind: {LakeSchema.Shown(rule.Kind)}, field: {LakeSchema.Shown(inside + rule.Field)}}}");
        }
    }

    private Dataset? Named(string name, YamlMark at)
    {
        Dataset? dataset = datasets.FirstOrDefault(d => d.Name == name);
        if (dataset is null)
            lake.Report(at, $"`{LakeSchema.Shown(name)}` is none of the datasets above" + Suggestion.Tail(name, datasets.Select(d => d.Name)));
        else if (dataset.Format != DataFormat.Ndjson)
            lake.Report(at, $"records are written as ndjson, and `{name}` is something else");
        else if (dataset.NamesAreIdentifiers || dataset.Subjects.Any(rule => !rule.IsByRow))
            lake.Report(at, $"`{name}` finds its people by objects, and records of many are written into one");
        else
            return dataset;
        return null;
    }
}
