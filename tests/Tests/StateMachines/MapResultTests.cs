using System.Text;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;

namespace Limpid.Tests.StateMachines;

/// <summary>What a distributed Map makes of its results: given back in a shape, or written.</summary>
public class MapResultTests
{
    [Theory]
    [InlineData("", "[[1,2],[3]]")]
    [InlineData(""" "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}, """, "[[1,2],[3]]")]
    [InlineData(""" "ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}, """, "[1,2,3]")]
    public async Task A_writer_without_a_place_shapes_what_the_map_gives_back(string writer, string expected)
    {
        using var bench = new RunnerBench();
        bench.Add("m", Distributed(writer));
        Assert.Equal(expected, (await bench.RunAsync("m", "[[1, 2], [3]]")).Output);
    }

    [Fact]
    public async Task Unshaped_results_come_with_the_executions_that_they_are_of()
    {
        using var bench = new RunnerBench();
        bench.Add("m", Distributed(""" "Label": "Run", "ResultWriter": {"WriterConfig": {"Transformation": "NONE", "OutputType": "JSON"}}, """));
        JsonData result = JsonData.Parse((await bench.RunAsync("m", """["a"]""")).Output!).Items[0];
        Assert.Equal(["ExecutionArn", "Input", "InputDetails", "Name", "Output", "OutputDetails", "RedriveCount", "RedriveStatus", "RedriveStatusReason", "StartDate", "StateMachineArn", "Status", "StopDate"], result.Members.Keys);
        Assert.Equal(("\"a\"", "\"a\"", "SUCCEEDED"), (result.Get("Input")!.Text, result.Get("Output")!.Text, result.Get("Status")!.Text));
        Assert.EndsWith(":stateMachine:m/Run", result.Get("StateMachineArn")!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_are_never_shaped()
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, item) => item.Text == "2" ? TaskResult.Failure("Bad", "two") : TaskResult.Success(item)) };
        bench.Add("m", Distributed(""" "ToleratedFailureCount": 1, "ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}, """, """{"Type": "Task", "Resource": "f", "End": true}"""));
        JsonData output = JsonData.Parse((await bench.RunAsync("m", "[1, 2]")).Output!);
        Assert.Equal("1", output.Items[0].ToString());
        Assert.Equal(("FAILED", "Bad", "two"), (output.Items[1].Get("Status")!.Text, output.Items[1].Get("Error")!.Text, output.Items[1].Get("Cause")!.Text));
    }

    [Fact]
    public async Task What_is_written_of_a_result_by_default_is_its_execution()
    {
        using var bench = new RunnerBench();
        bench.Add("m", Distributed(""" "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix.$": "$[0]"}}, """));
        JsonData output = JsonData.Parse((await bench.RunAsync("m", """["out"]""")).Output!);
        Assert.Equal(["MapRunArn", "ResultWriterDetails"], output.Members.Keys);
        string key = output.Get("ResultWriterDetails")!.Get("Key")!.Text;
        Assert.StartsWith("out/", key, StringComparison.Ordinal);
        JsonData manifest = JsonData.Parse(Encoding.UTF8.GetString(bench.Items.Objects["b/" + key]));
        Assert.Equal(output.Get("MapRunArn"), manifest.Get("MapRunArn"));
        JsonData file = manifest.Get("ResultFiles")!.Get("SUCCEEDED")!.Items[0];
        byte[] written = bench.Items.Objects["b/" + file.Get("Key")!.Text];
        Assert.Equal(written.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), file.Get("Size")!.Text);
        Assert.Equal(("\"out\"", "SUCCEEDED"), JsonData.Parse(written).Items[0] switch { var r => (r.Get("Output")!.Text, r.Get("Status")!.Text) });
    }

    [Theory]
    [InlineData(""" "ToleratedFailureCount": 2, """, "SUCCEEDED")]
    [InlineData(""" "ToleratedFailureCount": 1, """, "FAILED")]
    [InlineData(""" "ToleratedFailurePercentage": 50, """, "SUCCEEDED")]
    [InlineData(""" "ToleratedFailurePercentage": 49.9, """, "FAILED")]
    [InlineData(""" "ToleratedFailureCount": 1, "ToleratedFailurePercentage": 100, """, "FAILED")]
    [InlineData(""" "ToleratedFailurePercentagePath": "$$.Execution.Name", """, "FAILED")]
    [InlineData("", "FAILED")]
    public async Task A_map_bears_as_many_failures_as_both_limits_allow(string limits, string status)
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, item) => item.Text is "1" or "2" ? TaskResult.Failure("Bad", null) : TaskResult.Success(item)) };
        bench.Add("m", Distributed(limits, """{"Type": "Task", "Resource": "f", "End": true}"""));
        ExecutionInfo info = await bench.RunAsync("m", "[1, 2, 3, 4]");
        Assert.Equal(status, info.Status);
        if (status == "FAILED" && !limits.Contains("Path", StringComparison.Ordinal))
            Assert.Equal(("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"), (info.Error, info.Cause));
    }

    [Fact]
    public async Task A_result_writer_writes_the_succeeded_and_the_failed_apart()
    {
        using var bench = new RunnerBench { Tasks = new ScriptedTasks((_, item) => item.Text == "2" ? TaskResult.Failure("Bad", "two") : TaskResult.Success(item)) };
        bench.Add("m", """
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ToleratedFailureCount": 1, "End": true, "Label": "Run",
              "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}, "WriterConfig": {"OutputType": "JSONL", "Transformation": "COMPACT"}},
              "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true}}}}}}
            """);
        JsonData output = JsonData.Parse((await bench.RunAsync("m", "[1,2,3]")).Output!);
        string manifestKey = output.Get("ResultWriterDetails")!.Get("Key")!.Text;
        JsonData files = JsonData.Parse(bench.Items.Objects["b/" + manifestKey]).Get("ResultFiles")!;
        string Read(string kind) => Encoding.UTF8.GetString(bench.Items.Objects["b/" + files.Get(kind)!.Items[0].Get("Key")!.Text]);
        Assert.Equal("1\n3", Read("SUCCEEDED"));
        Assert.Equal(("FAILED", "Bad", "2"), JsonData.Parse(Read("FAILED")) switch { var f => (f.Get("Status")!.Text, f.Get("Error")!.Text, f.Get("Input")!.Text) });
    }

    private static string Distributed(string fields, string state = """{"Type": "Pass", "End": true}""") => $$"""
        {"StartAt": "M", "States": {"M": {"Type": "Map", {{fields}} "End": true,
          "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "S", "States": {"S": {{state}} } } } } }
        """;
}
