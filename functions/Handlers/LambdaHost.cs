using System.Net;
using System.Runtime.InteropServices;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;
using Amazon.Runtime;

namespace Limpid.Functions;

/// <summary>
/// One function in Lambda: cold, it opens everything that stands behind it; then it handles event after event. What it lacks to begin
/// with is an error of initialisation, and no event is lost to it.
/// </summary>
/// <param name="name">Of the function; null is nothing's.</param>
/// <param name="open">Called once, with what the function needs and where lines of the log go.</param>
internal sealed class LambdaHost(string? name, Func<Needs, Action<string>, CancellationToken, Task<Ports>> open, TimeProvider time)
{
    /// <summary>Kept for saying what went wrong: who is stopped at the deadline says nothing.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private Handler? _handler;
    private ILambdaLogger? _logger;

    /// <summary>Ends when it is cancelled; throws when it could not begin.</summary>
    /// <param name="http">To the Runtime API.</param>
    public async Task RunAsync(HttpClient http, CancellationToken cancellation)
    {
        Func<Stream, ILambdaContext, Task<Stream>> handle = HandleAsync;
        using LambdaBootstrap bootstrap = LambdaBootstrapBuilder.Create(handle).UseBootstrapHandler(() => BeginAsync(cancellation)).UseHttpClient(http).Build();
        await bootstrap.RunAsync(cancellation);
    }

    private async Task<bool> BeginAsync(CancellationToken cancellation)
    {
        Function function = FunctionTable.Named(name ?? "");
        _handler = function.Build(await open(function.Needs, line => _logger?.LogWarning(line), cancellation));
        return true;
    }

    private async Task<Stream> HandleAsync(Stream input, ILambdaContext context)
    {
        _logger = context.Logger;
        using var payload = new MemoryStream();
        await input.CopyToAsync(payload);
        using var deadline = new CancellationTokenSource(TimeFor(context.RemainingTime), time);
        ReadOnlyMemory<byte> answer;
        try
        {
            answer = await _handler!(payload.GetBuffer().AsMemory(0, (int)payload.Length), deadline.Token);
        }
        catch (AmazonServiceException refused) when (refused.StatusCode == HttpStatusCode.Forbidden)
        {
            // What AWS says of it names the object, whose name can be a person's, and errors go into histories and logs.
            throw new AccessRefusedException($"{refused.GetType().Name}: AWS refuses what the function needs ({refused.ErrorCode}); its request was {refused.RequestId}");
        }
        return MemoryMarshal.TryGetArray(answer, out ArraySegment<byte> bytes)
            ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
            : new MemoryStream(answer.ToArray(), writable: false);
    }

    private static TimeSpan TimeFor(TimeSpan remaining)
    {
        TimeSpan work = remaining - Reserve > remaining / 2 ? remaining - Reserve : remaining / 2;
        return work <= TimeSpan.Zero ? TimeSpan.Zero : work < Longest ? work : Longest;
    }
}

/// <summary>A function's role lacks a right, or a policy takes it away; says which service and which request.</summary>
internal sealed class AccessRefusedException(string message) : Exception(message);
