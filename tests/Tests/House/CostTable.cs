using System.Globalization;
using System.Text;
using Limpid.Functions.Adapters;

namespace Limpid.Tests.House;

/// <summary>The README's table of costs, computed: Limpid on the lakes of S3F2's published examples.</summary>
internal static class CostTable
{
    /// <param name="Objects">That S3F2 finds and rewrites: here they are the whole lake, with the person in each.</param>
    /// <param name="Dollars">Of one of S3F2's jobs, as it publishes them.</param>
    private sealed record Example(string Name, double Gigabytes, int Objects, double Expansion, double Dollars);

    // awslabs/amazon-s3-find-and-forget, docs/COST_OVERVIEW.md, at 92f0936.
    private static readonly Example[] Examples =
    [
        new("100 GB", 100, 15, 1, 0.98),
        new("750 GB", 750, 1_000, 1, 11.14),
        new("10 TB", 10_000, 11_000, 1, 75.69),
        new("50 TB", 50_000, 45_300, 1, 316.80),
        new("100 GB, gzip", 100, 3_500, 10, 5.89),
    ];

    public static string Text()
    {
        var table = new StringBuilder("| lake | objects | S3F2: one erasure | Limpid: one erasure | Limpid: indexing once | Limpid: keeping up, a month |\n|---|---:|---:|---:|---:|---:|\n");
        foreach (Example example in Examples)
        {
            var lake = new LakePrice(example.Objects, example.Gigabytes * 1e9 / example.Objects, Expansion: example.Expansion);
            table.Append(CultureInfo.InvariantCulture,
                $"| {example.Name} | {example.Objects:#,0} | {Dollars(example.Dollars)} | {Dollars(lake.Erasing.Dollars)} | {Dollars(lake.Indexing.Dollars)} | {Dollars(lake.Month.Dollars)} |\n");
        }
        return table.ToString();
    }

    public static string Ceilings()
    {
        var table = new StringBuilder("| objects of | at most, for each GB |\n|---|---:|\n");
        foreach ((string size, double bytes) in new[] { ("10 KB", 1e4), ("780 KB, of 1,024 rows", 1024 * 763.0), ("1 MB", 1e6), ("16 MB", 16e6), ("128 MB", 128e6), ("1 GB", 1e9) })
            table.Append(CultureInfo.InvariantCulture, $"| {size} | ${new LakePrice(1e9 / bytes, bytes).Indexing.Dollars:0.0000} |\n");
        return table.ToString();
    }

    private static string Dollars(double dollars) => string.Create(CultureInfo.InvariantCulture, $"${dollars:0.00}");
}
