using System.Globalization;

namespace Limpid.Benchmarks;

/// <summary>What a command costs that has nothing to do: scripts call <c>limpid</c> often.</summary>
internal static class StartBenchmark
{
    public static async Task RunAsync(TextWriter output, int runs)
    {
        using var lake = new GeneratedLake(new GeneratedRows(Megabytes: 0, People: 1));
        string[] index = ["index", "--lake", lake.Root, "--state", lake.NewState(), "--json"];
        await Child.LimpidAsync(lake.Home, index);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"### From start to end of a command, median of {runs}"));
        await output.WriteLineAsync();
        await output.WriteLineAsync("| | seconds | processor seconds | peak resident MB |");
        await output.WriteLineAsync("|---|---:|---:|---:|");
        foreach ((string name, string[] arguments) in new[] { ("`limpid --help`", ["--help"]), ("`limpid index`, nothing new", index) })
        {
            var measured = new List<Measured>();
            for (int run = 0; run < runs; run++)
                measured.Add((await Child.LimpidAsync(lake.Home, arguments))!.Value.Measured);
            Measured median = Measured.Median(measured);
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {median.Seconds:0.00} | {median.Processor:0.00} | {median.PeakBytes / 1e6:0} |"));
        }
        await output.WriteLineAsync();
    }
}
