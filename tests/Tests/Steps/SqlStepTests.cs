using System.IO.Compression;
using System.Text;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.Steps;

/// <summary>Rebuild steps that are files of SQL: what SQL sees of the rows, and what comes out as rows.</summary>
public sealed class SqlStepTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Inputs_are_tables_and_the_last_statement_gives_the_rows()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/a.ndjson", "{\"order\":1,\"customer\":\"x\",\"cost\":2.5}\n{\"order\":2,\"customer\":\"y\",\"cost\":4}\n");
        lake.Put("orders/b.ndjson", Zipped("{\"customer\":\"x\",\"cost\":1.25,\"order\":3}\n"));
        lake.Put("sum.sql", "CREATE TEMP VIEW dear AS SELECT * FROM orders WHERE cost > 1; SELECT 1 AS no; SELECT customer, sum(cost) AS cost, count(*) AS n FROM dear GROUP BY customer ORDER BY customer; DROP VIEW dear;");
        TaskResult result = await lake.RunAsync(null, Stop, ("orders", "orders/"));
        Assert.Equal(("""{"rows":2}""", null), (result.Output?.ToString(), result.Cause));
        Assert.Equal("{\"customer\":\"x\",\"cost\":3.75,\"n\":2}\n{\"customer\":\"y\",\"cost\":4,\"n\":1}\n", Assert.Single(lake.Made()).Value);
        Assert.Empty(lake.Attempts());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("-9223372036854775808")]
    [InlineData("18446744073709551616")]
    [InlineData("0.1")]
    [InlineData("5.0")]
    [InlineData("1E+300")]
    [InlineData("\"1\"")]
    [InlineData("\"{}\"")]
    [InlineData("\"\"")]
    [InlineData("\"a\\\"\\n\\u0000ü😀\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("{\"a\":[1,2.50,\"x\",null,true,{}]}")]
    [InlineData("[]")]
    public async Task A_value_that_passes_through_keeps_its_type(string value)
    {
        await using StepLake lake = await StepLake.OpenAsync();
        string rows = $"{{\"v\":{value},\"w\":1}}\n";
        lake.Put("orders/a.ndjson", rows);
        lake.Put("sum.sql", "SELECT * FROM (SELECT v, w FROM orders ORDER BY w)");
        Assert.Null((await lake.RunAsync(null, Stop, ("orders", "orders/"))).Cause);
        // The texts, since 5 and 5.0 are one value and two types.
        Assert.Equal(JsonData.Parse(rows).ToString(), JsonData.Parse(Assert.Single(lake.Made()).Value).ToString());
    }

    [Fact]
    public async Task Values_of_all_types_in_one_column_keep_them()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        string rows = string.Concat(((string[])["true", "false", "null", "1", "0", "true", "\"true\"", "[true]", "1.5"]).Select(v => $"{{\"v\":{v}}}\n"));
        lake.Put("orders/a.ndjson", rows);
        lake.Put("sum.sql", "SELECT v FROM orders");
        Assert.Null((await lake.RunAsync(null, Stop, ("orders", "orders/"))).Cause);
        Assert.Equal(rows, Assert.Single(lake.Made()).Value);
    }

    [Fact]
    public async Task True_and_false_can_be_asked_for_and_nested_fields_looked_into()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/a.ndjson", "{\"paid\":true,\"who\":{\"id\":7}}\n{\"paid\":false,\"who\":{\"id\":8}}\n");
        lake.Put("sum.sql", "SELECT who ->> 'id' AS id, jsonb_array(who ->> 'id') AS ids, count(*) FILTER (WHERE paid) AS n FROM orders WHERE paid GROUP BY 1");
        Assert.Null((await lake.RunAsync(null, Stop, ("orders", "orders/"))).Cause);
        Assert.Equal("{\"id\":7,\"ids\":[7],\"n\":1}\n", Assert.Single(lake.Made()).Value);
    }

    [Fact]
    public async Task Names_may_be_anything_and_blanked_rows_are_none()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/a.ndjson", "{}              \n{\"select \\\"; DROP\":1,\"a b\":2}\n");
        lake.Put("orders/more.ndjson", "{\"late\":3}\n");
        lake.Put("sum.sql", "SELECT * FROM \"my orders\"");
        Assert.Null((await lake.RunAsync(null, Stop, ("my orders", "orders/"))).Cause);
        Assert.Equal("{\"select \\\"; DROP\":1,\"a b\":2,\"late\":null}\n{\"select \\\"; DROP\":null,\"a b\":null,\"late\":3}\n", Assert.Single(lake.Made()).Value.Replace("\\u0022", "\\\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Csv_is_text_and_a_versions_csv_can_be_read_back()
    {
        await using StepLake lake = await StepLake.OpenAsync("csv");
        lake.Put("letters/a.csv", "id,text,gone\n007,\"two\nlines, \"\"said\"\"\",\n8,\"\",x\n");
        lake.Put("letters/a.csv.meta.json", "{\"owner\": 1}");
        lake.Put("letters/b.csv", "text,id\nplain,9\n");
        lake.Put("sum.sql", "SELECT id, text, gone FROM letters ORDER BY id");
        TaskResult result = await lake.RunAsync(null, Stop, ("letters", "letters/"));
        Assert.Equal(("""{"rows":3}""", null), (result.Output?.ToString(), result.Cause));
        Assert.Equal("id,text,gone\n007,\"two\nlines, \"\"said\"\"\",\n8,\"\",x\n9,plain,\n", Assert.Single(lake.Made()).Value);
    }

    [Fact]
    public async Task A_header_that_names_a_column_twice_is_refused()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("letters/a.csv", "id,text,id\n1,x,2\n");
        lake.Put("sum.sql", "SELECT * FROM letters");
        Assert.Equal("sum.sql: two columns of an object of letters have the same name: use a command instead", (await lake.RunAsync(null, Stop, ("letters", "letters/"))).Cause);
    }

    [Fact]
    public async Task The_step_before_and_a_single_object_are_tables_too()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("totals/versions/v=1/0-join/rows.ndjson", "{\"dish\":\"soup\"}\n");
        lake.Put("reference/priorities/v=3.ndjson", "{\"dish\":\"soup\",\"priority\":2}\n");
        lake.Put("reference/priorities/v=3.ndjson.old", "{\"dish\":\"none\"}\n");
        lake.Put("sum.sql", "SELECT * FROM input JOIN priorities USING (dish)");
        JsonData request = StepLake.Request(null, ("priorities", "reference/priorities/v=3.ndjson")).With("input", JsonData.Of("totals/versions/v=1/0-join/"));
        Assert.Null((await lake.RunAsync(request, Stop)).Cause);
        Assert.Equal("{\"dish\":\"soup\",\"priority\":2}\n", Assert.Single(lake.Made()).Value);
    }

    [Theory]
    [InlineData("SELECT * FRM orders", "sum.sql: near \"FRM\": syntax error")]
    [InlineData("SELECT * FROM ordres", "sum.sql: no such table: ordres; there are orders, letters")]
    [InlineData("SELECT text FROM letters", "sum.sql: no such column: text; letters has no rows")]
    [InlineData("CREATE TABLE x (y)", "sum.sql: no statement of it gives rows: end it with a SELECT")]
    [InlineData("", "sum.sql: no statement of it gives rows: end it with a SELECT")]
    [InlineData("SELECT a.cost, b.cost FROM orders a, orders b", "sum.sql: two columns of the last statement are called cost: name them with AS")]
    [InlineData("SELECT 9e999 AS x", "sum.sql: x is infinite in a row")]
    [InlineData("SELECT x'0102' AS x", "sum.sql: x has bytes in a row that are no JSON: write them as hex(...)")]
    [InlineData("SELECT CAST(x'ff' AS TEXT) AS x", "sum.sql: x has text in a row that is no Unicode")]
    public async Task What_is_wrong_with_the_SQL_is_said_in_a_line(string sql, string cause)
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/a.ndjson", "{\"cost\":1}\n");
        lake.Put("sum.sql", sql);
        TaskResult result = await lake.RunAsync(null, Stop, ("orders", "orders/"), ("letters", "letters/"));
        Assert.Equal(("CommandFailed", cause), (result.Error, result.Cause));
        Assert.Empty(lake.Made());
    }

    [Theory]
    [InlineData("{\"cost\":1}\n{\"cost\":pella@letterbox.example}\n", "sum.sql: 1 rows in an object of orders are malformed; the first is line 1: not well-formed JSON in UTF-8")]
    [InlineData("{\"a\":1}\n{\"A\":1}\n", "sum.sql: two fields of orders differ in upper and lower case alone, which SQL does not tell apart: use a command instead")]
    [InlineData("{\"a\":\"\\ud800\"}\n", "sum.sql: a row of orders, on line 0 of its object, has text that is no Unicode")]
    public async Task What_is_wrong_with_an_input_is_said_without_a_word_of_it(string rows, string cause)
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/pella.ndjson", rows);
        lake.Put("sum.sql", "SELECT * FROM orders");
        Assert.Equal(cause, (await lake.RunAsync(null, Stop, ("orders", "orders/"))).Cause);
    }

    [Fact]
    public async Task A_statement_that_nobody_waits_for_is_given_up()
    {
        await using StepLake lake = await StepLake.OpenAsync();
        lake.Put("orders/a.ndjson", "{\"cost\":1}\n");
        lake.Put("sum.sql", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS n FROM n");
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<TaskResult> running = lake.RunAsync(null, abort.Token, ("orders", "orders/"));
        while (lake.Attempts() is not [var attempt] || !File.Exists(Path.Combine(attempt, "rows.db")))
        {
            Assert.False(running.IsCompleted);
            await Task.Yield();
        }
        await abort.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(lake.Attempts());
    }

    private static byte[] Zipped(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
