using System.Globalization;

namespace Limpid.Benchmarks;

/// <summary>A table in Markdown, written line by line as results come in.</summary>
internal sealed class ResultTable(TextWriter output, string title, long bytes, string baseline)
{
    private double _baselineSeconds;

    public async Task BeginAsync()
    {
        await output.WriteLineAsync($"### {title}");
        await output.WriteLineAsync();
        await output.WriteLineAsync($"| | MB/s | seconds | processor seconds | peak resident MB | speed to {baseline} |");
        await output.WriteLineAsync("|---|---:|---:|---:|---:|---:|");
    }

    /// <param name="asBaseline">Whether the others are compared with this.</param>
    public Task AddAsync(string name, IReadOnlyCollection<Measured> runs, bool asBaseline = false)
    {
        Measured median = Measured.Median(runs);
        if (asBaseline)
            _baselineSeconds = median.Seconds;
        string peak = median.PeakBytes == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{median.PeakBytes / 1e6:0}");
        string ratio = _baselineSeconds == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{_baselineSeconds / median.Seconds:0.00}");
        return output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {bytes / median.Seconds / 1e6:0} | {median.Seconds:0.00} | {median.Processor:0.00} | {peak} | {ratio} |"));
    }

    public Task EndAsync() => output.WriteLineAsync();
}
