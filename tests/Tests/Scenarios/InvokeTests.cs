using System.Text.Json.Nodes;
using Limpid.Functions;
using Limpid.Tests.Aws;

namespace Limpid.Tests.Scenarios;

/// <summary><c>limpid invoke</c>: any function of the table, on an event in a file.</summary>
public sealed class InvokeTests : IDisposable
{
    private readonly CliLake _lake = new(ScenarioWorld.Yaml(
        $"requesters: [{{mail: {ScenarioWorld.Requester}, principal: 'arn:aws:iam::1234567890:user/Admin'}}]",
        ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop")));

    public static TheoryData<string> Functions => [.. FunctionTable.All.Select(f => f.Name)];

    public void Dispose() => _lake.Dispose();

    [Fact]
    public async Task A_function_runs_on_an_event_and_its_answer_is_printed()
    {
        _lake.Put("d/a", "{\"id\":1}\n");
        (int exit, string output, string error) = await InvokeAsync("follow-lake", """{"key":"d/a"}""");
        Assert.Equal((0, "{\n  \"outcome\": \"indexed\"\n}\n", ""), (exit, output.ReplaceLineEndings("\n"), error));
        (exit, JsonObject found) = await _lake.JsonAsync("find", "--subject", "customer=1");
        Assert.Equal((0, "d/a"), (exit, found["objects"]![0]!["key"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Events_of_the_cloud_run_too_and_a_mark_in_front_of_them_is_forgiven()
    {
        (int exit, string output, _) = await InvokeAsync("follow-lake", "\uFEFF" + Enveloped.Batch(("m1", Enveloped.TestEvent), ("m2", "foreign")), "--json");
        Assert.Equal(0, exit);
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"m2"}]}""", JsonNode.Parse(output)!.ToJsonString());
    }

    [Fact]
    public async Task A_recorded_call_of_the_API_is_answered_as_the_API_would()
    {
        string file = SharedData.Path("events", "http-api-v2-request-iam-authorizer.json");
        (int exit, JsonObject answer) = await _lake.JsonAsync("invoke", "submit-erasure", "--event", file);
        Assert.Equal((0, 400), (exit, answer["statusCode"]!.GetValue<int>()));
        Assert.Equal("the body is not what this call takes", JsonNode.Parse(answer["body"]!.GetValue<string>())!["problem"]!.GetValue<string>());
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task An_event_of_the_wrong_shape_is_one_clear_line_and_changes_nothing(string function)
    {
        string[] broken = ["", "nothing", "[]", "null", "7"];
        string[] foreign = ["{\"a\":{}}", "{\"requestId\":null,\"key\":null,\"runId\":null,\"method\":null,\"subjects\":null}", """{"Records":[{"eventSource":"aws:kinesis"}]}"""];
        // A schedule sends what it likes to those that need nothing said.
        foreach (string @event in function is "begin-hour" or "flag-change" or "mark-stale" ? broken : [.. broken, .. foreign])
        {
            (int exit, string output, string error) = await InvokeAsync(function, @event, "--json");
            Assert.Equal((2, ""), (exit, output));
            Assert.Matches($@"\Alimpid: the event is not what {function} takes, at \$[^\n]*\n\z", error.ReplaceLineEndings("\n"));
        }
    }

    [Fact]
    public async Task A_function_that_does_not_exist_is_one_line_with_those_that_do()
    {
        (int exit, _, string error) = await InvokeAsync("erase-everything", "{}");
        Assert.Equal(2, exit);
        Assert.StartsWith("limpid: there is no function 'erase-everything'; there are follow-lake, reconcile-lake, ingest-records", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_one_line()
    {
        (int exit, _, string error) = await _lake.RunAsync("invoke", "notify", "--event", "missing.json");
        Assert.Equal((2, "limpid: there is no file missing.json"), (exit, error.Trim()));
    }

    [Fact]
    public async Task What_a_function_throws_is_its_answer_and_exit_code_1()
    {
        (int exit, string output, string error) = await InvokeAsync("notify", """{"requestId":"r-1"}""");
        Assert.Equal((1, "", "limpid: UnknownRequestException: there is no request r-1"), (exit, output, error.Trim()));
        (exit, output, error) = await InvokeAsync("notify", """{"requestId":"r-1"}""", "--json");
        Assert.Equal((1, ""), (exit, error));
        Assert.Equal("""{"errorType":"UnknownRequestException","errorMessage":"there is no request r-1"}""", JsonNode.Parse(output)!.ToJsonString());
    }

    private async Task<(int Exit, string Output, string Error)> InvokeAsync(string function, string @event, params string[] more)
    {
        string file = Path.Combine(_lake.Root, "..", "event.json");
        await File.WriteAllTextAsync(file, @event, ScenarioWorld.Stop);
        return await _lake.RunAsync(["invoke", function, "--event", file, .. more]);
    }
}
