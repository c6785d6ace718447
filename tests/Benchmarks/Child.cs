using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Limpid.Benchmarks;

/// <summary>Runs a program to its end and measures it as the kernel does.</summary>
internal static class Child
{
    private const double TicksASecond = 100;

    /// <summary>The real command line program, of the same build as the benchmarks.</summary>
    public static Task<(Measured Measured, string Output)?> LimpidAsync(string home, params string[] arguments) =>
        RunAsync(Path.Combine(AppContext.BaseDirectory, "limpid"), arguments, start =>
        {
            start.Environment["LIMPID_HOME"] = home;
            start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        });

    /// <summary>Null where there is no such program.</summary>
    public static async Task<(Measured Measured, string Output)?> RunAsync(string program, string[] arguments, Action<ProcessStartInfo>? configure = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        configure?.Invoke(start);
        double before = ProcessorOfChildren();
        long begun = Stopwatch.GetTimestamp();
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return null;
        }
        long peak = 0;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task exited = process.WaitForExitAsync();
        while (!exited.IsCompleted)
        {
            // The kernel's high-water mark never falls, so that looking now and then misses no peak but one of the last moments.
            peak = Math.Max(peak, PeakOf(process.Id));
            await Task.WhenAny(exited, Task.Delay(20));
        }
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        string written = await output;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Path.GetFileName(program)} {arguments.FirstOrDefault()} ended with {process.ExitCode}");
        return (new Measured(seconds, ProcessorOfChildren() - before, peak), written);
    }

    /// <summary>The high-water mark of a process's resident memory so far; 0 where it is gone.</summary>
    public static long PeakOf(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line.AsSpan()[6..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static double ProcessorOfChildren()
    {
        // proc(5): fields 16 and 17, in ticks; the name in field 2 may hold spaces.
        string stat = File.ReadAllText("/proc/self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[13], CultureInfo.InvariantCulture) + double.Parse(fields[14], CultureInfo.InvariantCulture)) / TicksASecond;
    }
}
