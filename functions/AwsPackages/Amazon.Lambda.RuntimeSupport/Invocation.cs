using System.Globalization;
using Amazon.Lambda.Core;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>One event with what came in the headers beside it.</summary>
internal sealed class Invocation : ILambdaContext
{
    private readonly DateTimeOffset _deadline;

    public Invocation(HttpResponseMessage response, byte[] input)
    {
        Input = new MemoryStream(input);
        AwsRequestId = Header(response, "Aws-Request-Id") ?? throw new RuntimeApiClientException("The Runtime API gave an event without an id.", (int)response.StatusCode, "");
        InvokedFunctionArn = Header(response, "Invoked-Function-Arn") ?? "";
        TraceId = Header(response, "Trace-Id") ?? "";
        _deadline = long.TryParse(Header(response, "Deadline-Ms"), NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : DateTimeOffset.MaxValue;
        Logger = new LambdaLog(AwsRequestId, TraceId);
    }

    public Stream Input { get; }

    public string AwsRequestId { get; }

    public string InvokedFunctionArn { get; }

    public string TraceId { get; }

    public ILambdaLogger Logger { get; }

    public TimeSpan RemainingTime => _deadline - DateTimeOffset.UtcNow;

    public string FunctionName => LambdaEnvironment.FunctionName;

    public string FunctionVersion => LambdaEnvironment.FunctionVersion;

    public string LogGroupName => LambdaEnvironment.LogGroupName;

    public string LogStreamName => LambdaEnvironment.LogStreamName;

    public int MemoryLimitInMB => LambdaEnvironment.MemoryLimitInMB;

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues("Lambda-Runtime-" + name, out IEnumerable<string>? values) ? values.First() : null;
}
