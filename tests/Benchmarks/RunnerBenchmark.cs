using System.Globalization;
using System.Runtime.InteropServices;

namespace Limpid.Benchmarks;

/// <summary>
/// The state machine runner on the virtual clock, on disk as always, each run a process of its own; beside what SQLite takes for
/// as many rows by itself.
/// </summary>
internal static class RunnerBenchmark
{
    /// <summary>The first argument of a process that does one run.</summary>
    public const string One = "runner-run";

    /// <returns>Whether a Map over many items took no more than twice the memory of one over a hundredth of them.</returns>
    public static async Task<bool> RunAsync(TextWriter output, int executions, int states, int items)
    {
        await output.WriteLineAsync("### State machines, virtual time, every step on disk, whole process");
        await output.WriteLineAsync();
        await output.WriteLineAsync("| | states | seconds | states a second | processor seconds | peak resident MB | speed to plain inserts of as many rows |");
        await output.WriteLineAsync("|---|---:|---:|---:|---:|---:|---:|");
        await AddAsync(output, string.Create(CultureInfo.InvariantCulture, $"{executions:N0} executions begun one by one, all open at once"), "executions", executions, executions);
        await AddAsync(output, "100 executions in loops", "states", states, 100);
        Measured few = await AddAsync(output, string.Create(CultureInfo.InvariantCulture, $"distributed Map over {items / 100:N0} items"), "map", items / 100, 1);
        Measured many = await AddAsync(output, string.Create(CultureInfo.InvariantCulture, $"distributed Map over {items:N0} items"), "map", items, 1);
        double ratio = (double)many.PeakBytes / few.PeakBytes;
        await output.WriteLineAsync();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"A hundred times the items take {ratio:0.00} times the memory."));
        await output.WriteLineAsync();
        return ratio <= 2;
    }

    /// <summary>Does one run and prints its figures, in a process of its own.</summary>
    public static async Task RunOneAsync(TextWriter output, string what, int size, int begun)
    {
        (long states, long rows, double seconds) = what switch
        {
            "executions" => await RunnerWork.ExecutionsAsync(size),
            "states" => await RunnerWork.StatesAsync(size),
            "map" => await RunnerWork.MapAsync(size),
            "rows" => await RunnerWork.RowsAsync(size, begun),
            _ => throw new ArgumentException($"there is no run '{what}'", nameof(what)),
        };
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{states} {rows} {seconds:R}"));
    }

    private static async Task<Measured> AddAsync(TextWriter output, string name, string what, int size, int begun)
    {
        (Measured measured, long states, long rows, double seconds) = await ChildAsync(what, size, begun);
        (_, _, _, double plain) = await ChildAsync("rows", (int)rows, begun);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {states:N0} | {seconds:0.00} | {states / seconds:N0} | {measured.Processor:0.00} | {measured.PeakBytes / 1e6:0} | {plain / seconds:0.00} |"));
        return measured;
    }

    private static async Task<(Measured, long States, long Rows, double Seconds)> ChildAsync(string what, int size, int begun)
    {
        (Measured measured, string said) = (await Child.RunAsync(Path.Combine(AppContext.BaseDirectory, "Limpid.Benchmarks"), [One, what, size.ToString(CultureInfo.InvariantCulture), begun.ToString(CultureInfo.InvariantCulture)],
            start => start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."))))!.Value;
        string[] figures = said.Split(' ', StringSplitOptions.TrimEntries);
        return (measured, long.Parse(figures[0], CultureInfo.InvariantCulture), long.Parse(figures[1], CultureInfo.InvariantCulture), double.Parse(figures[2], CultureInfo.InvariantCulture));
    }
}
