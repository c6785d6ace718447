using System.Globalization;
using System.Text.Json;

namespace Limpid.Benchmarks;

/// <summary>
/// One person out of one large file, by <c>limpid index</c> and <c>limpid erase</c> as processes of their own: located, planned,
/// approved, rewritten, proven, indexed again, verified and certified. Whatever is in the file, memory stays below a limit.
/// </summary>
internal sealed class EraseBenchmark(TextWriter output)
{
    /// <summary>Resident, of the whole process.</summary>
    public const long MostBytes = 256_000_000;

    /// <summary>The highest of all processes so far.</summary>
    public long PeakBytes { get; private set; }

    /// <param name="only">Part of the names of the cases that are run; empty for all of them.</param>
    /// <param name="modes">Ways of erasing that are tried of each case at most.</param>
    /// <returns>Whether memory stayed below the limit.</returns>
    public async Task<bool> RunAsync(int megabytes, string only = "", int modes = int.MaxValue)
    {
        foreach (Case one in Cases(megabytes).Where(c => c.Name.Contains(only, StringComparison.Ordinal)))
        {
            // What is left of a person when one mode is through with every row is nothing that another could do.
            string[] tried = [.. one.Modes.Take(modes)];
            foreach (string[] together in one.Rows.People == 1 ? tried.Select(mode => new[] { mode }) : [tried])
                await RunAsync(one, together);
        }
        await output.WriteLineAsync(FormattableString.Invariant($"highest peak of all: {PeakBytes / 1e6:0} MB; at most {MostBytes / 1e6:0} MB are to be used"));
        await output.WriteLineAsync();
        return PeakBytes < MostBytes;
    }

    private static IEnumerable<Case> Cases(int megabytes)
    {
        string[] ofNdjson = ["blank", "drop", "mask"];
        string[] ofCsv = ["drop", "mask"];
        var usual = new GeneratedRows(megabytes, People: 1_000);
        yield return new Case("NDJSON, plain", usual, ofNdjson);
        yield return new Case("CSV, plain", usual with { Csv = true }, ofCsv);
        yield return new Case("NDJSON, gzip", usual, ofNdjson, Gzip: true);
        yield return new Case("CSV, gzip", usual with { Csv = true }, ofCsv, Gzip: true);
        yield return new Case("NDJSON, every row the person's", usual with { People = 1 }, ofNdjson);
        yield return new Case("NDJSON, every row another person's", usual with { People = GeneratedRows.EveryRowAnother }, ["blank"]);

        GeneratedRows tiny = usual with { Megabytes = Math.Max(1, megabytes / 10), LineLength = 25 };
        yield return new Case("NDJSON of 25-byte rows, every row the person's", tiny with { People = 1 }, ["blank"]);
        yield return new Case("NDJSON of 25-byte rows, every row another person's", tiny with { People = GeneratedRows.EveryRowAnother }, ["drop"]);

        GeneratedRows lengthy = usual with { People = 50, LongLineMegabytes = Math.Max(1, megabytes / 50) };
        yield return new Case("NDJSON, long rows", lengthy, ["drop"]);
        yield return new Case("CSV, long rows with quoted newlines", lengthy with { Csv = true }, ["drop"]);
        yield return new Case("NDJSON, one huge row", lengthy with { LongLineMegabytes = megabytes }, ["drop"]);
        yield return new Case("CSV, one huge row with quoted newlines", lengthy with { Csv = true, LongLineMegabytes = megabytes }, ["drop"]);
    }

    private async Task RunAsync(Case one, string[] modes)
    {
        using var lake = new GeneratedLake(one.Rows, one.Gzip);
        string state = lake.NewState();
        var table = new ResultTable(output, FormattableString.Invariant($"One person out of one file of {lake.Bytes / 1e6:0} MB: {one.Name}"), lake.Bytes, "indexing");
        await table.BeginAsync();
        Measured indexed = Seen((await Child.LimpidAsync(lake.Home, "index", "--lake", lake.Root, "--state", state, "--json"))!.Value.Measured);
        await table.AddAsync("`limpid index`", [indexed], asBaseline: true);
        int customer = one.Rows.People > 1 ? 17 : 0;
        foreach (string mode in modes)
        {
            lake.SetErase(mode);
            (Measured erased, long count) = await EraseAsync(lake, state, customer++);
            await table.AddAsync(FormattableString.Invariant($"`limpid erase`, {mode}, {count} rows"), [Seen(erased)]);
        }
        await table.EndAsync();
    }

    private Measured Seen(Measured measured)
    {
        PeakBytes = Math.Max(PeakBytes, measured.PeakBytes);
        return measured;
    }

    private static async Task<(Measured Measured, long Rows)> EraseAsync(GeneratedLake lake, string state, int customer)
    {
        (Measured measured, string json) = (await Child.LimpidAsync(
            lake.Home, "erase", "--lake", lake.Root, "--state", state,
            "--subject", string.Create(CultureInfo.InvariantCulture, $"customer={customer}"), "--beyond-limits",
            "--requested-by", "privacy-desk@bench.example", "--approve-as", GeneratedLake.Approver, "--json"))!.Value;
        using JsonDocument result = JsonDocument.Parse(json);
        long rows = result.RootElement.GetProperty("rows").GetInt64();
        if (result.RootElement.GetProperty("status").GetString() != "certified" || rows == 0)
            throw new InvalidOperationException("the benchmark's own person is not erased: " + json);
        return (measured, rows);
    }

    private sealed record Case(string Name, GeneratedRows Rows, string[] Modes, bool Gzip = false);
}
