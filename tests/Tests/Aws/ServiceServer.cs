using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using Microsoft.AspNetCore.Http;

namespace Limpid.Tests.Aws;

/// <summary>A request as it came over the wire.</summary>
internal sealed record ServiceRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? Target => Headers.GetValueOrDefault("X-Amz-Target");

    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }

    /// <summary>That the body says this, in whatever order.</summary>
    public void AssertSays(string json)
    {
        using JsonDocument expected = JsonDocument.Parse(json);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, Json), Json.GetRawText());
    }

    /// <summary>Computes the signature anew, by the rules of AWS Signature Version 4, and compares.</summary>
    public void AssertSigned(string service)
    {
        string authorization = Headers["Authorization"];
        Assert.StartsWith("AWS4-HMAC-SHA256 ", authorization, StringComparison.Ordinal);
        Dictionary<string, string> parts = authorization["AWS4-HMAC-SHA256 ".Length..].Split(',').Select(p => p.Trim().Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        string date = Headers["X-Amz-Date"], scope = $"{date[..8]}/{ServiceServer.Region}/{service}/aws4_request";
        Assert.Equal($"{ServiceServer.AccessKey}/{scope}", parts["Credential"]);
        string[] signed = parts["SignedHeaders"].Split(';');
        Assert.Contains("host", signed);
        Assert.Contains("x-amz-date", signed);
        if (Target is not null)
            Assert.Contains("x-amz-target", signed);
        string canonical = string.Join('\n', [Method, Path, "", .. signed.Select(h => $"{h}:{Headers[h].Trim()}"), "", parts["SignedHeaders"], Hex(SHA256.HashData(Body))]);
        string toSign = string.Join('\n', "AWS4-HMAC-SHA256", date, scope, Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))));
        byte[] key = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + ServiceServer.SecretKey), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        Assert.Equal(Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign))), parts["Signature"]);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}

/// <summary>A service of AWS that answers what a test says, and keeps what it was asked.</summary>
internal sealed class ServiceServer : IAsyncDisposable
{
    public const string Region = "eu-west-1", AccessKey = "AKIDEXAMPLE", SecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private readonly ConcurrentQueue<(int Status, string Body, string? ErrorType)> _answers = new();
    private WireServer _server = null!;

    private ServiceServer()
    {
    }

    public ConcurrentQueue<ServiceRequest> Requests { get; } = new();

    /// <summary>Answers what no answer was set for: a status and a body.</summary>
    public Func<ServiceRequest, (int Status, string Body)> Otherwise { get; set; } = _ => (500, "{}");

    public static async Task<ServiceServer> StartAsync()
    {
        var service = new ServiceServer();
        service._server = await WireServer.StartAsync(service.AnswerAsync);
        return service;
    }

    public static AWSCredentials Credentials => new BasicAWSCredentials(AccessKey, SecretKey);

    /// <param name="errorType">For the header that names the error, as some services do.</param>
    public ServiceServer Answers(string body, int status = 200, string? errorType = null)
    {
        _answers.Enqueue((status, body, errorType));
        return this;
    }

    /// <summary>The settings of a client that is to come here.</summary>
    public T Configure<T>(T config)
        where T : ClientConfig
    {
        config.ServiceURL = _server.Url;
        config.AuthenticationRegion = Region;
        return config;
    }

    public string Url => _server.Url;

    public ServiceRequest Single() => Assert.Single(Requests);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = new ServiceRequest(
            context.Request.Method, context.Request.Path.Value!, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        Requests.Enqueue(request);
        (int status, string answer, string? errorType) = _answers.TryDequeue(out var set) ? set : (0, "", null);
        if (status == 0)
            (status, answer) = Otherwise(request);
        context.Response.StatusCode = status;
        context.Response.ContentType = request.Headers.GetValueOrDefault("Content-Type");
        context.Response.Headers["x-amzn-RequestId"] = string.Create(CultureInfo.InvariantCulture, $"request-{Requests.Count}");
        if (errorType is not null)
            context.Response.Headers["x-amzn-ErrorType"] = errorType;
        await context.Response.WriteAsync(answer);
    }
}
