using System.Globalization;
using Limpid.Benchmarks;

// Sizes of content are in MB of 10^6 bytes.
TextWriter output = Console.Out;
switch (args)
{
    case []:
        await Machine.DescribeAsync(output);
        await ScanBenchmark.RunAsync(output, megabytes: 1_000, runs: 7);
        await IndexingBenchmark.RunAsync(output, megabytes: 1_000, runs: 5);
        await IndexBenchmarks.RunAsync(output);
        await EraseBenchmark.RunAsync(output, megabytes: 5_000, gzipMegabytes: 1_000);
        await Machine.DescribeLoadAsync(output, "after");
        return 0;
    case ["smoke"]:
        await ScanBenchmark.RunAsync(output, megabytes: 4, runs: 1);
        await IndexingBenchmark.RunAsync(output, megabytes: 4, runs: 1);
        await IndexBenchmarks.RunAsync(output, most: 10_000, packed: 20_000);
        await EraseBenchmark.RunAsync(output, megabytes: 4, gzipMegabytes: 4);
        return 0;
    case ["scan", .. var sizes] when TrySize(sizes, 1_000, out int megabytes):
        await Machine.DescribeAsync(output);
        await ScanBenchmark.RunAsync(output, megabytes, runs: 7);
        return 0;
    case ["index", .. var sizes] when TrySize(sizes, 1_000, out int megabytes):
        await Machine.DescribeAsync(output);
        await IndexingBenchmark.RunAsync(output, megabytes, runs: 5);
        return 0;
    case ["lookup", .. var sizes] when TrySize(sizes, 10_000_000, out int rows):
        await Machine.DescribeAsync(output);
        await IndexBenchmarks.RunAsync(output, rows);
        return 0;
    case ["erase", .. var sizes] when TrySize(sizes, 5_000, out int megabytes):
        await Machine.DescribeAsync(output);
        await EraseBenchmark.RunAsync(output, megabytes, Math.Max(1, megabytes / 5));
        return 0;
    default:
        await Console.Error.WriteLineAsync(
            """
            usage: dotnet run -c Release --project tests/Benchmarks              everything, at full size
                   dotnet run -c Release --project tests/Benchmarks -- smoke     everything, tiny
                   dotnet run -c Release --project tests/Benchmarks -- scan|index|erase [MB]
                   dotnet run -c Release --project tests/Benchmarks -- lookup [index rows, 10000 to 10000000]
            """);
        return 2;
}

static bool TrySize(string[] sizes, int usual, out int size)
{
    size = usual;
    return sizes.Length == 0 || (sizes.Length == 1 && int.TryParse(sizes[0], NumberStyles.None, CultureInfo.InvariantCulture, out size) && size > 0);
}
