using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;

namespace Limpid.Tests.Aws;

/// <summary>The loop between a function and Lambda, over the wire.</summary>
[Collection(Processes.Name)]
public sealed class BootstrapTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private RuntimeApiServer _api = null!;
    private Task _run = Task.CompletedTask;

    public async ValueTask InitializeAsync() => _api = await RuntimeApiServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _api.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Events_are_handled_one_after_the_other_in_one_process()
    {
        int began = 0;
        Run(EchoAsync, () =>
        {
            began++;
            return Task.FromResult(true);
        });
        for (int i = 1; i <= 3; i++)
        {
            RuntimePost post = await _api.InvokeAsync($"{{\"number\":{i}}}");
            Assert.Equal($"invocation/8476a536-e9f4-11e8-9739-{i:d12}/response", post.Path);
            Assert.Equal($"{{\"number\":{i}}}", post.Body);
            Assert.Equal("application/json", post.Headers["Content-Type"]);
        }
        Assert.Equal(1, began);
    }

    [Fact]
    public async Task A_handler_knows_its_request_its_deadline_and_its_trace()
    {
        ILambdaContext? seen = null;
        TimeSpan remaining = default;
        string? environment = null;
        Run((input, context) =>
        {
            (seen, remaining, environment) = (context, context.RemainingTime, Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID"));
            return EchoAsync(input, context);
        });
        await _api.InvokeAsync("{}", DateTimeOffset.UtcNow.AddHours(1), "Root=1-first");
        Assert.Equal("8476a536-e9f4-11e8-9739-000000000001", seen!.AwsRequestId);
        Assert.Equal("arn:aws:lambda:eu-west-1:123456789012:function:limpid", seen.InvokedFunctionArn);
        Assert.InRange(remaining, TimeSpan.FromTicks(1), TimeSpan.FromHours(1));
        Assert.Equal(("Root=1-first", "Root=1-first"), (seen.TraceId, environment));

        await _api.InvokeAsync("{}", DateTimeOffset.UtcNow.AddHours(-1), "Root=1-second");
        Assert.True(remaining < TimeSpan.Zero);
        Assert.Equal(("Root=1-second", "Root=1-second"), (seen.TraceId, environment));
    }

    [Fact]
    public async Task What_a_handler_throws_is_posted_and_the_next_event_is_handled()
    {
        Run(async (input, context) =>
        {
            using var reader = new StreamReader(input);
            if (await reader.ReadToEndAsync() == "{\"bad\":true}")
                throw new InvalidOperationException("it broke: “é” \n twice", new AggregateException(new IOException("the disk"), new TimeoutException("the net")));
            return new MemoryStream("{}"u8.ToArray());
        });
        RuntimePost post = await _api.InvokeAsync("{\"bad\":true}");
        Assert.Equal("invocation/8476a536-e9f4-11e8-9739-000000000001/error", post.Path);
        Assert.Equal("application/vnd.aws.lambda.error+json", post.Headers["Content-Type"]);
        Assert.Equal("InvalidOperationException", post.Headers["Lambda-Runtime-Function-Error-Type"]);
        Assert.StartsWith("{\n  \"errorType\"", post.Body.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        JsonElement body = post.Json;
        Assert.Equal("InvalidOperationException", body.GetProperty("errorType").GetString());
        Assert.Equal("it broke: “é” \n twice", body.GetProperty("errorMessage").GetString());
        Assert.StartsWith("at ", body.GetProperty("stackTrace")[0].GetString(), StringComparison.Ordinal);
        JsonElement cause = body.GetProperty("cause");
        Assert.Equal("AggregateException", cause.GetProperty("errorType").GetString());
        Assert.False(cause.TryGetProperty("stackTrace", out _));
        Assert.Equal(["the disk", "the net"], cause.GetProperty("causes").EnumerateArray().Select(c => c.GetProperty("errorMessage").GetString()));

        using JsonDocument xray = JsonDocument.Parse(post.Headers["Lambda-Runtime-Function-XRay-Error-Cause"]);
        Assert.Equal(["exceptions", "paths", "working_directory"], xray.RootElement.EnumerateObject().Select(m => m.Name).Order());
        JsonElement exception = xray.RootElement.GetProperty("exceptions")[0];
        Assert.Equal("it broke: “é” \n twice", exception.GetProperty("message").GetString());
        Assert.Equal("InvalidOperationException", exception.GetProperty("type").GetString());
        Assert.True(exception.GetProperty("stack").GetArrayLength() > 0);

        Assert.True((await _api.InvokeAsync("{}")).IsAnswer);
    }

    [Fact]
    public async Task An_error_that_is_too_large_for_Lambda_keeps_its_name()
    {
        Run((_, _) => throw new InvalidOperationException(new string('x', 400_000)));
        RuntimePost post = await _api.InvokeAsync("{}");
        Assert.InRange(Encoding.UTF8.GetByteCount(post.Body), 1, 256 * 1024);
        Assert.Equal("InvalidOperationException", post.Headers["Lambda-Runtime-Function-Error-Type"]);
    }

    [Fact]
    public async Task What_the_initializer_throws_is_posted_and_thrown()
    {
        using LambdaBootstrap bootstrap = LambdaBootstrapBuilder.Create((Func<Stream, ILambdaContext, Task<Stream>>)EchoAsync)
            .UseBootstrapHandler(() => throw new InvalidOperationException("no table")).UseHttpClient(_api.Client).Build();
        await Assert.ThrowsAsync<InvalidOperationException>(() => bootstrap.RunAsync(_stop.Token));
        RuntimePost post = await _api.PostedAsync();
        Assert.Equal("init/error", post.Path);
        Assert.Equal("no table", post.Json.GetProperty("errorMessage").GetString());
        Assert.False(post.Headers.ContainsKey("Lambda-Runtime-Function-Error-Type"));
        Assert.False(post.Headers.ContainsKey("Lambda-Runtime-Function-XRay-Error-Cause"));
    }

    [Fact]
    public async Task An_initializer_that_says_no_ends_it_without_an_event()
    {
        using LambdaBootstrap bootstrap = LambdaBootstrapBuilder.Create((Func<Stream, ILambdaContext, Task<Stream>>)EchoAsync)
            .UseBootstrapHandler(() => Task.FromResult(false)).UseHttpClient(_api.Client).Build();
        await bootstrap.RunAsync(_stop.Token);
    }

    [Fact]
    public async Task An_event_that_arrives_in_pieces_is_whole_for_its_handler()
    {
        Run(EchoAsync);
        RuntimePost post = await _api.InvokeAsync(async body =>
        {
            await body.WriteAsync("\"half"u8.ToArray());
            await body.FlushAsync();
            await body.WriteAsync(" whole\""u8.ToArray());
        });
        Assert.Equal("\"half whole\"", post.Body);
    }

    [Fact]
    public async Task The_log_has_time_request_and_level_and_no_details_that_nobody_asked_for()
    {
        using var said = new StringWriter();
        TextWriter before = Console.Out;
        Console.SetOut(said);
        try
        {
            Run((input, context) =>
            {
                context.Logger.Log(LogLevel.Debug, "a detail");
                context.Logger.LogInformation("as it {is}");
                context.Logger.LogWarning("beware");
                return EchoAsync(input, context);
            });
            await _api.InvokeAsync("{}");
        }
        finally
        {
            Console.SetOut(before);
        }
        string[] lines = [.. said.ToString().Split(Environment.NewLine).Where(line => line.Contains("8476a536-", StringComparison.Ordinal))];
        Assert.Equal(["info\tas it {is}", "warn\tbeware"], lines.Select(line => line.Split('\t', 3)[2]));
        Assert.All(lines, line => Assert.True(DateTimeOffset.TryParseExact(line.Split('\t')[0], "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null, default, out _), line));
    }

    [Fact]
    public async Task An_answer_is_sent_while_it_is_still_made()
    {
        var pipe = new Pipe();
        var arrived = new TaskCompletionSource();
        _api.OnPiece = _ => arrived.TrySetResult();
        Run((_, _) => Task.FromResult(pipe.Reader.AsStream()));
        Task<RuntimePost> posted = _api.InvokeAsync("{}");
        // More than a client keeps back before it sends.
        string much = "\"" + new string('x', 60_000);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(much), _stop.Token);
        await arrived.Task;
        await pipe.Writer.WriteAsync("whole\""u8.ToArray(), _stop.Token);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(much + "whole\"", (await posted).Body);
    }

    [Fact]
    public async Task A_Runtime_API_that_refuses_an_answer_ends_the_process()
    {
        _api.Accepts = 413;
        using LambdaBootstrap bootstrap = LambdaBootstrapBuilder.Create((Func<Stream, ILambdaContext, Task<Stream>>)EchoAsync).UseHttpClient(_api.Client).Build();
        Task run = bootstrap.RunAsync(_stop.Token);
        _api.Offer(body => body.WriteAsync("{}"u8.ToArray()).AsTask());
        Assert.Equal(413, (await Assert.ThrowsAnyAsync<RuntimeApiClientException>(() => run)).StatusCode);
    }

    private void Run(Func<Stream, ILambdaContext, Task<Stream>> handler, LambdaBootstrapInitializer? initializer = null)
    {
        LambdaBootstrapBuilder builder = LambdaBootstrapBuilder.Create(handler).UseHttpClient(_api.Client);
        LambdaBootstrap bootstrap = (initializer is null ? builder : builder.UseBootstrapHandler(initializer)).Build();
        _api.Function = _run = bootstrap.RunAsync(_stop.Token);
    }

    private static async Task<Stream> EchoAsync(Stream input, ILambdaContext context)
    {
        var copy = new MemoryStream();
        await input.CopyToAsync(copy);
        copy.Position = 0;
        return copy;
    }
}
