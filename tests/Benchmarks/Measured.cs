using System.Diagnostics;

namespace Limpid.Benchmarks;

/// <param name="Seconds">By the wall clock.</param>
/// <param name="Processor">Seconds of all processors, in user and system mode: what a busy machine leaves comparable.</param>
/// <param name="PeakBytes">The highest resident memory of the process, 0 where it was not a process of its own.</param>
internal readonly record struct Measured(double Seconds, double Processor, long PeakBytes)
{
    /// <summary>Measures work of this process.</summary>
    public static async Task<Measured> OfAsync(Func<Task> work)
    {
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long begun = Stopwatch.GetTimestamp();
        await work();
        return new Measured(Stopwatch.GetElapsedTime(begun).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds, 0);
    }

    /// <summary>The median of each, and the highest peak.</summary>
    public static Measured Median(IReadOnlyCollection<Measured> runs) => new(
        Middle(runs.Select(run => run.Seconds)), Middle(runs.Select(run => run.Processor)), runs.Max(run => run.PeakBytes));

    private static double Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
