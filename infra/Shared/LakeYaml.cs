using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>
/// Reads <c>lake.yaml</c>. It goes through three sieves, and what one lets through the next may rely on: YAML that is plain
/// data, the published JSON Schema, and what no schema can say (datasets inside one another, unknown kinds, bad patterns).
/// Everything that the first two, or the third, find wrong is reported at once, with its place.
/// </summary>
internal static class LakeYaml
{
    public const string FileName = "lake.yaml";

    /// <param name="yaml">The file's text.</param>
    /// <param name="sourceName">How messages call it.</param>
    public static LakeYamlResult Read(string yaml, string sourceName = FileName)
    {
        var problems = new List<LakeProblem>();
        YamlNode? root = YamlTree.Read(yaml, problems);
        if (root is not null)
            problems.AddRange(LakeSchema.Check(root));
        if (problems.Count > 0)
            return Refused(sourceName, problems);

        var reader = new LakeYamlReader();
        LakeConfig config = reader.Read((YamlMapping)root!);
        return reader.Problems.Count > 0
            ? Refused(sourceName, reader.Problems)
            : new LakeYamlResult { Source = sourceName, Config = config, OutOfReachLocally = Ordered(reader.OutOfReachLocally), OutOfReachOnS3 = Ordered(reader.OutOfReachOnS3) };
    }

    /// <inheritdoc cref="Read(string, string)"/>
    public static LakeYamlResult Read(TextReader yaml, string sourceName = FileName) => Read(yaml.ReadToEnd(), sourceName);

    private static LakeYamlResult Refused(string sourceName, IEnumerable<LakeProblem> problems) =>
        new() { Source = sourceName, Problems = Ordered(problems) };

    private static LakeProblem[] Ordered(IEnumerable<LakeProblem> problems) =>
        [.. problems.Distinct().OrderBy(p => p.Line).ThenBy(p => p.Column)];
}
