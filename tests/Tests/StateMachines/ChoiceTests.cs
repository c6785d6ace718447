namespace Limpid.Tests.StateMachines;

/// <summary>Comparisons and type tests of Choice states.</summary>
public class ChoiceTests
{
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
    [InlineData("\"NumericEqualsPath\": \"$.w\"", "2", true)]
    [InlineData("\"StringEqualsPath\": \"$.w\"", "\"2\"", false)]
    [InlineData("\"IsNull\": true", "null", true)]
    [InlineData("\"IsNumeric\": false", "\"1\"", true)]
    [InlineData("\"IsString\": true", "\"1\"", true)]
    [InlineData("\"IsBoolean\": true", "true", true)]
    [InlineData("\"IsTimestamp\": true", "\"2026-01-01 00:00:00Z\"", false)]
    [InlineData("\"IsPresent\": true", "null", true)]
    public async Task A_choice_compares(string rule, string value, bool holds) =>
        Assert.Equal(holds, await ChosenAsync($"\"Variable\": \"$.v\", {rule}", value, "2"));

    public static TheoryData<string, string, string, string> Orders
    {
        get
        {
            var data = new TheoryData<string, string, string, string>();
            foreach (var (type, less, more) in new[] { ("String", "\"a\"", "\"b\""), ("Numeric", "1", "1.5"), ("Timestamp", "\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00.001Z\"") })
            {
                foreach (string order in (string[])["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"])
                    data.Add(type, order, less, more);
            }
            data.Add("Boolean", "Equals", "false", "true");
            return data;
        }
    }

    /// <summary>Against a constant and against a path alike; a value of another type satisfies none.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public async Task Every_operator_orders_values_of_its_type_and_no_others(string type, string order, string less, string more)
    {
        bool Holds(int sign) => order switch { "Equals" => sign == 0, "LessThan" => sign < 0, "LessThanEquals" => sign <= 0, "GreaterThan" => sign > 0, _ => sign >= 0 };
        foreach (var (left, right, sign) in new[] { (less, more, -1), (less, less, 0), (more, less, 1) })
        {
            Assert.Equal(Holds(sign), await ChosenAsync($"\"Variable\": \"$.v\", \"{type}{order}\": {right}", left, "0"));
            Assert.Equal(Holds(sign), await ChosenAsync($"\"Variable\": \"$.v\", \"{type}{order}Path\": \"$.w\"", left, right));
        }
        foreach (string other in (string[])["null", "{}", "[]", type == "String" ? "7" : "\"x\""])
        {
            Assert.False(await ChosenAsync($"\"Variable\": \"$.v\", \"{type}{order}\": {less}", other, "0"));
            Assert.False(await ChosenAsync($"\"Variable\": \"$.v\", \"{type}{order}Path\": \"$.w\"", less, other));
        }
    }

    [Theory]
    [InlineData("""{"Variable": "$.v", "IsPresent": true}""", "1", true)]
    [InlineData("""{"Variable": "$.none", "IsPresent": false}""", "1", true)]
    [InlineData("""{"Variable": "$.v.a.b", "IsPresent": true}""", "{}", false)]
    [InlineData("""{"Variable": "$.v[0]", "IsPresent": true}""", "[]", false)]
    [InlineData("""{"Variable": "$.v[0]", "IsPresent": true}""", "[null]", true)]
    [InlineData("""{"Variable": "$x", "IsPresent": true}""", "1", false)]
    [InlineData("""{"Variable": "$$.Execution.Input.v", "NumericEquals": 1}""", "1", true)]
    [InlineData("""{"Variable": "$.v", "NumericEqualsPath": "$$.Execution.Input.w"}""", "2", true)]
    [InlineData("""{"And": [{"Variable": "$.v", "IsNumeric": true}, {"Variable": "$.v", "NumericLessThan": 3}]}""", "2", true)]
    [InlineData("""{"And": [{"Variable": "$.v", "IsNumeric": true}, {"Variable": "$.v", "NumericLessThan": 3}]}""", "\"2\"", false)]
    [InlineData("""{"And": [{"Variable": "$.u", "IsPresent": true}, {"Variable": "$.u", "NumericLessThan": 3}]}""", "2", false)]
    [InlineData("""{"Or": [{"Variable": "$.v", "StringEquals": "a"}, {"Not": {"Variable": "$.v", "IsString": true}}]}""", "1", true)]
    [InlineData("""{"Not": {"Or": [{"Variable": "$.v", "IsNull": true}, {"And": [{"Variable": "$.v", "IsBoolean": true}, {"Variable": "$.v", "BooleanEquals": false}]}]}}""", "true", true)]
    public async Task Rules_look_at_input_context_and_variables_and_stand_in_one_another(string rule, string value, bool holds) =>
        Assert.Equal(holds, await ChosenAsync(rule[1..^1], value, "2"));

    [Theory]
    [InlineData("\"2012-10-09T19:00:55Z\"", true)]
    [InlineData("\"2012-10-09T19:00:55.123456789+01:00\"", true)]
    [InlineData("\"2012-10-09t19:00:55z\"", false)]
    [InlineData("\"2012-10-09\"", false)]
    [InlineData("\"2012-10-09T19:00:55\"", false)]
    [InlineData("\"2012-10-09T19:00:55+0100\"", false)]
    [InlineData("\"2012-13-09T19:00:55Z\"", false)]
    [InlineData("1349809255", false)]
    public async Task A_timestamp_has_a_capital_T_and_an_offset_or_a_capital_Z(string value, bool holds) =>
        Assert.Equal(holds, await ChosenAsync("\"Variable\": \"$.v\", \"IsTimestamp\": true", value, "0"));

    [Fact]
    public async Task The_first_rule_that_holds_is_taken_and_assigns_what_it_says()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """
            {"StartAt": "C", "States": {
              "C": {"Type": "Choice", "Default": "D", "Assign": {"by": "default"}, "Choices": [
                {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "D", "Assign": {"by": "first", "n.$": "$.n"}},
                {"Variable": "$.n", "NumericGreaterThan": 1, "Next": "D", "Assign": {"by": "second"}}]},
              "D": {"Type": "Pass", "Parameters": {"by.$": "$by"}, "End": true}}}
            """);
        Assert.Equal("""{"by":"first"}""", (await bench.RunAsync("m", """{"n": 9}""", "a")).Output);
        Assert.Equal("""{"by":"second"}""", (await bench.RunAsync("m", """{"n": 2}""", "b")).Output);
        Assert.Equal("""{"by":"default"}""", (await bench.RunAsync("m", """{"n": 0}""", "c")).Output);
    }

    private static async Task<bool> ChosenAsync(string rule, string value, string other)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $"{{\"StartAt\": \"C\", \"States\": {{\"C\": {{\"Type\": \"Choice\", \"Choices\": [{{{rule}, \"Next\": \"Y\"}}], \"Default\": \"N\"}}, \"Y\": {{\"Type\": \"Pass\", \"Result\": true, \"End\": true}}, \"N\": {{\"Type\": \"Pass\", \"Result\": false, \"End\": true}}}}}}");
        return (await bench.RunAsync("m", $"{{\"v\": {value}, \"w\": {other}}}")).Output == "true";
    }
}
