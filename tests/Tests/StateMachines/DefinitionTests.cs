using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>What a definition must be to be read.</summary>
public class DefinitionTests
{
    [Theory]
    [InlineData("""{"States": {}}""", "/StartAt")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}""", "/States/A")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}""", "/States/A")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Passs", "End": true}}}""", "/States/A/Type")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "Nxt": "A"}}}""", "/States/A/Nxt")]
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

    [Theory]
    [InlineData("""{"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Pass", "End": true}}}""", "/QueryLanguage")]
    [InlineData("""{"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Task", "Resource": "f", "Arguments": "{% 1 %}", "Output": {}, "End": true}, "B": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "A"}]}}}""", "/QueryLanguage")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "Nxt": "B"}}}""", "/States/A/QueryLanguage")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "Output": "{% 1 %}"}}}""", "/States/A/Output")]
    public void Of_a_definition_in_JSONata_no_more_is_said_than_that(string definition, string at)
    {
        DefinitionProblem problem = Assert.Single(StateMachineDefinition.Parse("m", definition).Problems);
        Assert.Equal((at, "This is JSONata, which is not supported: definitions are run in JSONPath mode only."), (problem.At, problem.Message));
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
