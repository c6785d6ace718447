namespace Amazon.Lambda.Core;

/// <summary>What is known of one invocation.</summary>
public interface ILambdaContext
{
    string AwsRequestId { get; }

    string FunctionName { get; }

    string FunctionVersion { get; }

    string InvokedFunctionArn { get; }

    string LogGroupName { get; }

    string LogStreamName { get; }

    ILambdaLogger Logger { get; }

    int MemoryLimitInMB { get; }

    /// <summary>Until the deadline, anew at each read; negative after it.</summary>
    TimeSpan RemainingTime { get; }

    string TraceId => "";
}
