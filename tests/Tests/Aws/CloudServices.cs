using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Limpid.Core.Ports;
using Limpid.Local.StateMachines;
using Limpid.Tests.Approvals;

namespace Limpid.Tests.Aws;

/// <summary>KMS, SES and Step Functions on one address: keys as <see cref="FakeKms"/> has them, mails are kept, executions are the local runner's.</summary>
internal sealed class CloudServices : IAsyncDisposable
{
    public const string Machines = "arn:aws:states:eu-west-1:123456789012:stateMachine:";

    private readonly ServiceServer _server;
    private readonly FakeKms _kms = new();
    private readonly Lock _gate = new();

    private CloudServices(ServiceServer server)
    {
        _server = server;
        server.Otherwise = Answer;
    }

    public ServiceServer Server => _server;

    /// <summary>What carries executions out.</summary>
    public Func<StateMachineRunner>? Runner { get; set; }

    /// <summary>Whom each mail went to, and its text.</summary>
    public ConcurrentQueue<(string To, string Text)> Mails { get; } = [];

    public static async Task<CloudServices> StartAsync() => new(await ServiceServer.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _kms.Dispose();
    }

    private (int Status, string Body) Answer(ServiceRequest request)
    {
        // One at a time, as a key is no more than one thread's.
        lock (_gate)
        {
            return request switch
            {
                { Path: "/v2/email/outbound-emails" } => Send(request.Json),
                { Target: { } target } when target.StartsWith("TrentService.", StringComparison.Ordinal) => _kms.Answer(request),
                { Target: { } target } when target.StartsWith("AWSStepFunctions.", StringComparison.Ordinal) => Step(target["AWSStepFunctions.".Length..], request.Json),
                _ => (501, "{}"),
            };
        }
    }

    private (int Status, string Body) Send(JsonElement mail)
    {
        string eml = Encoding.ASCII.GetString(mail.GetProperty("Content").GetProperty("Raw").GetProperty("Data").GetBytesFromBase64());
        foreach (JsonElement to in mail.GetProperty("Destination").GetProperty("ToAddresses").EnumerateArray())
            Mails.Enqueue((to.GetString()!, Eml.Part(eml, "text/plain")));
        return (200, string.Create(CultureInfo.InvariantCulture, $$"""{"MessageId":"{{Mails.Count}}"}"""));
    }

    private (int Status, string Body) Step(string operation, JsonElement asked)
    {
        StateMachineRunner runner = Runner!();
        string Text(string name) => asked.GetProperty(name).GetString()!;
        switch (operation)
        {
            case "StartExecution":
                string machine = Text("stateMachineArn")[Machines.Length..];
                return runner.StartAsync(machine, Text("name"), Text("input"), CancellationToken.None).Result == StartOutcome.AlreadyExists
                    ? (400, """{"__type":"ExecutionAlreadyExists"}""")
                    : (200, $$"""{"executionArn":"{{Machines.Replace("stateMachine", "execution", StringComparison.Ordinal)}}{{machine}}:{{Text("name")}}","startDate":1.7e9}""");
            case "DescribeExecution":
                (string of, string name) = Of(Text("executionArn"));
                return runner.DescribeAsync(of, name, CancellationToken.None).Result is { } found
                    ? (200, JsonSerializer.Serialize(new Dictionary<string, object?> { ["executionArn"] = Text("executionArn"), ["stateMachineArn"] = Machines + of, ["name"] = name, ["status"] = found.Status, ["startDate"] = 1.7e9, ["output"] = found.Output, ["error"] = found.Error, ["cause"] = found.Cause }))
                    : (400, """{"__type":"ExecutionDoesNotExist"}""");
            case "StopExecution":
                (of, name) = Of(Text("executionArn"));
                runner.StopAsync(of, name, Text("error"), Text("cause"), CancellationToken.None).Wait();
                return (200, """{"stopDate":1.7e9}""");
            case "SendTaskSuccess":
                return runner.SendTaskSuccessAsync(Text("taskToken"), Text("output"), CancellationToken.None).Result == CallbackOutcome.Delivered
                    ? (200, "{}")
                    : (400, """{"__type":"TaskTimedOut"}""");
            default:
                return (501, "{}");
        }
    }

    private static (string Machine, string Name) Of(string execution) => execution.Split(':') is [.., var machine, var name] ? (machine, name) : throw new FormatException(execution);
}
