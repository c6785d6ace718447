using System.Net;
using System.Text;
using System.Text.Json.Serialization;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Serialization.SystemTextJson;

namespace Limpid.Functions.Triggers;

/// <summary>Requests to an HTTP API and answers to them, in payload format 2.0.</summary>
internal static class HttpApi
{
    private static readonly SourceGeneratorLambdaJsonSerializer<HttpApiJson> Serializer = new();

    /// <exception cref="BadEventException">This is no such request.</exception>
    public static APIGatewayHttpApiV2ProxyRequest Read(string function, ReadOnlyMemory<byte> json)
    {
        APIGatewayHttpApiV2ProxyRequest? request = Json.Checked(function, () =>
        {
            using var stream = new MemoryStream(json.ToArray(), writable: false);
            return Serializer.Deserialize<APIGatewayHttpApiV2ProxyRequest>(stream);
        });
        return request?.RequestContext?.Http?.Method is not null && request.RawPath is not null
            ? request
            : throw new BadEventException(function, "$.requestContext.http");
    }

    public static byte[] Answer(int status, IReadOnlyDictionary<string, string> headers, string body)
    {
        using var answer = new MemoryStream();
        Serializer.Serialize(
            new APIGatewayHttpApiV2ProxyResponse { StatusCode = status, Headers = new Dictionary<string, string>(headers), Body = body }, answer);
        return answer.ToArray();
    }

    /// <summary>Null where the gateway says that it is base64 and it is not.</summary>
    public static byte[]? Body(APIGatewayHttpApiV2ProxyRequest request)
    {
        string body = request.Body ?? "";
        if (!request.IsBase64Encoded)
            return Encoding.UTF8.GetBytes(body);
        byte[] bytes = new byte[body.Length];
        return Convert.TryFromBase64String(body, bytes, out int length) ? bytes[..length] : null;
    }

    public static string? Header(APIGatewayHttpApiV2ProxyRequest request, string name) =>
        request.Headers?.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The fields of <c>application/x-www-form-urlencoded</c>; one that stands twice is empty. Null where it is larger than any form of ours.</summary>
    public static Dictionary<string, string>? Form(ReadOnlySpan<byte> body)
    {
        const int MostFields = 32, LongestName = 64, LongestValue = 16 * 1024;
        var fields = new Dictionary<string, string>();
        if (body.IsEmpty)
            return fields;
        string[] pairs = Encoding.UTF8.GetString(body).Split('&');
        if (pairs.Length > MostFields)
            return null;
        foreach (string pair in pairs)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = WebUtility.UrlDecode(equals < 0 ? pair : pair[..equals]), value = equals < 0 ? "" : WebUtility.UrlDecode(pair[(equals + 1)..]);
            if (name.Length > LongestName || value.Length > LongestValue)
                return null;
            if (!fields.TryAdd(name, value))
                fields[name] = "";
        }
        return fields;
    }
}

/// <summary>What the HTTP API sends and takes.</summary>
[JsonSerializable(typeof(APIGatewayHttpApiV2ProxyRequest))]
[JsonSerializable(typeof(APIGatewayHttpApiV2ProxyResponse))]
internal sealed partial class HttpApiJson : JsonSerializerContext;
