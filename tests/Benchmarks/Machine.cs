using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Limpid.Benchmarks;

/// <summary>Says what the figures were measured with, and how busy the machine was.</summary>
internal static class Machine
{
    public static async Task DescribeAsync(TextWriter output)
    {
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():u}"));
        await output.WriteLineAsync($"limpid {typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}");
        await output.WriteLineAsync($"{Environment.ProcessorCount} processors: {ModelName()}");
        await DescribeLoadAsync(output, "before");
        await output.WriteLineAsync();
    }

    public static async Task DescribeLoadAsync(TextWriter output, string when)
    {
        if (File.Exists("/proc/loadavg"))
            await output.WriteLineAsync($"load {when}: {string.Join(' ', (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ').Take(3))} (1, 5, 15 minutes)");
    }

    private static string ModelName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";
}
