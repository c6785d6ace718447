namespace Limpid.Infra.Lake;

/// <summary>Values by key, of mappings whose types the schema has passed. What is absent is null or empty.</summary>
internal static class YamlAccess
{
    public static string? Text(this YamlMapping mapping, string key) => (string?)Value(mapping, key);

    public static bool? Flag(this YamlMapping mapping, string key) => (bool?)Value(mapping, key);

    public static long? Whole(this YamlMapping mapping, string key) => (long?)Value(mapping, key);

    public static YamlMapping? Mapping(this YamlMapping mapping, string key) => (YamlMapping?)mapping.Find(key)?.Value;

    public static IReadOnlyList<YamlNode> Items(this YamlMapping mapping, string key) =>
        ((YamlSequence?)mapping.Find(key)?.Value)?.Items ?? [];

    public static IEnumerable<string> Texts(this YamlMapping mapping, string key) =>
        mapping.Items(key).Select(item => (string)((YamlScalar)item).Value!);

    /// <summary>Where the value of a key stands, or the mapping itself where the key is absent.</summary>
    public static YamlMark Place(this YamlMapping mapping, string key) => mapping.Find(key)?.Value.At ?? mapping.At;

    private static object? Value(YamlMapping mapping, string key) => ((YamlScalar?)mapping.Find(key)?.Value)?.Value;
}
