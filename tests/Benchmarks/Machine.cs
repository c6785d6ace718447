using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Limpid.Benchmarks;

/// <summary>Says what the figures were measured with, and how busy the machine was.</summary>
internal static class Machine
{
    public static async Task DescribeAsync(TextWriter output)
    {
        string version = typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"## {TimeProvider.System.GetUtcNow():u}"));
        await output.WriteLineAsync();
        await output.WriteLineAsync($"Limpid {version}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}; "
            + $"{await FirstLineAsync("wc", "--version")}; {await FirstLineAsync("python3", "--version")}. {Environment.ProcessorCount} processors, {ModelName()}. "
            + $"Load before: {Load()}. MB are 10^6 bytes. Files were written just before they are read, so that the page cache holds what it can of them.");
        await output.WriteLineAsync();
    }

    /// <summary>Processes that ran or waited for a processor, on average over 1, 5 and 15 minutes: more than there are processors share them.</summary>
    public static string Load() => File.Exists("/proc/loadavg") ? string.Join(", ", File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";

    private static async Task<string> FirstLineAsync(string program, string argument) =>
        await Child.RunAsync(program, [argument]) is { } run ? run.Output.Split('\n')[0].Trim() : $"no {program}";

    private static string ModelName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";
}
