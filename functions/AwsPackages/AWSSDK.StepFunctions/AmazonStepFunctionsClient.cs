using System.Text.Json;
using Amazon.Runtime;
using Amazon.StepFunctions.Model;
using Limpid.AwsPackages;

namespace Amazon.StepFunctions;

public class AmazonStepFunctionsClient : ServiceClient, IAmazonStepFunctions
{
    private static readonly Operation<StartExecutionRequest, StartExecutionResponse> StartExecution = Of<StartExecutionRequest, StartExecutionResponse>(
        "StartExecution",
        (writer, request) =>
        {
            writer.WriteIfSet("stateMachineArn", request.StateMachineArn);
            writer.WriteIfSet("name", request.Name);
            writer.WriteIfSet("input", request.Input);
        },
        (answer, response) => (response.ExecutionArn, response.StartDate) = (answer.Text("executionArn"), answer.Time("startDate")));

    private static readonly Operation<DescribeExecutionRequest, DescribeExecutionResponse> DescribeExecution = Of<DescribeExecutionRequest, DescribeExecutionResponse>(
        "DescribeExecution",
        (writer, request) => writer.WriteIfSet("executionArn", request.ExecutionArn),
        (answer, response) =>
        {
            (response.ExecutionArn, response.StateMachineArn, response.Name) = (answer.Text("executionArn"), answer.Text("stateMachineArn"), answer.Text("name"));
            response.Status = answer.Text("status") is { } status ? ExecutionStatus.FindValue(status) : null;
            (response.StartDate, response.StopDate) = (answer.Time("startDate"), answer.Time("stopDate"));
            (response.Input, response.Output) = (answer.Text("input"), answer.Text("output"));
            (response.Error, response.Cause) = (answer.Text("error"), answer.Text("cause"));
        });

    private static readonly Operation<StopExecutionRequest, StopExecutionResponse> StopExecution = Of<StopExecutionRequest, StopExecutionResponse>(
        "StopExecution",
        (writer, request) =>
        {
            writer.WriteIfSet("executionArn", request.ExecutionArn);
            writer.WriteIfSet("error", request.Error);
            writer.WriteIfSet("cause", request.Cause);
        },
        (answer, response) => response.StopDate = answer.Time("stopDate"));

    private static readonly Operation<SendTaskSuccessRequest, SendTaskSuccessResponse> SendTaskSuccess = Of<SendTaskSuccessRequest, SendTaskSuccessResponse>(
        "SendTaskSuccess",
        (writer, request) =>
        {
            writer.WriteIfSet("taskToken", request.TaskToken);
            writer.WriteIfSet("output", request.Output);
        },
        (_, _) => { });

    private static readonly Operation<SendTaskFailureRequest, SendTaskFailureResponse> SendTaskFailure = Of<SendTaskFailureRequest, SendTaskFailureResponse>(
        "SendTaskFailure",
        (writer, request) =>
        {
            writer.WriteIfSet("taskToken", request.TaskToken);
            writer.WriteIfSet("error", request.Error);
            writer.WriteIfSet("cause", request.Cause);
        },
        (_, _) => { });

    public AmazonStepFunctionsClient()
        : this(new AmazonStepFunctionsConfig())
    {
    }

    public AmazonStepFunctionsClient(AmazonStepFunctionsConfig config)
        : base(config)
    {
    }

    public AmazonStepFunctionsClient(AWSCredentials credentials, AmazonStepFunctionsConfig clientConfig)
        : base(credentials, clientConfig)
    {
    }

    public virtual Task<StartExecutionResponse> StartExecutionAsync(StartExecutionRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(StartExecution, request, cancellationToken);

    public virtual Task<DescribeExecutionResponse> DescribeExecutionAsync(DescribeExecutionRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(DescribeExecution, request, cancellationToken);

    public virtual Task<StopExecutionResponse> StopExecutionAsync(StopExecutionRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(StopExecution, request, cancellationToken);

    public virtual Task<SendTaskSuccessResponse> SendTaskSuccessAsync(SendTaskSuccessRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(SendTaskSuccess, request, cancellationToken);

    public virtual Task<SendTaskFailureResponse> SendTaskFailureAsync(SendTaskFailureRequest request, CancellationToken cancellationToken = default) =>
        CallAsync(SendTaskFailure, request, cancellationToken);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonStepFunctionsConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) =>
        new AmazonStepFunctionsClient(awsCredentials, (AmazonStepFunctionsConfig)clientConfig);

    private static Operation<TRequest, TResponse> Of<TRequest, TResponse>(
        string operation, Action<Utf8JsonWriter, TRequest> write, Action<JsonElement, TResponse> read)
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new("Amazon.StepFunctions", "/",
            [("X-Amz-Target", "AWSStepFunctions." + operation), ("Content-Type", "application/x-amz-json-1.0"), ("x-amz-api-version", "2016-11-23")],
            write, read, AmazonStepFunctionsException.Of);
}
