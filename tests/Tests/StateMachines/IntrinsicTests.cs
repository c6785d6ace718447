using Limpid.Core.Ports;

namespace Limpid.Tests.StateMachines;

/// <summary>Intrinsic functions, by table.</summary>
public class IntrinsicTests
{
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
        ExecutionInfo info = await RunAsync(call, """{"list": [1,2,3,4,5,6,7,8,9], "o": {"k": [1, 2]}}""");
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
        Assert.Equal("States.IntrinsicFailure", (await RunAsync(call, """{"list": [1]}""")).Error);
    }

    [Theory]
    [InlineData("States.Base64Encode", 10_000, true)]
    [InlineData("States.Base64Encode", 10_001, false)]
    [InlineData("States.Base64Decode", 10_000, true)]
    [InlineData("States.Base64Decode", 10_004, false)]
    public async Task Base64_takes_ten_thousand_characters(string function, int length, bool holds) =>
        Assert.Equal(holds ? "SUCCEEDED" : "FAILED", (await RunAsync($"{function}($.text)", $$"""{"text": "{{new string('A', length)}}"}""")).Status);

    [Theory]
    [InlineData("States.Hash($.text, 'MD5')", 10_000, true)]
    [InlineData("States.Hash($.text, 'MD5')", 10_001, false)]
    [InlineData("States.ArrayLength(States.ArrayRange(1, 1000, 1))", 0, true)]
    [InlineData("States.ArrayLength(States.ArrayRange(1, 1001, 1))", 0, false)]
    [InlineData("States.ArrayRange(1, 9, 0)", 0, false)]
    public async Task What_is_too_long_is_refused(string call, int length, bool holds) =>
        Assert.Equal(holds ? "SUCCEEDED" : "FAILED", (await RunAsync(call, $$"""{"text": "{{new string('A', length)}}"}""")).Status);

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Ten_calls_may_stand_in_one_another(int depth, bool holds)
    {
        string call = "$.n";
        for (int i = 0; i < depth; i++)
            call = $"States.MathAdd({call}, 1)";
        Assert.Equal(holds, Limpid.Local.StateMachines.StateMachineDefinition.Parse("m", Calling(call)).Definition is not null);
    }

    [Theory]
    [InlineData("States.MathRandom(1, 4)")]
    [InlineData("States.MathRandom(1, 4, 7)")]
    public async Task A_random_number_lies_between_its_start_and_before_its_end(string call)
    {
        string output = (await RunAsync($"States.Array({string.Join(", ", Enumerable.Repeat(call, 30))})", "{}")).Output!;
        string[] numbers = output.Trim('[', ']').Split(',');
        Assert.All(numbers, n => Assert.Contains(n, (string[])["1", "2", "3"]));
        Assert.Equal(call.Contains('7', StringComparison.Ordinal), numbers.Distinct().Count() == 1);
    }

    [Fact]
    public async Task A_uuid_is_one_of_version_4() =>
        Assert.Matches("^\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"$", (await RunAsync("States.UUID()", "{}")).Output);

    [Theory]
    [InlineData("States.Nothing(1)")]
    [InlineData("States.ArrayLength()")]
    [InlineData("States.ArrayLength($.a, 1)")]
    [InlineData("States.UUID(1)")]
    [InlineData("States.Format('{}'")]
    [InlineData("States.Format('{}', $.a) + 1")]
    [InlineData("States.Format('{}', a)")]
    public void A_call_that_is_none_is_refused_at_load(string call) =>
        Assert.Equal("/States/S/Parameters/r.$", Assert.Single(Limpid.Local.StateMachines.StateMachineDefinition.Parse("m", Calling(call)).Problems).At);

    private static string Calling(string call) => $$"""{"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": {"r.$": "{{call}}"}, "OutputPath": "$.r", "End": true} } }""";

    private static async Task<ExecutionInfo> RunAsync(string call, string input)
    {
        using var bench = new RunnerBench();
        bench.Add("m", Calling(call));
        return await bench.RunAsync("m", input);
    }
}
