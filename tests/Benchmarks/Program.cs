using System.Globalization;
using Limpid.Benchmarks;

// Sizes of content are in MB of 10^6 bytes.
TextWriter output = Console.Out;
switch (args)
{
    case []:
        await Machine.DescribeAsync(output);
        await StartBenchmark.RunAsync(output, runs: 7);
        await ScanBenchmark.RunAsync(output, megabytes: 1_000, runs: 7);
        await IndexingBenchmark.RunAsync(output, megabytes: 1_000, runs: 5);
        await IndexBenchmarks.RunAsync(output);
        await StreamBenchmark.RunAsync(output, batches: 100, runs: 7);
        bool isFlat = await RunnerBenchmark.RunAsync(output, executions: 1_000, states: 100_000, items: 1_000_000);
        bool isFast = await new FunctionBenchmark(output).RunAsync(runs: 21, invocations: 100, publish: true);
        bool isLittle = await SpliceBenchmark.RunAsync(output, blocks: 128, rows: [1, 10, 100, 1_000]);
        bool isBounded = await new EraseBenchmark(output).RunAsync(megabytes: 5_000);
        await output.WriteLineAsync($"Load after: {Machine.Load()}.");
        return isBounded && isFlat && isFast && isLittle ? 0 : 1;
    case ["smoke"]:
        await StartBenchmark.RunAsync(output, runs: 1);
        await ScanBenchmark.RunAsync(output, megabytes: 4, runs: 1);
        await IndexingBenchmark.RunAsync(output, megabytes: 4, runs: 1);
        await IndexBenchmarks.RunAsync(output, most: 10_000, packed: 20_000);
        await StreamBenchmark.RunAsync(output, batches: 2, runs: 1);
        await RunnerBenchmark.RunAsync(output, executions: 20, states: 400, items: 1_000);
        await new FunctionBenchmark(output).RunAsync(runs: 1, invocations: 5, publish: false);
        await SpliceBenchmark.RunAsync(output, blocks: 4, rows: [1, 10]);
        return await new EraseBenchmark(output).RunAsync(megabytes: 4, modes: 1) ? 0 : 1;
    case ["start"]:
        await Machine.DescribeAsync(output);
        await StartBenchmark.RunAsync(output, runs: 7);
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
    case ["streams"]:
        await Machine.DescribeAsync(output);
        await StreamBenchmark.RunAsync(output, batches: 100, runs: 7);
        await output.WriteLineAsync($"Load after: {Machine.Load()}.");
        return 0;
    case ["runner"]:
        await Machine.DescribeAsync(output);
        return await RunnerBenchmark.RunAsync(output, executions: 1_000, states: 100_000, items: 1_000_000) ? 0 : 1;
    case ["functions", .. var given] when TrySize(given, 21, out int processes):
        await Machine.DescribeAsync(output);
        return await new FunctionBenchmark(output).RunAsync(processes, invocations: 100, publish: true) ? 0 : 1;
    case ["splice"]:
        await Machine.DescribeAsync(output);
        return await SpliceBenchmark.RunAsync(output, blocks: 128, rows: [1, 10, 100, 1_000]) ? 0 : 1;
    case [RunnerBenchmark.One, var what, var size, var begun]:
        await RunnerBenchmark.RunOneAsync(output, what, int.Parse(size, CultureInfo.InvariantCulture), int.Parse(begun, CultureInfo.InvariantCulture));
        return 0;
    case ["erase", .. var given] when TrySize([.. given.Take(1)], 5_000, out int megabytes) && given.Length <= 2:
        await Machine.DescribeAsync(output);
        return await new EraseBenchmark(output).RunAsync(megabytes, given.ElementAtOrDefault(1) ?? "") ? 0 : 1;
    default:
        await Console.Error.WriteLineAsync(
            """
            usage: dotnet run -c Release --project tests/Benchmarks              everything, at full size
                   dotnet run -c Release --project tests/Benchmarks -- smoke     everything, tiny
                   dotnet run -c Release --project tests/Benchmarks -- start|runner|splice|streams
                   dotnet run -c Release --project tests/Benchmarks -- functions [processes of each kind]
                   dotnet run -c Release --project tests/Benchmarks -- scan|index [MB]
                   dotnet run -c Release --project tests/Benchmarks -- lookup [index rows, 10000 to 10000000]
                   dotnet run -c Release --project tests/Benchmarks -- erase [MB [words of a case]]
            """);
        return 2;
}

static bool TrySize(string[] sizes, int usual, out int size)
{
    size = usual;
    return sizes.Length == 0 || (sizes.Length == 1 && int.TryParse(sizes[0], NumberStyles.None, CultureInfo.InvariantCulture, out size) && size > 0);
}
