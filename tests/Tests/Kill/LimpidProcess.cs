using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Limpid.Tests.Kill;

/// <summary>The built command <c>limpid</c> as a process of its own, which can be killed and interrupted as an operator's can.</summary>
internal sealed partial class LimpidProcess : IDisposable
{
    private const int Interruption = 2;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Task _read;

    private LimpidProcess(string? folder, string home, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (string argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "limpid.dll"), .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["LIMPID_HOME"] = home;
        start.Environment["LIMPID_DEBUG"] = "1";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _read = Task.WhenAll(ReadAsync(_process.StandardOutput, _output), ReadAsync(_process.StandardError, _errors));
    }

    public string Output => string.Join('\n', _output);

    public string Errors => string.Join('\n', _errors);

    public bool HasExited => _process.HasExited;

    public static LimpidProcess Start(string home, params string[] arguments) => new(null, home, arguments);

    public static LimpidProcess StartWith(IReadOnlyDictionary<string, string> environment, string home, params string[] arguments) => new(null, home, arguments, environment);

    /// <summary>Runs a command to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(string home, params string[] arguments) => RunInAsync(null, home, arguments);

    /// <summary>Runs a command to its end in a folder, or in this one.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunInAsync(string? folder, string home, params string[] arguments)
    {
        using var process = new LimpidProcess(folder, home, arguments);
        int exitCode = await process.EndAsync();
        return (exitCode, process.Output, process.Errors);
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>As <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>As Ctrl-C does. A shell lets what it starts in the background ignore that, and .NET then does so too: the test skips.</summary>
    public void Interrupt()
    {
        Assert.SkipWhen(Ignores(Interruption), "Ctrl-C is ignored by what is started from here");
        Assert.Equal(0, Signal(_process.Id, Interruption));
    }

    /// <summary>Waits for its end, and says what it ended with.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _read;
        return _process.ExitCode;
    }

    /// <summary>Waits until it has said something; fails where it ends without.</summary>
    public async Task SaysAsync(string text)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(HasExited, $"limpid ended without saying '{text}': {Output}\n{Errors}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static bool Ignores(int signal)
    {
        const string Ignored = "SigIgn:";
        string mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..];
        return (ulong.Parse(mask.AsSpan().Trim(), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture) >> (signal - 1) & 1) == 1;
    }

    private static async Task ReadAsync(StreamReader reader, ConcurrentQueue<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
            lines.Enqueue(line);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int process, int signal);
}
