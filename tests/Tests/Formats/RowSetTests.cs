using System.Buffers;
using Limpid.Core.Index;

namespace Limpid.Tests.Formats;

public class RowSetTests
{
    [Fact]
    public void What_is_encoded_is_decoded()
    {
        const int Seed = 4711;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        for (int round = 0; round < 300; round++)
        {
            var rows = new RowRef[random.Next(0, 40)];
            long line = 0, offset = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                line += random.NextInt64(1, random.Next(4) == 0 ? 1L << 40 : 5);
                offset += random.NextInt64(0, random.Next(4) == 0 ? 1L << 45 : 300);
                rows[i] = new RowRef(line, offset, random.Next(5) == 0 ? int.MaxValue : random.Next(0, 2_000));
                offset += rows[i].Length;
            }
            byte[] encoded = RowSet.Encode(rows);
            Assert.Equal(rows, RowSet.Decode(encoded));
            Assert.Equal(rows.Length, RowSet.Count(encoded));
        }
    }

    [Fact]
    public void The_largest_row_is_kept()
    {
        RowRef[] rows = [new(long.MaxValue, long.MaxValue - int.MaxValue, int.MaxValue)];
        Assert.Equal(rows, RowSet.Decode(RowSet.Encode(rows)));
    }

    [Fact]
    public void No_rows_are_no_bytes()
    {
        Assert.Empty(RowSet.Encode([]));
        Assert.Empty(RowSet.Decode([]));
        Assert.Equal(0, RowSet.Count([]));
    }

    [Fact]
    public void A_row_of_a_large_file_takes_few_bytes()
    {
        var encoder = new RowSetEncoder();
        for (int i = 0; i < 137; i++)
            encoder.Append(new RowRef(i * 10_000L, i * 7_640_000L, 763));
        Assert.Equal(137, encoder.Count);
        Assert.InRange(encoder.ToArray().Length, 137 * 4, 137 * 9);
    }

    [Fact]
    public void Rows_that_go_back_or_overlap_are_refused()
    {
        var encoder = new RowSetEncoder();
        encoder.Append(new RowRef(5, 100, 10));
        Assert.Throws<ArgumentException>(() => encoder.Append(new RowRef(6, 109, 1)));
        Assert.Throws<ArgumentException>(() => encoder.Append(new RowRef(4, 200, 1)));
    }

    [Fact]
    public void Of_somebody_with_too_many_rows_none_is_listed()
    {
        RowRef[] rows = [.. Enumerable.Range(0, RowSet.MostListed + 1).Select(i => new RowRef(i, i * 8L, 7))];
        byte[] most = RowSet.Encode(rows.AsSpan(1));
        Assert.False(RowSet.IsUnlisted(most));
        Assert.Equal(rows.Skip(1), RowSet.Decode(most));

        byte[] tooMany = RowSet.Encode(rows);
        Assert.True(RowSet.IsUnlisted(tooMany));
        // Whoever forgets to ask must not take it for nothing.
        Assert.Throws<InvalidDataException>(() => RowSet.Decode(tooMany));
        Assert.False(RowSet.IsUnlisted([]));
    }

    [Fact]
    public void Parts_that_are_too_much_together_are_joined_to_no_list()
    {
        byte[] first = RowSet.Encode([new RowRef(0, 0, 7)]);
        byte[] second = RowSet.Encode([.. Enumerable.Range(1, RowSet.MostListed - 1).Select(i => new RowRef(i, i * 8L, 7))]);
        byte[] third = RowSet.Encode([new RowRef(RowSet.MostListed, RowSet.MostListed * 8L, 7)]);
        Assert.Equal(RowSet.MostListed, RowSet.Count(Join(first, second)));
        Assert.True(RowSet.IsUnlisted(Join(first, second, third)));
        Assert.True(RowSet.IsUnlisted(Join(Join(first, second, third), third)));
        Assert.True(RowSet.IsUnlisted(Join(first, RowSet.Unlisted.ToArray())));
        Assert.True(RowSet.IsUnlisted(Join([], RowSet.Unlisted.ToArray())));
    }

    private static byte[] Join(params byte[][] parts)
    {
        var joined = new ArrayBufferWriter<byte>();
        RowSet.Join([.. parts.Select(part => (ReadOnlyMemory<byte>)part)], joined);
        return joined.WrittenSpan.ToArray();
    }

    [Fact]
    public void Damaged_bytes_are_told_from_rows()
    {
        byte[] good = RowSet.Encode([new RowRef(3, 200, 70), new RowRef(4, 300, 70)]);
        for (int length = 1; length < good.Length; length++)
            Assert.Throws<InvalidDataException>(() => RowSet.Decode(good.AsSpan(0, length)));
        Assert.Throws<InvalidDataException>(() => RowSet.Decode([.. good, 0]));
        Assert.Throws<InvalidDataException>(() => RowSet.Decode([0xff, 0xff, 0xff, 0xff, 0x7f, 1, 1, 1]));
        Assert.Throws<InvalidDataException>(() => RowSet.Count(Enumerable.Repeat((byte)0xff, 20).ToArray()));
    }
}
