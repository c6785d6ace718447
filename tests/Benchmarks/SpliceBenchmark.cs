using System.Diagnostics;
using Amazon.Runtime;
using Amazon.S3;
using Limpid.Core.Formats;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters.S3;
using Limpid.Tests.WireS3;

namespace Limpid.Benchmarks;

/// <summary>
/// Blanking rows in one object on S3: what passes through the function, by the wire, beside downloading the object and uploading it
/// again. The proof is a scan, and counted apart. The server is the tests' own and copies by reference, so its seconds are no S3's.
/// </summary>
internal static class SpliceBenchmark
{
    private const int MiB = 1 << 20;
    private const int RowLength = 763;

    /// <summary>What one row out of a large object may cost.</summary>
    private const long MostForOneRow = 11 * MiB;

    /// <param name="blocks">The object's size, in blocks of 8 MiB.</param>
    /// <returns>Whether one row moved no more than it may.</returns>
    public static async Task<bool> RunAsync(TextWriter output, int blocks, params int[] rows)
    {
        long size = (long)blocks * 8 * MiB;
        await output.WriteLineAsync(FormattableString.Invariant($"### Rows of {RowLength} bytes blanked in an object of {size / MiB} MiB on S3"));
        await output.WriteLineAsync();
        await output.WriteLineAsync("| rows | MiB through the function | of downloading and uploading | requests | MiB read for the proof | seconds |");
        await output.WriteLineAsync("|---:|---:|---:|---:|---:|---:|");
        bool isLittle = true;
        foreach (int count in rows)
        {
            (long moved, long proven, int requests, double seconds) = await SpliceAsync(blocks, size, count);
            isLittle &= count > 1 || moved <= MostForOneRow;
            await output.WriteLineAsync(FormattableString.Invariant(
                $"| {count} | {moved / (double)MiB:0.0} | {100.0 * moved / (2 * size):0.00} % | {requests} | {proven / MiB} | {seconds:0.00} |"));
        }
        await output.WriteLineAsync();
        return isLittle;
    }

    private static async Task<(long Moved, long Proven, int Requests, double Seconds)> SpliceAsync(int blocks, long size, int rows)
    {
        await using WireS3Server server = await WireS3Server.StartAsync(TimeProvider.System);
        WireBucket lake = server.AddBucket("lake");
        server.AddBucket("staging");
        using AmazonS3Client client = ClientOf(server);
        byte[] block = new byte[8 * MiB];
        new Random(7).NextBytes(block);
        var content = WireContent.Of([.. Enumerable.Repeat(new ReadOnlyMemory<byte>(block), blocks)]);
        server.Locked(() => lake.Put("big", content, new WireProperties(), null, null, "of-parts"));
        List<ByteEdit> edits = [.. Enumerable.Range(0, rows).Select(i => new ByteEdit((i + 1) * (size / (rows + 1)), RowLength, new byte[RowLength]))];
        var store = new S3Store(client, new S3Place("lake"), new S3Place("staging", "staging/"), TimeProvider.System);
        ObjectInfo read = await store.HeadAsync("big", CancellationToken.None) ?? throw new InvalidOperationException("the object is not there");
        server.ForgetCalls();
        long begun = Stopwatch.GetTimestamp();
        StoreResult result = await store.SpliceAsync(read, edits, ReadThroughAsync, CancellationToken.None);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        if (result.Outcome != StoreOutcome.Done)
            throw new InvalidOperationException($"it was not spliced: {result}");
        IReadOnlyList<WireCall> calls = server.Calls;
        return (
            calls.Where(call => call.Bucket == "lake" || call.Operation == "UploadPart").Sum(call => call.Received + call.Sent),
            calls.Where(call => call.Bucket == "staging").Sum(call => call.Sent), calls.Count, seconds);
    }

    public static AmazonS3Client ClientOf(WireS3Server server) => new(new BasicAWSCredentials("limpid", "limpid"), new AmazonS3Config
    {
        ServiceURL = server.Address.ToString(),
        ForcePathStyle = true,
        AuthenticationRegion = "us-east-1",
        HttpClientFactory = new S3HttpClients(),
    });

    private static async Task<bool> ReadThroughAsync(Stream written, CancellationToken cancellation)
    {
        await written.CopyToAsync(Stream.Null, cancellation);
        return true;
    }
}
