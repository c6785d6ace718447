using System.Net;
using Amazon;
using Amazon.Runtime.Endpoints;
using Amazon.StepFunctions;
using Amazon.StepFunctions.Model;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters;

namespace Limpid.Tests.Aws;

/// <summary>Step Functions as the workflow service, over the wire.</summary>
public sealed class StepFunctionsTests : IAsyncLifetime
{
    private const string Purge = "arn:aws:states:eu-west-1:123456789012:stateMachine:purge";
    private const string Execution = "arn:aws:states:eu-west-1:123456789012:execution:purge:r-1";

    private ServiceServer _server = null!;
    private AmazonStepFunctionsClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private StepFunctionsWorkflows Workflows => new(_client, new Dictionary<string, string> { ["purge"] = Purge });

    public async ValueTask InitializeAsync()
    {
        _server = await ServiceServer.StartAsync();
        _client = new AmazonStepFunctionsClient(ServiceServer.Credentials, _server.Configure(new AmazonStepFunctionsConfig()));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Starting_is_a_signed_call_with_name_and_input()
    {
        _server.Answers($$"""{"executionArn":"{{Execution}}","startDate":1.7731332E9}""");
        Assert.Equal(StartOutcome.Started, await Workflows.StartAsync("purge", "r-1", """{"requestId":"r-1 é"}""", Stop));
        ServiceRequest request = _server.Single();
        Assert.Equal(("POST", "/", "AWSStepFunctions.StartExecution", "application/x-amz-json-1.0"), (request.Method, request.Path, request.Target, request.Headers["Content-Type"]));
        Assert.Equal("2016-11-23", request.Headers["x-amz-api-version"]);
        request.AssertSigned("states");
        Assert.Equal(["input", "name", "stateMachineArn"], request.Json.EnumerateObject().Select(m => m.Name).Order());
        Assert.Equal((Purge, "r-1", """{"requestId":"r-1 é"}"""), (request.Json.GetProperty("stateMachineArn").GetString(), request.Json.GetProperty("name").GetString(), request.Json.GetProperty("input").GetString()));
    }

    [Fact]
    public async Task An_answer_is_read_with_its_times_in_UTC_and_what_is_missing_null()
    {
        _server.Answers($$"""{"executionArn":"{{Execution}}","stateMachineArn":"{{Purge}}","name":"r-1","status":"RUNNING","startDate":1773133200.5,"more":{"of":["what","we"]} }""");
        DescribeExecutionResponse told = await _client.DescribeExecutionAsync(new DescribeExecutionRequest { ExecutionArn = Execution }, Stop);
        Assert.Equal((Execution, Purge, "r-1", ExecutionStatus.RUNNING), (told.ExecutionArn, told.StateMachineArn, told.Name, told.Status));
        Assert.Equal((new DateTime(2026, 3, 10, 9, 0, 0, 500, DateTimeKind.Utc), DateTimeKind.Utc), (told.StartDate, told.StartDate!.Value.Kind));
        Assert.Equal((null, null, null, null, null), (told.StopDate, told.Input, told.Output, told.Error, told.Cause));
        Assert.Equal((HttpStatusCode.OK, "request-1"), (told.HttpStatusCode, told.ResponseMetadata.RequestId));
    }

    [Fact]
    public async Task An_execution_is_told_of_by_state_machine_and_name()
    {
        _server.Answers($$"""{"executionArn":"{{Execution}}","name":"r-1","status":"FAILED","startDate":1,"stopDate":2,"error":"Limpid.NotAllErased","cause":"one item"}""");
        Assert.Equal(new ExecutionInfo("r-1", "purge", "FAILED", null, "Limpid.NotAllErased", "one item"), await Workflows.DescribeAsync("purge", "r-1", Stop));
        Assert.Equal(Execution, _server.Single().Json.GetProperty("executionArn").GetString());
        _server.Answers("""{"__type":"com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist","message":"Execution Does Not Exist"}""", 400);
        Assert.Null(await Workflows.DescribeAsync("purge", "r-2", Stop));
    }

    [Fact]
    public async Task F22_a_name_that_was_used_before_is_told_from_one_that_is_open()
    {
        _server.Answers("""{"__type":"ExecutionAlreadyExists","message":"Execution Already Exists: 'arn'"}""", 400);
        Assert.Equal(StartOutcome.AlreadyExists, await Workflows.StartAsync("purge", "r-1", "{}", Stop));
    }

    [Theory]
    [InlineData("TaskTimedOut")]
    [InlineData("TaskDoesNotExist")]
    [InlineData("InvalidToken")]
    public async Task F30_a_callback_to_a_task_that_is_over_is_closed(string code)
    {
        _server.Answers($$"""{"__type":"{{code}}","message":"over"}""", 400).Answers("{}").Answers($$"""{"message":"over"}""", 400, code + ":http://internal").Answers("{}");
        Assert.Equal(CallbackOutcome.Closed, await Workflows.SendTaskSuccessAsync("token", "{}", Stop));
        Assert.Equal(CallbackOutcome.Delivered, await Workflows.SendTaskSuccessAsync("token", "{\"a\":1}", Stop));
        Assert.Equal(CallbackOutcome.Closed, await Workflows.SendTaskFailureAsync("token", "E", "C", Stop));
        Assert.Equal(CallbackOutcome.Delivered, await Workflows.SendTaskFailureAsync("token", "E", "C", Stop));
        ServiceRequest[] sent = [.. _server.Requests];
        Assert.Equal(["SendTaskSuccess", "SendTaskSuccess", "SendTaskFailure", "SendTaskFailure"], sent.Select(r => r.Target!["AWSStepFunctions.".Length..]));
        sent[1].AssertSays("""{"taskToken":"token","output":"{\u0022a\u0022:1}"}""");
        sent[3].AssertSays("""{"taskToken":"token","error":"E","cause":"C"}""");
    }

    [Fact]
    public async Task Stopping_names_error_and_cause_and_does_nothing_where_there_is_nothing()
    {
        _server.Answers("""{"stopDate":1773133200}""").Answers("""{"__type":"ExecutionDoesNotExist"}""", 400);
        await Workflows.StopAsync("purge", "r-1", "Limpid.Cancelled", "the request was cancelled", Stop);
        _server.Single().AssertSays($$"""{"executionArn":"{{Execution}}","error":"Limpid.Cancelled","cause":"the request was cancelled"}""");
        await Workflows.StopAsync("purge", "r-2", "Limpid.Cancelled", "the request was cancelled", Stop);
    }

    [Fact]
    public async Task What_is_throttled_or_broken_is_tried_again()
    {
        _server.Answers("""{"__type":"ThrottlingException","message":"Rate exceeded"}""", 400).Answers("<html>busy</html>", 503).Answers("{}");
        Assert.Equal(CallbackOutcome.Delivered, await Workflows.SendTaskSuccessAsync("token", "{}", Stop));
        Assert.Equal(3, _server.Requests.Count);
        Assert.All(_server.Requests, request => request.AssertSigned("states"));
    }

    [Fact]
    public async Task What_stays_throttled_is_an_error_that_says_so()
    {
        for (int i = 0; i < 2; i++)
            _server.Answers("""{"__type":"ThrottlingException","message":"Rate exceeded"}""", 400);
        AmazonStepFunctionsConfig once = _server.Configure(new AmazonStepFunctionsConfig { MaxErrorRetry = 1 });
        using var client = new AmazonStepFunctionsClient(ServiceServer.Credentials, once);
        AmazonStepFunctionsException error = await Assert.ThrowsAsync<AmazonStepFunctionsException>(() => client.SendTaskSuccessAsync(new SendTaskSuccessRequest { TaskToken = "t", Output = "{}" }, Stop));
        Assert.Equal(("ThrottlingException", "Rate exceeded", HttpStatusCode.BadRequest, "request-2"), (error.ErrorCode, error.Message, error.StatusCode, error.RequestId));
    }

    [Fact]
    public async Task What_is_wrong_is_not_tried_again()
    {
        _server.Answers("""{"__type":"com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist","Message":"State Machine Does Not Exist"}""", 400);
        AmazonStepFunctionsException error = await Assert.ThrowsAsync<AmazonStepFunctionsException>(() => Workflows.StartAsync("purge", "r-1", "{}", Stop));
        Assert.Equal(("StateMachineDoesNotExist", "State Machine Does Not Exist"), (error.ErrorCode, error.Message));
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData("eu-west-1", false, false, "https://states.eu-west-1.amazonaws.com/")]
    [InlineData("us-gov-west-1", true, false, "https://states-fips.us-gov-west-1.amazonaws.com/")]
    [InlineData("cn-north-1", false, false, "https://states.cn-north-1.amazonaws.com.cn/")]
    [InlineData("eu-west-1", false, true, "https://states.eu-west-1.api.aws/")]
    public void Without_an_endpoint_of_its_own_it_calls_the_regions(string region, bool fips, bool dualstack, string url)
    {
        var config = new AmazonStepFunctionsConfig { RegionEndpoint = RegionEndpoint.GetBySystemName(region), UseFIPSEndpoint = fips, UseDualstackEndpoint = dualstack };
        Assert.Equal(url, new Uri(config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(new StartExecutionRequest())).URL).ToString());
    }
}
