using System.Security.Cryptography;
using Limpid.Core.Formats;
using Limpid.Core.Ports;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Adapters;

/// <summary>What a splice moves through the function, told by the wire.</summary>
public sealed class S3SpliceTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // 1 GiB each: the target is at most 11 MiB for one row. The proof reads everything, and is a scan.
    [Theory]
    [InlineData("blank", 1, 11)]
    [InlineData("drop", 10, 0)]
    public async Task Splicing_rows_out_of_a_gigabyte_moves_a_few_megabytes(string way, int rows, int most)
    {
        await using S3World world = await S3World.StartAsync();
        const long size = 1024L * MiB;
        byte[] block = new byte[8 * MiB];
        new Random(7).NextBytes(block);
        WireContent content = WireContent.Of([.. Enumerable.Repeat(new ReadOnlyMemory<byte>(block), 128)]);
        world.Server.Locked(() => world.Lake.Put("big", content, new WireProperties(), null, null, "of-parts-128"));
        List<ByteEdit> edits = [.. Enumerable.Range(0, rows).Select(i => new ByteEdit((i + 1) * (size / (rows + 1)) + 12_345, 763, way == "blank" ? new byte[763] : default))];
        using IncrementalHash expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await ByteEdits.ApplyAsync(new Repeated(block, size), edits, new Hashing(expected), Cancellation);
        world.Server.ForgetCalls();

        StoreResult result = await world.Store.SpliceAsync(await world.HeadAsync("big"), edits, async (written, token) =>
            (await SHA256.HashDataAsync(written, token)).AsSpan().SequenceEqual(expected.GetCurrentHash()), Cancellation);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        Assert.Equal(size - (way == "drop" ? 763 * rows : 0), result.Info!.Size);
        IReadOnlyList<WireCall> calls = world.Server.Calls;
        long moved = calls.Where(call => call.Bucket == world.Lab.LakeName || call.Operation == "UploadPart").Sum(call => call.Received + call.Sent);
        long proven = calls.Where(call => call.Bucket == world.Lab.StagingName).Sum(call => call.Sent);
        TestContext.Current.TestOutputHelper!.WriteLine($"{way} {rows}: moved {moved}, read for the proof {proven}, requests {calls.Count}");
        Assert.InRange(moved, way == "drop" ? 0 : 763 * rows, most * (long)MiB);
        Assert.Equal(result.Info.Size, proven);
        Assert.Contains(calls, call => call.Operation == "UploadPartCopy" && call.Bucket == world.Lab.LakeName);
        await world.Lab.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task F47_What_is_put_together_of_parts_is_the_naive_result()
    {
        await using S3World world = await S3World.StartAsync();
        for (int round = 0; round < 12; round++)
        {
            var random = new Random(470 + round);
            TestContext.Current.TestOutputHelper!.WriteLine($"seed {470 + round}");
            byte[] bytes = new byte[5 * MiB + random.Next(-1, 2) + random.Next(4) * 5 * MiB];
            random.NextBytes(bytes);
            string key = $"o{round}";
            world.Server.Locked(() => world.Lake.Put(key, WireContent.Of(bytes), new WireProperties(), null, null));
            var edits = new List<ByteEdit>();
            for (long at = random.Next(6 * MiB); at + 1_000 < bytes.Length; at += 1_000 + random.Next(9 * MiB))
                edits.Add(new ByteEdit(at, random.Next(1_000), new byte[random.Next(1_000)]));
            using var naive = new MemoryStream();
            await ByteEdits.ApplyAsync(new MemoryStream(bytes), edits, naive, Cancellation);

            StoreResult result = await world.Store.SpliceAsync(await world.HeadAsync(key), edits, async (written, token) =>
            {
                using var read = new MemoryStream();
                await written.CopyToAsync(read, token);
                return read.ToArray().AsSpan().SequenceEqual(naive.ToArray());
            }, Cancellation);

            Assert.Equal(StoreOutcome.Done, result.Outcome);
            Assert.Equal(naive.ToArray(), world.Server.Locked(() => world.Lake.Top(key)!.Content!.ToArray()));
        }
        await world.Lab.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task F51_What_is_not_proven_never_stands_in_the_lake()
    {
        await using S3World world = await S3World.StartAsync(versioned: true);
        world.Put();
        ObjectInfo read = await world.HeadAsync();
        StoreResult result = await world.Store.SpliceAsync(read, world.Edits, (_, _) => Task.FromResult(false), Cancellation);
        Assert.Equal(StoreOutcome.Unproven, result.Outcome);
        Assert.Single(world.Server.Locked(() => world.Lake.Keys[S3World.Key]));
        await world.Lab.AssertNothingIsLeftAsync();
    }

    /// <param name="first">Before which request the rival comes: that of a part that is copied, or read.</param>
    [Theory]
    [InlineData("UploadPartCopy")]
    [InlineData("GetObject")]
    public async Task F47_A_source_that_is_another_one_is_not_copied(string first)
    {
        await using S3World world = await S3World.StartAsync();
        world.Put();
        ObjectInfo read = await world.HeadAsync();
        bool changed = false;
        world.Server.Before = (operation, _, _) =>
        {
            if (operation != first || changed)
                return;
            changed = true;
            world.Server.Locked(() => world.Lake.Put(S3World.Key, WireContent.Of(new byte[S3World.Size]), new WireProperties(), null, null));
        };
        Assert.Equal(StoreOutcome.Changed, (await world.RewriteAsync(read)).Outcome);
        Assert.DoesNotContain(world.Server.Calls, call => call.Operation == "CompleteMultipartUpload");
        Assert.Equal(new byte[S3World.Size], world.Current());
    }

    private sealed class Hashing(IncrementalHash hash) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            hash.AppendData(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Write(byte[] buffer, int offset, int count) => hash.AppendData(buffer, offset, count);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            hash.AppendData(buffer, offset, count);
            return Task.CompletedTask;
        }
    }

    private sealed class Repeated(byte[] block, long size) : MemoryStream
    {
        private long _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = (int)Math.Min(Math.Min(buffer.Length, size - _at), block.Length - _at % block.Length);
            block.AsMemory((int)(_at % block.Length), count).CopyTo(buffer);
            _at += count;
            return ValueTask.FromResult(count);
        }

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            byte[] buffer = new byte[MiB];
            for (int read; (read = await ReadAsync(buffer, cancellationToken)) > 0;)
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
