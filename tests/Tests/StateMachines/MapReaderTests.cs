using System.Text;
using Limpid.Core.Ports;

namespace Limpid.Tests.StateMachines;

/// <summary>Where a Map's items come from, and what it calls them.</summary>
public class MapReaderTests
{
    [Theory]
    [InlineData("JSON", "[1, {\"a\": 2.50}, \"x\"]", """[1,{"a":2.50},"x"]""")]
    [InlineData("JSONL", "1\n\n{\"a\": 2.50}\n\"x\"", """[1,{"a":2.50},"x"]""")]
    [InlineData("CSV\", \"CSVHeaderLocation\": \"FIRST_ROW", "a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n", """[{"a":"1","b":"x, \"y\"\nz"}]""")]
    [InlineData("CSV\", \"CSVHeaderLocation\": \"GIVEN\", \"CSVDelimiter\": \"SEMICOLON\", \"CSVHeaders\": [\"p\", \"q\"], \"ItemsPointer\": \"", "1;2\n3\n", """[{"p":"1","q":"2"},{"p":"3","q":""}]""")]
    public async Task An_item_reader_reads_what_the_file_holds(string type, string content, string expected)
    {
        using var bench = new RunnerBench();
        bench.Items.Objects["b/k"] = Encoding.UTF8.GetBytes(content);
        bench.Add("m", Distributed($$"""{"InputType": "{{type}}"}"""));
        Assert.Equal(expected, (await bench.RunAsync("m", """{"key": "k"}""")).Output);
    }

    [Theory]
    [InlineData("", """ {"a": 1, "b": [2]}""", """[{"Key":"a","Value":1},{"Key":"b","Value":[2]}]""")]
    [InlineData("/x/1", """{"x": [0, [3, 4]]}""", "[3,4]")]
    [InlineData("/x~1y", """{"x/y": {"k": true}}""", """[{"Key":"k","Value":true}]""")]
    [InlineData("/none", """{"x": 1}""", null)]
    [InlineData("", "7", null)]
    public async Task An_item_reader_goes_through_arrays_and_objects_and_nothing_else(string pointer, string content, string? expected)
    {
        using var bench = new RunnerBench();
        bench.Items.Objects["b/k"] = Encoding.UTF8.GetBytes(content);
        bench.Add("m", Distributed($$"""{"InputType": "JSON", "ItemsPointer": "{{pointer}}"}"""));
        ExecutionInfo info = await bench.RunAsync("m", """{"key": "k"}""");
        Assert.Equal(expected, info.Output);
        if (expected is null)
            Assert.Equal(("States.ItemReaderFailed", "Attempting to map over non-iterable node."), (info.Error, info.Cause));
    }

    [Theory]
    [InlineData("2", "[1,2]", null)]
    [InlineData("\"2\"", "[1,2]", null)]
    [InlineData("0", "[1,2,3]", null)]
    [InlineData("-1", null, "field MaxItems must be positive")]
    [InlineData("\"x\"", null, "The MaxItemsPath field refers to value 'x' which is not a valid integer: $.most")]
    public async Task No_more_items_are_read_than_a_path_says(string most, string? expected, string? cause)
    {
        using var bench = new RunnerBench();
        bench.Items.Objects["b/k"] = "[1,2,3]"u8.ToArray();
        bench.Add("m", Distributed("""{"InputType": "JSON", "MaxItemsPath": "$.most"}"""));
        ExecutionInfo info = await bench.RunAsync("m", $$"""{"key": "k", "most": {{most}} }""");
        Assert.Equal((expected, cause), (info.Output, info.Cause));
        Assert.Equal(cause is not null, bench.History().Contains("MapRunFailed"));
    }

    [Theory]
    [InlineData("INLINE", "STATE_DATA")]
    [InlineData("DISTRIBUTED", "STATE_DATA")]
    public async Task A_map_over_an_object_goes_through_its_keys_and_values(string mode, string source)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.o", "End": true, "ItemSelector": {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "s.$": "$$.Map.Item.Source"},
              "ItemProcessor": {"ProcessorConfig": {"Mode": "{{mode}}", "ExecutionType": "STANDARD"}, "StartAt": "S", "States": {"S": {"Type": "Pass", "End": true} } } } } }
            """);
        Assert.Equal($$"""[{"k":"a","v":1,"i":0,"s":"{{source}}"},{"k":"b","v":[2],"i":1,"s":"{{source}}"}]""", (await bench.RunAsync("m", """{"o": {"a": 1, "b": [2]}}""")).Output);
    }

    [Fact]
    public async Task Items_that_are_read_tell_the_file_that_they_come_from()
    {
        using var bench = new RunnerBench();
        bench.Items.Objects["b/k"] = """{"a": 1}"""u8.ToArray();
        bench.Add("m", Distributed("""{"InputType": "JSON"}""", """ "ItemSelector": {"s.$": "$$.Map.Item.Source", "k.$": "$$.Map.Item.Key"}, """));
        Assert.Equal("""[{"s":"s3://b/k","k":"a"}]""", (await bench.RunAsync("m", """{"key": "k"}""")).Output);
    }

    [Theory]
    [InlineData("COMMA", "a,b\n1,2,3\n4\n", """[{"a":"1","b":"2"},{"a":"4","b":""}]""")]
    [InlineData("PIPE", "a|a\n1|2\n", """[{"a":"2"}]""")]
    [InlineData("TAB", "a\tb\n1\t \n", """[{"a":"1","b":" "}]""")]
    [InlineData("SPACE", "a b\ntrue null\n", """[{"a":"true","b":"null"}]""")]
    [InlineData("SEMICOLON", "a;b\n1;\"x;y\"\n", """[{"a":"1","b":"x;y"}]""")]
    public async Task Rows_of_a_csv_file_are_objects_of_text_by_the_names_of_their_columns(string delimiter, string content, string expected)
    {
        using var bench = new RunnerBench();
        bench.Items.Objects["b/k"] = Encoding.UTF8.GetBytes(content);
        bench.Add("m", Distributed($$"""{"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "{{delimiter}}"}"""));
        Assert.Equal(expected, (await bench.RunAsync("m", """{"key": "k"}""")).Output);
    }

    [Theory]
    [InlineData(""" "MaxItemsPerBatch": 2 """, """[{"Items":["aaaa","b"]},{"Items":["cc","d"]},{"Items":["e"]}]""")]
    [InlineData(""" "MaxItemsPerBatchPath": "$.two", "BatchInput": {"n.$": "$.two", "m.$": "$$.State.Name"} """, """[{"BatchInput":{"n":2,"m":"M"},"Items":["aaaa","b"]},{"BatchInput":{"n":2,"m":"M"},"Items":["cc","d"]},{"BatchInput":{"n":2,"m":"M"},"Items":["e"]}]""")]
    [InlineData(""" "MaxInputBytesPerBatch": 22 """, """[{"Items":["aaaa","b"]},{"Items":["cc","d"]},{"Items":["e"]}]""")]
    [InlineData(""" "MaxInputBytesPerBatch": 1 """, """[{"Items":["aaaa"]},{"Items":["b"]},{"Items":["cc"]},{"Items":["d"]},{"Items":["e"]}]""")]
    [InlineData(""" "MaxItemsPerBatch": 100, "MaxInputBytesPerBatchPath": "$.two" """, """[{"Items":["aaaa"]},{"Items":["b"]},{"Items":["cc"]},{"Items":["d"]},{"Items":["e"]}]""")]
    public async Task A_batch_holds_as_many_items_as_both_limits_allow_and_at_least_one(string batcher, string expected)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemBatcher": { {{batcher}} },
              "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "S", "States": {"S": {"Type": "Pass", "End": true} } } } } }
            """);
        Assert.Equal(expected, (await bench.RunAsync("m", """{"two": 2, "items": ["aaaa", "b", "cc", "d", "e"]}""")).Output);
    }

    [Fact]
    public async Task A_listing_gives_the_objects_under_its_prefix()
    {
        using var bench = new RunnerBench();
        foreach (string key in (string[])["in/b", "in/a", "out/c"])
            bench.Items.Objects["b/" + key] = [1];
        bench.Add("m", """
            {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b", "Prefix": "in/"}},
              "ItemSelector": {"key.$": "$$.Map.Item.Value.Key", "from.$": "$$.Map.Item.Source"},
              "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "S", "States": {"S": {"Type": "Pass", "End": true}}}}}}
            """);
        Assert.Equal("""[{"key":"in/a","from":"s3://b"},{"key":"in/b","from":"s3://b"}]""", (await bench.RunAsync("m", "{}")).Output);
    }

    [Fact]
    public async Task An_inventory_gives_the_rows_of_its_files_under_the_names_of_its_schema()
    {
        using var bench = new RunnerBench();
        bench.Items.Objects["b/k"] = """{"fileSchema": "Bucket, Key", "files": [{"key": "one.csv"}, {"key": "two.csv"}]}"""u8.ToArray();
        bench.Items.Objects["b/one.csv"] = "\"x\",\"a\"\n"u8.ToArray();
        bench.Items.Objects["b/two.csv"] = "\"x\",\"b\"\n"u8.ToArray();
        bench.Add("m", Distributed("""{"InputType": "MANIFEST", "ManifestType": "S3_INVENTORY"}"""));
        Assert.Equal("""[{"Bucket":"x","Key":"a"},{"Bucket":"x","Key":"b"}]""", (await bench.RunAsync("m", """{"key": "k"}""")).Output);
    }

    [Fact]
    public async Task An_item_reader_without_its_file_fails_the_map_by_name()
    {
        using var bench = new RunnerBench();
        bench.Add("m", Distributed("""{"InputType": "JSON"}"""));
        Assert.Equal("States.ItemReaderFailed", (await bench.RunAsync("m", """{"key": "none"}""")).Error);
    }

    private static string Distributed(string config, string fields = "") => $$"""
        {"StartAt": "M", "States": {"M": {"Type": "Map", {{fields}} "End": true,
          "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {{config}}, "Parameters": {"Bucket": "b", "Key.$": "$.key"} },
          "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "S", "States": {"S": {"Type": "Pass", "End": true} } } } } }
        """;
}
