using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Partitions;

internal sealed class QueryFailedException(string why) : Exception(why);

/// <summary>
/// Athena and its catalog as their guides say they behave, for the statements that Limpid sends, by a reading of their own: a copy into a
/// location that holds anything fails, a table that is there is not made again, what failed half-way leaves files behind and no table,
/// dropping a table leaves its files, and the same token runs a query once.
/// </summary>
internal sealed partial class AthenaModel(MemoryStore store)
{
    private readonly Dictionary<string, string> _byToken = [];
    private readonly Dictionary<string, string> _views = [];
    private int _files;

    public Dictionary<string, ModelTable> Tables { get; } = [];

    /// <summary>Whether the next copy dies half-way.</summary>
    public bool DiesHalfWay { get; set; }

    public void Run(string query, string? token = null)
    {
        if (token is not null && _byToken.TryGetValue(token, out string? earlier))
        {
            Assert.Equal(earlier, query);
            return;
        }
        if (token is not null)
        {
            Assert.InRange(token.Length, 32, 128);
            _byToken.Add(token, query);
        }
        Assert.InRange(Encoding.UTF8.GetByteCount(query), 1, 262_144);
        if (CreatePattern().Match(query) is { Success: true } create)
            Tables.TryAdd(create.Groups["table"].Value, new ModelTable());
        else if (AddPattern().Match(query) is { Success: true } add)
            Add(Known(add.Groups["table"].Value), query);
        else if (SwitchPattern().Match(query) is { Success: true } change)
            Switch(Known(change.Groups["table"].Value), change.Groups["dt"].Value, change.Groups["location"].Value);
        else if (CopyPattern().Match(query) is { Success: true } copy)
            Copy(copy);
        else if (DropPattern().Match(query) is { Success: true } drop)
            Tables.Remove(drop.Groups["table"].Value);
        else if (ViewPattern().Match(query) is { Success: true } view)
            _views[view.Groups["view"].Value] = query;
        else
            throw new QueryFailedException($"mismatched input: {query}");
    }

    /// <summary>The location of a partition, or null.</summary>
    public string? LocationOf(string table, string dt) => Tables.GetValueOrDefault(table)?.Partitions.GetValueOrDefault(dt);

    /// <summary>The ids of the rows that a view shows, in order, each as often as it shows it.</summary>
    public List<int> Show(string view)
    {
        if (!_views.TryGetValue(view, out string? text))
            return [];
        Match match = ViewPattern().Match(text);
        string boundary = match.Groups["boundary"].Value, since = match.Groups["since"].Value;
        Assert.Equal(boundary, match.Groups["until"].Value);
        return
        [
            .. Rows(match.Groups["raw"].Value, dt => string.CompareOrdinal(dt, boundary) >= 0)
                .Concat(Rows(match.Groups["copy"].Value, dt => string.CompareOrdinal(dt, since) >= 0 && string.CompareOrdinal(dt, boundary) < 0)).Order(),
        ];
    }

    private ModelTable Known(string table) => Tables.GetValueOrDefault(table) ?? throw new QueryFailedException($"Table not found {table}");

    private static void Add(ModelTable table, string query)
    {
        foreach (Match partition in PartitionPattern().Matches(query))
            table.Partitions.TryAdd(partition.Groups["dt"].Value, partition.Groups["location"].Value);
    }

    private static void Switch(ModelTable table, string dt, string location)
    {
        if (!table.Partitions.ContainsKey(dt))
            throw new QueryFailedException("Partition not found");
        table.Partitions[dt] = location;
    }

    private void Copy(Match copy)
    {
        string table = copy.Groups["table"].Value, location = copy.Groups["location"].Value, dt = copy.Groups["dt"].Value;
        if (Tables.ContainsKey(table))
            throw new QueryFailedException("TABLE_ALREADY_EXISTS");
        if (Keys(location).Length > 0)
            throw new QueryFailedException("HIVE_PATH_ALREADY_EXISTS: Target directory for table");
        List<int> rows = [.. Rows(copy.Groups["raw"].Value, d => d == dt)];
        bool dies = DiesHalfWay;
        DiesHalfWay = false;
        if (dies)
            rows = rows[..((rows.Count + 1) / 2)];
        foreach (int[] bucket in rows.Chunk(2))
            store.Put($"{location}{++_files:D6}_bucket", Encoding.UTF8.GetBytes(string.Concat(bucket.Select(id => $$"""{"id":{{id}},"customer":"c{{id % 3}}"}""" + "\n"))));
        if (dies)
            throw new QueryFailedException("GENERIC_INTERNAL_ERROR");
        Tables.Add(table, new ModelTable());
    }

    private IEnumerable<int> Rows(string table, Func<string, bool> hours)
    {
        foreach (string location in Known(table).Partitions.Where(p => hours(p.Key)).Select(p => p.Value).ToArray())
        {
            foreach (string line in Keys(location).SelectMany(key => Encoding.UTF8.GetString(store.Read(key)!).Split('\n', StringSplitOptions.RemoveEmptyEntries)))
            {
                using var row = JsonDocument.Parse(line);
                if (row.RootElement.TryGetProperty("id", out JsonElement id))
                    yield return id.GetInt32();
            }
        }
    }

    private string[] Keys(string location) =>
        [.. store.ListAsync(location, null, CancellationToken.None).ToBlockingEnumerable(CancellationToken.None).Where(o => o is { IsCurrent: true, IsDeleteMarker: false }).Select(o => o.Key)];

    [GeneratedRegex(@"\ACREATE EXTERNAL TABLE IF NOT EXISTS (?<table>[a-z0-9_.]+) \(")]
    private static partial Regex CreatePattern();

    [GeneratedRegex(@"\AALTER TABLE (?<table>[a-z0-9_.]+) ADD IF NOT EXISTS\s+PARTITION")]
    private static partial Regex AddPattern();

    [GeneratedRegex(@"PARTITION \(dt = '(?<dt>[^']+)'\) LOCATION '(?<location>[^']+)'")]
    private static partial Regex PartitionPattern();

    [GeneratedRegex(@"\AALTER TABLE (?<table>[a-z0-9_.]+) PARTITION \(dt = '(?<dt>[^']+)'\)\s+SET LOCATION '(?<location>[^']+)'\z")]
    private static partial Regex SwitchPattern();

    [GeneratedRegex(@"\ACREATE TABLE (?<table>[a-z0-9_.]+)\s+WITH \(.*external_location = '(?<location>[^']+)'.*FROM (?<raw>[a-z0-9_.]+)\s+WHERE dt = '(?<dt>[^']+)'\s+AND \(id IS NOT NULL OR customer IS NOT NULL\)\z", RegexOptions.Singleline)]
    private static partial Regex CopyPattern();

    [GeneratedRegex(@"\ADROP TABLE IF EXISTS (?<table>[a-z0-9_.]+)\z")]
    private static partial Regex DropPattern();

    [GeneratedRegex(@"\ACREATE OR REPLACE VIEW (?<view>[a-z0-9_.]+) AS.*FROM (?<raw>[a-z0-9_.]+)\s+WHERE dt >= '(?<boundary>[^']+)'.*UNION ALL.*FROM (?<copy>[a-z0-9_.]+)\s+WHERE dt >= '(?<since>[^']+)'\s+AND dt < '(?<until>[^']+)'", RegexOptions.Singleline)]
    private static partial Regex ViewPattern();
}

internal sealed class ModelTable
{
    /// <summary>Locations by <c>dt</c>.</summary>
    public Dictionary<string, string> Partitions { get; } = [];
}
