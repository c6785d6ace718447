using Limpid.Local.Pages;

namespace Limpid.Local.Cli;

/// <summary>The approver's pages, for as long as a command waits for an approver. A port that is taken is said, and waited without.</summary>
internal sealed class PagesWhileWaiting : IAsyncDisposable
{
    private readonly Task<PageServer?> _server;

    public PagesWhileWaiting(LocalLake lake, int port, TextWriter error) => _server = StartAsync(lake, port, error);

    private static async Task<PageServer?> StartAsync(LocalLake lake, int port, TextWriter error)
    {
        try
        {
            return await PageServer.StartAsync(
                () => lake.Ports, port, broke => error.WriteLine($"limpid: a page failed: {broke.GetType().Name}: {broke.Message}"), CancellationToken.None);
        }
        catch (IOException taken)
        {
            await error.WriteLineAsync($"limpid: the approver's page is not served: {taken.Message}");
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (await _server is { } server)
            await server.DisposeAsync();
    }
}
