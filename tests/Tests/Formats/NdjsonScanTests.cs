using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;

namespace Limpid.Tests.Formats;

public class NdjsonScanTests
{
    [Fact]
    public async Task Rows_come_with_line_offset_and_length()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), "{\"id\":1}\n\n{\"id\":2}\r\n{\"other\":1}\n{\"id\":\"1\"}");
        Assert.Equal(
            [new RowRef(0, 0, 8), new RowRef(2, 10, 8), new RowRef(3, 20, 11), new RowRef(4, 32, 10)],
            scanned.Rows.Select(row => row.Row));
        Assert.Equal([new RowRef(0, 0, 8), new RowRef(4, 32, 10)], scanned.RowsOf("customer", "1"));
        Assert.Equal([], scanned.Rows[2].Keys);
        Assert.Equal((4, 1, 0, 42), (scanned.Report.Rows, scanned.Report.EmptyRows, scanned.Report.MalformedRows, scanned.Report.ContentBytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\\u0020")]
    public async Task A_row_that_names_more_people_than_memory_holds_is_malformed(string leftToTheReader)
    {
        static string Ids(int count) => string.Join(',', Enumerable.Range(1, count));
        string most = $"{{\"id\":[{Ids(RowLimits.People)},1],\"x\":\"{leftToTheReader}\"}}";
        string tooMany = $"{{\"id\":[{Ids(RowLimits.People + 1)}],\"x\":\"{leftToTheReader}\"}}";
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), $"{most}\n{tooMany}\n{{\"id\":1}}\n");
        Assert.Equal([RowLimits.People, 1], scanned.Rows.Select(row => row.Keys.Length));
        Assert.Equal(
            new MalformedRow(new RowRef(1, most.Length + 1, tooMany.Length), RowFaults.TooManyPeople), Assert.Single(scanned.Report.Malformed));
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_the_first_row()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), "\ufeff{\"id\":1}\n");
        Assert.Equal([new RowRef(0, 3, 8)], scanned.RowsOf("customer", "1"));
    }

    [Theory]
    [InlineData("id", """{"id":7}""")]
    [InlineData("id", """ { "id" : 7 } """)]
    [InlineData("id", """{"id":"7"}""")]
    [InlineData("id", """{"id":70e-1}""")]
    [InlineData("id", """{"id":"\u0037"}""")]
    [InlineData("id", """{"\u0069d":7}""")]
    [InlineData("id", """{"id":8,"id":7}""")]
    [InlineData("id", """{"id":7,"id":8}""")]
    [InlineData("id", """{"id":[8,7]}""")]
    [InlineData("id", """{"id":[[8],[[7]]]}""")]
    [InlineData("id", """{"id":[{"x":1},7,null]}""")]
    [InlineData("a.id", """{"a":{"id":7}}""")]
    [InlineData("a.id", """{"a":[{"x":0},{"id":[7]}]}""")]
    [InlineData("a.id", """{"a.id":7}""")]
    [InlineData("a.id", """{"a":{},"a":{"id":7}}""")]
    [InlineData("a.b.c", """{"a":{"b":{"c":7}}}""")]
    [InlineData("a.b.c", """{"a.b":{"c":7}}""")]
    [InlineData("a.b.c", """{"a":{"b.c":7}}""")]
    [InlineData("a.b.c", """{"a.b.c":7}""")]
    [InlineData("a.b.c", """{"a":{"b":{"c":8}},"a.b":[[{"c":7}]]}""")]
    [InlineData("id", """{"x":{"id":8},"y":[{"id":8}],"z":"\"id\":8","id":7}""")]
    [InlineData("naïve", """{"naïve":7}""")]
    [InlineData("naïve", """{"na\u00EFve":7}""")]
    public async Task The_field_is_found_however_it_is_written(string field, string row)
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson(field), row);
        Assert.Single(scanned.RowsOf("customer", "7"));
    }

    [Theory]
    [InlineData("""{"ID":7}""")]
    [InlineData("""{"x":{"id":7}}""")]
    [InlineData("""{"x":"\"id\":7"}""")]
    [InlineData("""{"id":{"id":7}}""")]
    [InlineData("""{"id":[{"id":7}]}""")]
    [InlineData("""{"id ":7}""")]
    [InlineData("""{"id":"7 "}""")]
    [InlineData("""{"id":"07"}""")]
    [InlineData("""{"id":null}""")]
    [InlineData("""{"id":true}""")]
    [InlineData("""{"id\u0000":7}""")]
    public async Task What_only_looks_like_the_field_names_nobody(string row)
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), row);
        Assert.Empty(scanned.RowsOf("customer", "7"));
        Assert.Equal(1, scanned.Report.Rows);
    }

    [Fact]
    public async Task Zero_and_an_empty_text_are_identifiers()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), "{\"id\":0}\n{\"id\":\"\"}\n{\"id\":-0.0}");
        Assert.Equal([0L, 2L], scanned.RowsOf("customer", "0").Select(row => row.Line));
        Assert.Equal([1L], scanned.RowsOf("customer", "").Select(row => row.Line));
    }

    [Fact]
    public async Task People_are_distinct_and_the_same_person_is_the_same_keys()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id", "buyer"), "{\"id\":[1,\"1\",2,1.0],\"buyer\":1}\n{\"buyer\":2}");
        Assert.Equal([Scans.Key("customer", "1"), Scans.Key("customer", "2")], scanned.Rows[0].Keys);
        Assert.Same(scanned.Rows[0].People[1].Keys, scanned.Rows[1].People[0].Keys);
    }

    [Fact]
    public async Task A_row_of_very_many_people_is_read()
    {
        string ids = string.Join(',', Enumerable.Range(0, 20_000).Select(i => i / 2));
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), $"{{\"id\":[{ids}]}}");
        Assert.Equal(10_000, Assert.Single(scanned.Rows).Keys.Distinct().Count());
        Assert.Equal(10_000, scanned.Rows[0].People.Length);
    }

    [Fact]
    public async Task Kinds_are_normalised_and_kept_apart()
    {
        Dataset dataset = Scans.Ndjson("id") with
        {
            Subjects = [new() { Kind = "customer", Field = "id" }, new() { Kind = "email", Field = "id" }],
        };
        ScannedObject scanned = await Scans.ScanAsync(dataset, "{\"id\":\" Ann@Acme.Example\"}");
        Assert.Equal([Scans.Key("customer", " Ann@Acme.Example"), Scans.Key("email", "ann@acme.example")], scanned.Rows[0].Keys);
    }

    [Fact]
    public async Task Blanked_rows_are_empty_rows()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), "{}      \n{\"id\":1}\n{ }\n   \n\n{}");
        Assert.Equal((1, 5, 0), (scanned.Report.Rows, scanned.Report.EmptyRows, scanned.Report.MalformedRows));
        Assert.Single(scanned.Rows);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("7")]
    [InlineData("{\"id\":1")]
    [InlineData("{\"id\":1}}")]
    [InlineData("{\"id\":1}{\"id\":2}")]
    [InlineData("{\"id\":1} x")]
    [InlineData("{\"id\":1,}")]
    [InlineData("{\"id\":01}")]
    [InlineData("{\"id\":1}\r{\"id\":2}")]
    [InlineData("{'id':1}")]
    [InlineData("{\"id\":\"a\tb\"}")]
    [InlineData("{\"id\":\"\\x\"}")]
    [InlineData("{\"id\":\"\\u12g4\"}")]
    [InlineData("{\"id\" 1}")]
    [InlineData("{\"id\":}")]
    [InlineData("{id:1}")]
    [InlineData("{\"id\":[1}")]
    [InlineData("{\"id\":NaN}")]
    [InlineData("{\"id\":1}\0")]
    [InlineData("// {\"id\":1}")]
    [InlineData("{\"id\":\"1\"\u00a0}")]
    public async Task Malformed_rows_are_reported_with_their_position(string row)
    {
        string before = "{\"id\":3}\r\n";
        int length = Encoding.UTF8.GetByteCount(row);
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), $"{before}{row}\r\n{{\"id\":4}}");
        MalformedRow malformed = Assert.Single(scanned.Report.Malformed);
        Assert.Equal(new RowRef(1, 10, length), malformed.Row);
        Assert.Equal([0L, 2L], scanned.Rows.Select(found => found.Row.Line));
        Assert.Equal(1, scanned.Report.MalformedRows);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_make_a_row_malformed()
    {
        byte[] content = [.. "{\"id\":1}\n{\"id\":2,\"x\":\""u8, 0xff, .. "\"}\n{\"id\":3,\"x\":\""u8, 0xed, 0xa0, 0x80, .. "\"}\n"u8];
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), content);
        Assert.Equal([1L, 2L], scanned.Report.Malformed.Select(row => row.Row.Line));
    }

    [Fact]
    public async Task Half_a_surrogate_pair_in_an_escape_stops_nothing()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), "{\"\\ud800\":1,\"id\":\"\\udc00x\"}\n{\"id\":1}");
        Assert.Equal(2, scanned.Report.Rows);
        Assert.Single(scanned.RowsOf("customer", "\ufffdx"));
    }

    [Fact]
    public async Task Depth_is_no_fault()
    {
        string deep = string.Concat(Enumerable.Repeat("[{\"a\":", 50_000));
        string closing = string.Concat(Enumerable.Repeat("}]", 50_000));
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("a.a.a", "id"), $"{{\"x\":{deep}1{closing},\"id\":[[[[7]]]]}}\n{{\"a\":{deep}1{closing}}}");
        Assert.Equal((2, 0), (scanned.Report.Rows, scanned.Report.MalformedRows));
        Assert.Single(scanned.RowsOf("customer", "7"));
    }

    [Fact]
    public async Task Only_the_first_malformed_rows_are_listed_and_all_are_counted()
    {
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), string.Concat(Enumerable.Repeat("x\n", 150)) + "{\"id\":1}");
        Assert.Equal((150, 100), (scanned.Report.MalformedRows, scanned.Report.Malformed.Count));
        Assert.Null(scanned.Report.Unreadable);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("")]
    [InlineData("\r\n")]
    public async Task A_row_beyond_the_limit_is_passed_over(string ending)
    {
        string huge = $"{{\"id\":1,\"x\":\"{new string('x', RowLimits.Bytes)}\"}}";
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), $"{{\"id\":1}}\n{huge}{ending}");
        Assert.Equal(new MalformedRow(new RowRef(1, 9, huge.Length), RowFaults.TooLong), Assert.Single(scanned.Report.Malformed));
        scanned = await Scans.ScanAsync(Scans.Ndjson("id"), $"{huge}{huge}\n{{\"id\":1}}");
        Assert.Equal(new RowRef(0, 0, huge.Length * 2), Assert.Single(scanned.Report.Malformed).Row);
        Assert.Equal(new RowRef(1, (huge.Length * 2) + 1, 8), Assert.Single(scanned.Rows).Row);
    }

    [Fact]
    public async Task A_row_at_the_limit_is_a_row()
    {
        const string Rest = "{\"id\":1,\"x\":\"\"}";
        string row = $"{{\"id\":1,\"x\":\"{new string('x', RowLimits.Bytes - Rest.Length)}\"}}";
        ScannedObject scanned = await Scans.ScanAsync(Scans.Ndjson("id"), $"{{}}\n{row}\r\n{row} \n");
        Assert.Equal(new RowRef(1, 3, RowLimits.Bytes), Assert.Single(scanned.Rows).Row);
        Assert.Equal(RowFaults.TooLong, Assert.Single(scanned.Report.Malformed).Reason);
    }

    [Theory]
    [InlineData("id,name\n1,Ann\n", "not a JSON object")]
    [InlineData("[\n{\"id\":1},\n{\"id\":2}\n]\n", "over several lines")]
    [InlineData("\n{ \r\n\"rows\":[\n{\"id\":1},\n{\"id\":2}\n]}\n", "over several lines")]
    [InlineData("[{\"id\":1},{\"id\":2}]", "not a JSON object")]
    [InlineData("PAR1\u0015\u0004\n{\"id\":1}\n", "Parquet")]
    [InlineData("PK\u0003\u0004\n{\"id\":1}\n", "ZIP")]
    [InlineData("\0\0\0\0\0\0\0\0\n\0\0\0", "not one of its rows is well-formed")]
    [InlineData("hello", "not one of its rows is well-formed")]
    public async Task What_is_not_NDJSON_is_unreadable(string content, string reason) =>
        Assert.Contains(reason, (await Scans.ScanAsync(Scans.Ndjson("id"), content)).Report.Unreadable, StringComparison.Ordinal);

    [Fact]
    public async Task UTF16_is_unreadable()
    {
        foreach (Encoding encoding in new Encoding[] { Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            byte[] content = encoding.GetBytes("{\"id\":1}\n");
            Assert.NotNull((await Scans.ScanAsync(Scans.Ndjson("id"), content)).Report.Unreadable);
            Assert.Contains("UTF-16", (await Scans.ScanAsync(Scans.Ndjson("id"), [.. encoding.GetPreamble(), .. content])).Report.Unreadable, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("{}\n")]
    [InlineData("\ufeff")]
    public async Task An_empty_file_has_no_rows_and_no_fault(string content)
    {
        ScanReport report = (await Scans.ScanAsync(Scans.Ndjson("id"), content)).Report;
        Assert.Equal((0, 0, null), (report.Rows, report.MalformedRows, report.Unreadable));
    }

    [Fact]
    public async Task A_scanner_scans_again_and_at_the_same_time()
    {
        var scanner = new ObjectScanner(Scans.Ndjson("id"), Scans.Kinds, Scans.Hasher);
        byte[] content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5_000).Select(i => $"{{\"id\":{i % 50}}}\n")));
        ScannedObject[] sinks = [.. Enumerable.Range(0, 6).Select(_ => new ScannedObject())];
        await Task.WhenAll(sinks.Select(sink => Task.Run(
            () => scanner.ScanAsync(new ShortReads(content, 777), sink, TestContext.Current.CancellationToken))));
        Assert.All(sinks, sink => Assert.Equal(100, sink.RowsOf("customer", "49").Count()));
    }
}
