namespace Limpid.Core.Lake;

/// <summary>A folder whose files belong to a table format: rewriting one of them by itself would corrupt the table.</summary>
/// <param name="Format">For people: <c>Delta Lake</c>, <c>Apache Iceberg</c>, <c>Apache Hudi</c>.</param>
/// <param name="Root">The prefix of all the table's keys, ending with a slash; empty where it is the lake's root.</param>
public readonly record struct TableRoot(string Format, string Root)
{
    /// <summary>Whether the key is the table's, so that it is to be refused.</summary>
    public bool Holds(string key) => key.StartsWith(Root, StringComparison.Ordinal);
}

/// <summary>
/// Tells table formats by the names that they leave in a listing: <c>_delta_log/</c>, <c>metadata/*.metadata.json</c>
/// (also compressed, <c>*.gz.metadata.json</c> or <c>*.metadata.json.gz</c>), <c>.hoodie/</c>. Content is not looked at.
/// </summary>
public static class TableFormats
{
    private const string Delta = "_delta_log";
    private const string Hudi = ".hoodie";
    private const string Iceberg = "metadata";

    /// <summary>The folders under a table's root in which its format keeps its own files.</summary>
    public static IReadOnlyList<string> Folders { get; } = [Delta + "/", Hudi + "/", Iceberg + "/"];

    /// <summary>The table that this key reveals, or null. One inside another reveals the outer one.</summary>
    public static TableRoot? RevealedBy(string key)
    {
        int start = 0;
        for (int slash; (slash = key.IndexOf('/', start)) >= 0; start = slash + 1)
        {
            ReadOnlySpan<char> folder = key.AsSpan(start, slash - start);
            string? format = folder switch
            {
                Delta => "Delta Lake",
                Hudi => "Apache Hudi",
                Iceberg when IsTableMetadata(key.AsSpan(slash + 1)) => "Apache Iceberg",
                _ => null,
            };
            if (format is not null)
                return new TableRoot(format, key[..start]);
        }
        return null;
    }

    /// <summary>Every table that the listing reveals, outermost ones only, in the order of their roots. Memory grows with the tables, not with the keys.</summary>
    public static IReadOnlyList<TableRoot> Find(IEnumerable<string> keys)
    {
        var roots = new SortedDictionary<string, TableRoot>(KeyOrder.Instance);
        foreach (string key in keys)
            if (RevealedBy(key) is { } table)
                roots.TryAdd(table.Root, table);
        var outermost = new List<TableRoot>(roots.Count);
        foreach (TableRoot table in roots.Values)
            if (outermost.Count == 0 || !outermost[^1].Holds(table.Root))
                outermost.Add(table);
        return outermost;
    }

    private static bool IsTableMetadata(ReadOnlySpan<char> name) =>
        !name.Contains('/')
        && (name.EndsWith(".metadata.json", StringComparison.Ordinal) || name.EndsWith(".metadata.json.gz", StringComparison.Ordinal));
}
