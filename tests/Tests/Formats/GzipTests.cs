using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Index;

namespace Limpid.Tests.Formats;

public class GzipTests
{
    private static readonly byte[] Rows = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 3_000).Select(i => $"{{\"id\":{i},\"x\":\"{i * 7919 % 1000}\"}}\n")));
    private static readonly byte[] EmptyMember = Convert.FromHexString("1f8b08000000000000ff03000000000000000000");

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Members_are_read_as_one_content(int readAtMost)
    {
        byte[] packed = [.. Scans.Gzip(Rows.AsSpan(0, 1_234)), .. EmptyMember, .. Scans.Gzip(Rows.AsSpan(1_234, 10)), .. Scans.Gzip(Rows.AsSpan(1_244)), .. EmptyMember];
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), packed, readAtMost);
        Assert.Equal((Compression.Gzip, 3_000, (long)Rows.Length, null), (scanned.Report.Compression, scanned.Report.Rows, scanned.Report.ContentBytes, scanned.Report.Unreadable));
        RowRef row = Assert.Single(scanned.RowsOf("customer", "2999"));
        Assert.Equal("{\"id\":2999,", Encoding.UTF8.GetString(Rows.AsSpan((int)row.Offset, 11)));
    }

    [Fact]
    public async Task A_stream_that_is_cut_short_anywhere_is_unreadable()
    {
        byte[] packed = [.. Scans.Gzip(Rows.AsSpan(0, 300)), .. Scans.Gzip(Rows.AsSpan(300, 100))];
        int first = Scans.Gzip(Rows.AsSpan(0, 300)).Length;
        for (int length = 2; length < packed.Length; length++)
        {
            ScanReport report = (await Scans.ScanAsync(Scans.Ndjson("id"), packed[..length])).Report;
            Assert.True(report.Unreadable is not null || length == first, $"cut at {length}");
        }
    }

    [Theory]
    [InlineData("00")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0a")]
    [InlineData("1f")]
    [InlineData("1f8b")]
    [InlineData("7b7d0a")]
    public async Task Whatever_follows_the_last_member_is_not_lost_without_a_word(string following)
    {
        byte[] packed = [.. Scans.Gzip(Rows), .. Convert.FromHexString(following)];
        Assert.NotNull((await Scans.ScanAsync(Scans.Ndjson("id"), packed)).Report.Unreadable);
        using var target = new MemoryStream();
        await Assert.ThrowsAsync<InvalidDataException>(() => new RowRewriter(Scans.Ndjson("id"), Scans.Kinds, Scans.Hasher, [])
            .RewriteAsync(new MemoryStream(packed), target, [], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_flipped_bit_is_noticed_or_means_nothing()
    {
        byte[] packed = Scans.Gzip(Rows.AsSpan(0, 400));
        ScannedObject whole = await Scans.ScanAsync(Scans.Ndjson("id"), packed);
        int unnoticed = 0;
        const int HeaderLength = 10;
        for (int i = HeaderLength; i < packed.Length; i++)
        {
            byte[] flipped = [.. packed];
            flipped[i] ^= 0x10;
            ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), flipped);
            if (scanned.Report.Unreadable is not null)
                continue;
            unnoticed++;
            Assert.Equal(whole.Rows.SelectMany(row => row.Keys), scanned.Rows.SelectMany(row => row.Keys));
            Assert.Equal(whole.Report.ContentBytes, scanned.Report.ContentBytes);
        }
        // The bits that fill up the last byte of the compressed data are nobody's.
        Assert.InRange(unnoticed, 0, 1);
    }

    [Fact]
    public async Task What_is_packed_twice_is_unreadable() =>
        Assert.Contains("gzip inside gzip", (await Scans.ScanAsync(Scans.Ndjson("id"), Scans.Gzip(Scans.Gzip(Rows)))).Report.Unreadable, StringComparison.Ordinal);

    [Fact]
    public async Task A_rewrite_packs_as_the_source_was_packed()
    {
        byte[] result = await Scans.EraseAsync(Scans.Ndjson("id"), Scans.Gzip(Rows), RowAction.Drop, Scans.Subject("customer", "0"));
        Assert.Equal(Rows[(Array.IndexOf(Rows, (byte)'\n') + 1)..], Scans.Gunzip(result));
    }

    [Fact]
    public async Task Nothing_left_is_gzip_of_nothing()
    {
        byte[] result = await Scans.EraseAsync(Scans.Ndjson("id"), Scans.Gzip("{\"id\":1}\n"u8), RowAction.Drop, Scans.Subject("customer", "1"));
        Assert.Equal([0x1f, 0x8b], result[..2]);
        Assert.Empty(Scans.Gunzip(result));
        ScanReport report = (await Scans.ScanAsync(Scans.Ndjson("id"), result)).Report;
        Assert.Equal((Compression.Gzip, 0, null), (report.Compression, report.Rows, report.Unreadable));
    }
}
