using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>Paths, intrinsic functions, comparisons and templates, by table.</summary>
public class LanguageTests
{
    private const string Store = """{"book": [{"t": "A", "p": 8.95, "c": "fiction"}, {"t": "B", "p": 12.99}, {"t": "C", "p": 8.99, "i": "x-1"}], "bike": {"p": 19.50}, "a b": {"it's": [1, 2, 3, 4, 5]}}""";

    [Theory]
    [InlineData("$.bike.p", "19.50")]
    [InlineData("$['a b']['it\\'s'][1]", "2")]
    [InlineData("$[\"bike\"]", """{"p":19.50}""")]
    [InlineData("$.book[-1].t", "\"C\"")]
    [InlineData("$.book[*].t", """["A","B","C"]""")]
    [InlineData("$..p", "[8.95,12.99,8.99,19.50]")]
    [InlineData("$.book[0,2].t", """["A","C"]""")]
    [InlineData("$['a b'][\"it's\"][1:3]", "[2,3]")]
    [InlineData("$['a b'][\"it's\"][-2:]", "[4,5]")]
    [InlineData("$['a b'][\"it's\"][::2]", "[1,3,5]")]
    [InlineData("$.book[?(@.p < 10)].t", """["A","C"]""")]
    [InlineData("$.book[?(@.p < 10 && @.c == 'fiction')].t", """["A"]""")]
    [InlineData("$.book[?(@.c)].t", """["A"]""")]
    [InlineData("$.book[?(!@.c)].t", """["B","C"]""")]
    [InlineData("$.book[?(@.p > $.bike.p || @.t == 'B')].t", """["B"]""")]
    [InlineData("$.book[?(@.i =~ /X-\\d/i)].t", """["C"]""")]
    [InlineData("$.book[?(@.t in ['A', 'C'])].p", "[8.95,8.99]")]
    [InlineData("$.book[7:]", "[]")]
    [InlineData("$..nothing", "[]")]
    public void A_path_picks(string path, string expected)
    {
        Assert.True(JsonPath.TryParse(path, out JsonPath? parsed));
        Assert.True(parsed.TryEvaluate(JsonData.Parse(Store), out JsonData? value, out _));
        Assert.Equal(expected, value.ToString());
    }

    [Theory]
    [InlineData("$.nothing", "No results for path: $['nothing']")]
    [InlineData("$.bike.x.y", "Missing property in path $['bike']['x']")]
    [InlineData("$.book[3]", "Index out of bounds when evaluating path $['book'][3]")]
    public void A_path_that_picks_nothing_says_why(string path, string expected)
    {
        Assert.True(JsonPath.TryParse(path, out JsonPath? parsed));
        Assert.False(parsed.TryEvaluate(JsonData.Parse(Store), out _, out string reason));
        Assert.Equal(expected, reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("book")]
    [InlineData("$.")]
    [InlineData("$.a.length()")]
    [InlineData("$[")]
    [InlineData("$[abc]")]
    [InlineData("$.a[?(@.b = 1)]")]
    [InlineData("$.a[0")]
    [InlineData("$.a[::0]")]
    public void What_is_no_path_is_refused(string path) => Assert.False(JsonPath.TryParse(path, out _));

    [Theory]
    [InlineData("$", """{"a":{"b":1}}""", "7")]
    [InlineData("$.x", """{"a":{"b":1}}""", """{"a":{"b":1},"x":7}""")]
    [InlineData("$.a.b", """{"a":{"b":1}}""", """{"a":{"b":7}}""")]
    [InlineData("$.x.y.z", """{"a":1}""", """{"a":1,"x":{"y":{"z":7}}}""")]
    [InlineData("$.a[1]", """{"a":[1,2]}""", """{"a":[1,7]}""")]
    [InlineData("$.a[2]", """{"a":[1,2]}""", null)]
    [InlineData("$.a.b", """{"a":1}""", null)]
    public void A_reference_path_puts_a_value_in_its_place(string path, string input, string? expected)
    {
        Assert.True(ReferencePath.TryParse(path, out ReferencePath? parsed));
        Assert.Equal(expected, parsed.Put(JsonData.Parse(input), JsonData.Of(7))?.ToString());
    }

    [Theory]
    [InlineData("States.Format('{} is {}: {}, {}', 'a', 1.50, true, null)", "\"a is 1.50: true, null\"")]
    [InlineData("States.Format('\\\\{\\\\} it\\\\'s {}', 'x')", "\"{} it's x\"")]
    [InlineData("States.Format('{}', $.o)", "\"{k=[1, 2]}\"")]
    [InlineData("States.StringToJson('{\\\"n\\\": 1.0}')", """{"n":1.0}""")]
    [InlineData("States.JsonToString($.o)", "\"{\\\"k\\\":[1,2]}\"")]
    [InlineData("States.Array(1, 'x', $.o, States.Array())", """[1,"x",{"k":[1,2]},[]]""")]
    [InlineData("States.ArrayPartition($.list, 4)", "[[1,2,3,4],[5,6,7,8],[9]]")]
    [InlineData("States.ArrayContains($.list, 5.0)", "true")]
    [InlineData("States.ArrayContains($.list, '5')", "false")]
    [InlineData("States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]")]
    [InlineData("States.ArrayRange(5, 1, -2)", "[5,3,1]")]
    [InlineData("States.ArrayRange(1, 0, 2)", "[]")]
    [InlineData("States.ArrayGetItem($.list, 5)", "6")]
    [InlineData("States.ArrayLength($.list)", "9")]
    [InlineData("States.ArrayUnique(States.Array(1, 2, 1, 'a', 'a', $.o, $.o))", """[1,2,"a",{"k":[1,2]}]""")]
    [InlineData("States.Base64Encode('Data to encode é')", "\"RGF0YSB0byBlbmNvZGUgw6k=\"")]
    [InlineData("States.Base64Decode('RGF0YSB0byBlbmNvZGUgw6k=')", "\"Data to encode é\"")]
    [InlineData("States.Hash('input data', 'SHA-1')", "\"aaff4a450a104cd177d28d18d74485e8cae074b7\"")]
    [InlineData("States.Hash('', 'SHA-256')", "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"")]
    [InlineData("States.JsonMerge($.o, States.StringToJson('{\\\"k\\\":0,\\\"l\\\":1}'), false)", """{"k":0,"l":1}""")]
    [InlineData("States.MathAdd(111, -1)", "110")]
    [InlineData("States.MathAdd(1.6, 1)", "3")]
    [InlineData("States.StringSplit('This.is+a,test=string', '.+,=')", """["This","is","a","test","string"]""")]
    [InlineData("States.StringSplit('1,,2', ',')", """["1","2"]""")]
    [InlineData("States.ArrayGetItem(States.StringSplit('a-b', '-'), States.MathAdd(0, 1))", "\"b\"")]
    public async Task An_intrinsic_function_yields(string call, string expected)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $"{{\"StartAt\": \"S\", \"States\": {{\"S\": {{\"Type\": \"Pass\", \"Parameters\": {{\"r.$\": \"{call}\"}}, \"OutputPath\": \"$.r\", \"End\": true}}}}}}");
        ExecutionInfo info = await bench.RunAsync("m", """{"list": [1,2,3,4,5,6,7,8,9], "o": {"k": [1, 2]}}""");
        Assert.Equal(("SUCCEEDED", expected), (info.Status, info.Output));
    }

    [Theory]
    [InlineData("States.ArrayGetItem($.list, 9)")]
    [InlineData("States.StringToJson('{')")]
    [InlineData("States.Format('{} {}', 1)")]
    [InlineData("States.ArrayRange(0, 1000, 1)")]
    [InlineData("States.ArrayPartition($.list, 0)")]
    [InlineData("States.JsonMerge($, $, true)")]
    [InlineData("States.Hash('a', 'CRC')")]
    [InlineData("States.MathAdd('1', 2)")]
    public async Task An_intrinsic_function_that_fails_can_be_told_by_its_error(string call)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $"{{\"StartAt\": \"S\", \"States\": {{\"S\": {{\"Type\": \"Pass\", \"Parameters\": {{\"r.$\": \"{call}\"}}, \"End\": true}}}}}}");
        Assert.Equal("States.IntrinsicFailure", (await bench.RunAsync("m", """{"list": [1]}""")).Error);
    }

    [Theory]
    [InlineData("\"StringEquals\": \"b\"", "\"b\"", true)]
    [InlineData("\"StringEquals\": \"1\"", "1", false)]
    [InlineData("\"StringLessThan\": \"b\"", "\"a\"", true)]
    [InlineData("\"StringGreaterThanEquals\": \"b\"", "\"B\"", false)]
    [InlineData("\"StringMatches\": \"log-*.txt\"", "\"log-a.b.txt\"", true)]
    [InlineData("\"StringMatches\": \"a\\\\*b\"", "\"a*b\"", true)]
    [InlineData("\"StringMatches\": \"a\\\\*b\"", "\"axb\"", false)]
    [InlineData("\"StringMatches\": \"*a*b\"", "\"xaaxb\"", true)]
    [InlineData("\"NumericEquals\": 1", "1.0", true)]
    [InlineData("\"NumericLessThanEquals\": 0.5", "0.25", true)]
    [InlineData("\"NumericGreaterThan\": 9007199254740992", "9007199254740993", true)]
    [InlineData("\"BooleanEquals\": false", "false", true)]
    [InlineData("\"BooleanEquals\": false", "null", false)]
    [InlineData("\"TimestampEquals\": \"2026-01-01T00:00:00Z\"", "\"2026-01-01T02:00:00+02:00\"", true)]
    [InlineData("\"TimestampLessThan\": \"2026-01-01T00:00:00Z\"", "\"2025-12-31T23:59:59.999Z\"", true)]
    [InlineData("\"NumericEqualsPath\": \"$.two\"", "2", true)]
    [InlineData("\"StringEqualsPath\": \"$.two\"", "\"2\"", false)]
    [InlineData("\"IsNull\": true", "null", true)]
    [InlineData("\"IsNumeric\": false", "\"1\"", true)]
    [InlineData("\"IsString\": true", "\"1\"", true)]
    [InlineData("\"IsBoolean\": true", "true", true)]
    [InlineData("\"IsTimestamp\": true", "\"2026-01-01 00:00:00Z\"", false)]
    [InlineData("\"IsPresent\": true", "null", true)]
    public async Task A_choice_compares(string rule, string value, bool holds)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $"{{\"StartAt\": \"C\", \"States\": {{\"C\": {{\"Type\": \"Choice\", \"Choices\": [{{\"Variable\": \"$.v\", {rule}, \"Next\": \"Y\"}}], \"Default\": \"N\"}}, \"Y\": {{\"Type\": \"Pass\", \"Result\": true, \"End\": true}}, \"N\": {{\"Type\": \"Pass\", \"Result\": false, \"End\": true}}}}}}");
        Assert.Equal(holds ? "true" : "false", (await bench.RunAsync("m", $"{{\"v\": {value}, \"two\": 2}}")).Output);
    }

    [Fact]
    public async Task Variables_of_an_inner_scope_end_with_it_and_a_distributed_map_sees_none_from_outside()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """
            {"StartAt": "A", "States": {
              "A": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "P"},
              "P": {"Type": "Parallel", "Assign": {"z.$": "$[0]"}, "Next": "E", "Branches": [{"StartAt": "B", "States": {
                "B": {"Type": "Pass", "Assign": {"x": 10}, "Next": "D"}, "D": {"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y"}, "OutputPath": "$['x']", "End": true}}}]},
              "E": {"Type": "Pass", "Parameters": {"x.$": "$x", "z.$": "$z"}, "Next": "M"},
              "M": {"Type": "Map", "ItemsPath": "$$.Execution.Input", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "I", "States": {
                "I": {"Type": "Choice", "Choices": [{"Variable": "$x", "IsPresent": true, "Next": "Seen"}], "Default": "Unseen"}, "Seen": {"Type": "Fail"}, "Unseen": {"Type": "Pass", "End": true}}}}}}
            """);
        Assert.Equal("[0]", (await bench.RunAsync("m", "[0]")).Output);
        HistoryEvent e = bench.Store.History("m", "one").Single(e => e.Type == "PassStateExited" && e.Details!.Get("name")!.Text == "E");
        Assert.Equal("""{"x":1,"z":10}""", e.Details!.Get("output")!.Text);
    }

    [Theory]
    [InlineData("""{"States": {}}""", "/StartAt")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}""", "/States/A")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}""", "/States/A")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Passs", "End": true}}}""", "/States/A/Type")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "Nxt": "A"}}}""", "/States/A/Nxt")]
    [InlineData("""{"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Pass", "End": true}}}""", "/QueryLanguage")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "Output": "{% 1 %}"}}}""", "/States/A/Output")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true}}}""", "/States/A/Resource")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "f", "TimeoutSeconds": 0, "End": true}}}""", "/States/A/TimeoutSeconds")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x.$": "y"}, "End": true}}}""", "/States/A/Parameters/x.$")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "ResultPath": "$.a[*]", "End": true}}}""", "/States/A/ResultPath")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z", "End": true}}}""", "/States/A")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": "1", "Next": "A"}]}}}""", "/States/A/Choices/0/NumericEquals")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Nobody}", "End": true}}}""", "/")]
    [InlineData("""{"StartAt": "A", """, "line 1, column 18")]
    public void A_definition_that_is_wrong_says_where(string definition, string at)
    {
        DefinitionResult result = StateMachineDefinition.Parse("m", definition, new Dictionary<string, string>());
        Assert.Null(result.Definition);
        Assert.Contains(at, result.Problems.Select(p => p.At));
    }

    [Fact]
    public async Task Placeholders_are_filled_before_the_definition_is_read()
    {
        DefinitionResult result = StateMachineDefinition.Parse("m", """{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${EraseRows}", "End": true}}}""",
            new Dictionary<string, string> { ["EraseRows"] = "erase-rows" });
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((name, _) => TaskResult.Success(JsonData.Of(name))) };
        bench.Machines["m"] = result.Definition!;
        Assert.Equal("\"erase-rows\"", (await bench.RunAsync("m", "{}")).Output);
    }
}
