using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Reads the reference data that streams are enriched with.</summary>
internal sealed class LakeYamlReferences(LakeYamlReader lake)
{
    private static readonly TimeSpan UsualKeep = TimeSpan.FromDays(30), LeastKeep = TimeSpan.FromHours(1), MostKeep = TimeSpan.FromDays(3653);

    /// <returns>Null where there is none.</returns>
    public IReadOnlyList<Reference>? Read(IReadOnlyList<YamlNode> items)
    {
        var read = new List<Reference>();
        var lines = new Dictionary<string, (string Name, int Line)>(StringComparer.OrdinalIgnoreCase);
        foreach (YamlMapping node in items.Cast<YamlMapping>())
        {
            var reference = new Reference
            {
                Name = node.Text("name")!,
                Location = ReadLocation(node),
                Key = node.Text("key")!,
                Source = node.Mapping("source") is { } source ? ReadSource(source) : null,
                After = ReadBatch(node),
                Keep = ReadKeep(node),
                ChangeFiles = node.Find("changeFiles") is null ? null : [.. node.Texts("changeFiles").Distinct(StringComparer.Ordinal)],
                ChangeRecords = node.Text("changeRecords"),
            };
            CheckSource(reference, node);
            if (!lines.TryAdd(reference.Name, (reference.Name, node.At.Line)))
                lake.Report(node.Place("name"), $"the reference in line {lines[reference.Name].Line} is called `{lines[reference.Name].Name}` already");
            read.Add(reference);
        }
        return read.Count == 0 ? null : read;
    }

    private ReferenceSource ReadSource(YamlMapping source)
    {
        if (source.Find("table") is null)
        {
            if (source.Find("stream") is { } astray)
                lake.Report(astray.At, "`stream` is the one of a `table`");
            return new ReferenceSource { Location = source.Find("location") is null ? "" : ReadLocation(source) };
        }
        if (source.Find("location") is { } second)
            lake.Report(second.At, "`source` is a table or a location, not both");
        string table = source.Text("table")!;
        string? stream = source.Text("stream");
        if (stream is not null && !stream.Contains($":table/{table}/stream/", StringComparison.Ordinal))
            lake.Report(source.Place("stream"), $"`stream` is the one of another table than `{LakeSchema.Shown(table)}`");
        return new ReferenceSource { Table = table, Stream = stream };
    }

    private ChangeBatch? ReadBatch(YamlMapping node)
    {
        if (node.Find("source") is null)
            return null;
        YamlMapping? after = node.Mapping("after");
        TimeSpan within = TimeSpan.FromSeconds(30);
        if (after?.Find("within") is { } entry)
        {
            // The schema lets one number through: 0.
            if (((YamlScalar)entry.Value).Value is not string text)
                within = TimeSpan.Zero;
            else if (!LakeYamlText.TryParseDuration(text, out within) || within > TimeSpan.FromDays(365))
                lake.Report(entry.Value.At, "`within` is longer than a year");
        }
        return new ChangeBatch((int)(after?.Whole("changes") ?? 100), within);
    }

    private TimeSpan? ReadKeep(YamlMapping node)
    {
        if (node.Find("source") is null)
            return null;
        TimeSpan keep = UsualKeep;
        if (node.Find("keep") is { } entry && (!LakeYamlText.TryParseDuration(node.Text("keep")!, out keep) || keep < LeastKeep || keep > MostKeep))
            lake.Report(entry.Value.At, "`keep` is an hour at least, since a batch may be reading a version, and ten years at most");
        return keep;
    }

    private void CheckSource(Reference reference, YamlMapping node)
    {
        if (reference.Source is null)
        {
            foreach (string key in (string[])["after", "keep", "changeFiles", "changeRecords"])
            {
                if (node.Find(key) is { } entry)
                    lake.Report(entry.At, $"`{key}` is for references with a `source`: without one, Limpid publishes no versions");
            }
        }
        else if (reference.Source.Location is { Length: > 0 } source
            && (source.StartsWith(reference.Folder(), StringComparison.Ordinal) || reference.Folder().StartsWith(source, StringComparison.Ordinal)))
        {
            // Each version would be a change of its own source.
            lake.Report(node.Mapping("source")!.Place("location"), $"`location`: versions stand in {reference.Folder()}, so that the source can't");
        }
    }

    private string ReadLocation(YamlMapping node)
    {
        if (LakeYamlText.Location(node.Text("location")!, out string why) is not { } location)
        {
            lake.Report(node.Place("location"), $"`location`: {why}");
            return "";
        }
        if (location.StartsWith("s3://", StringComparison.Ordinal))
            lake.ReportOutOfReachLocally(node.Place("location"), "on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint");
        else
            lake.ReportOutOfReachOnS3(node.Place("location"), "on S3 a location is s3://bucket/prefix/");
        return location;
    }
}
