using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.StepFunctions.Model;

#pragma warning disable CA1032 // The constructors of the SDK's exceptions.

namespace Amazon.StepFunctions
{
    /// <summary>An error of Step Functions; those that callers tell apart have classes of their own.</summary>
    public class AmazonStepFunctionsException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonServiceException(message, innerException, errorType, errorCode, requestId, statusCode)
    {
        internal static AmazonServiceException Of(ErrorResponse e) => e.Code switch
        {
            "ExecutionAlreadyExists" => new ExecutionAlreadyExistsException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            "ExecutionDoesNotExist" => new ExecutionDoesNotExistException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            "InvalidToken" => new InvalidTokenException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            "TaskDoesNotExist" => new TaskDoesNotExistException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            "TaskTimedOut" => new TaskTimedOutException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            _ => new AmazonStepFunctionsException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        };
    }
}

namespace Amazon.StepFunctions.Model
{
    public class ExecutionAlreadyExistsException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonStepFunctionsException(message, innerException, errorType, errorCode, requestId, statusCode);

    public class ExecutionDoesNotExistException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonStepFunctionsException(message, innerException, errorType, errorCode, requestId, statusCode);

    public class InvalidTokenException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonStepFunctionsException(message, innerException, errorType, errorCode, requestId, statusCode);

    public class TaskDoesNotExistException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonStepFunctionsException(message, innerException, errorType, errorCode, requestId, statusCode);

    /// <summary>It timed out, or was closed before.</summary>
    public class TaskTimedOutException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonStepFunctionsException(message, innerException, errorType, errorCode, requestId, statusCode);
}
