using Limpid.Tests.Pages;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browser))]

namespace Limpid.Tests.Pages;

/// <summary>
/// One headless chromium for all tests of pages. Debian's is installed where it is missing and the tests run as root on a Debian;
/// where there is none, these tests skip and say so.
/// </summary>
public sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private readonly SemaphoreSlim _gate = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _missing;

    /// <summary>A fresh profile, or skips the running test.</summary>
    public async Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        await _gate.WaitAsync();
        try
        {
            if (_browser is null && _missing is null)
                await StartAsync();
        }
        finally
        {
            _gate.Release();
        }
        Assert.SkipWhen(_browser is null, _missing ?? "");
        return await _browser!.NewContextAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        _gate.Dispose();
    }

    private async Task StartAsync()
    {
        if (Places.FirstOrDefault(File.Exists) is null)
            await Debian.InstallAsync("chromium");
        if (Places.FirstOrDefault(File.Exists) is not { } chromium)
        {
            _missing = "no chromium here, and it could not be installed";
            return;
        }
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = chromium, Args = Arguments });
    }
}
