using System.Diagnostics;
using System.Globalization;
using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Benchmarks;

/// <summary>
/// How fast rows are read and named, beside the search for newlines alone, over content in memory: <c>scan [MiB] [people]</c>.
/// </summary>
internal static class ScanBenchmark
{
    private const int LineLength = 763;

    public static async Task RunAsync(string[] args)
    {
        int size = (args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 256) * 1024 * 1024;
        int people = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
        byte[] content = Lines(size, people);
        Report("newlines alone", content.Length, Newlines(content), "lines");
        await ScanAsync("scan NDJSON", Reviews(DataFormat.Ndjson), content);
        await ScanAsync("scan CSV", Reviews(DataFormat.Csv), Csv(size, people));
    }

    private static async Task ScanAsync(string name, Dataset dataset, byte[] content)
    {
        Dictionary<string, Kind> kinds = new() { ["customer"] = new Kind() };
        var hasher = new SubjectHasher([new SubjectSecret(1, new byte[32])]);
        var scanner = new ObjectScanner(dataset, kinds, hasher);
        for (int run = 0; run < 10; run++)
        {
            var sink = new Counter();
            long begun = Stopwatch.GetTimestamp();
            ScanReport report = await scanner.ScanAsync(new MemoryStream(content), sink, CancellationToken.None);
            if (report.Rows != sink.Rows || report.MalformedRows > 0)
                throw new InvalidOperationException("the benchmark's own rows are not read");
            Report(name, content.Length, (Stopwatch.GetElapsedTime(begun), report.Rows), "rows");
        }
    }

    private static (TimeSpan Time, long Count) Newlines(byte[] content)
    {
        long begun = Stopwatch.GetTimestamp();
        long lines = 0;
        for (int at = 0; content.AsSpan(at).IndexOf((byte)'\n') is var next and >= 0; at += next + 1)
            lines++;
        return (Stopwatch.GetElapsedTime(begun), lines);
    }

    private static void Report(string name, long bytes, (TimeSpan Time, long Count) measured, string what) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-16} {bytes / measured.Time.TotalSeconds / 1e9,7:0.00} GB/s  {measured.Time.TotalMilliseconds,8:0} ms  {measured.Count} {what}"));

    private static byte[] Lines(int size, int people)
    {
        var random = new Random(1);
        using var content = new MemoryStream(size + LineLength);
        for (int i = 0; content.Length < size; i++)
        {
            string head = string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"ReviewId\":{1_000_000 + i},\"ProductId\":\"B{random.Next(100_000):D5}\",\"CustomerId\":{random.Next(people)},\"Stars\":{random.Next(1, 6)},\"Verified\":true,\"Title\":\"a good thing\",\"Country\":\"GR\",\"At\":\"2026-11-22T06:00:00Z\",\"Text\":\"");
            content.Write(Encoding.UTF8.GetBytes(head));
            content.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("it works well and does what it says, ", 20))[..(LineLength - head.Length - 3)]));
            content.Write("\"}\n"u8);
        }
        return content.ToArray();
    }

    private static byte[] Csv(int size, int people)
    {
        var random = new Random(1);
        using var content = new MemoryStream(size + LineLength);
        content.Write("ReviewId,ProductId,CustomerId,Stars,Title,At\n"u8);
        for (int i = 0; content.Length < size; i++)
        {
            content.Write(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{1_000_000 + i},B{random.Next(100_000):D5},{random.Next(people)},{random.Next(1, 6)},\"a good thing, really\",2026-11-22T06:00:00Z\n")));
        }
        return content.ToArray();
    }

    private static Dataset Reviews(DataFormat format) => new()
    {
        Name = "reviews",
        Location = "reviews/",
        Format = format,
        Subjects = [new SubjectRule { Kind = "customer", Field = "CustomerId" }],
        Approvers = [],
    };

    private sealed class Counter : IRowSink
    {
        public long Rows { get; private set; }

        public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people) => Rows++;
    }
}
