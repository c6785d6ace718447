using System.Text.Json;
using Amazon.KeyManagementService;
using Amazon.Kinesis;
using Amazon.SimpleEmailV2;
using Amazon.StepFunctions;
using Limpid.Core.Ports;

namespace Limpid.Tests.Aws;

/// <summary>KMS, SES, Step Functions and Kinesis on the wire. Mails come out of it, executions run on the local runner, and records are taken.</summary>
internal sealed class WireServices : IAsyncDisposable
{
    private const string Arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:";

    private readonly FakeKms _kms = new();
    private readonly Lock _gate = new();
    private readonly List<(string To, string Text)> _mails = [];
    private readonly ServiceServer _server;

    private WireServices(ServiceServer server)
    {
        _server = server;
        Kms = new AmazonKeyManagementServiceClient(ServiceServer.Credentials, server.Configure(new AmazonKeyManagementServiceConfig()));
        Mail = new AmazonSimpleEmailServiceV2Client(ServiceServer.Credentials, server.Configure(new AmazonSimpleEmailServiceV2Config()));
        Streams = new AmazonKinesisClient(ServiceServer.Credentials, server.Configure(new AmazonKinesisConfig()));
        Workflows = new AmazonStepFunctionsClient(ServiceServer.Credentials, server.Configure(new AmazonStepFunctionsConfig()));
    }

    public AmazonKeyManagementServiceClient Kms { get; }

    public AmazonSimpleEmailServiceV2Client Mail { get; }

    public AmazonStepFunctionsClient Workflows { get; }

    public AmazonKinesisClient Streams { get; }

    /// <summary>Carries the executions out.</summary>
    public Func<IWorkflows> Runner { get; set; } = () => throw new InvalidOperationException("nothing runs yet");

    public IReadOnlyList<(string To, string Text)> Mails
    {
        get
        {
            lock (_gate)
                return [.. _mails];
        }
    }

    public static IReadOnlyDictionary<string, string> StateMachines { get; } =
        new Dictionary<string, string> { ["purge"] = Arn + "purge", ["approval"] = Arn + "approval", ["refresh"] = Arn + "refresh", ["bucket"] = Arn + "bucket" };

    public static async Task<WireServices> StartAsync()
    {
        ServiceServer server = await ServiceServer.StartAsync();
        var services = new WireServices(server);
        server.Otherwise = services.Answer;
        return services;
    }

    public async ValueTask DisposeAsync()
    {
        Kms.Dispose();
        Mail.Dispose();
        Workflows.Dispose();
        Streams.Dispose();
        await _server.DisposeAsync();
        _kms.Dispose();
    }

    private (int Status, string Body) Answer(ServiceRequest request) => request.Target switch
    {
        null => Send(request),
        { } kms when kms.StartsWith("TrentService.", StringComparison.Ordinal) => _kms.Answer(request),
        { } states => AnswerAsync(states.Split('.')[1], request.Json).GetAwaiter().GetResult(),
    };

    private (int Status, string Body) Send(ServiceRequest request)
    {
        JsonElement asked = request.Json;
        string message = System.Text.Encoding.UTF8.GetString(asked.GetProperty("Content").GetProperty("Raw").GetProperty("Data").GetBytesFromBase64());
        lock (_gate)
            _mails.AddRange(asked.GetProperty("Destination").GetProperty("ToAddresses").EnumerateArray().Select(to => (to.GetString()!, Approvals.Eml.Part(message, "text/plain"))));
        return (200, """{"MessageId":"m"}""");
    }

    private async Task<(int Status, string Body)> AnswerAsync(string operation, JsonElement asked)
    {
        IWorkflows runner = Runner();
        CancellationToken stop = CancellationToken.None;
        switch (operation)
        {
            case "StartExecution":
                StartOutcome started = await runner.StartAsync(Of("stateMachineArn")[Arn.Length..], Of("name"), Of("input"), stop);
                return started == StartOutcome.AlreadyExists ? Refused("ExecutionAlreadyExists") : (200, """{"executionArn":"arn","startDate":0}""");
            case "StopExecution":
                string[] execution = Of("executionArn").Split(':');
                await runner.StopAsync(execution[^2], execution[^1], Of("error"), Of("cause"), stop);
                return (200, """{"stopDate":0}""");
            case "DescribeExecution":
                string[] described = Of("executionArn").Split(':');
                return await runner.DescribeAsync(described[^2], described[^1], stop) is { } info
                    ? (200, $$"""{"executionArn":"arn","stateMachineArn":"arn","name":"{{info.Name}}","status":"{{info.Status}}","startDate":0}""")
                    : Refused("ExecutionDoesNotExist");
            case "ListShards":
                return (200, """{"Shards":[{"ShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"9"},"SequenceNumberRange":{"StartingSequenceNumber":"1"}}]}""");
            case "PutRecords":
                return (200, """{"FailedRecordCount":0,"Records":[{"SequenceNumber":"2","ShardId":"shardId-000000000000"}]}""");
            case "SendTaskSuccess":
                return await runner.SendTaskSuccessAsync(Of("taskToken"), Of("output"), stop) == CallbackOutcome.Closed ? Refused("TaskTimedOut") : (200, "{}");
            default:
                return Refused("InvalidAction");
        }

        string Of(string name) => asked.GetProperty(name).GetString()!;
    }

    private static (int Status, string Body) Refused(string code) => (400, $$"""{"__type":"{{code}}","message":"refused"}""");
}
