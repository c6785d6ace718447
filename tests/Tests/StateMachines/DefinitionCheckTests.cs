using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>What the check finds in definitions that can be read, and that it finds nothing where AWS found nothing.</summary>
public class DefinitionCheckTests
{
    private static readonly KnownNames Known = new(new HashSet<string> { "erase-rows" }, new HashSet<string> { "approval" });

    public static TheoryData<string> Recorded => [.. RecordedExecution.All.Select(c => c.Id)];

    [Theory]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Next": "C"},
          "B": {"Type": "Pass", "Next": "C"},
          "C": {"Type": "Succeed"}}}
        """, "line 3, /States/B: Nothing leads to this state.")]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "B"}], "Default": "Done"},
          "B": {"Type": "Wait", "Seconds": 1, "Next": "C"},
          "C": {"Type": "Pass", "Next": "B"},
          "Done": {"Type": "Succeed"}}}
        """, "line 3, /States/B: No way leads from here to an end, nor from C.")]
    [InlineData("""
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
          {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}},
          {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true},
            "Lost": {"Type": "Fail"}}}]}}}
        """, "line 4, /States/P/Branches/1/States/Lost: Nothing leads to this state.")]
    [InlineData("""
        {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "End": true},
          "M": {"Type": "Pass", "End": true}}}}}}
        """, "line 3, /States/M/ItemProcessor/States/M: Another state has this name; names are unique in the whole machine.")]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Result": 1, "End": true},
          "A": {"Type": "Pass", "Result": 2, "End": true}}}
        """, "line 3, /States/A: 'A' stands here twice; only the last would count.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "erase-rows", "End": true,
          "Retry": [
            {"ErrorEquals": ["States.ALL"]},
            {"ErrorEquals": ["Other"]}]}}}
        """, "line 3, /States/A/Retry/0: What comes after States.ALL never applies: it must be the last.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "erase-rows", "End": true,
          "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}, {"ErrorEquals": ["Other"], "Next": "B"}]}, "B": {"Type": "Fail"}}}
        """, "line 2, /States/A/Catch/0: What comes after States.ALL never applies: it must be the last.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "erase-rows", "End": true,
          "Catch": [{"ErrorEquals": ["Other", "States.ALL"], "Next": "B"}]}, "B": {"Type": "Fail"}}}
        """, "line 2, /States/A/Catch/0/ErrorEquals: States.ALL stands alone.")]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Assign": {"x": 1, "y.$": "$x"}, "Next": "B"},
          "B": {"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y"}, "End": true}}}
        """, "line 2, /States/A: The variable $x is read here, but no way that leads here assigns it.")]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Next": "B"},
          "B": {"Type": "Task", "Resource": "erase-rows", "Parameters": {"a": [{"b.$": "States.Format('{}', $gone.x)"}]}, "End": true}}}
        """, "line 3, /States/B: The variable $gone is read here, but nothing assigns it that can be seen from here.")]
    [InlineData("""
        {"StartAt": "P", "States": {
          "P": {"Type": "Parallel", "Next": "After", "Branches": [{"StartAt": "In", "States": {"In": {"Type": "Pass", "Assign": {"inner": 1}, "End": true}}}]},
          "After": {"Type": "Wait", "SecondsPath": "$inner", "End": true}}}
        """, "line 3, /States/After: The variable $inner is read here, but nothing assigns it that can be seen from here.")]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
          "M": {"Type": "Map", "End": true, "ItemSelector": {"x.$": "$x"}, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "In", "States": {
            "In": {"Type": "Choice", "Choices": [{"Not": {"Variable": "$x", "NumericEquals": 1}, "Next": "Done"}], "Default": "Done"},
            "Done": {"Type": "Succeed"}}}}}}
        """, "line 4, /States/M/ItemProcessor/States/In: The variable $x is read here, but nothing assigns it that can be seen from here.")]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "erase-rows", "Assign": {"fine": 1}, "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"bad": 1}, "Next": "Bad"}], "Next": "Fine"},
          "Fine": {"Type": "Pass", "Parameters": {"x.$": "$fine"}, "End": true},
          "Bad": {"Type": "Fail", "ErrorPath": "$fine", "CausePath": "$bad"}}}
        """, "line 4, /States/Bad: The variable $fine is read here, but no way that leads here assigns it.")]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "P"},
          "P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "In", "States": {
            "In": {"Type": "Pass", "Assign": {"x": 2}, "End": true}}}]}}}
        """, "line 4, /States/P/Branches/0/States/In: The variable $x is assigned in a scope around this one; AWS refuses another of the same name inside.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
          "Parameters": {
            "FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:erase-row:1", "Payload.$": "$"}, "End": true}}}
        """, "line 3, /States/A/Parameters/FunctionName: There is no function 'erase-row'.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Task",
          "Resource": "erase-row", "End": true}}}
        """, "line 2, /States/A/Resource: There is no function 'erase-row'.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
          "Parameters": {"StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:approvals"}, "End": true}}}
        """, "line 2, /States/A/Parameters/StateMachineArn: There is no state machine 'approvals'.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Task",
          "Resource": "${EraseRow}", "End": true}}}
        """, "line 2, /: Nothing stands for the placeholder ${EraseRow}.")]
    [InlineData("""
        {"StartAt": "A", "States": {"A": {"Type": "Pass",
          "Parameters": {"x": 1, "x.$": "$"}, "End": true}}}
        """, "line 2, /States/A/Parameters/x: There can be 'x' or 'x.$', not both.")]
    public void What_is_wrong_is_told_with_its_state_and_line(string definition, string expected) =>
        Assert.Contains(expected, DefinitionCheck.Problems(definition, new Dictionary<string, string>(), known: Known).Select(p => p.ToString()));

    [Theory]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": true, "Assign": {"x.$": "$.n"}, "Next": "B"}], "Default": "B"},
          "B": {"Type": "Choice", "Choices": [{"Variable": "$x", "IsPresent": true, "Next": "C"}], "Default": "D"},
          "C": {"Type": "Parallel", "Next": "D", "Branches": [{"StartAt": "In", "States": {"In": {"Type": "Map", "End": true, "Iterator": {"StartAt": "Deep", "States": {"Deep": {"Type": "Pass", "Parameters": {"x.$": "$x"}, "End": true}}}}}}]},
          "D": {"Type": "Wait", "Seconds": 1, "Next": "A"}, "E": {"Type": "Succeed"}}}
        """)]
    [InlineData("""
        {"StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn.$": "$.machine"}, "Next": "B"},
          "B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$.function"}, "Next": "C"},
          "C": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "erase-rows"}, "End": true}}}
        """)]
    public void What_some_way_assigns_may_be_read_and_what_is_known_at_run_time_only_is_not_judged(string definition) =>
        Assert.DoesNotContain(DefinitionCheck.Problems(definition, known: Known), p => p.Message.Contains("variable", StringComparison.Ordinal) || p.Message.Contains("There is no", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Recorded))]
    public void What_AWS_took_has_no_problem(string id) =>
        Assert.Empty(DefinitionCheck.Problems(RecordedExecution.All.Single(c => c.Id == id).Definition, null, _ => true));

    [Fact]
    public void Text_that_is_no_JSON_is_a_problem_with_its_place() =>
        Assert.Equal("line 2, column 3: This is no JSON.", DefinitionCheck.Problems("{\"StartAt\":\n  oops}").Single().ToString());
}
