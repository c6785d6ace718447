using Limpid.Core.Formats;

namespace Limpid.Tests.Formats;

public class StringRunTests
{
    [Theory]
    [InlineData((byte)'"')]
    [InlineData((byte)'\\')]
    [InlineData((byte)0x00)]
    [InlineData((byte)0x1f)]
    public void A_run_ends_where_it_ends_whatever_its_length_and_place(byte stop)
    {
        for (int length = 0; length < 200; length++)
        {
            for (int start = 0; start <= length; start++)
            {
                byte[] row = Enumerable.Repeat((byte)' ', length).ToArray();
                Assert.Equal(-1, StringRun.EndOfAscii(row, start));
                Assert.Equal(-1, StringRun.EndOfUtf8(row, start));
                if (start == length)
                    continue;
                int end = start + (length * 31 % (length - start));
                row[end] = stop;
                // What stands before the start, or behind the first end, changes nothing.
                row[0] = start > 0 ? (byte)'"' : row[0];
                row[^1] = end < length - 1 ? (byte)'"' : row[^1];
                Assert.Equal(end, StringRun.EndOfAscii(row, start));
                Assert.Equal(end, StringRun.EndOfUtf8(row, start));
            }
        }
    }

    [Theory]
    [InlineData((byte)0x7f, false)]
    [InlineData((byte)0x20, false)]
    [InlineData((byte)0x80, true)]
    [InlineData((byte)0xff, true)]
    public void Only_what_is_beyond_ASCII_is_told_from_plain_text(byte letter, bool ends)
    {
        foreach (int length in new[] { 1, 31, 32, 33, 63, 64, 65, 127, 129 })
        {
            byte[] row = [.. Enumerable.Repeat((byte)'a', length - 1), letter];
            Assert.Equal(ends ? length - 1 : -1, StringRun.EndOfAscii(row, 0));
            Assert.Equal(-1, StringRun.EndOfUtf8(row, 0));
        }
    }
}
