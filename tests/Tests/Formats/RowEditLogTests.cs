using Limpid.Core.Formats;
using Limpid.Core.Index;

namespace Limpid.Tests.Formats;

public class RowEditLogTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(30_000)]
    public void What_is_added_comes_back_in_order_however_much_goes_to_scratch(int count)
    {
        const int Seed = 815;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        RowEdit[] edits = [.. Edits(count, new Random(Seed))];
        using var log = new RowEditLog(() => new MemoryStream());
        foreach (RowEdit edit in edits)
            log.Add(edit);
        Assert.Equal(count, log.Count);
        Assert.Equal(edits, log.Read());
        // A rewrite may have to be begun again.
        Assert.Equal(edits, log.Read());
    }

    [Fact]
    public void What_was_forgotten_does_not_come_back()
    {
        RowEdit[] edits = [.. Edits(30_000, new Random(3))];
        using var log = new RowEditLog(() => new MemoryStream());
        foreach (RowEdit edit in edits)
            log.Add(edit);
        log.Clear();
        Assert.Equal(0, log.Count);
        Assert.Empty(log.Read());
        foreach (RowEdit edit in edits)
            log.Add(edit);
        Assert.Equal(edits, log.Read());
    }

    [Fact]
    public void A_few_edits_need_no_scratch()
    {
        using var log = new RowEditLog(() => throw new InvalidOperationException("asked for scratch"));
        for (int i = 0; i < 1_000; i++)
            log.Add(new RowEdit(new RowRef(i * 10_000L, i * 7_640_000L, 763), RowAction.Drop, false));
        Assert.Equal(1_000, log.Read().Count());
    }

    [Fact]
    public void Scratch_is_disposed_with_the_log()
    {
        var scratch = new MemoryStream();
        using (var log = new RowEditLog(() => scratch))
        {
            foreach (RowEdit edit in Edits(30_000, new Random(4)))
                log.Add(edit);
            Assert.True(scratch.CanRead);
        }
        Assert.False(scratch.CanRead);
    }

    private static IEnumerable<RowEdit> Edits(int count, Random random)
    {
        long line = 0, offset = 0;
        for (int i = 0; i < count; i++)
        {
            line += random.NextInt64(0, random.Next(4) == 0 ? 1L << 40 : 5);
            offset += random.NextInt64(0, random.Next(4) == 0 ? 1L << 45 : 300);
            int length = random.Next(5) == 0 ? RowLimits.Bytes : random.Next(1, 2_000);
            yield return new RowEdit(new RowRef(line, offset, length), (RowAction)random.Next(3), random.Next(2) == 0);
            offset += length;
        }
    }
}
