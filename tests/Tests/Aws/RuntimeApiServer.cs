using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Limpid.Tests.Aws;

/// <summary>What a function posted about one event.</summary>
/// <param name="Path"><c>invocation/{id}/response</c>, <c>invocation/{id}/error</c> or <c>init/error</c>.</param>
internal sealed record RuntimePost(string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public bool IsAnswer => Path.EndsWith("/response", StringComparison.Ordinal);

    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }
}

/// <summary>An event as it waits to be asked for.</summary>
internal sealed record RuntimeEvent(string Id, Func<Stream, Task> Write, IReadOnlyDictionary<string, string> Headers);

/// <summary>The Lambda Runtime API, version 2018-06-01, for one function.</summary>
internal sealed class RuntimeApiServer : IAsyncDisposable
{
    private const string Base = "/2018-06-01/runtime/";

    private readonly Channel<RuntimeEvent> _events = Channel.CreateUnbounded<RuntimeEvent>();
    private readonly Channel<RuntimePost> _posts = Channel.CreateUnbounded<RuntimePost>();
    private readonly CancellationTokenSource _over = new();
    private WireServer _server = null!;
    private int _last;

    // Its value is nothing's: the client leads every connection here.
    static RuntimeApiServer() => Environment.SetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API", "runtime.invalid");

    private RuntimeApiServer()
    {
    }

    public HttpClient Client => field ??= _server.Client();

    /// <summary>Host and port, for a process of its own.</summary>
    public string Address => $"127.0.0.1:{_server.Port}";

    /// <summary>Told of an answer's bytes as they arrive.</summary>
    public Action<string>? OnPiece { get; set; }

    /// <summary>The function, as far as it runs here: when it ends, nothing more will be posted.</summary>
    public Task Function { get; set; } = Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);

    /// <summary>What the API says to a post; 202 as Lambda does.</summary>
    public int Accepts { get; set; } = 202;

    public static async Task<RuntimeApiServer> StartAsync()
    {
        var api = new RuntimeApiServer();
        api._server = await WireServer.StartAsync(api.AnswerAsync);
        return api;
    }

    public Task<RuntimePost> InvokeAsync(string payload, DateTimeOffset? deadline = null, string? trace = null) =>
        InvokeAsync(body => body.WriteAsync(Encoding.UTF8.GetBytes(payload)).AsTask(), deadline, trace);

    /// <summary>Offers an event and waits for what the function posts.</summary>
    public async Task<RuntimePost> InvokeAsync(Func<Stream, Task> write, DateTimeOffset? deadline = null, string? trace = null)
    {
        Offer(write, deadline, trace);
        return await PostedAsync();
    }

    public void Offer(Func<Stream, Task> write, DateTimeOffset? deadline = null, string? trace = null)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"8476a536-e9f4-11e8-9739-{++_last:d12}");
        long milliseconds = (deadline ?? DateTimeOffset.UtcNow.AddMinutes(15)).ToUnixTimeMilliseconds();
        _events.Writer.TryWrite(new RuntimeEvent(id, write, new Dictionary<string, string>
        {
            ["Lambda-Runtime-Aws-Request-Id"] = id,
            ["Lambda-Runtime-Deadline-Ms"] = milliseconds.ToString(CultureInfo.InvariantCulture),
            ["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:eu-west-1:123456789012:function:limpid",
            ["Lambda-Runtime-Trace-Id"] = trace ?? "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
        }));
    }

    public async Task<RuntimePost> PostedAsync()
    {
        Task<RuntimePost> post = _posts.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        if (await Task.WhenAny(post, Function) != post)
        {
            await Function;
            Assert.Fail("the function ended and posted nothing");
        }
        return await post;
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        Client.Dispose();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        Assert.StartsWith(Base, path, StringComparison.Ordinal);
        path = path[Base.Length..];
        if (path == "invocation/next" && HttpMethods.IsGet(context.Request.Method))
        {
            await GiveNextAsync(context);
            return;
        }
        using var body = new MemoryStream();
        byte[] piece = new byte[4096];
        for (int read; (read = await context.Request.Body.ReadAsync(piece)) > 0;)
        {
            body.Write(piece, 0, read);
            OnPiece?.Invoke(Encoding.UTF8.GetString(piece, 0, read));
        }
        context.Response.StatusCode = Accepts;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"status":"OK"}""");
        _posts.Writer.TryWrite(new RuntimePost(
            path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), Encoding.UTF8.GetString(body.ToArray())));
    }

    private async Task GiveNextAsync(HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, context.RequestAborted);
        RuntimeEvent next;
        try
        {
            next = await _events.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
            return;
        }
        foreach ((string name, string value) in next.Headers)
            context.Response.Headers[name] = value;
        context.Response.ContentType = "application/json";
        await next.Write(context.Response.Body);
    }
}
