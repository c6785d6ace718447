using System.Security.Cryptography;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters;

/// <summary>Kinesis. A batch may be taken in part: what was not is put again, and nothing else.</summary>
internal sealed class KinesisStreams(IAmazonKinesis kinesis, TimeProvider time) : IRecordStream
{
    /// <summary>PutRecords takes no more.</summary>
    private const int MostAtOnce = 500;

    /// <summary>How often nothing more is taken, each time after a longer wait (half a minute in all).</summary>
    private const int Attempts = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    public async Task PutEverywhereAsync(string stream, ReadOnlyMemory<byte> record, CancellationToken cancellation)
    {
        string partition = Convert.ToHexStringLower(SHA256.HashData(record.Span).AsSpan(0, 16));
        var entries = new List<PutRecordsRequestEntry>();
        await foreach (Shard shard in OpenShardsAsync(stream, cancellation))
        {
            entries.Add(new PutRecordsRequestEntry
            {
                Data = new MemoryStream(record.ToArray(), writable: false),
                PartitionKey = partition,
                ExplicitHashKey = shard.HashKeyRange!.StartingHashKey,
            });
        }
        foreach (PutRecordsRequestEntry[] batch in entries.Chunk(MostAtOnce))
            await PutAllAsync(stream, [.. batch], cancellation);
    }

    private async Task PutAllAsync(string stream, List<PutRecordsRequestEntry> left, CancellationToken cancellation)
    {
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++)
        {
            PutRecordsResponse answer = await kinesis.PutRecordsAsync(new PutRecordsRequest { StreamName = stream, Records = left }, cancellation);
            if (answer.FailedRecordCount is null or 0)
                return;
            // The answer is in the order of the request.
            left = [.. left.Zip(answer.Records!).Where(pair => pair.Second.ErrorCode is not null).Select(pair => pair.First)];
            if (attempt == Attempts)
                throw new IOException($"the stream {stream} does not take {left.Count} records: {answer.Records!.First(r => r.ErrorCode is not null).ErrorCode}");
            await SpreadPause.WaitAsync(pause, time, cancellation);
            pause *= 2;
        }
    }

    /// <summary>Those that take records: one that was split or merged has an end.</summary>
    private async IAsyncEnumerable<Shard> OpenShardsAsync(string stream, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        // A token stands for the stream's name as well, and may not stand beside it.
        var request = new ListShardsRequest { StreamName = stream };
        while (true)
        {
            ListShardsResponse page = await kinesis.ListShardsAsync(request, cancellation);
            foreach (Shard shard in page.Shards ?? [])
            {
                if (shard.SequenceNumberRange?.EndingSequenceNumber is null)
                    yield return shard;
            }
            if (page.NextToken is not { Length: > 0 } next)
                yield break;
            request = new ListShardsRequest { NextToken = next };
        }
    }
}
