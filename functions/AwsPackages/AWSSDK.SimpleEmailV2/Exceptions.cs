using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.SimpleEmailV2.Model;

#pragma warning disable CA1032 // The constructors of the SDK's exceptions.

namespace Amazon.SimpleEmailV2
{
    /// <summary>An error of SES; those that callers tell apart have classes of their own.</summary>
    public class AmazonSimpleEmailServiceV2Exception(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonServiceException(message, innerException, errorType, errorCode, requestId, statusCode)
    {
        internal static AmazonServiceException Of(ErrorResponse e) => e.Code switch
        {
            "MessageRejected" => new MessageRejectedException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            "TooManyRequestsException" => new TooManyRequestsException(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
            _ => new AmazonSimpleEmailServiceV2Exception(e.Message, e.InnerException, e.Type, e.Code, e.RequestId, e.StatusCode),
        };
    }
}

namespace Amazon.SimpleEmailV2.Model
{
    public class MessageRejectedException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonSimpleEmailServiceV2Exception(message, innerException, errorType, errorCode, requestId, statusCode);

    public class TooManyRequestsException(
        string message, Exception innerException, ErrorType errorType, string errorCode, string requestId, HttpStatusCode statusCode)
        : AmazonSimpleEmailServiceV2Exception(message, innerException, errorType, errorCode, requestId, statusCode);
}
