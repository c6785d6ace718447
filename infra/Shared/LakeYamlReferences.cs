using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Reads the reference data that streams are enriched with.</summary>
internal sealed class LakeYamlReferences(LakeYamlReader lake)
{
    /// <returns>Null where there is none.</returns>
    public IReadOnlyList<Reference>? Read(IReadOnlyList<YamlNode> items)
    {
        var read = new List<Reference>();
        var lines = new Dictionary<string, (string Name, int Line)>(StringComparer.OrdinalIgnoreCase);
        foreach (YamlMapping node in items.Cast<YamlMapping>())
        {
            var reference = new Reference { Name = node.Text("name")!, Location = ReadLocation(node), Key = node.Text("key")! };
            if (!lines.TryAdd(reference.Name, (reference.Name, node.At.Line)))
                lake.Report(node.Place("name"), $"the reference in line {lines[reference.Name].Line} is called `{lines[reference.Name].Name}` already");
            read.Add(reference);
        }
        return read.Count == 0 ? null : read;
    }

    private string ReadLocation(YamlMapping node)
    {
        if (LakeYamlText.Location(node.Text("location")!, out string why) is not { } location)
        {
            lake.Report(node.Place("location"), $"`location`: {why}");
            return "";
        }
        if (location.StartsWith("s3://", StringComparison.Ordinal))
            lake.ReportOutOfReachLocally(node.Place("location"), "on one machine a location is a folder below the lake's own");
        return location;
    }
}
