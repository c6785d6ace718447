using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>The four forms of Wait, the ways Fail gets its error and cause, and what is wrong with their paths.</summary>
public class WaitAndFailTests
{
    [Theory]
    [InlineData("\"Seconds\": 90", 90)]
    [InlineData("\"Seconds\": 0", 0)]
    [InlineData("\"SecondsPath\": \"$.seconds\"", 30)]
    [InlineData("\"Timestamp\": \"2026-01-01T01:00:00+00:30\"", 1800)]
    [InlineData("\"TimestampPath\": \"$.until\"", 86400)]
    [InlineData("\"TimestampPath\": \"$.past\"", 0)]
    public async Task A_wait_lasts_as_long_as_it_says(string field, int seconds)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Wait", {{field}}, "End": true} } }""");
        await bench.RunAsync("m", """{"seconds": 30, "until": "2026-01-02T00:00:00.000000Z", "past": "1999-01-01T00:00:00Z"}""");
        HistoryEvent[] events = [.. bench.Store.History("m", "one")];
        Assert.Equal(["ExecutionStarted", "WaitStateEntered S", "WaitStateExited S", "ExecutionSucceeded"], bench.History());
        Assert.Equal(seconds, (events[2].Timestamp - events[1].Timestamp).TotalSeconds);
    }

    [Theory]
    [InlineData("SecondsPath", "-1", "The SecondsPath parameter references a negative value: $.v == -1")]
    [InlineData("SecondsPath", "1.5", "The SecondsPath parameter cannot be parsed as a long value: $.v == 1.5")]
    [InlineData("SecondsPath", "\"1\"", "The SecondsPath parameter cannot be parsed as a long value: $.v == 1")]
    [InlineData("SecondsPath", "2147483648", "Wait state delay is too long.")]
    [InlineData("TimestampPath", "\"2026-01-01 00:00:00Z\"", "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.v == 2026-01-01 00:00:00Z")]
    [InlineData("TimestampPath", "7", "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.v == 7")]
    public async Task A_wait_for_what_is_no_time_fails(string field, string value, string cause)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Wait", "{{field}}": "$.v", "End": true} } }""");
        Assert.Equal(("States.Runtime", $"An error occurred while executing the state 'S' (entered at the event id #2). {cause}"),
            await bench.RunAsync("m", $$"""{"v": {{value}} }""") switch { var i => (i.Error, i.Cause) });
    }

    [Theory]
    [InlineData("""{"Type": "Fail"}""", null, null)]
    [InlineData("""{"Type": "Fail", "Error": "E"}""", "E", null)]
    [InlineData("""{"Type": "Fail", "Error": "E", "Cause": "c"}""", "E", "c")]
    [InlineData("""{"Type": "Fail", "ErrorPath": "$.e", "CausePath": "$$.State.Name"}""", "Oops", "S")]
    [InlineData("""{"Type": "Fail", "ErrorPath": "States.UUID()", "Cause": "c"}""", "*", "c")]
    [InlineData("""{"Type": "Fail", "Error": "E", "CausePath": "States.Format('{}: {}', $.e, $.n)"}""", "E", "Oops: 1")]
    [InlineData("""{"Type": "Fail", "ErrorPath": "$.none"}""", "States.Runtime", "An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.none' specified for the field 'ErrorPath' could not be found in the input '{\"e\":\"Oops\",\"n\":1}'")]
    [InlineData("""{"Type": "Fail", "CausePath": "$.n"}""", "States.Runtime", "An error occurred while executing the state 'S' (entered at the event id #2). The CausePath field refers to value \"1\" which is not a valid string: $.n")]
    public async Task A_fail_tells_the_error_and_cause_that_it_has_or_finds(string state, string? error, string? cause)
    {
        using var bench = new RunnerBench();
        bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {{state}} } }""");
        ExecutionInfo info = await bench.RunAsync("m", """{"e": "Oops", "n": 1}""");
        Assert.Equal(("FAILED", error == "*" ? info.Error : error, cause), (info.Status, info.Error, info.Cause));
        Assert.Equal(["ExecutionStarted", "FailStateEntered S", "ExecutionFailed"], bench.History());
    }

    [Fact]
    public async Task Full_jitter_waits_for_a_part_of_the_delay_that_its_seed_decides()
    {
        async Task<double> WaitedAsync(string jitter)
        {
            using var bench = new RunnerBench();
            bench.Add("m", $$"""{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1000, "MaxAttempts": 1, "JitterStrategy": "{{jitter}}"}]} } }""");
            var times = new List<DateTimeOffset>();
            bench.Tasks = new ScriptedTasks((_, _) => { times.Add(bench.Time.GetUtcNow()); return TaskResult.Failure("E", null); });
            await bench.RunAsync("m", "{}");
            return (times[1] - times[0]).TotalSeconds;
        }

        Assert.Equal(1000, await WaitedAsync("NONE"));
        double waited = await WaitedAsync("FULL");
        Assert.InRange(waited, 0, 1000);
        Assert.NotEqual(1000, waited);
        Assert.Equal(waited, await WaitedAsync("FULL"));
    }
}
