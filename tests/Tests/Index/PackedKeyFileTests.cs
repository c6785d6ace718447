using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Index;

public class PackedKeyFileTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1, 100_000)]
    [InlineData(5_000, 4)]
    [InlineData(200, 3_000)]
    public async Task Every_entry_that_was_written_is_found_and_enumerated(int count, int maxRows)
    {
        const int seed = 7;
        IndexEntry[] entries = Entries(seed, count, maxRows);
        byte[] bytes = Pack(entries);
        PackedKeyFile file = await OpenAsync(bytes);

        Assert.Equal(count, file.Count);
        foreach (IndexEntry entry in entries)
        {
            ReadOnlyMemory<byte>? rows = await file.FindAsync(entry.Subject, Cancellation);
            Assert.True(rows.HasValue && rows.Value.Span.SequenceEqual(entry.Rows.Span), $"seed {seed}: {entry.Subject}");
        }
        var all = await file.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
        Assert.Equal(entries.Select(Text), all.Select(Text));
    }

    [Fact]
    public async Task Who_was_not_written_is_not_found_whether_below_between_or_above()
    {
        IndexEntry[] entries = Entries(seed: 11, 3_000, 8);
        PackedKeyFile file = await OpenAsync(Pack(entries));
        HashSet<SubjectKey> written = [.. entries.Select(e => e.Subject)];
        var near = written.SelectMany(s => new[] { s with { Hash = s.Hash - 1 }, s with { Hash = s.Hash + 1 }, s with { Secret = 9 } });
        foreach (SubjectKey absent in near.Append(new SubjectKey(0, 0)).Append(new SubjectKey(ushort.MaxValue, UInt128.MaxValue)).Where(s => !written.Contains(s)))
            Assert.Null(await file.FindAsync(absent, Cancellation));
    }

    [Fact]
    public async Task A_look_up_reads_two_small_ranges()
    {
        IndexEntry[] entries = Entries(seed: 3, 60_000, 5);
        byte[] bytes = Pack(entries);
        var ranges = new List<int>();
        PackedKeyFile file = await PackedKeyFile.OpenAsync(Ranges(bytes, ranges), bytes.Length, Cancellation);
        Assert.NotNull(await file.FindAsync(entries[45_000].Subject, Cancellation));

        Assert.Equal(2, ranges.Count);
        Assert.InRange(ranges.Sum(), 1, 100_000);
    }

    [Fact]
    public async Task A_list_of_blocks_longer_than_the_end_that_is_read_first_is_read_whole()
    {
        // 2,500 entries of a block each.
        IndexEntry[] entries = [.. Enumerable.Range(0, 2_500).Select(i => new IndexEntry(new SubjectKey(1, (UInt128)i), new byte[33_000]))];
        byte[] bytes = Pack(entries);
        PackedKeyFile file = await OpenAsync(bytes);
        foreach (int i in (int[])[0, 1, 1_249, 2_499])
            Assert.Equal(33_000, (await file.FindAsync(entries[i].Subject, Cancellation))!.Value.Length);
    }

    [Fact]
    public async Task No_damage_of_a_single_byte_anywhere_goes_unnoticed()
    {
        IndexEntry[] entries = Entries(seed: 5, 60, 40);
        byte[] whole = Pack(entries);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(1 << (at % 8));
            await Assert.ThrowsAsync<InvalidDataException>(async () => await (await OpenAsync(damaged)).ReadAllAsync(Cancellation).CountAsync(Cancellation));
        }
    }

    [Fact]
    public async Task A_damaged_file_answers_a_look_up_rightly_or_not_at_all()
    {
        IndexEntry[] entries = Entries(seed: 6, 4_000, 12);
        byte[] whole = Pack(entries);
        const int seed = 99;
        var random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. whole];
            random.NextBytes(damaged.AsSpan(random.Next(damaged.Length - 16), random.Next(1, 16)));
            IndexEntry wanted = entries[random.Next(entries.Length)];
            try
            {
                ReadOnlyMemory<byte>? rows = await (await OpenAsync(damaged)).FindAsync(wanted.Subject, Cancellation);
                Assert.True(rows.HasValue && rows.Value.Span.SequenceEqual(wanted.Rows.Span), $"seed {seed}, round {i}");
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 300);
    }

    [Fact]
    public async Task A_file_that_was_cut_off_anywhere_is_refused()
    {
        byte[] whole = Pack(Entries(seed: 8, 30, 20));
        for (int length = 0; length < whole.Length; length++)
            await Assert.ThrowsAsync<InvalidDataException>(async () => await OpenAsync(whole[..length]));
    }

    [Fact]
    public void Entries_that_do_not_ascend_are_refused()
    {
        var writer = new PackedKeyWriter(Stream.Null);
        writer.Add(new SubjectKey(1, 5), []);
        Assert.Throws<ArgumentException>(() => writer.Add(new SubjectKey(1, 5), []));
        Assert.Throws<ArgumentException>(() => writer.Add(new SubjectKey(1, 4), []));
        writer.Add(new SubjectKey(2, 0), []);
        Assert.Equal(2, writer.Count);
    }

    [Fact]
    public void The_checksum_is_the_one_of_RFC_3720()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
    }

    private static ValueTask<PackedKeyFile> OpenAsync(byte[] bytes) => PackedKeyFile.OpenAsync(Ranges(bytes, []), bytes.Length, Cancellation);

    private static ReadRange Ranges(byte[] bytes, List<int> lengths) => (offset, destination, _) =>
    {
        lengths.Add(destination.Length);
        bytes.AsSpan(checked((int)offset), destination.Length).CopyTo(destination.Span);
        return ValueTask.CompletedTask;
    };

    private static byte[] Pack(IEnumerable<IndexEntry> entries)
    {
        var stream = new MemoryStream();
        var writer = new PackedKeyWriter(stream);
        foreach (IndexEntry entry in entries)
            writer.Add(entry.Subject, entry.Rows.Span);
        Assert.Equal(writer.Complete(), stream.Length);
        return stream.ToArray();
    }

    private static IndexEntry[] Entries(int seed, int count, int maxRows)
    {
        var random = new Random(seed);
        var entries = new SortedDictionary<SubjectKey, byte[]>();
        while (entries.Count < count)
        {
            byte[] rows = new byte[random.Next(maxRows + 1)];
            random.NextBytes(rows);
            entries[new SubjectKey((ushort)random.Next(1, 3), new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()))] = rows;
        }
        return [.. entries.Select(e => new IndexEntry(e.Key, e.Value))];
    }

    private static string Text(IndexEntry entry) => $"{entry.Subject} {Convert.ToHexString(entry.Rows.Span)}";
}
