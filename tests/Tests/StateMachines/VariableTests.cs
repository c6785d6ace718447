using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>Variables and their scopes.</summary>
public class VariableTests
{
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

    [Fact]
    public async Task Assignments_of_a_state_see_the_values_from_before_it_and_so_does_its_output()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """
            {"StartAt": "A", "States": {
              "A": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "B"},
              "B": {"Type": "Pass", "Parameters": {"x.$": "$x"}, "Assign": {"x.$": "$y", "y.$": "$x", "deep": {"list": [{"x.$": "$x"}]}}, "Next": "C"},
              "C": {"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y", "deep.$": "$deep.list[0].x", "before.$": "$.x"}, "End": true}}}
            """);
        Assert.Equal("""{"x":2,"y":1,"deep":1,"before":1}""", (await bench.RunAsync("m", "{}")).Output);
        HistoryEvent exited = bench.Store.History("m", "one").Single(e => e.Type == "PassStateExited" && e.Details!.Get("name")!.Text == "B");
        Assert.Equal("""{"x":"2","y":"1","deep":"{\"list\":[{\"x\":1}]}"}""", exited.Details!.Get("assignedVariables")!.ToString());
    }

    [Theory]
    [InlineData("""{"Type": "Pass", "Result": {"r": 1}, "Assign": {"v.$": "$.r"}, "Next": "E"}""", "1")]
    [InlineData("""{"Type": "Pass", "Parameters": {"r.$": "$.i"}, "ResultPath": "$.p", "Assign": {"v.$": "$.r"}, "Next": "E"}""", "5")]
    [InlineData("""{"Type": "Task", "Resource": "f", "Parameters": {"r": 2}, "ResultSelector": {"s.$": "$.r"}, "OutputPath": null, "Assign": {"v.$": "$.s"}, "Next": "E"}""", "2")]
    [InlineData("""{"Type": "Wait", "Seconds": 1, "InputPath": "$.o", "Assign": {"v.$": "$.k"}, "Next": "E"}""", "6")]
    [InlineData("""{"Type": "Parallel", "Branches": [{"StartAt": "F", "States": {"F": {"Type": "Pass", "Result": 3, "End": true}}}], "Assign": {"v.$": "$[0]"}, "Next": "E"}""", "3")]
    [InlineData("""{"Type": "Map", "ItemsPath": "$.list", "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Pass", "End": true}}}, "Assign": {"v.$": "$[1]"}, "Next": "E"}""", "8")]
    [InlineData("""{"Type": "Task", "Resource": "fail", "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"v.$": "$.Error"}, "Next": "E"}], "Next": "E"}""", "\"Bad\"")]
    public async Task What_a_state_assigns_it_takes_from_its_result(string state, string expected)
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((name, p) => name == "fail" ? TaskResult.Failure("Bad", null) : TaskResult.Success(p)) };
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {{state}}, "E": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "OutputPath": "$.v", "End": true} } }""");
        Assert.Equal(expected, (await bench.RunAsync("m", """{"i": 5, "o": {"k": 6}, "list": [7, 8]}""")).Output);
    }

    [Theory]
    [InlineData("""{"Type": "Pass", "InputPath": "$v.a", "End": true}""", "[1,2]")]
    [InlineData("""{"Type": "Pass", "OutputPath": "$v.a[1]", "End": true}""", "2")]
    [InlineData("""{"Type": "Pass", "Parameters": {"x.$": "States.ArrayLength($v.a)"}, "End": true}""", """{"x":2}""")]
    [InlineData("""{"Type": "Wait", "SecondsPath": "$v.a[0]", "OutputPath": "$v['a'][0]", "End": true}""", "1")]
    [InlineData("""{"Type": "Map", "ItemsPath": "$v.a", "MaxConcurrencyPath": "$v.a[0]", "ItemSelector": {"x.$": "$v.a[0]"}, "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Pass", "End": true}}}, "End": true}""", """[{"x":1},{"x":1}]""")]
    public async Task Every_path_may_begin_at_a_variable(string state, string expected)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"v": {"a": [1, 2]} }, "Next": "S"}, "S": {{state}} } }""");
        Assert.Equal(expected, (await bench.RunAsync("m", "{}")).Output);
    }

    [Fact]
    public async Task A_variable_that_was_never_assigned_fails_the_state()
    {
        using var bench = new RunnerBench();
        bench.Add("m", """{"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": {"x.$": "$v"}, "End": true}}}""");
        Assert.Equal(("FAILED", "States.Runtime"), await bench.RunAsync("m", "{}") switch { var i => (i.Status, i.Error) });
    }
}
