namespace Limpid.Benchmarks;

/// <summary><c>limpid index</c> as a process of its own, from its start to its end, on a lake it has not seen: scan, subject keys and SQLite together.</summary>
internal static class IndexingBenchmark
{
    public static async Task RunAsync(TextWriter output, int megabytes, int runs)
    {
        var table = new ResultTable(output, FormattableString.Invariant($"`limpid index` on {megabytes} MB of {GeneratedRows.UsualLength}-byte NDJSON lines, whole process, median of {runs}"), megabytes * 1_000_000L, "wc -l");
        await table.BeginAsync();
        using (var lake = new GeneratedLake(new GeneratedRows(megabytes, People: 10_000)))
        {
            if (await LinesAsync(lake, runs) is { Count: > 0 } lines)
                await table.AddAsync("`wc -l`", lines, asBaseline: true);
            await table.AddAsync("10,000 people, SQLite", await IndexAsync(lake, runs));
        }
        using (var lake = new GeneratedLake(new GeneratedRows(megabytes, GeneratedRows.EveryRowAnother)))
            await table.AddAsync("every row another person, packed key file", await IndexAsync(lake, runs));
        await table.EndAsync();
    }

    private static async Task<List<Measured>> LinesAsync(GeneratedLake lake, int runs)
    {
        var measured = new List<Measured>();
        for (int run = 0; run < runs; run++)
        {
            if (await Child.RunAsync("wc", ["-l", lake.File]) is { } counted)
                measured.Add(counted.Measured);
        }
        return measured;
    }

    private static async Task<List<Measured>> IndexAsync(GeneratedLake lake, int runs)
    {
        var measured = new List<Measured>();
        for (int run = 0; run < runs; run++)
        {
            string state = lake.NewState();
            (Measured time, string json) = (await Child.LimpidAsync(lake.Home, "index", "--lake", lake.Root, "--state", state, "--json"))!.Value;
            if (!json.Contains(FormattableString.Invariant($"\"rows\": {lake.Rows},"), StringComparison.Ordinal))
                throw new InvalidOperationException("the benchmark's own rows are not indexed");
            measured.Add(time);
            Directory.Delete(state, recursive: true);
        }
        return measured;
    }
}
