using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace Limpid.AwsPackages;

/// <summary>Makes the exception for an error that the service answered with.</summary>
internal delegate AmazonServiceException ErrorOf(ErrorResponse error);

/// <summary>One operation of a service that speaks JSON: how its request is written, its answer read and its errors told.</summary>
/// <param name="service">As in the SDK's metrics, <c>Amazon.StepFunctions</c>.</param>
/// <param name="path">Of the URL.</param>
/// <param name="headers">Content type, target, version.</param>
/// <param name="write">The members of the request's object.</param>
/// <param name="read">Fills the answer from its object.</param>
/// <param name="error">By the code in the answer.</param>
internal sealed class Operation<TRequest, TResponse>(
    string service, string path, IReadOnlyList<(string Name, string Value)> headers,
    Action<Utf8JsonWriter, TRequest> write, Action<JsonElement, TResponse> read, ErrorOf error) : IMarshaller<IRequest, AmazonWebServiceRequest>
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    public ResponseUnmarshaller Answer { get; } = new Unmarshaller(read, error);

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var request = new DefaultRequest(input, service) { HttpMethod = "POST", ResourcePath = path, Content = Body((TRequest)input) };
        foreach ((string name, string value) in headers)
            request.Headers[name] = value;
        return request;
    }

    private byte[] Body(TRequest request)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            write(writer, request);
            writer.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private sealed class Unmarshaller(Action<JsonElement, TResponse> read, ErrorOf error) : JsonResponseUnmarshaller
    {
        public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
        {
            var response = new TResponse();
            using JsonDocument document = JsonDocument.Parse(input.Stream);
            read(document.RootElement, response);
            return response;
        }

        public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
        {
            var reader = new StreamingUtf8JsonReader(input.Stream);
            ErrorResponse answered = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(input, ref reader);
            answered.InnerException = innerException;
            answered.StatusCode = statusCode;
            return error(answered);
        }
    }
}
