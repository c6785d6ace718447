using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Limpid.Benchmarks;

/// <summary>The Lambda Runtime API for one function, with an eye on the clock.</summary>
internal sealed class PolledApi : IAsyncDisposable
{
    private readonly Channel<byte[]> _events = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource<long> _polled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private readonly WebApplication _server;
    private int _last;

    private PolledApi()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.Run(HandleAsync);
    }

    /// <summary>Host and port.</summary>
    public string Address { get; private set; } = "";

    /// <summary>When the function asked for its first event.</summary>
    public Task<long> FirstPoll => _polled.Task;

    public static async Task<PolledApi> StartAsync()
    {
        var api = new PolledApi();
        await api._server.StartAsync();
        api.Address = new Uri(api._server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()).Authority;
        return api;
    }

    /// <summary>Offers an event; milliseconds until the answer is here.</summary>
    public async Task<(double Milliseconds, string Answer)> InvokeAsync(byte[] payload)
    {
        long begun = Stopwatch.GetTimestamp();
        _events.Writer.TryWrite(payload);
        string answer = await _answers.Reader.ReadAsync();
        return (Stopwatch.GetElapsedTime(begun).TotalMilliseconds, answer);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            using var reader = new StreamReader(context.Request.Body);
            string answer = await reader.ReadToEndAsync();
            context.Response.StatusCode = 202;
            await context.Response.WriteAsync("""{"status":"OK"}""");
            _answers.Writer.TryWrite(context.Request.Path.Value!.EndsWith("/response", StringComparison.Ordinal) ? answer : "failed: " + answer);
            return;
        }
        _polled.TrySetResult(Stopwatch.GetTimestamp());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, context.RequestAborted);
        byte[] payload;
        try
        {
            payload = await _events.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
            return;
        }
        context.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = FormattableString.Invariant($"request-{++_last}");
        context.Response.Headers["Lambda-Runtime-Deadline-Ms"] = FormattableString.Invariant($"{DateTimeOffset.UtcNow.AddMinutes(15).ToUnixTimeMilliseconds()}");
        context.Response.Headers["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:eu-west-1:123456789012:function:limpid";
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(payload);
    }
}
