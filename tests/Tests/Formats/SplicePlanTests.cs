using Limpid.Core.Formats;

namespace Limpid.Tests.Formats;

/// <summary>A splice is what the plain way gives, of parts that S3 takes, with little passing through the function.</summary>
public class SplicePlanTests
{
    private const long MiB = 1 << 20;
    private const long Smallest = SplicePlan.SmallestPart;

    // Around every limit: of a part, of what is rewritten whole, of what one request copies, of a part again, of 10,000 parts.
    private static readonly long[] Limits =
    [
        1, Smallest, 2 * Smallest, 8 * MiB, 16 * MiB, 64 * MiB, 256 * MiB, 512 * MiB, 1024 * MiB, SplicePlan.LargestPart, 2 * SplicePlan.LargestPart,
        256 * MiB * 10_000, 1024 * MiB * 10_000, SplicePlan.LargestPart * 10_000,
    ];

    [Fact]
    public void F47_Around_every_limit_any_edits_give_legal_parts_of_the_naive_result()
    {
        int spliced = 0;
        for (int round = 0; round < 4_000; round++)
        {
            var random = new Random(4700 + round);
            string seed = $"seed {4700 + round}";
            long size = Around(random, Limits[random.Next(Limits.Length)]);
            List<ByteEdit> edits = EditsOf(random, size);
            if (SplicePlan.Of(size, edits) is not { } plan)
            {
                Assert.True(
                    size <= SplicePlan.RewrittenWhole || Naive(size, edits).Count == 0 || size > SplicePlan.LargestPart * 9_990,
                    $"{seed}: an object of {size} bytes with {edits.Count} edits is not spliced");
                continue;
            }
            spliced++;
            try
            {
                AssertLegal(plan);
                Assert.Equal(Naive(size, edits), Pieces(plan, edits));
                long replaced = edits.Sum(e => (long)e.Replacement.Length);
                Assert.InRange(plan.Uploaded, replaced, replaced + 2 * Smallest * (edits.Count + 1));
            }
            catch
            {
                TestContext.Current.TestOutputHelper!.WriteLine(seed);
                throw;
            }
        }
        Assert.True(spliced > 2_000, $"only {spliced} were spliced");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(500_000_000)]
    [InlineData(1_073_741_824 - 700)]
    [InlineData(1_073_741_824 - 5_242_880 - 763)]
    [InlineData(5_242_879)]
    [InlineData(5_242_880)]
    public void A_row_of_a_gigabyte_takes_one_part_with_it(long offset)
    {
        const long size = 1024 * MiB;
        SplicePlan blanked = SplicePlan.Of(size, [new ByteEdit(offset, 600, new byte[600])])!;
        AssertLegal(blanked);
        Assert.Equal(size, blanked.Length);
        Assert.InRange(blanked.Uploaded, 600, Smallest + 600);

        SplicePlan dropped = SplicePlan.Of(size, [new ByteEdit(offset, 600, default)])!;
        AssertLegal(dropped);
        Assert.Equal(size - 600, dropped.Length);
        // A dropped row only shortens two ranges, where the one before it is a part of its own.
        Assert.Equal(offset is > 0 and < Smallest ? Smallest : 0, dropped.Uploaded);
    }

    [Fact]
    public void F47_Parts_of_one_byte_more_or_less_than_the_smallest_are_told_apart()
    {
        const long size = 100 * MiB;
        foreach (long gap in (long[])[Smallest - 1, Smallest, Smallest + 1])
        {
            SplicePlan plan = SplicePlan.Of(size, [new ByteEdit(20 * MiB, 10, default), new ByteEdit(20 * MiB + 10 + gap, 10, default)])!;
            AssertLegal(plan);
            Assert.Equal(gap < Smallest, plan.Uploaded > 0);
        }
        Assert.Null(SplicePlan.Of(Smallest, [new ByteEdit(0, 1, new byte[1])]));
        Assert.NotNull(SplicePlan.Of(Smallest + 1, [new ByteEdit(0, 1, new byte[1])]));
        Assert.Null(SplicePlan.Of(size, [new ByteEdit(0, size, default)]));
    }

    [Fact]
    public void F47_An_edit_in_every_part_stays_below_ten_thousand_parts()
    {
        const long size = 120L << 30;
        List<ByteEdit> edits = [.. Enumerable.Range(0, 20_000).Select(i => new ByteEdit(i * 6 * MiB, 10, new byte[10]))];
        SplicePlan plan = SplicePlan.Of(size, edits)!;
        AssertLegal(plan);
        Assert.Equal(Naive(size, edits), Pieces(plan, edits));
    }

    [Fact]
    public void Where_edits_are_too_many_for_the_parts_the_object_is_rewritten_whole()
    {
        const long size = 2048L << 30;
        Assert.Null(SplicePlan.Of(size, [.. Enumerable.Range(0, 29_000).Select(i => new ByteEdit(i * 70 * MiB, 1, new byte[1]))]));
    }

    [Fact]
    public void Edits_that_overlap_or_reach_over_the_end_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SplicePlan.Of(10 * MiB, [new ByteEdit(5, 10, default), new ByteEdit(14, 1, default)]));
        Assert.Throws<ArgumentException>(() => SplicePlan.Of(10 * MiB, [new ByteEdit(10 * MiB - 1, 2, default)]));
        Assert.Throws<ArgumentException>(() => SplicePlan.Of(10 * MiB, [new ByteEdit(-1, 2, default)]));
    }

    [Fact]
    public void F47_A_copy_of_any_size_is_of_legal_parts()
    {
        foreach (long size in Limits.SelectMany(limit => new[] { limit - 1, limit, limit + 1 }).Where(size => size is > 0 and <= SplicePlan.LargestPart * SplicePlan.MostParts))
        {
            SplicePlan plan = SplicePlan.OfCopy(size);
            AssertLegal(plan);
            Assert.Equal((size, 0L), (plan.Length, plan.Uploaded));
        }
    }

    private static void AssertLegal(SplicePlan plan)
    {
        Assert.InRange(plan.Parts.Count, 1, SplicePlan.MostParts);
        Assert.All(plan.Parts, part => Assert.InRange(part.Length, 1, SplicePlan.LargestPart));
        Assert.All(plan.Parts.SkipLast(1), part => Assert.InRange(part.Length, SplicePlan.SmallestPart, SplicePlan.LargestPart));
        // What is held at once for a part: twice the largest grain, and the longest row.
        Assert.All(plan.Parts.Where(part => part.Pieces is not null), part =>
        {
            Assert.Equal(part.Length, part.Pieces!.Sum(piece => piece.Length));
            Assert.InRange(part.Length, 1, 160 * MiB);
        });
    }

    /// <summary>What the result consists of, by the plain way: ranges of the source and replacements, none empty.</summary>
    private static List<(long From, long Length, int Edit)> Naive(long size, List<ByteEdit> edits)
    {
        var pieces = new List<(long, long, int)>();
        long at = 0;
        for (int i = 0; i < edits.Count; i++)
        {
            pieces.Add((at, edits[i].Offset - at, -1));
            pieces.Add((0, edits[i].Replacement.Length, i));
            at = edits[i].End;
        }
        pieces.Add((at, size - at, -1));
        return Joined(pieces);
    }

    private static List<(long From, long Length, int Edit)> Pieces(SplicePlan plan, List<ByteEdit> edits) => Joined(plan.Parts.SelectMany(part =>
        part.Pieces is { } pieces ? pieces.Select(p => (p.From, p.Length, p.Edit)) : [(part.From, part.Length, -1)]));

    private static List<(long From, long Length, int Edit)> Joined(IEnumerable<(long From, long Length, int Edit)> pieces)
    {
        var joined = new List<(long From, long Length, int Edit)>();
        foreach ((long from, long length, int edit) in pieces.Where(p => p.Length > 0))
        {
            if (edit < 0 && joined.Count > 0 && joined[^1] is { Edit: < 0 } last && last.From + last.Length == from)
                joined[^1] = (last.From, last.Length + length, -1);
            else
                joined.Add((from, length, edit));
        }
        return joined;
    }

    private static long Around(Random random, long limit) => Math.Max(1, limit * random.Next(1, 3) + random.Next(-1, 2));

    private static List<ByteEdit> EditsOf(Random random, long size)
    {
        var edits = new List<ByteEdit>();
        long at = 0;
        for (int i = random.Next(12); i > 0; i--)
        {
            long gap = random.Next(4) == 0 ? 0 : Around(random, Limits[random.Next(Limits.Length)]) / random.Next(1, 4);
            long length = random.Next(3) == 0 ? random.Next(20) : Around(random, Limits[random.Next(5)]);
            if (at + gap + length > size)
                continue;
            int replacement = random.Next(3) switch { 0 => 0, 1 => (int)Math.Min(length, 4 * MiB), _ => random.Next(30) };
            edits.Add(new ByteEdit(at + gap, length, Replacement.AsMemory(0, replacement)));
            at += gap + length;
        }
        return edits;
    }

    private static readonly byte[] Replacement = new byte[4 * MiB];
}
