using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.State;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

/// <summary>What EventBridge says of executions of <c>purge</c> that ended, to <c>fail-erasure</c>.</summary>
public sealed class ExecutionEventTests
{
    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop"));

    /// <summary>In the shape of "Step Functions event detail", Step Functions Developer Guide.</summary>
    public static string Of(string requestId, string status, string? name = null, bool hasInput = true, string? error = null)
    {
        const string Home = "arn:aws:states:eu-west-1:123456789012:";
        string input = hasInput ? $$""" "{\"requestId\":\"{{requestId}}\"}" """ : "null", named = name ?? requestId;
        return $$"""
            {
              "version": "0", "id": "315c1398-40ff-a850-213b-158f73e60175", "detail-type": "Step Functions Execution Status Change", "source": "aws.states",
              "account": "123456789012", "time": "2026-11-25T12:00:00Z", "region": "eu-west-1", "resources": ["{{Home}}execution:limpid-acme-purge:{{named}}"],
              "detail": {
                "executionArn": "{{Home}}execution:limpid-acme-purge:{{named}}", "stateMachineArn": "{{Home}}stateMachine:limpid-acme-purge", "name": "{{named}}",
                "status": "{{status}}", "startDate": 1764072000000, "stopDate": 1764075600000, "input": {{input}}, "inputDetails": {"included": {{(hasInput ? "true" : "false")}}},
                "output": null, "outputDetails": null, "error": {{(error is null ? "null" : $"\"{error}\"")}}, "cause": null, "stateMachineVersionArn": null, "stateMachineAliasArn": null
              }
            }
            """;
    }

    [Theory]
    [InlineData("ABORTED", true, "Operator.Stopped", "Operator.Stopped")]
    [InlineData("TIMED_OUT", true, null, "TIMED_OUT")]
    [InlineData("FAILED", false, "States.Runtime", "States.Runtime")]
    public async Task A_request_whose_workflow_is_gone_ends_as_failed_and_says_so_once(string status, bool hasInput, string? error, string said)
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await OpenAsync(world);
        await world.Runner.StopAsync("purge", id, "Operator.Stopped", "by hand", ScenarioWorld.Stop);
        await world.RunAsync();
        Assert.False((await world.RequestAsync(id)).IsEnded);
        await world.CallAsync("fail-erasure", Of(id, status, hasInput: hasInput, error: error));
        ErasureRequest ended = await world.RequestAsync(id);
        Assert.Equal(RequestStatus.Failed, ended.Status);
        Assert.Contains(said, ended.Reason, StringComparison.Ordinal);
        (long, string) stored = await StoredAsync(world, id);
        int mails = world.Mails().Count;
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Requester && m.Text.Contains(id, StringComparison.Ordinal));
        await world.CallAsync("fail-erasure", Of(id, status, hasInput: hasInput, error: error));
        Assert.Equal(stored, await StoredAsync(world, id));
        Assert.Equal(mails, world.Mails().Count);
    }

    [Fact]
    public async Task A_request_that_is_over_stays_as_it_is()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("d/a", "{\"id\":1}\n{\"id\":2}\n");
        string certified = (await world.EraseAsync("customer=1")).Id;
        string cancelled = await OpenAsync(world);
        await world.CancelAsync(cancelled);
        foreach ((string id, RequestStatus status) in new[] { (certified, RequestStatus.Certified), (cancelled, RequestStatus.Cancelled) })
        {
            (long, string) before = await StoredAsync(world, id);
            int mails = world.Mails().Count;
            await world.CallAsync("fail-erasure", Of(id, "ABORTED"));
            Assert.Equal(before, await StoredAsync(world, id));
            Assert.Equal(status, (await world.RequestAsync(id)).Status);
            Assert.Equal(mails, world.Mails().Count);
        }
    }

    [Fact]
    public async Task A_request_that_an_execution_carries_out_goes_on()
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await OpenAsync(world);
        // The event of an execution that was redriven since, and of one that somebody began by hand beside it.
        await world.CallAsync("fail-erasure", Of(id, "FAILED"));
        await world.CallAsync("fail-erasure", Of(id, "ABORTED", name: "by-hand"));
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
    }

    [Fact]
    public async Task An_execution_of_no_request_ends_none()
    {
        await using var world = new MemoryWorld(Yaml);
        Assert.Equal("unknown", (await world.CallAsync("fail-erasure", Of("nobody", "FAILED"))).GetProperty("status").GetString());
    }

    /// <summary>Counts the writes as well.</summary>
    private static async Task<(long Version, string Json)> StoredAsync(MemoryWorld world, string id)
    {
        StateItem item = (await world.State.GetAsync(Requests.Partition(id), "request", ScenarioWorld.Stop))!.Value;
        return (item.Version, Encoding.UTF8.GetString(item.Json.Span));
    }

    private static async Task<string> OpenAsync(MemoryWorld world)
    {
        world.Put("d/b", "{\"id\":2}\n{\"id\":3}\n");
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        return id;
    }
}
