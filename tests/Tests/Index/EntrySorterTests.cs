using System.Buffers;
using Limpid.Core.Index;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Index;

public class EntrySorterTests
{
    [Theory]
    [InlineData(1_000)]
    [InlineData(100)]
    [InlineData(7)]
    [InlineData(1)]
    public void Parts_come_out_ascending_and_joined_in_the_order_of_adding_however_little_memory_there_is(int capacity)
    {
        const int seed = 42;
        var random = new Random(seed);
        var expected = new SortedDictionary<SubjectKey, List<byte>>();
        using var sorter = new EntrySorter(() => new MemoryStream(), Concatenate, capacity);
        for (int i = 0; i < 1_000; i++)
        {
            // Few people, so that most stand in several runs and several times in one.
            var subject = new SubjectKey((ushort)random.Next(1, 3), (UInt128)random.Next(60));
            byte[] rows = new byte[random.Next(random.Next(2) == 0 ? 4 : 40)];
            random.NextBytes(rows);
            sorter.Add(subject, rows);
            if (!expected.TryGetValue(subject, out List<byte>? all))
                expected.Add(subject, all = []);
            all.AddRange(rows);
        }

        var sorted = new List<string>();
        foreach (IndexEntry entry in sorter.Sorted())
            sorted.Add($"{entry.Subject} {Convert.ToHexString(entry.Rows.Span)}");
        Assert.Equal(expected.Select(e => $"{e.Key} {Convert.ToHexString([.. e.Value])}"), sorted);
    }

    [Fact]
    public void Rows_larger_than_all_the_memory_it_may_use_pass_through()
    {
        using var sorter = new EntrySorter(() => new MemoryStream(), Concatenate, capacity: 4);
        sorter.Add(new SubjectKey(1, 2), new byte[100_000]);
        sorter.Add(new SubjectKey(1, 1), new byte[200_000]);
        sorter.Add(new SubjectKey(1, 2), new byte[300_000]);
        Assert.Equal([200_000, 400_000], sorter.Sorted().Select(e => e.Rows.Length));
    }

    [Fact]
    public void Nothing_goes_to_scratch_while_memory_suffices()
    {
        using var sorter = new EntrySorter(() => throw new InvalidOperationException("asked for scratch"), Concatenate, capacity: 500);
        for (int i = 500; i > 0; i--)
            sorter.Add(new SubjectKey(1, (UInt128)i), [1, 2, 3]);
        Assert.Equal(Enumerable.Range(1, 500), sorter.Sorted().Select(e => (int)e.Subject.Hash));
    }

    [Fact]
    public void Scratch_is_disposed_with_the_sorter()
    {
        var scratch = new List<MemoryStream>();
        using (var sorter = new EntrySorter(() => { scratch.Add(new MemoryStream()); return scratch[^1]; }, Concatenate, capacity: 2))
        {
            for (int i = 0; i < 10; i++)
                sorter.Add(new SubjectKey(1, (UInt128)i), []);
        }
        Assert.Equal(4, scratch.Count);
        Assert.All(scratch, s => Assert.False(s.CanRead));
    }

    private static void Concatenate(IReadOnlyList<ReadOnlyMemory<byte>> parts, IBufferWriter<byte> joined)
    {
        foreach (ReadOnlyMemory<byte> part in parts)
            joined.Write(part.Span);
    }
}
