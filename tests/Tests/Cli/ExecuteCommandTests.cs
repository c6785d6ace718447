using System.Text.Json;
using System.Text.Json.Nodes;
using Limpid.Local.Cli;
using Limpid.Local.StateMachines;
using Limpid.Tests.Scenarios;
using Limpid.Tests.StateMachines;

namespace Limpid.Tests.Cli;

/// <summary><c>limpid execute</c> and <c>limpid executions</c>, as scripts and people use them.</summary>
public sealed class ExecuteCommandTests : IDisposable
{
    private const string Ask = """{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "https://q/1/jobs", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": true}}}""";

    private readonly string folder = Directory.CreateTempSubdirectory("limpid-execute-").FullName;

    public static TheoryData<string> Cases => [.. RecordedExecution.All.Where(c => c.Status != "ABORTED").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_recorded_execution_is_run_from_its_files(string id)
    {
        RecordedExecution recorded = RecordedExecution.All.Single(c => c.Id == id);
        (int exit, JsonObject json) = await JsonAsync("--definition", Put("m.json", recorded.Definition), "--input", recorded.Input, "--answers", Put("a.json", recorded.Recording), "--virtual-time");
        Assert.Equal(["status", "output", "error", "cause", "events"], json.Select(m => m.Key));
        Assert.Equal((recorded.Status, recorded.Error), ((string)json["status"]!, (string?)json["error"]));
        Assert.Equal(recorded.Status == "SUCCEEDED" ? 0 : 1, exit);
        if (recorded.Status == "SUCCEEDED")
            Assert.True(RecordedAnswers.Same(recorded.Expected.Get("output"), JsonData.Parse(json["output"]?.ToJsonString() ?? "null")), $"{json["output"]}");
        Assert.Equal("ExecutionStarted", (string?)json["events"]![0]!["type"]);
    }

    [Theory]
    [InlineData("5", "5")]
    [InlineData("-5", "-5")]
    [InlineData("null", "null")]
    [InlineData("\"text\"", "\"text\"")]
    [InlineData(" [1, 2.50] ", "[1,2.50]")]
    public async Task Any_JSON_can_go_in(string input, string output)
    {
        string definition = Put("m.json", """{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}""");
        foreach (string given in (string[])[input, "@" + Put("in.json", input)])
        {
            (int exit, JsonObject json) = await JsonAsync("--definition", definition, "--input", given);
            Assert.Equal((0, "SUCCEEDED", output), (exit, (string)json["status"]!, json["output"]?.ToJsonString() ?? "null"));
        }
    }

    [Fact]
    public async Task JSON_is_printed_a_value_a_line()
    {
        string definition = Put("m.json", """{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}""");
        (_, string printed, _) = await RunAsync("execute", "--definition", definition, "--input", "[1, 2.50, {}]", "--json");
        Assert.Contains("\"output\": [\n    1,\n    2.50,\n    {}\n  ],", printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_found_by_resource_and_request_then_by_request_then_in_order()
    {
        string definition = Put("m.json", """
            {"StartAt": "B", "States": {
              "B": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"n": 2}, "ResultPath": "$.b", "Next": "C"},
              "C": {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:work", "Parameters": {"n": 1}, "ResultPath": "$.c", "Next": "D"},
              "D": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": {"n": 9}, "ResultPath": "$.d", "Next": "E"},
              "E": {"Type": "Task", "Resource": "work", "Parameters": {"n": 2}, "ResultPath": "$.e", "Next": "F"},
              "F": {"Type": "Task", "Resource": "work", "Parameters": {"n": 2}, "Catch": [{"ErrorEquals": ["Bad"], "ResultPath": "$.f", "Next": "G"}], "Next": "G"},
              "G": {"Type": "Succeed"}}}
            """);
        string answers = Put("a.json", """
            [{"response": {"succeed": "\"next\""}}, {"request": {"n": 1}, "response": {"succeed": {"one": 1}}}, {"request": {"n": 2}, "response": {"succeed": "other"}},
             {"request": {"n": 2}, "resource": "runTask.sync", "response": {"succeed": [2]}}, {"response": {"fail": {"error": "Bad", "cause": "why"}}}]
            """);
        (int exit, JsonObject json) = await JsonAsync("--definition", definition, "--answers", answers, "--virtual-time");
        Assert.Equal((0, """{"b":[2],"c":{"one":1},"d":"next","e":"other","f":{"Error":"Bad","Cause":"why"}}"""), (exit, json["output"]!.ToJsonString()));
    }

    [Fact]
    public async Task Waits_are_skipped_and_an_execution_that_would_wait_for_ever_says_so()
    {
        string wait = Put("w.json", """{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 31536000, "End": true}}}""");
        Assert.Equal(0, (await RunAsync("execute", "--definition", wait, "--virtual-time")).Exit);
        string timed = Put("t.json", """{"StartAt": "W", "TimeoutSeconds": 9, "States": {"W": {"Type": "Wait", "Seconds": 10, "End": true}}}""");
        (int exit, JsonObject json) = await JsonAsync("--definition", timed, "--virtual-time");
        Assert.Equal((1, "TIMED_OUT", "States.Timeout"), (exit, (string)json["status"]!, (string?)json["error"]));
        using var lake = new CliLake(Yaml);
        (exit, string output, string error) = await lake.RunAsync("execute", "--definition", Put("ask.json", Ask), "--virtual-time", "--json");
        Assert.Equal((1, "RUNNING"), (exit, (string?)JsonNode.Parse(output)!["status"]));
        Assert.Contains("waits for a callback", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"StartAt": "A", "States": {"B": {"Type": "Pass", "End": true}}}""", "/StartAt: There is no state 'A'.")]
    [InlineData("""{"StartAt": "A"}""", "/States: This field is required.")]
    [InlineData("{", "This is no JSON.")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "End": true}}}""", "/States/A/Resource: There is no integration 'ecs:runTask.sync' here")]
    [InlineData("""{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "echo", "End": true}}}""", "'A' is a task, and there is no lake here")]
    public async Task A_definition_that_is_wrong_is_told_in_a_line_and_not_run(string definition, string told)
    {
        (int exit, string output, string error) = await RunAsync("execute", "--definition", Put("m.json", definition));
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.StartsWith("limpid: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--input", "{", "the input is no JSON")]
    [InlineData("--input", "@none.json", "there is no file none.json")]
    [InlineData("--answers", "none.json", "there is no file none.json")]
    [InlineData("--name", "a b", "white space")]
    public async Task What_is_given_wrong_is_told(string option, string value, string told)
    {
        string definition = Put("m.json", """{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}""");
        (int exit, _, string error) = await RunAsync("execute", "--definition", definition, option, value);
        Assert.Equal(2, exit);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("execute", "--definition", definition, "--answers", Put("a.json", """[{"response": {}}]"""))).Exit);
    }

    [Fact]
    public async Task The_drawing_fits_80_columns_has_no_colour_and_tells_failures()
    {
        string definition = Put("m.json", """
            {"StartAt": "Try", "States": {
              "Try": {"Type": "Task", "Resource": "try", "Retry": [{"ErrorEquals": ["Down"], "IntervalSeconds": 90, "MaxAttempts": 1}], "ResultPath": "$.tried", "Next": "A state with a name that is much longer than most names are in this language"},
              "A state with a name that is much longer than most names are in this language": {"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.all", "Next": "End",
                "ItemProcessor": {"StartAt": "Each", "States": {"Each": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "Deep", "States": {"Deep": {"Type": "Pass", "End": true}}}, {"StartAt": "Deeper", "States": {"Deeper": {"Type": "Pass", "End": true}}}]}}}},
              "End": {"Type": "Fail", "Error": "Enough", "Cause": "of it"}}}
            """);
        string answers = Put("a.json", """[{"response": {"fail": {"error": "Down", "cause": "just now"}}}, {"response": {"succeed": "\"up [bold]\""}}]""");
        (int exit, string output, _) = await RunAsync("execute", "--definition", definition, "--answers", answers, "--virtual-time", "--input", $$"""{"text": "{{new string('x', 500)}}", "items": [1, 2, 3, 4, 5, 6, 7, 8]}""");
        Assert.Equal(1, exit);
        Assert.DoesNotContain('\u001b', output);
        Assert.All(output.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 80, line));
        foreach (string part in (string[])["✓ Try Task try +0s, took 1m 30s", "✗   +0s Down: just now", "\"tried\":\"up [bold]\"}", "item 4", "and 3 more items", "branch 1", "✗ End Fail +1m 30s", "FAILED after 1m 30s", "Enough: of it"])
            Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.DoesNotContain("item 5", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_lake_an_execution_is_kept_listed_shown_stopped_and_redriven()
    {
        using var lake = new CliLake(Yaml);
        string definition = Put("work.asl.json", """
            {"StartAt": "Put", "States": {"Put": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "arn:aws:sns:x:1:news", "Message.$": "$.text"}, "ResultPath": null, "Next": "Once"},
              "Once": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName": "t", "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}, "ResultPath": null, "Next": "Gone"},
              "Gone": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "acme", "Key": "x.txt"}, "OutputPath": "$.Body", "End": true}}}
            """);
        (int exit, JsonObject json) = await lake.JsonAsync("execute", "--definition", definition, "--name", "one", "--input", """{"text": "hi"}""");
        Assert.Equal((1, "S3.NoSuchKeyException"), (exit, (string?)json["error"]));
        (exit, _, string error) = await lake.RunAsync("execute", "--definition", definition, "--name", "one", "--input", """{"text": "hi"}""");
        Assert.Equal(2, exit);
        Assert.Contains("there is an execution work/one already", error, StringComparison.Ordinal);

        Assert.Contains("work/one", (await lake.RunAsync("executions", "--status", "failed")).Output, StringComparison.Ordinal);
        Assert.Equal("There are no executions.", (await lake.RunAsync("executions", "--status", "aborted")).Output.Trim());
        JsonNode listed = JsonNode.Parse((await lake.RunAsync("executions", "--json")).Output)![0]!;
        Assert.Equal(("one", "FAILED", "REDRIVABLE", 0), ((string?)listed["name"], (string?)listed["status"], (string?)listed["redriveStatus"], (int)listed["redriveCount"]!));

        lake.Put("x.txt", "there now");
        (exit, json) = await lake.JsonAsync("executions", "--redrive", "one");
        Assert.Equal((0, "SUCCEEDED", "\"there now\"", 1), (exit, (string)json["status"]!, (string?)json["output"], (int)json["redriveCount"]!));
        Assert.Contains("↻   redriven", (await lake.RunAsync("executions", "work/one")).Output, StringComparison.Ordinal);
        (exit, _, error) = await lake.RunAsync("executions", "--redrive", (string)json["executionArn"]!);
        Assert.Equal(2, exit);
        Assert.Contains("Execution is SUCCEEDED and cannot be redriven", error, StringComparison.Ordinal);

        JsonArray messages = JsonNode.Parse((await lake.RunAsync("messages", "--to", "news", "--json")).Output)!.AsArray();
        Assert.Equal("hi", (string?)Assert.Single(messages)!["content"]!["Message"]);
        Assert.Contains("hi", (await lake.RunAsync("messages")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await lake.RunAsync("executions", "nobody")).Exit);
        Assert.Equal(2, (await lake.RunAsync("executions", "--status", "odd")).Exit);
    }

    [Fact]
    public async Task Stopping_works_while_nobody_runs_executions()
    {
        using var lake = new CliLake(Yaml);
        using (ExecutionStore store = ExecutionStore.Open(lake.State))
            store.Start(StateMachineDefinition.Parse("ask", Ask.Replace(".waitForTaskToken", "", StringComparison.Ordinal).Replace("$$.Task.Token", "$$.Execution.Id", StringComparison.Ordinal)).Definition ?? StateMachineDefinition.Reread("ask", Ask), "one", "{}", TimeProvider.System.GetUtcNow());
        (int exit, JsonObject json) = await lake.JsonAsync("executions", "--stop", "ask/one");
        Assert.Equal((0, "ABORTED"), (exit, (string)json["status"]!));
        Assert.Equal("There are no messages.", (await lake.RunAsync("messages")).Output.Trim());
    }

    [Fact]
    public async Task Limpids_own_executions_are_ended_by_cancelling_their_request_and_their_names_are_taken()
    {
        using var lake = new CliLake(ScenarioWorld.Yaml("grace: 24h", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));
        lake.Put("d/a", "{\"id\":2}\n");
        (_, JsonObject request) = await lake.JsonAsync("erase", "--subject", "customer=2", "--requested-by", ScenarioWorld.Requester, "--no-wait");
        string id = (string)request["requestId"]!;

        (int exit, _, string error) = await lake.RunAsync("executions", "--stop", $"purge/{id}");
        Assert.Equal((2, $"limpid: this carries out request {id}: use `limpid cancel {id}`"), (exit, error.Trim()));
        string approval = (string)JsonNode.Parse((await lake.RunAsync("executions", "--machine", "approval", "--json")).Output)![0]!["name"]!;
        (exit, _, error) = await lake.RunAsync("executions", "--stop", approval);
        Assert.Equal((2, $"limpid: this carries out request {id}: use `limpid cancel {id}`"), (exit, error.Trim()));
        (exit, _, error) = await lake.RunAsync("execute", "--definition", Put("purge.asl.json", """{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}"""));
        Assert.Equal((2, "limpid: 'purge' is the name of a state machine of Limpid's own: give the definition's file another"), (exit, error.Trim()));
        Assert.Contains("\"status\": \"waiting\"", (await lake.RunAsync("requests", "--json")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no option `--lkae`; did you mean `--lake`?", "index", "--lkae", "secret-value")]
    [InlineData("there is no option `--lkae`; did you mean `--lake`?", "cancel", "--lkae", "secret-value")]
    [InlineData("there is no option `--zzzzzzzz`", "find", "--subject", "customer=15", "--zzzzzzzz", "secret-value")]
    [InlineData("an argument is not understood; is an option's name missing before it?", "index", "secret-value")]
    [InlineData("an argument is not understood; is an option's name missing before it?", "index", "--secret=secret-value")]
    [InlineData("an argument is not understood; is an option's name missing before it?", "index", "--", "--secret-value")]
    [InlineData("an argument is not understood; is an option's name missing before it?", "index", "--secret@value.example")]
    public async Task An_option_that_there_is_not_is_named_and_values_are_not(string told, params string[] arguments)
    {
        (int exit, string output, string error) = await RunAsync(arguments);
        Assert.Equal((2, "", $"limpid: {told} (limpid {arguments[0]} --help tells more)"), (exit, output, error.Trim()));
    }

    [Fact]
    public async Task Check_runs_nothing_and_tells_what_is_wrong()
    {
        string good = Put("m.json", """{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}""");
        Assert.Equal((0, "good: nothing is wrong with it"), await RunAsync("execute", "--definition", good, "--check") is var ok ? (ok.Exit, ok.Output.Trim()) : default);
        string bad = Put("b.json", """{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}, "Q": {"Type": "Task", "Resource": "nobody", "End": true}}}""");
        (int exit, _, string error) = await RunAsync("execute", "--definition", bad, "--check");
        Assert.Equal(2, exit);
        Assert.Contains("There is no function 'nobody'.", error, StringComparison.Ordinal);
        (exit, JsonObject json) = await JsonAsync("--definition", bad, "--check");
        Assert.Equal((2, 2), (exit, json["problems"]!.AsArray().Count));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Yaml => """
        lake: acme
        kinds: {customer: {}}
        mail: {operators: [ops@acme.example]}
        datasets:
          - {name: orders, location: orders/, format: ndjson, subjects: [{kind: customer, field: id}], erase: drop, approvers: [dpo@acme.example]}
        """;

    private string Put(string name, string content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static async Task<(int Exit, JsonObject Json)> JsonAsync(params string[] args)
    {
        (int exit, string output, string error) = await RunAsync(["execute", .. args, "--json"]);
        Assert.True(output.Length > 0, error);
        return (exit, JsonNode.Parse(output, documentOptions: new JsonDocumentOptions { MaxDepth = 1000 })!.AsObject());
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exit = await LimpidCommand.RunAsync(args, output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
