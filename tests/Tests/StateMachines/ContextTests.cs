using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>The context object, and the way data takes through a state.</summary>
public class ContextTests
{
    private const string Execution = """{"Id":"arn:aws:states:local:000000000000:execution:m:one","Input":{"a":1},"Name":"one","RoleArn":"arn:aws:iam::000000000000:role/local","StartTime":"2026-01-01T00:00:00.000Z","RedriveCount":0}""";
    private const string Machine = """{"Id":"arn:aws:states:local:000000000000:stateMachine:m","Name":"m"}""";

    [Fact]
    public async Task A_state_that_does_no_work_sees_its_execution_machine_and_itself() => Assert.Equal(
        $$"""{"Execution":{{Execution}},"StateMachine":{{Machine}},"State":{"Name":"S","EnteredTime":"2026-01-01T00:00:00.000Z"} }""".Replace(" ", "", StringComparison.Ordinal),
        await OutputAsync("""{"Type": "Pass", "InputPath": "$$", "End": true}"""));

    [Fact]
    public async Task A_task_sees_how_often_it_was_tried_again() => Assert.Equal(
        """{"Name":"S","EnteredTime":"2026-01-01T00:00:00.000Z","RetryCount":0}""",
        await OutputAsync("""{"Type": "Task", "Resource": "f", "Parameters": {"s.$": "$$.State"}, "OutputPath": "$.s", "End": true}"""));

    [Fact]
    public async Task An_item_of_a_distributed_map_sees_the_execution_that_it_is()
    {
        JsonData context = JsonData.Parse(await OutputAsync("""
            {"Type": "Map", "ItemsPath": "$$.Execution.Input.list", "Label": "L", "End": true, "OutputPath": "$[0]",
              "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "I", "States": {"I": {"Type": "Pass", "InputPath": "$$", "End": true}}}}
            """, """{"list": ["x"]}"""));
        Assert.Equal("\"x\"", context.Get("Execution")!.Get("Input")!.ToString());
        Assert.Equal("m/L", context.Get("StateMachine")!.Get("Name")!.Text);
        Assert.Null(context.Get("Map"));
    }

    [Theory]
    [InlineData("""{"Type": "Pass", "InputPath": null, "End": true}""", "{}")]
    [InlineData("""{"Type": "Pass", "OutputPath": null, "End": true}""", "{}")]
    [InlineData("""{"Type": "Pass", "Result": {"x.$": "$.a"}, "End": true}""", """{"x.$":"$.a"}""")]
    [InlineData("""{"Type": "Pass", "Result": 7, "ResultPath": null, "End": true}""", """{"a":1}""")]
    [InlineData("""{"Type": "Pass", "Result": 7, "ResultPath": "$.b.c", "OutputPath": "$.b", "End": true}""", """{"c":7}""")]
    [InlineData("""{"Type": "Pass", "InputPath": "$.a", "ResultPath": "$.b", "End": true}""", """{"a":1,"b":1}""")]
    [InlineData("""{"Type": "Pass", "Parameters": {"l": [{"x.$": "$.a"}, "$.a"], "c.$": "$$.Execution.Name"}, "End": true}""", """{"l":[{"x":1},"$.a"],"c":"one"}""")]
    [InlineData("""{"Type": "Pass", "Parameters": {"l.$": "States.Array(1)"}, "ResultPath": "$.p", "End": true}""", """{"a":1,"p":{"l":[1]}}""")]
    [InlineData("""{"Type": "Task", "Resource": "f", "InputPath": "$.a", "Parameters": {"x.$": "$"}, "ResultSelector": {"y.$": "$.x", "n.$": "$$.State.Name"}, "ResultPath": "$.r", "OutputPath": "$.r", "End": true}""", """{"y":1,"n":"S"}""")]
    [InlineData("""{"Type": "Parallel", "Parameters": {"x.$": "$.a"}, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}], "ResultSelector": {"y.$": "$[0].x"}, "ResultPath": "$.r", "End": true}""", """{"a":1,"r":{"y":1}}""")]
    [InlineData("""{"Type": "Wait", "Seconds": 0, "InputPath": "$.a", "End": true}""", "1")]
    [InlineData("""{"Type": "Succeed", "InputPath": "$.a"}""", "1")]
    [InlineData("""{"Type": "Succeed", "OutputPath": "$$.State.Name"}""", "\"S\"")]
    public async Task Data_goes_through_a_state_field_by_field(string state, string expected) => Assert.Equal(expected, await OutputAsync(state));

    /// <summary>Only in templates, and only at the very end: the service takes the element that isn't there for null.</summary>
    [Theory]
    [InlineData("""{"Type": "Pass", "Parameters": {"x.$": "$$.Execution.Input.l[5]"}, "End": true}""", """{"x":null}""")]
    [InlineData("""{"Type": "Pass", "Parameters": {"x.$": "$.l[-2]"}, "End": true}""", """{"x":null}""")]
    [InlineData("""{"Type": "Pass", "Parameters": {"x.$": "$.l[5].y"}, "End": true}""", null)]
    [InlineData("""{"Type": "Pass", "Parameters": {"x.$": "$.l[0][0]"}, "End": true}""", null)]
    [InlineData("""{"Type": "Pass", "Parameters": {"x.$": "States.Array($.l[5])"}, "End": true}""", null)]
    public async Task An_index_past_the_end_of_an_array_is_null_in_a_template(string state, string? expected) =>
        Assert.Equal(expected, await OutputAsync(state, """{"l": [1]}"""));

    private static async Task<string> OutputAsync(string state, string input = """{"a": 1}""")
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {{state}} } }""");
        ExecutionInfo info = await bench.RunAsync("m", input);
        return info.Output!;
    }
}
