using System.Net;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

#pragma warning disable CA1032 // The constructors of the SDK's exceptions.

namespace Amazon.Kinesis
{
    /// <summary>An error of Kinesis; those that callers tell apart have classes of their own.</summary>
    public class AmazonKinesisException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonServiceException(message, innerException, errorType, errorCode, requestId, statusCode)
    {
        internal static AmazonServiceException Of(ErrorResponse e) => e.Code switch
        {
            "ProvisionedThroughputExceededException" => new ProvisionedThroughputExceededException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            "ResourceNotFoundException" => new ResourceNotFoundException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            _ => new AmazonKinesisException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        };
    }
}

namespace Amazon.Kinesis.Model
{
    /// <summary>More than the shard takes in a second.</summary>
    public class ProvisionedThroughputExceededException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonKinesisException(message, innerException, errorType, errorCode, requestId, statusCode);

    public class ResourceNotFoundException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonKinesisException(message, innerException, errorType, errorCode, requestId, statusCode);
}
