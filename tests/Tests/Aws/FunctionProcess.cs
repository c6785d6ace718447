using System.Diagnostics;

namespace Limpid.Tests.Aws;

/// <summary>One function in a process of its own, entered as the custom runtime enters it, with its own Runtime API to poll.</summary>
internal sealed class FunctionProcess : IAsyncDisposable
{
    private readonly RuntimeApiServer _api;
    private readonly Process _process;
    private readonly SemaphoreSlim _oneAtATime = new(1);

    private FunctionProcess(RuntimeApiServer api, Process process)
    {
        _api = api;
        _process = process;
    }

    /// <param name="folder">The unpacked package, with <c>bootstrap</c> and <c>lake.json</c>.</param>
    public static async Task<FunctionProcess> StartAsync(string folder, string function, IReadOnlyDictionary<string, string> environment)
    {
        RuntimeApiServer api = await RuntimeApiServer.StartAsync();
        var start = new ProcessStartInfo(Path.Combine(folder, "bootstrap")) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string inherited in start.Environment.Keys.Where(k => k.StartsWith("AWS_", StringComparison.Ordinal) || k.StartsWith("LIMPID_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(inherited);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        start.Environment["AWS_LAMBDA_RUNTIME_API"] = api.Address;
        start.Environment["LIMPID_FUNCTION"] = function;
        start.Environment["_HANDLER"] = function;
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        Process process = Process.Start(start)!;
        api.Function = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).ContinueWith(
            said => throw new InvalidOperationException($"{function} ended: {string.Concat(said.Result)}"), TaskScheduler.Default);
        return new FunctionProcess(api, process);
    }

    /// <summary>One event after the other, as Lambda gives them to one environment.</summary>
    public async Task<RuntimePost> InvokeAsync(string payload)
    {
        await _oneAtATime.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return await _api.InvokeAsync(payload);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _api.DisposeAsync();
        _oneAtATime.Dispose();
    }
}
