using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Limpid.Tests.WireS3;

/// <param name="Operation">By S3's name, <c>UploadPartCopy</c> for example.</param>
/// <param name="Received">Bytes of objects that came in.</param>
/// <param name="Sent">Bytes of objects that went out.</param>
internal readonly record struct WireCall(string Operation, string Bucket, string Key, long Received, long Sent);

/// <summary>
/// S3 on a port of this machine, in memory, path style: what Limpid asks of it, by S3's API reference and user guide (conditional
/// reads, writes and deletes; versioning; multipart limits; Object Lock; archive classes). It has not been held against the real
/// one: with <c>LIMPID_TEST_S3_ENDPOINT</c> set the same tests run there. It doesn't check signatures or policies, never answers
/// 503, and orders conflicting requests strictly, so 409 comes only where a test asks for it.
/// </summary>
internal sealed class WireS3Server : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WireBucket> _buckets = [];
    private readonly List<WireCall> _calls = [];
    private readonly WebApplication _app;

    private WireS3Server(TimeProvider clock)
    {
        Clock = clock;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public TimeProvider Clock { get; }

    public Uri Address { get; private set; } = null!;

    /// <summary>Runs before a request takes effect, outside of the lock: a rival acts from here, and what it throws is the answer.</summary>
    public Action<string, string, string>? Before { get; set; }

    /// <summary>Runs when it has taken effect: true loses the answer (the connection breaks).</summary>
    public Func<string, string, string, bool>? LoseAnswer { get; set; }

    /// <summary>After how many bytes of an object the connection breaks, by its key; null: not at all.</summary>
    public Func<string, long?>? BreakAfter { get; set; }

    public static async Task<WireS3Server> StartAsync(TimeProvider clock)
    {
        var server = new WireS3Server(clock);
        await server._app.StartAsync();
        server.Address = new Uri(server._app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        return server;
    }

    public WireBucket AddBucket(string name)
    {
        lock (_gate)
            return _buckets[name] = new WireBucket(name, Clock);
    }

    /// <summary>The buckets are the server's: look and change only under this.</summary>
    public T Locked<T>(Func<T> look)
    {
        lock (_gate)
            return look();
    }

    public IReadOnlyList<WireCall> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    public void ForgetCalls()
    {
        lock (_gate)
            _calls.Clear();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        WireRequest request = WireRequest.Of(context);
        WireAnswer answer;
        try
        {
            WireContent? body = request.HasContent ? await WireBody.ReadAsync(context.Request, context.RequestAborted) : null;
            string text = body is null ? await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted) : "";
            Before?.Invoke(request.Operation, request.Bucket, request.Key);
            lock (_gate)
            {
                WireBucket bucket = _buckets.GetValueOrDefault(request.Bucket)
                    ?? (request.Operation == "CreateBucket" ? _buckets[request.Bucket] = new WireBucket(request.Bucket, Clock)
                    : throw new WireFault(404, "NoSuchBucket", "The specified bucket does not exist"));
                if (request.Operation == "DeleteBucket")
                    _buckets.Remove(request.Bucket);
                answer = new WireOperations(bucket, name => _buckets.GetValueOrDefault(name), request).Do(body, text);
                _calls.Add(new WireCall(request.Operation, request.Bucket, request.Key, body?.Length ?? 0, request.Operation == "GetObject" ? answer.Content?.Length ?? 0 : 0));
            }
            if (LoseAnswer?.Invoke(request.Operation, request.Bucket, request.Key) == true)
            {
                context.Abort();
                return;
            }
        }
        catch (WireFault fault)
        {
            answer = WireAnswer.Of(fault, request);
        }
        context.Response.StatusCode = answer.Status;
        context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        foreach ((string name, string value) in answer.Headers)
            context.Response.Headers[name] = value;
        context.Response.Headers["x-amz-request-id"] = "0123456789ABCDEF";
        if (answer.Content is not { } content || answer.Status is 204 or 304)
            return;
        context.Response.ContentLength = content.Length;
        if (context.Request.Method == "HEAD")
            return;
        if (request.Operation == "GetObject" && BreakAfter?.Invoke(request.Key) is { } end && end < content.Length)
        {
            await content.Slice(0, end).WriteToAsync(context.Response.Body, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            return;
        }
        await content.WriteToAsync(context.Response.Body, context.RequestAborted);
    }
}
