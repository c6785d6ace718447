using Limpid.Benchmarks;

switch (args)
{
    case ["scan", .. var rest]:
        await ScanBenchmark.RunAsync(rest);
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: dotnet run -c Release --project tests/Benchmarks -- scan [MiB] [people]");
        return 2;
}
