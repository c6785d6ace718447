using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;

namespace Limpid.Tests.Formats;

public class CsvScanTests
{
    [Fact]
    public async Task Rows_come_with_line_offset_and_length()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv("id"), "id,x\r\n1,a\r\n\r\n2,\"b\nc\"\n1,");
        Assert.Equal([new RowRef(1, 6, 3), new RowRef(3, 13, 7), new RowRef(5, 21, 2)], scanned.Rows.Select(row => row.Row));
        Assert.Equal([1L, 5L], scanned.RowsOf("customer", "1").Select(row => row.Line));
        Assert.Equal((3, 1, 0, 23), (scanned.Report.Rows, scanned.Report.EmptyRows, scanned.Report.MalformedRows, scanned.Report.ContentBytes));
    }

    [Theory]
    [InlineData("id\n7")]
    [InlineData("\ufeffid,x\n7,1\n")]
    [InlineData("\"id\",x\n\"7\",1\n")]
    [InlineData("x,\"id\"\n\"a,b\"\"c\",7\r\n")]
    [InlineData("\n\nid,x\n7,\n")]
    [InlineData("id,x,id\n8,1,7\n")]
    [InlineData("id,x,id\n7,1,8\n")]
    [InlineData("\"x\n\",id\n\"\n\r\n\",7")]
    public async Task The_column_is_found_by_its_name(string content) =>
        Assert.Single((await Scans.ScanAsync(Scans.Csv("id"), content)).RowsOf("customer", "7"));

    [Fact]
    public async Task An_unquoted_empty_field_names_nobody_and_a_quoted_one_does()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv("id"), "id,x\n,1\n\"\",2\n0,3\nnull,4\n\"a\"\"b\",5\n");
        Assert.Empty(scanned.Rows[0].People);
        Assert.Equal([2L], scanned.RowsOf("customer", "").Select(row => row.Line));
        Assert.Equal([3L], scanned.RowsOf("customer", "0").Select(row => row.Line));
        Assert.Equal([5L], scanned.RowsOf("customer", "a\"b").Select(row => row.Line));
    }

    [Fact]
    public async Task A_quote_inside_an_unquoted_field_is_a_character()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv("id"), "id,x\n1,5\" pipe\n2\"2,\n");
        Assert.Equal((2, 0), (scanned.Report.Rows, scanned.Report.MalformedRows));
        Assert.Single(scanned.RowsOf("customer", "2\"2"));
    }

    [Theory]
    [InlineData("1", 1, RowFaults.FieldCount)]
    [InlineData("1,2,3", 1, RowFaults.FieldCount)]
    [InlineData("\"1\"x,2", 1, RowFaults.AfterQuote)]
    [InlineData("\"1\" ,2", 1, RowFaults.AfterQuote)]
    [InlineData("\"1\n\"\"\"x,2", 2, RowFaults.AfterQuote)]
    [InlineData("1\r,2", 1, RowFaults.BareReturn)]
    [InlineData("1,\"2\"\r\r", 1, RowFaults.BareReturn)]
    [InlineData("1,\0", 1, RowFaults.Nul)]
    public async Task Malformed_rows_are_reported_with_their_position(string row, int lines, string reason)
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv("id"), $"id,x\n3,3\n{row}\r\n4,4");
        Assert.Equal(new MalformedRow(new RowRef(2, 9, row.Length), reason), Assert.Single(scanned.Report.Malformed));
        Assert.Equal([1L, 2L + lines], scanned.Rows.Select(found => found.Row.Line));
    }

    [Theory]
    [InlineData("1,\"2\n3,3\n")]
    [InlineData("1,\"")]
    [InlineData("1,\"2\"\"")]
    public async Task A_quote_that_is_never_closed_is_reported_from_where_its_row_begins(string rest)
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv("id"), $"id,x\n3,3\n{rest}");
        Assert.Equal(new MalformedRow(new RowRef(2, 9, rest.Length), RowFaults.Unclosed), Assert.Single(scanned.Report.Malformed));
        Assert.Single(scanned.Rows);
    }

    [Fact]
    public async Task An_identifier_that_is_not_UTF8_makes_the_row_malformed_and_other_fields_do_not()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv("id"), [.. "id,x\n1,"u8, 0xe9, .. "\nJos"u8, 0xe9, .. ",2\n"u8]);
        Assert.Equal(RowFaults.IdentifierNotUtf8, Assert.Single(scanned.Report.Malformed).Reason);
        Assert.Single(scanned.RowsOf("customer", "1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_beyond_the_limit_is_passed_over(bool closed)
    {
        string huge = $"1,\"{string.Concat(Enumerable.Repeat("\"\"x,\r\n", RowLimits.Bytes / 4))}{(closed ? "\"" : "x")}";
        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv("id"), $"id,x\n3,3\n{huge}\r\n4,4\n");
        MalformedRow malformed = Assert.Single(scanned.Report.Malformed);
        Assert.Equal((2, 9), (malformed.Row.Line, malformed.Row.Offset));
        Assert.Equal(closed ? huge.Length : huge.Length + 6, malformed.Row.Length);
        Assert.Equal(RowFaults.TooLong, malformed.Reason);
        RowRef[] good = closed ? [new(1, 5, 3), new(3 + (RowLimits.Bytes / 4), 9 + huge.Length + 2, 3)] : [new(1, 5, 3)];
        Assert.Equal(good, scanned.Rows.Select(row => row.Row));
    }

    [Theory]
    [InlineData("{\"id\":1}\n{\"id\":2}\n", "no column 'id'")]
    [InlineData("name,x\n1,2\n", "no column 'id'")]
    [InlineData("ID,x\n1,2\n", "no column 'id'")]
    [InlineData("id;x\n1;2\n", "no column 'id'")]
    [InlineData("id,\"x\n1,2\n", "header can't be read")]
    [InlineData("id,x\r1,2\r3,4\r", "header can't be read")]
    [InlineData("id,x\0\n1,2\n", "NUL")]
    [InlineData("id,x\n1\n2\n", "not one of its rows is well-formed")]
    [InlineData("PAR1,id\n1,2\n", "Parquet")]
    public async Task What_is_not_the_datasets_CSV_is_unreadable(string content, string reason) =>
        Assert.Contains(reason, (await Scans.ScanAsync(Scans.Csv("id"), content)).Report.Unreadable, StringComparison.Ordinal);

    [Fact]
    public async Task A_header_without_an_end_is_unreadable()
    {
        string content = "id," + new string('x', RowLimits.Bytes * 2);
        Assert.Contains("header", (await Scans.ScanAsync(Scans.Csv("id"), content)).Report.Unreadable, StringComparison.Ordinal);
        content = $"id{new string(',', RowLimits.Columns)}\n";
        Assert.Contains("columns", (await Scans.ScanAsync(Scans.Csv("id"), content)).Report.Unreadable, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_to_be_masked_must_be_there()
    {
        Dataset dataset = Scans.Csv("id") with { Erase = EraseMode.Mask, Fields = ["id", "phone"] };
        Assert.Contains("'phone'", (await Scans.ScanAsync(dataset, "id,x\n1,2\n")).Report.Unreadable, StringComparison.Ordinal);
        Assert.Null((await Scans.ScanAsync(dataset, "id,phone\n1,2\n")).Report.Unreadable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("id,x")]
    [InlineData("\ufeffid,x\r\n\r\n")]
    public async Task A_file_without_rows_has_no_fault(string content)
    {
        ScanReport report = (await Scans.ScanAsync(Scans.Csv("id"), content)).Report;
        Assert.Equal((0, 0, null), (report.Rows, report.MalformedRows, report.Unreadable));
    }

    [Fact]
    public async Task Bytes_that_come_one_by_one_are_read_alike()
    {
        byte[] content = Encoding.UTF8.GetBytes("\ufeffid,x\r\n1,\"a\"\"\r\n\"\r\n\"2\"x,3\r\n2,\"\"\r\n");
        ScannedObject whole = await Scans.ScanAsync(Scans.Csv("id"), content);
        ScannedObject pieces = await Scans.ScanAsync(Scans.Csv("id"), content, readAtMost: 1);
        Assert.Equal(whole.Rows.Select(row => row.Row), pieces.Rows.Select(row => row.Row));
        Assert.Equal(whole.Report.Malformed, pieces.Report.Malformed);
        Assert.Equal((2, 1), (whole.Report.Rows, whole.Report.MalformedRows));
    }
}
