using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Limpid.Core.Erasure;
using Limpid.Local.Mail;
using Limpid.Local.Pages;
using Limpid.Tests.Approvals;
using Microsoft.Playwright;

namespace Limpid.Tests.Pages;

/// <summary>What an approver does, in a real browser against the real server, with the mails as files.</summary>
[Collection(Processes.Name)]
public sealed partial class ApprovalPagesTests(Browser browser) : IAsyncLifetime
{
    private readonly string _outbox = Path.Combine(Path.GetTempPath(), "limpid-" + Path.GetRandomFileName());
    private readonly List<string> _complaints = [];
    private ApprovalWorld _world = null!;
    private PageServer _server = null!;
    private int _port;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _port = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        _world = new ApprovalWorld(pagesUrl: $"http://localhost:{_port}");
        _world.Ports = _world.Ports with { Mailer = new EmlMailer(_outbox, "limpid@acme.example", _world.Clock) };
        _server = await PageServer.StartAsync(() => _world.Ports, _port, e => _complaints.Add(e.ToString()), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _world.Dispose();
        if (Directory.Exists(_outbox))
            Directory.Delete(_outbox, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_page_is_under_the_rules_of_lake_yaml_as_it_is_now()
    {
        await _world.RequestAsync();
        await _world.AskAsync();
        using var browser = new HttpClient();
        var page = new Uri(LinkTo(ApprovalWorld.Dpo));
        Assert.Contains("May this person", await browser.GetStringAsync(page, Stop), StringComparison.Ordinal);
        _world.Ports = _world.Ports with { Lake = _world.Ports.Lake with { Grace = TimeSpan.FromHours(1) } };
        Assert.Contains("The plan has changed", await browser.GetStringAsync(page, Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_reads_the_plan_asks_for_a_code_and_approves()
    {
        await _world.RequestAsync();
        await _world.AskAsync();
        IPage page = await OpenAsync(ApprovalWorld.Dpo);
        await Screenshot(page, "open");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("May this person’s data be erased?");
        await Assertions.Expect(page.GetByText("17 rows of other people")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("on hold h-3: pending litigation")).ToBeVisibleAsync();

        await page.GetByLabel("Identifier", new() { Exact = true }).FillAsync(ApprovalWorld.Identifier);
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Yes: this email is the person")).ToBeVisibleAsync();
        await Screenshot(page, "checked");

        await page.GetByRole(AriaRole.Button, new() { Name = "Mail me a code" }).ClickAsync();
        await Assertions.Expect(page.GetByText("A code was mailed to you")).ToBeVisibleAsync();
        await page.GetByLabel("Yes, erase as shown").CheckAsync();
        await page.GetByLabel("Code from the mail").FillAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Record my decision" }).ClickAsync();
        await Assertions.Expect(page.GetByText("That is not the code. 4 tries left.").First).ToBeVisibleAsync();
        await Screenshot(page, "wrong-code");
        await page.GetByLabel("Code from the mail").FillAsync(NewestCode());
        await page.GetByRole(AriaRole.Button, new() { Name = "Record my decision" }).ClickAsync();

        await Assertions.Expect(page.GetByText("You said yes.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Still open: orders")).ToBeVisibleAsync();
        await Screenshot(page, "approved");
        Assert.Equal(Verdict.Approve, Assert.Single(await _world.DecisionsAsync()).Verdict);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_person_rejects_with_a_ground_on_a_phone()
    {
        await _world.RequestAsync();
        await _world.AskAsync();
        IPage page = await OpenAsync(ApprovalWorld.Owner, new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 360, Height = 740 },
            DeviceScaleFactor = 2,
            IsMobile = true,
            HasTouch = true,
            ColorScheme = ColorScheme.Dark,
        });
        await Screenshot(page, "phone-dark");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));

        await page.GetByRole(AriaRole.Button, new() { Name = "Mail me a code" }).TapAsync();
        await page.GetByLabel("No, erase nothing").CheckAsync();
        await page.GetByLabel("Code from the mail").FillAsync(NewestCode());
        await page.GetByRole(AriaRole.Button, new() { Name = "Record my decision" }).TapAsync();
        await Assertions.Expect(page.GetByText("A no needs a ground.").First).ToBeVisibleAsync();
        await Screenshot(page, "phone-no-ground");
        await page.GetByLabel("Ground").FillAsync("The invoices of 2025 have to be kept.");
        await page.GetByLabel("Code from the mail").FillAsync(NewestCode());
        await page.GetByRole(AriaRole.Button, new() { Name = "Record my decision" }).TapAsync();

        await Assertions.Expect(page.GetByText("You said no.")).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        await Screenshot(page, "phone-rejected");
        Assert.Equal(Verdict.Reject, (await _world.OutcomeAsync())!.Verdict);
        Assert.Equal("The invoices of 2025 have to be kept.", (await _world.OutcomeAsync())!.Ground);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Everything_works_from_the_keyboard()
    {
        await _world.RequestAsync(datasets: ApprovalWorld.OneDataset());
        await _world.AskAsync();
        IPage page = await OpenAsync(ApprovalWorld.Dpo);
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the content", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        await TabToAsync(page, "document.activeElement.textContent === 'Mail me a code'");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByText("A code was mailed to you")).ToBeVisibleAsync();

        await TabToAsync(page, "document.activeElement.name === 'verdict'");
        await page.Keyboard.PressAsync("Space");
        await TabToAsync(page, "document.activeElement.id === 'code'");
        await page.Keyboard.TypeAsync(NewestCode());
        await TabToAsync(page, "document.activeElement.textContent === 'Record my decision'");
        Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.GetByText("You said yes.")).ToBeVisibleAsync();
        Assert.Equal(Verdict.Approve, (await _world.OutcomeAsync())!.Verdict);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_person_attests_that_the_data_is_gone_elsewhere()
    {
        await _world.RequestAsync();
        await _world.AskAttestationAsync();
        IPage page = await OpenAsync(ApprovalWorld.Crm);
        await Screenshot(page, "attestation");
        await page.GetByRole(AriaRole.Button, new() { Name = "Mail me a code" }).ClickAsync();
        await page.GetByLabel("Yes, it is gone").CheckAsync();
        await page.GetByLabel("Evidence, or why not").FillAsync("Ticket 77");
        await page.GetByLabel("Code from the mail").FillAsync(NewestCode());
        await page.GetByRole(AriaRole.Button, new() { Name = "Record my answer" }).ClickAsync();
        await Assertions.Expect(page.GetByText("You confirmed that the data is gone.")).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Every_text_stands_out_from_its_background(ColorScheme scheme)
    {
        await _world.RequestAsync();
        await _world.AskAsync();
        IPage page = await OpenAsync(ApprovalWorld.Dpo, new BrowserNewContextOptions { ColorScheme = scheme });
        await page.GetByRole(AriaRole.Button, new() { Name = "Record my decision" }).ClickAsync();
        string[] weak = await page.EvaluateAsync<string[]>(
            """
            () => {
              const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
              const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
              const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
              const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
              return [...document.querySelectorAll('body *')]
                .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && !e.closest('style'))
                .map(e => { const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e)); return [e, (Math.max(a, b) + .05) / (Math.min(a, b) + .05)]; })
                .filter(([, ratio]) => ratio < 4.5)
                .map(([e, ratio]) => `${e.tagName} "${e.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
            }
            """);
        Assert.Empty(weak);
    }

    [Fact]
    public async Task F41_the_host_that_a_request_names_is_used_for_nothing()
    {
        await _world.RequestAsync();
        await _world.AskAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, LinkTo(ApprovalWorld.Dpo));
        request.Headers.Host = "evil.example";
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        using HttpResponseMessage response = await client.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("evil.example", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("GET", "/favicon.ico", 404)]
    [InlineData("GET", "/approvals/../../etc/passwd", 404)]
    [InlineData("PUT", "/approvals/x", 405)]
    [InlineData("POST", "/approvals/x/decision", 415)]
    public async Task Every_other_address_gets_a_plain_answer(string method, string path, int status)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://localhost:{_port}{path}");
        using HttpResponseMessage response = await client.SendAsync(request, Stop);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var client = new HttpClient();
        using var content = new FormUrlEncodedContent(new Dictionary<string, string> { ["ground"] = new string('x', 100_000) });
        using HttpResponseMessage response = await client.PostAsync(new Uri($"http://localhost:{_port}/approvals/x/decision"), content, Stop);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task F33_a_HEAD_has_the_headers_and_no_body()
    {
        await _world.RequestAsync();
        await _world.AskAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Head, LinkTo(ApprovalWorld.Dpo));
        using HttpResponseMessage response = await client.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 1000);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Stop));
    }

    private async Task<IPage> OpenAsync(string person, BrowserNewContextOptions? options = null)
    {
        IBrowserContext context = await browser.NewContextAsync(options);
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            // Chromium reports every answer of 4xx in the console; those are the page's own, and wanted.
            if (message.Type is "error" or "warning" && !message.Text.Contains("the server responded with a status of 4", StringComparison.Ordinal))
                _complaints.Add(message.Text);
        };
        page.PageError += (_, error) => _complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith($"http://localhost:{_port}/", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                _complaints.Add("loads from elsewhere: " + new Uri(request.Url).Host);
        };
        await page.GotoAsync(LinkTo(person));
        return page;
    }

    private string LinkTo(string person) => Mails(person).Select(m => LinkPattern().Match(m)).First(m => m.Success).Value;

    private string NewestCode() => CodePattern().Match(
        Directory.EnumerateFiles(_outbox, "*.code.*.eml").OrderByDescending(File.GetLastWriteTimeUtc).Select(f => Eml.Part(File.ReadAllText(f), "text/plain")).First()).Value;

    private IEnumerable<string> Mails(string person) => Directory.EnumerateFiles(_outbox, "*.eml")
        .Select(File.ReadAllText)
        .Where(eml => Eml.Header(eml, "To") == person)
        .Select(eml => Eml.Part(eml, "text/plain"));

    private static async Task TabToAsync(IPage page, string condition)
    {
        for (int i = 0; i < 40; i++)
        {
            if (await page.EvaluateAsync<bool>(condition))
                return;
            await page.Keyboard.PressAsync("Tab");
        }
        Assert.Fail("the keyboard does not lead there: " + condition);
    }

    /// <summary>Kept only where somebody asks for it.</summary>
    private static async Task Screenshot(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("LIMPID_TEST_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    [GeneratedRegex(@"https?://\S+/approvals/\S+")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"(?<=^\s+)\d{4} \d{4}$", RegexOptions.Multiline)]
    private static partial Regex CodePattern();
}
