using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>The four calls of the Lambda Runtime API, version 2018-06-01.</summary>
internal sealed class RuntimeApi(HttpClient http, string host)
{
    private const string ErrorType = "application/vnd.aws.lambda.error+json";

    private readonly string _base = $"http://{host}/2018-06-01/runtime";

    /// <summary>Waits for an event, and for the whole of it.</summary>
    public async Task<Invocation> NextAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.GetAsync(
            new Uri($"{_base}/invocation/next"), HttpCompletionOption.ResponseHeadersRead, cancellation);
        await CheckAsync(response, cancellation);
        return new Invocation(response, await response.Content.ReadAsByteArrayAsync(cancellation));
    }

    public async Task RespondAsync(string requestId, Stream answer, CancellationToken cancellation)
    {
        using var content = new StreamContent(answer);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await PostAsync($"invocation/{requestId}/response", content, [], cancellation);
    }

    public async Task ReportErrorAsync(string requestId, Exception error, CancellationToken cancellation)
    {
        using ByteArrayContent content = Body(error);
        await PostAsync(
            $"invocation/{requestId}/error", content,
            [("Lambda-Runtime-Function-Error-Type", error.GetType().Name), ("Lambda-Runtime-Function-XRay-Error-Cause", ExceptionJson.XRayCause(error))],
            cancellation);
    }

    public async Task ReportInitErrorAsync(Exception error)
    {
        using ByteArrayContent content = Body(error);
        await PostAsync("init/error", content, [], CancellationToken.None);
    }

    private static ByteArrayContent Body(Exception error)
    {
        var content = new ByteArrayContent(ExceptionJson.Body(error));
        content.Headers.ContentType = new MediaTypeHeaderValue(ErrorType);
        return content;
    }

    private async Task PostAsync(string path, HttpContent content, (string Name, string Value)[] headers, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_base}/{path}")) { Content = content };
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await http.SendAsync(request, cancellation);
        await CheckAsync(response, cancellation);
    }

    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.NoContent)
            return;
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
        throw new RuntimeApiClientException(
            $"The Runtime API answered {(int)response.StatusCode}.", (int)response.StatusCode, Encoding.UTF8.GetString(body));
    }
}

/// <summary>The Runtime API refused a call.</summary>
public class RuntimeApiClientException(string message, int statusCode, string response) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public string Response { get; } = response;
}
