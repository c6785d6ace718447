using Amazon.StepFunctions;
using Amazon.StepFunctions.Model;
using Limpid.Core.Ports;

namespace Limpid.Functions.Adapters;

/// <summary>Step Functions as the workflow service.</summary>
/// <param name="stateMachines">ARN by the name of the state machine's file.</param>
internal sealed class StepFunctionsWorkflows(IAmazonStepFunctions client, IReadOnlyDictionary<string, string> stateMachines) : IWorkflows
{
    /// <summary>What Step Functions takes of a cause.</summary>
    private const int LongestCause = 32_768;

    public async Task<StartOutcome> StartAsync(string stateMachine, string name, string input, CancellationToken cancellation)
    {
        try
        {
            await client.StartExecutionAsync(new StartExecutionRequest { StateMachineArn = ArnOf(stateMachine), Name = name, Input = input }, cancellation);
            return StartOutcome.Started;
        }
        catch (ExecutionAlreadyExistsException)
        {
            return StartOutcome.AlreadyExists;
        }
    }

    public async Task<ExecutionInfo?> DescribeAsync(string stateMachine, string name, CancellationToken cancellation)
    {
        try
        {
            DescribeExecutionResponse told = await client.DescribeExecutionAsync(
                new DescribeExecutionRequest { ExecutionArn = ExecutionArn(stateMachine, name) }, cancellation);
            return new ExecutionInfo(name, stateMachine, told.Status!.Value, told.Output, told.Error, told.Cause);
        }
        catch (ExecutionDoesNotExistException)
        {
            return null;
        }
    }

    /// <remarks>Executions that it waits for (<c>.sync</c>) are stopped by Step Functions itself.</remarks>
    public async Task StopAsync(string stateMachine, string name, string error, string cause, CancellationToken cancellation)
    {
        try
        {
            await client.StopExecutionAsync(
                new StopExecutionRequest { ExecutionArn = ExecutionArn(stateMachine, name), Error = error, Cause = Cut(cause) }, cancellation);
        }
        catch (ExecutionDoesNotExistException)
        {
            // Never begun, or forgotten after 90 days: there is nothing to stop.
        }
    }

    public Task<CallbackOutcome> SendTaskSuccessAsync(string token, string output, CancellationToken cancellation) => SendAsync(
        () => client.SendTaskSuccessAsync(new SendTaskSuccessRequest { TaskToken = token, Output = output }, cancellation));

    public Task<CallbackOutcome> SendTaskFailureAsync(string token, string error, string cause, CancellationToken cancellation) => SendAsync(
        () => client.SendTaskFailureAsync(new SendTaskFailureRequest { TaskToken = token, Error = error, Cause = Cut(cause) }, cancellation));

    private static async Task<CallbackOutcome> SendAsync(Func<Task> send)
    {
        try
        {
            await send();
            return CallbackOutcome.Delivered;
        }
        catch (Exception closed) when (closed is TaskTimedOutException or TaskDoesNotExistException or InvalidTokenException)
        {
            return CallbackOutcome.Closed;
        }
    }

    // arn:aws:states:REGION:ACCOUNT:stateMachine:NAME and arn:aws:states:REGION:ACCOUNT:execution:NAME:EXECUTION
    private string ExecutionArn(string stateMachine, string name) =>
        ArnOf(stateMachine).Replace(":stateMachine:", ":execution:", StringComparison.Ordinal) + ":" + name;

    private string ArnOf(string stateMachine) => stateMachines.TryGetValue(stateMachine, out string? arn)
        ? arn
        : throw new MissingSettingException($"no ARN is set for the state machine {stateMachine}");

    private static string Cut(string cause) => cause.Length <= LongestCause ? cause : cause[..LongestCause];
}
