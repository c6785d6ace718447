using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Limpid.Local.StateMachines;

/// <summary>What stands around the answers of services in an optimized integration.</summary>
internal static class AwsResponse
{
    /// <summary>The answer with the metadata that optimized integrations add to it.</summary>
    public static JsonData Of(JsonData body, TaskOrigin origin, DateTimeOffset at, string contentType = "application/x-amz-json-1.0")
    {
        string request = RequestId(origin);
        (string, string)[] headers =
        [
            ("Content-Length", body.ToUtf8().Length.ToString(CultureInfo.InvariantCulture)), ("Content-Type", contentType),
            ("Date", at.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)), ("x-amzn-RequestId", request),
        ];
        JsonData http = JsonData.Object(
            ("AllHttpHeaders", JsonData.Object([.. headers.Select(h => (h.Item1, JsonData.Array([JsonData.Of(h.Item2)])))])),
            ("HttpHeaders", JsonData.Object([.. headers.Select(h => (h.Item1, JsonData.Of(h.Item2)))])),
            ("HttpStatusCode", JsonData.Of(200)));
        KeyValuePair<string, JsonData>[] metadata =
        [
            KeyValuePair.Create("SdkHttpMetadata", http), KeyValuePair.Create("SdkResponseMetadata", JsonData.Object(("RequestId", JsonData.Of(request)))),
        ];
        return JsonData.Object(body.Members.Concat(metadata).OrderBy(m => m.Key, StringComparer.Ordinal));
    }

    /// <summary>How an optimized integration words a service's refusal.</summary>
    public static string Cause(string message, string service, int status, string code, TaskOrigin origin) =>
        string.Create(CultureInfo.InvariantCulture, $"{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {RequestId(origin)}; Proxy: null)");

    /// <summary>The same id for the same attempt of a task, however often a crash makes it run.</summary>
    /// <param name="of">What the id is of: a task may need several.</param>
    public static string Id(TaskOrigin origin, string of) =>
        new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{origin.Execution}/{origin.Frame}/{origin.Attempt}/{of}")).AsSpan(0, 16)).ToString();

    public static string RequestId(TaskOrigin origin) => Id(origin, "request");
}
