using System.Globalization;
using Amazon.Lambda.Core;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>One event with what came in the headers beside it.</summary>
internal sealed class Invocation : ILambdaContext, IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly DateTimeOffset _deadline;

    public Invocation(HttpResponseMessage response, Stream input)
    {
        _response = response;
        Input = input;
        AwsRequestId = Header("Aws-Request-Id") ?? throw new RuntimeApiClientException("The Runtime API gave an event without an id.", (int)response.StatusCode, "");
        InvokedFunctionArn = Header("Invoked-Function-Arn") ?? "";
        TraceId = Header("Trace-Id") ?? "";
        _deadline = long.TryParse(Header("Deadline-Ms"), NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
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

    public void Dispose() => _response.Dispose();

    private string? Header(string name) =>
        _response.Headers.TryGetValues("Lambda-Runtime-" + name, out IEnumerable<string>? values) ? values.First() : null;
}
