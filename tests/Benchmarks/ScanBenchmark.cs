using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Local.Folder;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Benchmarks;

/// <summary>
/// How fast an object's rows are read, beside <c>wc -l</c>, python's <c>json.loads</c> and the search for newlines alone, over one
/// file that the page cache holds. Limpid's scans run in this process, warmed up.
/// </summary>
internal static class ScanBenchmark
{
    private const string Python = "import json, sys\nfor line in open(sys.argv[1], 'rb'):\n    json.loads(line)";

    public static async Task RunAsync(TextWriter output, int megabytes, int runs)
    {
        using var lake = new GeneratedLake(new GeneratedRows(megabytes, People: 10_000));
        ObjectScanner scanner = Scanner();
        await ScanAsync(lake, scanner);
        NewLines(lake);

        List<Measured> lines = [], newlines = [], scans = [], python = [];
        for (int run = 0; run < runs; run++)
        {
            if (await Child.RunAsync("wc", ["-l", lake.File]) is { } counted)
                lines.Add(counted.Measured);
            newlines.Add(await Measured.OfAsync(() =>
            {
                NewLines(lake);
                return Task.CompletedTask;
            }));
            scans.Add(await Measured.OfAsync(() => ScanAsync(lake, scanner)));
        }
        if (await Child.RunAsync("python3", ["-c", Python, lake.File]) is { } parsed)
            python.Add(parsed.Measured);

        var table = new ResultTable(output, FormattableString.Invariant($"Scanning {lake.Bytes / 1e6:0} MB of {GeneratedRows.UsualLength}-byte NDJSON lines, median of {runs}"), lake.Bytes, "wc -l");
        await table.BeginAsync();
        if (lines.Count > 0)
            await table.AddAsync("`wc -l`", lines, asBaseline: true);
        await table.AddAsync("Limpid: newlines alone", newlines);
        await table.AddAsync("Limpid: every row proven and its person named", scans);
        if (python.Count > 0)
            await table.AddAsync("python `json.loads` (once)", python);
        await table.EndAsync();
    }

    private static async Task ScanAsync(GeneratedLake lake, ObjectScanner scanner)
    {
        var store = new FolderStore(lake.Root);
        ObjectInfo info = (await store.HeadAsync(GeneratedLake.Key, CancellationToken.None))!;
        var sink = new Counter();
        await using Stream content = await store.OpenReadAsync(info, 0, CancellationToken.None);
        ScanReport report = await scanner.ScanAsync(content, sink, CancellationToken.None);
        if (report.Rows != lake.Rows || sink.Named != lake.Rows)
            throw new InvalidOperationException("the benchmark's own rows are not read");
    }

    private static void NewLines(GeneratedLake lake)
    {
        using SafeFileHandle file = File.OpenHandle(lake.File, options: FileOptions.SequentialScan);
        byte[] window = new byte[256 * 1024];
        long lines = 0;
        int read;
        for (long offset = 0; (read = RandomAccess.Read(file, window, offset)) > 0; offset += read)
        {
            ReadOnlySpan<byte> unread = window.AsSpan(0, read);
            for (int newline; (newline = unread.IndexOf((byte)'\n')) >= 0; unread = unread[(newline + 1)..])
                lines++;
        }
        if (lines != lake.Rows)
            throw new InvalidOperationException("the benchmark's own lines are not found");
    }

    private static ObjectScanner Scanner() => new(
        new Dataset
        {
            Name = "reviews",
            Location = "reviews/",
            Format = DataFormat.Ndjson,
            Subjects = [new SubjectRule { Kind = "customer", Field = "CustomerId" }],
            Approvers = [GeneratedLake.Approver],
        },
        new Dictionary<string, Kind> { ["customer"] = new Kind() },
        new SubjectHasher([new SubjectSecret(1, new byte[32])]));

    private sealed class Counter : IRowSink
    {
        public long Named { get; private set; }

        public void OnRow(RowRef row, ReadOnlySpan<byte> content, ReadOnlySpan<RowPerson> people) => Named += people.Length;
    }
}
