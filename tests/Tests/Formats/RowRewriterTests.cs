using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Formats;

public class RowRewriterTests
{
    private static readonly SubjectIdentity Seven = Scans.Subject("customer", "7");

    [Theory]
    [InlineData("{\"id\":7}\n{\"id\":8}\n", "{}      \n{\"id\":8}\n")]
    [InlineData("{\"id\":8}\r\n {\"id\":7} \r\n", "{\"id\":8}\r\n{}        \r\n")]
    [InlineData("\ufeff{\"id\":7}", "\ufeff{}      ")]
    [InlineData("x\n\n{\"id\":7}\n\n{\"id\":\"7\"}", "x\n\n{}      \n\n{}        ")]
    public async Task Blanking_moves_no_row(string content, string blanked) =>
        Assert.Equal(blanked, await Scans.EraseAsync(Scans.Ndjson("id"), content, RowAction.Blank, Seven));

    [Theory]
    [InlineData("{\"id\":7}\n{\"id\":8}\n", "{\"id\":8}\n")]
    [InlineData("{\"id\":8}\r\n{\"id\":7}\r\n", "{\"id\":8}\r\n")]
    [InlineData("{\"id\":8}\n{\"id\":7}", "{\"id\":8}\n")]
    [InlineData("\ufeff{\"id\":7}", "\ufeff")]
    [InlineData("{\"id\":7}\n{\"id\":7}\n\n{\"id\":7}\r\nx\n", "\nx\n")]
    public async Task Dropping_takes_the_rows_own_line_ending(string content, string dropped) =>
        Assert.Equal(dropped, await Scans.EraseAsync(Scans.Ndjson("id"), content, RowAction.Drop, Seven));

    [Theory]
    [InlineData("id,x\n7,a\n8,b\n", "id,x\n8,b\n")]
    [InlineData("\ufeff\r\nid,x\r\n\"7\",\"a\r\n\"\"\"\r\n7,\n8,\"\n7,x\n\"\r\n7,", "\ufeff\r\nid,x\r\n8,\"\n7,x\n\"\r\n")]
    [InlineData("id\n7", "id\n")]
    [InlineData("id,x\n7\n7,1", "id,x\n7\n")]
    public async Task Rows_of_CSV_are_dropped_whole(string content, string dropped) =>
        Assert.Equal(dropped, await Scans.EraseAsync(Scans.Csv("id"), content, RowAction.Drop, Seven));

    [Theory]
    [InlineData("""{"id":7,"phone":"1"}""", """{"id":null,"phone":null}""")]
    [InlineData("""{ "x" : 1, "id" : "7" , "phone":[ "1", 2 ,[true]], "y":2}""", """{ "x" : 1, "id" : null , "phone":[ null, null ,[null]], "y":2}""")]
    [InlineData("""{"id":7,"id":7,"phone":{"a":[1,{"b":2}]},"phone":[{},{"a":1}]}""", """{"id":null,"id":null,"phone":null,"phone":[null,null]}""")]
    [InlineData("""{"id":7,"home":{"street":"\"x","no":1},"home":[{"street":null,"z":0}]}""", """{"id":null,"home":{"street":null,"no":1},"home":[{"street":null,"z":0}]}""")]
    [InlineData("""{"\u0069d":7,"home.street":"s"}""", """{"\u0069d":null,"home.street":null}""")]
    public async Task Masking_overwrites_the_fields_and_nothing_else(string row, string masked)
    {
        string content = $"{{\"id\":8,\"phone\":2}}\r\n{row}\r\n{{}}";
        Assert.Equal(
            content.Replace(row, masked, StringComparison.Ordinal),
            await Scans.EraseAsync(Masked(Scans.Ndjson("id")), content, RowAction.Mask, Seven));
    }

    [Theory]
    [InlineData("""{"id":[7,8,"7",{"a":1},null],"phone":[1,2]}""", """{"id":[null,8,null,{"a":1},null],"phone":[null,null]}""")]
    [InlineData("""{"id":8,"id":7.0,"phone":1}""", """{"id":8,"id":null,"phone":null}""")]
    public async Task In_a_shared_row_others_keep_their_identifiers(string row, string masked) =>
        Assert.Equal(masked, await Scans.EraseAsync(Masked(Scans.Ndjson("id")), row, RowAction.Mask, Seven));

    [Theory]
    [InlineData("7,a,1", ",a,")]
    [InlineData("\"7\",\"a\"\"\n\",\"1,\n2\"", ",\"a\"\"\n\",")]
    [InlineData("7,,", ",,")]
    public async Task Masking_empties_the_columns(string row, string masked)
    {
        string content = $"id,x,phone\r\n8,7,7\r\n{row}\r\n8,7,7";
        Assert.Equal(
            content.Replace(row, masked, StringComparison.Ordinal),
            await Scans.EraseAsync(Masked(Scans.Csv("id")) with { Fields = ["id", "phone"] }, content, RowAction.Mask, Seven));
    }

    [Theory]
    [InlineData("id\n7\n8\n7", "id\n\"\"\n8\n\"\"")]
    [InlineData("id\r\n\"7\"\r\n\r\n8\r\n", "id\r\n\"\"\r\n\r\n8\r\n")]
    public async Task The_only_column_masked_leaves_a_row_and_no_empty_line(string content, string masked) =>
        Assert.Equal(masked, await Scans.EraseAsync(Masked(Scans.Csv("id")) with { Fields = ["id"] }, content, RowAction.Mask, Seven));

    [Fact]
    public async Task In_a_shared_row_of_CSV_others_keep_their_identifiers()
    {
        Dataset dataset = Masked(Scans.Csv("buyer", "seller")) with { Fields = ["buyer", "seller", "note"] };
        Assert.Equal(
            "buyer,seller,note,buyer\n,8,,8\n8,,,\n",
            await Scans.EraseAsync(dataset, "buyer,seller,note,buyer\n7,8,x,8\n8,\"7\",\"y\",7\n", RowAction.Mask, Seven));
    }

    [Fact]
    public async Task An_identifier_of_another_kind_in_an_own_row_is_masked_where_it_is_configured()
    {
        Dataset dataset = Masked(Scans.Ndjson("id")) with
        {
            Subjects = [new() { Kind = "customer", Field = "id" }, new() { Kind = "email", Field = "mail" }],
            Fields = ["id", "mail"],
        };
        Assert.Equal(
            """{"id":null,"mail":null}""",
            await Scans.EraseAsync(dataset, """{"id":7,"mail":"a@acme.example"}""", RowAction.Mask, Seven));
    }

    [Fact]
    public async Task The_report_counts_what_was_done()
    {
        byte[] content = Encoding.UTF8.GetBytes("{\"id\":7}\n{\"id\":8}\n{\"id\":7}\n");
        RowEdit[] edits = [new(new RowRef(0, 0, 8), RowAction.Blank, false), new(new RowRef(2, 18, 8), RowAction.Drop, false)];
        (byte[] result, RewriteReport report) = await Scans.RewriteAsync(Scans.Ndjson("id"), content, edits, Seven);
        Assert.Equal("{}      \n{\"id\":8}\n", Encoding.UTF8.GetString(result));
        Assert.Equal((2, 27, 18, 10), (report.RowsEdited, report.ContentBytesBefore, report.ContentBytesAfter, report.SurvivorBytes));
        Assert.Equal(SHA256.HashData("\n{\"id\":8}\n"u8), report.SurvivorDigest.ToArray());
        Assert.Equal(SHA256.HashData(result), report.Digest.ToArray());
    }

    [Theory]
    [InlineData(1, 8)]   // begins inside a row
    [InlineData(0, 7)]   // ends inside a row
    [InlineData(0, 9)]   // its newline is no part of a row
    [InlineData(9, 8)]   // somebody else's
    [InlineData(18, 1)]  // malformed
    [InlineData(20, 9)]  // beyond the end
    [InlineData(40, 2)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(-1, 8)]
    public async Task An_edit_that_finds_no_row_of_the_subject_damages_nothing(int offset, int length)
    {
        byte[] content = Encoding.UTF8.GetBytes("{\"id\":7}\n{\"id\":8}\nx\n{\"id\":7}");
        foreach (RowAction action in Enum.GetValues<RowAction>())
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => Scans.RewriteAsync(
                Scans.Ndjson("id"), content, [new RowEdit(new RowRef(0, offset, length), action, false)], Seven));
        }
    }

    [Theory]
    [InlineData(0, 4)]   // the header
    [InlineData(5, 3)]   // somebody else's
    [InlineData(9, 5)]   // the first line of a quoted field
    [InlineData(16, 4)]  // the second
    public async Task An_edit_that_finds_no_row_of_CSV_damages_nothing(int offset, int length)
    {
        byte[] content = Encoding.UTF8.GetBytes("id,x\n8,7\n7,\"8\n\n7,1\"\n");
        await Assert.ThrowsAsync<InvalidDataException>(() => Scans.RewriteAsync(
            Scans.Csv("id"), content, [new RowEdit(new RowRef(1, offset, length), RowAction.Drop, false)], Seven));
    }

    [Fact]
    public async Task Edits_that_are_not_in_order_are_refused()
    {
        byte[] content = Encoding.UTF8.GetBytes("{\"id\":7}\n{\"id\":7}\n");
        RowEdit first = new(new RowRef(0, 0, 8), RowAction.Drop, false);
        RowEdit second = new(new RowRef(1, 9, 8), RowAction.Drop, false);
        await Assert.ThrowsAsync<InvalidDataException>(() => Scans.RewriteAsync(Scans.Ndjson("id"), content, [second, first], Seven));
        await Assert.ThrowsAsync<InvalidDataException>(() => Scans.RewriteAsync(Scans.Ndjson("id"), content, [first, first], Seven));
    }

    [Fact]
    public async Task Blanked_rows_can_be_dropped_without_a_subject()
    {
        byte[] content = Encoding.UTF8.GetBytes("{\"id\":7}\n{}      \n");
        (byte[] result, _) = await Scans.RewriteAsync(Scans.Ndjson("id"), content, [new RowEdit(new RowRef(1, 9, 8), RowAction.Drop, false)]);
        Assert.Equal("{\"id\":7}\n", Encoding.UTF8.GetString(result));
    }

    [Fact]
    public async Task Rows_of_an_object_that_is_named_after_the_subject_need_not_name_it()
    {
        Dataset dataset = Scans.Ndjson() with { Subjects = [new() { Kind = "customer", FileName = "(?<id>.*)" }] };
        byte[] content = Encoding.UTF8.GetBytes("{\"x\":1}\n");
        (byte[] result, _) = await Scans.RewriteAsync(dataset, content, [new RowEdit(new RowRef(0, 0, 7), RowAction.Blank, false)], Seven);
        Assert.Equal("{}     \n", Encoding.UTF8.GetString(result));
    }

    [Fact]
    public async Task Any_byte_changed_in_the_result_fails_the_proof()
    {
        byte[] content = Encoding.UTF8.GetBytes("{\"id\":8}\n{\"id\":7}\n{\"id\":7}\n{\"id\":8}\n");
        RowEdit[] edits = [new(new RowRef(1, 9, 8), RowAction.Blank, false), new(new RowRef(2, 18, 8), RowAction.Drop, false)];
        (byte[] result, RewriteReport report) = await Scans.RewriteAsync(Scans.Ndjson("id"), content, edits, Seven);
        for (int i = 0; i < result.Length; i++)
        {
            byte[] changed = [.. result];
            changed[i] ^= 1;
            Assert.False(await ProveAsync(changed, report));
        }
        Assert.True(await ProveAsync(result, report));
        Assert.False(await ProveAsync(result[..^1], report));
        Assert.False(await ProveAsync([.. result, (byte)'\n'], report));
        Assert.False(await ProveAsync([], report));
        Assert.False(await ProveAsync(Scans.Gzip(result), report));
        Assert.False(await ProveAsync(content, report));
    }

    [Fact]
    public async Task A_result_that_is_damaged_gzip_fails_the_proof()
    {
        byte[] content = Scans.Gzip("{\"id\":8}\n{\"id\":7}\n"u8);
        (byte[] result, RewriteReport report) = await Scans.RewriteAsync(
            Scans.Ndjson("id"), content, [new RowEdit(new RowRef(1, 9, 8), RowAction.Blank, false)], Seven);
        Assert.False(await ProveAsync(result[..^4], report));
        Assert.False(await ProveAsync([.. result, 0], report));
        Assert.False(await ProveAsync(Scans.Gunzip(result), report));
    }

    [Fact]
    public async Task Rows_as_large_as_a_row_may_be_are_edited()
    {
        const string Rest = "{\"id\":7,\"x\":\"\"}";
        string row = $"{{\"id\":7,\"x\":\"{new string('x', RowLimits.Bytes - Rest.Length)}\"}}";
        Assert.Equal("x\ny", await Scans.EraseAsync(Scans.Ndjson("id"), $"x\n{row}\r\ny", RowAction.Drop, Seven));
        Assert.Equal("{}" + new string(' ', RowLimits.Bytes - 2), await Scans.EraseAsync(Scans.Ndjson("id"), row, RowAction.Blank, Seven));
    }

    private static Dataset Masked(Dataset dataset) => dataset with
    {
        Erase = EraseMode.Mask,
        Fields = ["id", "phone", "home.street"],
    };

    private static Task<bool> ProveAsync(byte[] result, RewriteReport report) =>
        RowRewriter.ProveAsync(new MemoryStream(result), report, TestContext.Current.CancellationToken);
}
