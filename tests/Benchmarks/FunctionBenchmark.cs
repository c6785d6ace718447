using System.Diagnostics;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Limpid.Core.Erasure;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.State;

namespace Limpid.Benchmarks;

/// <summary>
/// One function of the deployed executable between a Runtime API and DynamoDB (npm's dynalite): cold, first and warm. The function is
/// <c>begin-erasure</c> on a request whose grace period runs: it reads one item and says that it has to wait.
/// </summary>
internal sealed class FunctionBenchmark(TextWriter output)
{
    /// <summary>Machine code may take so many times as long to its first poll as a bare function, which took 5.3 ms where 20 ms were set as the limit.</summary>
    private const double MostTimesBare = 1.5;

    private static readonly byte[] Event = Encoding.UTF8.GetBytes("""{"requestId":"r-1","plan":1}""");

    /// <param name="publish">Whether to publish it compiled ahead of time too; else only what was built is run.</param>
    /// <returns>Whether machine code polled in time, beside a bare function. True where neither could be made.</returns>
    public async Task<bool> RunAsync(int runs, int invocations, bool publish)
    {
        await using Dynalite? dynalite = await Dynalite.StartAsync();
        if (dynalite is null)
        {
            await output.WriteLineAsync("Functions are not measured: npm's dynalite is not restored.");
            return true;
        }
        using var dynamo = new AmazonDynamoDBClient(new BasicAWSCredentials("limpid", "limpid"), new AmazonDynamoDBConfig { ServiceURL = dynalite.Url, AuthenticationRegion = "us-east-1" });
        await SeedAsync(dynamo);
        await output.WriteLineAsync(FormattableString.Invariant($"### One function, median of {runs} processes"));
        await output.WriteLineAsync();
        await output.WriteLineAsync("| | start to first poll, ms | first invocation, ms | warm invocation, ms | peak resident MB | MB of files |");
        await output.WriteLineAsync("|---|---:|---:|---:|---:|---:|");
        string scratch = Directory.CreateTempSubdirectory("limpid-benchmark-").FullName;
        try
        {
            var starts = new List<Starts>();
            foreach (Flavour flavour in publish ? Flavour.All : [Flavour.Built])
            {
                if (await flavour.MakeAsync(scratch) is { } folder)
                    starts.Add(new Starts(flavour, folder));
                else
                    await output.WriteLineAsync($"| {flavour.Name} | could not be made here | | | | |");
            }
            // In turn, so that what else the machine does falls on all of them.
            for (int run = 0; run < runs; run++)
            {
                foreach (Starts one in starts)
                    await MeasureAsync(one, dynalite.Url, invocations);
            }
            foreach (Starts one in starts)
                await output.WriteLineAsync(one.Row());
            await output.WriteLineAsync();
            await CompareAsync(dynamo, invocations);
            return await JudgeAsync(starts.Find(s => s.Flavour == Flavour.Native), starts.Find(s => s.Flavour == Flavour.Bare));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private async Task<bool> JudgeAsync(Starts? native, Starts? bare)
    {
        if (native is null || bare is null)
            return native is null && bare is null;
        double times = native.Poll / bare.Poll;
        await output.WriteLineAsync(FormattableString.Invariant($"Machine code of Limpid's functions polls {times:0.00} times as long after its start as that of a bare function."));
        await output.WriteLineAsync();
        return times <= MostTimesBare;
    }

    private static async Task MeasureAsync(Starts one, string dynamo, int invocations)
    {
        await using PolledApi api = await PolledApi.StartAsync();
        long begun = Stopwatch.GetTimestamp();
        using Process process = Start(Path.Combine(one.Folder, one.Flavour.Executable), api.Address, dynamo);
        try
        {
            Task<long> polled = api.FirstPoll;
            if (await Task.WhenAny(polled, process.WaitForExitAsync()) != polled)
                throw new InvalidOperationException($"{one.Flavour.Name}: the function ended before it asked for an event");
            one.Polls.Add(Stopwatch.GetElapsedTime(begun, await polled).TotalMilliseconds);
            one.Firsts.Add(await InvokeAsync(api));
            for (int i = 0; i < invocations; i++)
                one.Warm.Add(await InvokeAsync(api));
            one.Peak = Math.Max(one.Peak, Child.PeakOf(process.Id));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<double> InvokeAsync(PolledApi api)
    {
        (double milliseconds, string answer) = await api.InvokeAsync(Event);
        return answer.Contains("wait", StringComparison.Ordinal) ? milliseconds : throw new InvalidOperationException(answer);
    }

    // What an invocation consists of besides the loop itself: one exchange for the event and one for the answer, and the handler.
    private async Task CompareAsync(AmazonDynamoDBClient dynamo, int invocations)
    {
        await using PolledApi api = await PolledApi.StartAsync();
        using var http = new HttpClient();
        var bare = new List<double>();
        var handler = new List<double>();
        var requests = new Requests(new DynamoStateTable(dynamo, "state", TimeProvider.System));
        for (int i = 0; i < invocations; i++)
        {
            Task<(double, string)> exchange = api.InvokeAsync(Event);
            long begun = Stopwatch.GetTimestamp();
            byte[] payload = await http.GetByteArrayAsync($"http://{api.Address}/next");
            using var content = new ByteArrayContent(payload) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using (await http.PostAsync($"http://{api.Address}/response", content))
                bare.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            await exchange;
            begun = Stopwatch.GetTimestamp();
            await requests.GetAsync("r-1", CancellationToken.None);
            handler.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        await output.WriteLineAsync(FormattableString.Invariant(
            $"Two bare HTTP exchanges with the same Runtime API took {Median(bare):0.00} ms, and reading the one item in this process {Median(handler):0.00} ms: together {Median(bare) + Median(handler):0.00} ms, medians of {invocations}."));
        await output.WriteLineAsync();
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static Process Start(string executable, string api, string dynamo)
    {
        var start = new ProcessStartInfo(executable) { WorkingDirectory = Path.GetDirectoryName(executable)! };
        foreach (string inherited in start.Environment.Keys.Where(k => k.StartsWith("AWS_", StringComparison.Ordinal) || k.StartsWith("LIMPID_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(inherited);
        foreach (string name in new[] { "EVIDENCE_BUCKET", "INDEX_TABLE", "INDEX_BUCKET", "STAGING_BUCKET", "PURGE_ARN", "APPROVAL_ARN", "SIGNING_KEY", "SECRETS_KEY", "SECRETS_BUCKET", "MAIL_CONFIGURATION_SET", "PAGES_URL" })
            start.Environment["LIMPID_" + name] = "unused";
        start.Environment["LIMPID_STATE_TABLE"] = "state";
        start.Environment["LIMPID_FUNCTION"] = "begin-erasure";
        start.Environment["AWS_LAMBDA_RUNTIME_API"] = api;
        start.Environment["AWS_ENDPOINT_URL"] = dynamo;
        start.Environment["AWS_REGION"] = "us-east-1";
        start.Environment["AWS_ACCESS_KEY_ID"] = start.Environment["AWS_SECRET_ACCESS_KEY"] = "limpid";
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return Process.Start(start)!;
    }

    private static async Task SeedAsync(AmazonDynamoDBClient dynamo)
    {
        await dynamo.CreateTableAsync(new CreateTableRequest
        {
            TableName = "state",
            BillingMode = BillingMode.PAY_PER_REQUEST,
            AttributeDefinitions = [new(DynamoTable.Pk, ScalarAttributeType.S), new(DynamoTable.Sk, ScalarAttributeType.S)],
            KeySchema = [new(DynamoTable.Pk, KeyType.HASH), new(DynamoTable.Sk, KeyType.RANGE)],
        });
        while ((await dynamo.DescribeTableAsync("state")).Table.TableStatus != TableStatus.ACTIVE)
            await Task.Yield();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        await new Requests(new DynamoStateTable(dynamo, "state", TimeProvider.System)).TryCreateAsync(new ErasureRequest
        {
            Id = "r-1",
            Subject = [],
            RequestedBy = "privacy-desk@bench.example",
            Received = today,
            Due = today.AddMonths(1),
            SubmittedAt = now,
            Status = RequestStatus.Approved,
            GraceUntil = now.AddDays(30),
        }, CancellationToken.None);
    }

    /// <summary>What was seen of one flavour, in milliseconds.</summary>
    private sealed class Starts(Flavour flavour, string folder)
    {
        public Flavour Flavour { get; } = flavour;

        public string Folder { get; } = folder;

        public List<double> Polls { get; } = [];

        public List<double> Firsts { get; } = [];

        public List<double> Warm { get; } = [];

        public long Peak { get; set; }

        public double Poll => Median(Polls);

        public string Row()
        {
            double bytes = Directory.EnumerateFiles(Folder).Sum(f => new FileInfo(f).Length);
            return FormattableString.Invariant($"| {Flavour.Name} | {Poll:0.0} | {Median(Firsts):0.0} | {Median(Warm):0.00} | {Peak / 1e6:0} | {bytes / 1e6:0.0} |");
        }
    }
}
