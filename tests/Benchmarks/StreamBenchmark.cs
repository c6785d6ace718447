using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amazon.S3;
using Limpid.Core.Ingest;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Adapters.S3;
using Limpid.Functions.Ingest;
using Limpid.Functions.Refresh;
using Limpid.Local;
using Limpid.Tests.WireS3;

namespace Limpid.Benchmarks;

/// <summary>
/// Records of a stream, beside what System.Text.Json takes to parse the same bytes and do nothing with them: made into rows alone, and
/// written into a folder and indexed; and what it costs each batch to look whether reference data changed.
/// </summary>
internal static class StreamBenchmark
{
    private const int InBatch = 1_000;
    private const int Dishes = 1_000;

    public static async Task RunAsync(TextWriter output, int batches, int runs)
    {
        using var folder = new StreamLake(Dishes);
        StreamBatch[] all = [.. Enumerable.Range(0, batches).Select(Batch)];
        long bytes = all.Sum(batch => batch.Records.Sum(record => (long)record.Data.Length));
        List<Measured> parsed = [], made = [], written = [];
        var published = new List<double>();
        for (int run = -1; run < runs; run++)
        {
            await using LocalLake lake = await folder.OpenAsync();
            Measured parse = await Measured.OfAsync(() => ParseAsync(all)), make = await Measured.OfAsync(() => MakeAsync(lake.Ports, all)), write = await Measured.OfAsync(() => WriteAsync(lake.Ports, all));
            double publish = await PublishAsync(folder, lake.Ports, run);
            // The first warms up.
            if (run < 0)
                continue;
            parsed.Add(parse);
            made.Add(make);
            written.Add(write);
            published.Add(publish);
        }
        await output.WriteLineAsync(FormattableString.Invariant($"### {batches * InBatch:N0} records of {bytes / (batches * InBatch)} bytes, {InBatch:N0} in a batch, median of {runs}"));
        await output.WriteLineAsync();
        await output.WriteLineAsync("| | records a second | MB/s | seconds | processor seconds | speed to plain parsing |");
        await output.WriteLineAsync("|---|---:|---:|---:|---:|---:|");
        double plain = Measured.Median(parsed).Seconds;
        foreach ((string name, List<Measured> of) in new[]
        {
            ("System.Text.Json, each record parsed and thrown away", parsed), ("decoded, validated, enriched, made a row", made), ("`ingest-records`: the same, written into a folder and indexed", written),
        })
        {
            Measured median = Measured.Median(of);
            await output.WriteLineAsync(FormattableString.Invariant(
                $"| {name} | {batches * InBatch / median.Seconds:N0} | {bytes / median.Seconds / 1e6:0} | {median.Seconds:0.00} | {median.Processor:0.00} | {plain / median.Seconds:0.00} |"));
        }
        await output.WriteLineAsync();
        double batchSeconds = Measured.Median(written).Seconds / batches;
        await LookAsync(output, folder, batchSeconds, looks: 50 * runs);
        await output.WriteLineAsync(FormattableString.Invariant($"`publish-reference`, {Dishes:N0} rows of a folder that changed, until the pointer is moved and all is tidied: {Middle(published) * 1000:0.0} ms."));
        await output.WriteLineAsync();
    }

    private static StreamBatch Batch(int number)
    {
        var records = new List<StreamRecord>();
        for (int i = 0; i < InBatch; i++)
        {
            int order = number * InBatch + i;
            string text = string.Create(CultureInfo.InvariantCulture, $$"""{"order":{{order}},"dish":"dish-{{order * 7919 % Dishes}}","cost":{{order % 90 + 5}}.50,"customer":{"id":{{order % 4_000}},"table":{{order % 40}}},"at":"2026-11-25T1{{number % 10}}:30:00Z","note":"no onions, please, and the bread warm: the {{order}}th time that we ask"}""");
            bool isNumber = SequenceNumber.TryParse(string.Create(CultureInfo.InvariantCulture, $"{order + 1}"), out SequenceNumber sequence);
            Debug.Assert(isNumber);
            records.Add(new StreamRecord(sequence, new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero), Encoding.UTF8.GetBytes(text)));
        }
        return new StreamBatch("orders", "shardId-000000000000", records);
    }

    private static Task ParseAsync(StreamBatch[] batches)
    {
        foreach (StreamBatch batch in batches)
        {
            foreach (StreamRecord record in batch.Records)
                JsonDocument.Parse(record.Data).Dispose();
        }
        return Task.CompletedTask;
    }

    private static async Task MakeAsync(Ports ports, StreamBatch[] batches)
    {
        StreamSetup setup = StreamSetup.Of(ports.Lake, "orders");
        ReferenceTable table = await new ReferenceTables(ports).CurrentAsync(setup.References[0], CancellationToken.None);
        long length = 0;
        foreach (StreamBatch batch in batches)
        {
            foreach (StreamRecord record in batch.Records)
            {
                StreamRow row = setup.Rows.Make(record, batch.Shard, (_, key, field) => table.Look(key, field));
                if (row.Dataset != "orders")
                    throw new InvalidOperationException("the benchmark's own records are refused");
                length += row.Line.Length;
            }
        }
        if (length == 0)
            throw new InvalidOperationException("nothing was made");
    }

    private static async Task WriteAsync(Ports ports, StreamBatch[] batches)
    {
        var ingest = new IngestRecords(ports);
        foreach (StreamBatch batch in batches)
        {
            if (await ingest.HandleAsync(batch, CancellationToken.None) is not null)
                throw new InvalidOperationException("the benchmark's own batch fails");
        }
    }

    private static async Task<double> PublishAsync(StreamLake folder, Ports ports, int run)
    {
        folder.Change(run);
        long begun = Stopwatch.GetTimestamp();
        PublishReferenceResult result = await new PublishReference(ports).HandleAsync(new PublishReferenceInput("priorities"), CancellationToken.None);
        if (result.Outcome != "published")
            throw new InvalidOperationException("the benchmark's own reference data are not published");
        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    // By S3's wire, whose server is the tests' own: its seconds are no S3's. The share of a batch's time is a folder's.
    private static async Task LookAsync(TextWriter output, StreamLake folder, double batchSeconds, int looks)
    {
        await using WireS3Server server = await WireS3Server.StartAsync(TimeProvider.System);
        WireBucket bucket = server.AddBucket("lake");
        server.AddBucket("staging");
        using AmazonS3Client client = SpliceBenchmark.ClientOf(server);
        await using LocalLake lake = await folder.OpenAsync();
        Reference reference = lake.Config.References![0];
        string version = ReferencePointer.Read(await File.ReadAllBytesAsync(folder.Path(reference.PointerKey())), reference.Name).Object;
        foreach (string key in new[] { reference.PointerKey(), reference.Folder() + version })
            server.Locked(() => bucket.Put(key, WireContent.Of([File.ReadAllBytes(folder.Path(key))]), new WireProperties(), null, null, "e"));
        var onS3 = new ReferenceTables(lake.Ports with { Objects = new S3Store(client, new S3Place("lake"), new S3Place("staging", "staging/"), TimeProvider.System) });
        int asked = 0;
        client.BeforeRequestEvent += (_, _) => asked++;
        long firstBytes = await BytesAsync(server, () => onS3.CurrentAsync(reference, CancellationToken.None));
        int firstRequests = asked;
        long bytes = await BytesAsync(server, () => onS3.CurrentAsync(reference, CancellationToken.None));
        var inFolder = new ReferenceTables(lake.Ports);
        var seconds = new List<double>();
        for (int look = 0; look < looks; look++)
        {
            long begun = Stopwatch.GetTimestamp();
            await inFolder.CurrentAsync(reference, CancellationToken.None);
            seconds.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
        await output.WriteLineAsync(FormattableString.Invariant(
            $"Whether reference data changed, each batch: {asked - firstRequests} request to S3 with {bytes} bytes of content (the first, or after a change: {firstRequests} with {firstBytes}); in a folder {Middle(seconds) * 1e6:0} µs, which is {100 * Middle(seconds) / batchSeconds:0.00} % of a batch."));
        await output.WriteLineAsync();
    }

    private static async Task<long> BytesAsync(WireS3Server server, Func<Task> work)
    {
        server.ForgetCalls();
        await work();
        return server.Calls.Sum(call => call.Received + call.Sent);
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

/// <summary>A lake with a stream of orders and the priorities of their dishes, in a temporary folder; gone when disposed.</summary>
internal sealed class StreamLake : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("limpid-bench-").FullName;
    private readonly int _dishes;
    private int _opened;

    public StreamLake(int dishes)
    {
        _dishes = dishes;
        Directory.CreateDirectory(Path("incoming/priorities"));
        Directory.CreateDirectory(Path("reference/priorities"));
        File.WriteAllText(Path("order.json"), """{"type":"object","required":["order","dish","cost"],"properties":{"order":{"type":"integer"},"dish":{"type":"string","minLength":1},"cost":{"type":"number","minimum":0},"customer":{"type":"object","properties":{"id":{"type":"integer"} } } } }""");
        File.WriteAllText(Path("lake.yaml"), """
            lake: bench
            kinds: {customer: {} }
            references: [{name: priorities, location: reference/, key: dish, source: {location: incoming/priorities/} }]
            streams: [{name: orders, dataset: orders, schema: order.json, time: {field: at}, enrich: [{reference: priorities, key: dish, fields: [priority]}], quarantine: refused}]
            datasets:
              - {name: orders, location: orders/, format: ndjson, subjects: [{kind: customer, field: customer.id}], erase: drop, approvers: [dpo@bench.example]}
              - {name: refused, location: refused/, format: ndjson, subjects: [{kind: customer, field: record.customer.id}], erase: drop, approvers: [dpo@bench.example]}

            """);
        Change(-2);
        string rows = File.ReadAllText(Path("incoming/priorities/all.ndjson"));
        File.WriteAllText(Path("reference/priorities/v=1.ndjson"), rows);
        File.WriteAllText(Path("reference/priorities/pointer.json"), $$"""{"version":1,"object":"v=1.ndjson","rows":{{dishes}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rows)))}}"}""");
    }

    public string Path(string key) => System.IO.Path.Combine(_folder, "lake", key);

    /// <summary>Each time as if nothing had been written into it.</summary>
    public Task<LocalLake> OpenAsync()
    {
        foreach (string written in new[] { "orders", "refused" }.Select(Path).Where(Directory.Exists))
            Directory.Delete(written, recursive: true);
        string state = System.IO.Path.Combine(_folder, FormattableString.Invariant($"state-{_opened++}"));
        return LocalLake.OpenAsync(Path(""), state, System.IO.Path.Combine(_folder, "home"), "http://localhost:8080", TimeProvider.System, null, CancellationToken.None);
    }

    public void Change(int priority) => File.WriteAllLines(
        Path("incoming/priorities/all.ndjson"), Enumerable.Range(0, _dishes).Select(dish => FormattableString.Invariant($"{{\"dish\":\"dish-{dish}\",\"priority\":{dish % 9 + priority}}}")));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
