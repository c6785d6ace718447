using System.Diagnostics;

namespace Limpid.Benchmarks;

/// <summary>DynamoDB in memory: npm's dynalite, which the build of the tests restores.</summary>
internal sealed class Dynalite : IAsyncDisposable
{
    // Ends with this process, whatever ends that: then the pipe is closed.
    private const string Script =
        """
        process.stdin.on('end', () => process.exit()).resume();
        const server = require('dynalite')({ createTableMs: 0 });
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
        """;

    private readonly Process _process;

    private Dynalite(Process process, string url)
    {
        _process = process;
        Url = url;
    }

    public string Url { get; }

    /// <summary>Null where it is not restored.</summary>
    public static async Task<Dynalite?> StartAsync()
    {
        string root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", ".."));
        if (!Directory.Exists(Path.Combine(root, "node_modules", "dynalite")))
            return null;
        Process process = Process.Start(new ProcessStartInfo("node", ["-e", Script]) { WorkingDirectory = root, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        return new Dynalite(process, $"http://127.0.0.1:{await process.StandardOutput.ReadLineAsync()}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
