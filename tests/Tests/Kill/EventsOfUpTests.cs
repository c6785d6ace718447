using System.Globalization;
using System.Net;
using System.Text;
using Limpid.Tests.Ingest;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Kill;

/// <summary><c>limpid up --events</c> as a process of its own.</summary>
[Collection(Processes.Name)]
public sealed class EventsOfUpTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("limpid-events-").FullName;
    private readonly string _events = LimpidProcess.FreePort();

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private string Home => Path.Combine(_folder, "home");

    private string Lake => Path.Combine(_folder, "lake");

    public EventsOfUpTests()
    {
        Assert.SkipUnless(Local.Folder.FolderStore.IsSupported, "erasing in a folder needs 64-bit Linux");
        Directory.CreateDirectory(Path.Combine(Lake, "refused"));
        File.WriteAllText(Path.Combine(Lake, "lake.yaml"), ScenarioWorld.Yaml(
            $"grace: 0\nunattended: true\nlimits: {{rows: 10000, share: 100%}}\nrequesters: [{{mail: {ScenarioWorld.Requester}}}]\nstreams: [{{name: orders, dataset: orders, quarantine: refused}}]",
            ScenarioWorld.Dataset("orders", "ndjson", "subjects: [{kind: customer, field: customer}], erase: drop"),
            ScenarioWorld.Dataset("refused", "ndjson", "subjects: [{kind: customer, field: record.customer}], erase: drop")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task F55_who_was_erased_and_streams_in_again_is_mailed_about_before_the_batch_is_answered()
    {
        using (LimpidProcess up = await UpAsync())
        {
            await PostAsync(OrderStream.Event((1, OrderStream.Order(7)), (2, OrderStream.Order(8))));
            await up.KillAsync();
        }
        (int exit, string output, string errors) = await LimpidProcess.RunAsync(
            Home, "erase", "--lake", Lake, "--subject", "customer=7", "--requested-by", ScenarioWorld.Requester, "--approve-as", ScenarioWorld.Dpo, "--port", LimpidProcess.FreePort());
        Assert.True(exit == 0, $"{output}\n{errors}");
        using (LimpidProcess up = await UpAsync())
        {
            Assert.DoesNotContain(Mails(), mail => mail.Contains("Erased data is back", StringComparison.Ordinal));
            // The first batch once more: what it brought and was erased since is no news, and does not come back.
            await PostAsync(OrderStream.Event((1, OrderStream.Order(7)), (2, OrderStream.Order(8))));
            Assert.DoesNotContain(Mails(), mail => mail.Contains("Erased data is back", StringComparison.Ordinal));
            await PostAsync(OrderStream.Event((3, OrderStream.Order(7))));
            Assert.Contains(Mails(), mail => mail.Contains("Erased data is back", StringComparison.Ordinal));
            await up.KillAsync();
        }
    }

    private async Task<LimpidProcess> UpAsync()
    {
        LimpidProcess up = LimpidProcess.Start(Home, "up", "--lake", Lake, "--port", LimpidProcess.FreePort(), "--events", _events);
        await up.SaysAsync($"events: http://localhost:{_events}");
        return up;
    }

    private async Task PostAsync(string @event)
    {
        using var http = new HttpClient();
        using var content = new StringContent(@event, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{_events}/streams/orders")), content, Stop);
        Assert.Equal((HttpStatusCode.OK, "{\"batchItemFailures\":[]}"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
    }

    private string[] Mails() => [.. Directory.EnumerateFiles(Path.Combine(Lake, ".limpid", "outbox"), "*.eml").Select(File.ReadAllText)];
}
