using Amazon.Lambda.Core;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>Speaks the Lambda Runtime API: asks for an event, has it handled, sends the answer or the error, and asks for the next.</summary>
public class LambdaBootstrap : IDisposable
{
    private readonly Func<Stream, ILambdaContext, Task<Stream>> _handler;
    private readonly LambdaBootstrapInitializer? _initializer;
    private readonly HttpClient _http;
    private readonly bool _ownsHttp;
    private readonly RuntimeApi _api;

    internal LambdaBootstrap(Func<Stream, ILambdaContext, Task<Stream>> handler, LambdaBootstrapInitializer? initializer, HttpClient? http)
    {
        _handler = handler;
        _initializer = initializer;
        _ownsHttp = http is null;
        _http = http ?? new HttpClient();
        // A function that nobody calls waits for its next event until it is taken down.
        _http.Timeout = TimeSpan.FromHours(12);
        _api = new RuntimeApi(_http, LambdaEnvironment.RuntimeApi);
    }

    /// <summary>Ends when it is cancelled, or when the initializer says false. It throws what the initializer throws, after reporting it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        LimitHeap();
        if (_initializer is not null && !await InitializeAsync(_initializer))
            return;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await HandleNextAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Asked to stop while it waited, or nobody called for so long that the client gave up: then it asks again.
            }
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing && _ownsHttp)
            _http.Dispose();
    }

    private async Task<bool> InitializeAsync(LambdaBootstrapInitializer initializer)
    {
        try
        {
            return await initializer();
        }
        catch (Exception broken)
        {
            new LambdaLog("", "").Log(LogLevel.Critical, broken.ToString());
            await _api.ReportInitErrorAsync(broken);
            throw;
        }
    }

    private async Task HandleNextAsync(CancellationToken cancellation)
    {
        Invocation invocation = await _api.NextAsync(cancellation);
        Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", invocation.TraceId);
        Stream answer;
        try
        {
            answer = await _handler(invocation.Input, invocation);
        }
        catch (Exception failed)
        {
            invocation.Logger.Log(LogLevel.Error, failed.ToString());
            await _api.ReportErrorAsync(invocation.AwsRequestId, failed, cancellation);
            return;
        }
        await using (answer)
            await _api.RespondAsync(invocation.AwsRequestId, answer, cancellation);
    }

    // Otherwise the collector takes the machine's memory for its own, and the function is killed for what it could have freed.
    private static void LimitHeap()
    {
        long bytes = LambdaEnvironment.MemoryLimitInMB * 1024L * 1024;
        if (bytes <= 0 || GC.GetGCMemoryInfo().TotalAvailableMemoryBytes < bytes)
            return;
        AppContext.SetData("GCHeapHardLimit", (ulong)bytes);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException)
        {
            // Already more than that is in use. A function that is slow to collect beats one that does not start.
        }
    }
}
