using System.Diagnostics;
using Limpid.Tests.House;

namespace Limpid.Tests.Adapters;

/// <summary>A server of npm's that stands in for a service of AWS, on a free port, for as long as this process runs.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private readonly Process _process;

    private NodeServer(Process process, string endpoint) => (_process, Endpoint) = (process, endpoint);

    public string Endpoint { get; }

    /// <param name="package">Of npm, whose one function makes the server.</param>
    /// <param name="options">JSON, for that function.</param>
    /// <returns>Null where npm has not restored it.</returns>
    public static async Task<NodeServer?> StartAsync(string package, string options)
    {
        if (!Directory.Exists(Path.Combine(Repository.Root, "node_modules", package)))
            return null;
        // Ends with this process, whatever ends that: then the pipe is closed.
        string script =
            $"""
            process.stdin.on('end', () => process.exit()).resume();
            const server = require('{package}')({options});
            server.listen(0, '127.0.0.1', () => console.log(server.address().port));
            """;
        Process process = Process.Start(new ProcessStartInfo("node", ["-e", script])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return new NodeServer(process, $"http://127.0.0.1:{await process.StandardOutput.ReadLineAsync()}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
