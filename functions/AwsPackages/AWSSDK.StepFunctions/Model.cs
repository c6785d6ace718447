using Amazon.Runtime;

namespace Amazon.StepFunctions.Model;

public class StartExecutionRequest : AmazonWebServiceRequest
{
    public string? StateMachineArn { get; set; }

    public string? Name { get; set; }

    public string? Input { get; set; }
}

public class StartExecutionResponse : AmazonWebServiceResponse
{
    public string? ExecutionArn { get; set; }

    public DateTime? StartDate { get; set; }
}

public class DescribeExecutionRequest : AmazonWebServiceRequest
{
    public string? ExecutionArn { get; set; }
}

public class DescribeExecutionResponse : AmazonWebServiceResponse
{
    public string? ExecutionArn { get; set; }

    public string? StateMachineArn { get; set; }

    public string? Name { get; set; }

    public ExecutionStatus? Status { get; set; }

    public DateTime? StartDate { get; set; }

    public DateTime? StopDate { get; set; }

    public string? Input { get; set; }

    public string? Output { get; set; }

    public string? Error { get; set; }

    public string? Cause { get; set; }
}

public class StopExecutionRequest : AmazonWebServiceRequest
{
    public string? ExecutionArn { get; set; }

    public string? Error { get; set; }

    public string? Cause { get; set; }
}

public class StopExecutionResponse : AmazonWebServiceResponse
{
    public DateTime? StopDate { get; set; }
}

public class SendTaskSuccessRequest : AmazonWebServiceRequest
{
    public string? TaskToken { get; set; }

    public string? Output { get; set; }
}

public class SendTaskSuccessResponse : AmazonWebServiceResponse;

public class SendTaskFailureRequest : AmazonWebServiceRequest
{
    public string? TaskToken { get; set; }

    public string? Error { get; set; }

    public string? Cause { get; set; }
}

public class SendTaskFailureResponse : AmazonWebServiceResponse;
