using System.Globalization;
using System.Text.Json;

namespace Limpid.Benchmarks;

/// <summary>
/// One person out of one large file, by <c>limpid index</c> and <c>limpid erase</c> as processes of their own: located, planned,
/// approved, rewritten, proven, indexed again, verified and certified.
/// </summary>
internal static class EraseBenchmark
{
    public static async Task RunAsync(TextWriter output, int megabytes, int gzipMegabytes)
    {
        await RunAsync(output, megabytes, gzip: false);
        await RunAsync(output, gzipMegabytes, gzip: true);
    }

    private static async Task RunAsync(TextWriter output, int megabytes, bool gzip)
    {
        using var lake = new GeneratedLake(megabytes, people: 1_000, gzip);
        string state = lake.NewState();
        var table = new ResultTable(
            output, FormattableString.Invariant($"One person out of one file of {lake.Bytes / 1e6:0} MB{(gzip ? ", gzip" : "")}, whole process"), lake.Bytes, "indexing");
        await table.BeginAsync();
        (Measured indexed, _) = (await Child.LimpidAsync(lake.Home, "index", "--lake", lake.Root, "--state", state, "--json"))!.Value;
        await table.AddAsync("`limpid index`", [indexed], asBaseline: true);
        foreach ((string mode, int customer) in new[] { ("blank", 17), ("drop", 18) })
        {
            lake.SetErase(mode);
            (Measured erased, long rows) = await EraseAsync(lake, state, customer);
            await table.AddAsync(FormattableString.Invariant($"`limpid erase`, {mode}, {rows} rows"), [erased]);
        }
        await table.EndAsync();
    }

    private static async Task<(Measured Measured, long Rows)> EraseAsync(GeneratedLake lake, string state, int customer)
    {
        (Measured measured, string json) = (await Child.LimpidAsync(
            lake.Home, "erase", "--lake", lake.Root, "--state", state,
            "--subject", string.Create(CultureInfo.InvariantCulture, $"customer={customer}"),
            "--requested-by", "privacy-desk@bench.example", "--approve-as", GeneratedLake.Approver, "--json"))!.Value;
        using JsonDocument result = JsonDocument.Parse(json);
        long rows = result.RootElement.GetProperty("rows").GetInt64();
        if (result.RootElement.GetProperty("status").GetString() != "certified" || rows == 0)
            throw new InvalidOperationException("the benchmark's own person is not erased");
        return (measured, rows);
    }
}
