using System.Text.Json.Nodes;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

/// <summary>Fault 52: a month that can't be kept is extended on the record, with a reason, and by no more than the law allows.</summary>
public sealed class ExtensionTests
{
    private const string Reason = "the files of three systems have to be searched";

    private static readonly string Yaml = ScenarioWorld.Yaml(
        "grace: 0", ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop"));

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Fact]
    public async Task F52_an_extension_moves_the_due_day_and_is_recorded_told_and_shown()
    {
        await using MemoryWorld world = Open();
        string id = await SubmitAsync(world, "2026-03-10");
        await world.RunAsync();
        Assert.Equal(new DateOnly(2026, 6, 10), (await ExtendAsync(world, id)).Due);
        // Asked for again, by a script that did not see the answer.
        Assert.Equal(new DateOnly(2026, 6, 10), (await ExtendAsync(world, id)).Due);

        Extension extension = (await world.RequestAsync(id)).Extension!;
        Assert.Equal((new DateOnly(2026, 4, 10), new DateOnly(2026, 6, 10), Reason, ScenarioWorld.Requester), (extension.From, extension.Until, extension.Reason, extension.By));
        AuditEntry entry = Assert.Single(await new AuditLog(world.Ports.State, world.Clock).ReadAsync(id, Stop).Where(e => e.Event == "extended").ToListAsync(Stop));
        Assert.Equal(("2026-04-10", "2026-06-10", Reason, ScenarioWorld.Requester), (Detail(entry, "from"), Detail(entry, "until"), Detail(entry, "reason"), Detail(entry, "by")));
        foreach (string reader in new[] { ScenarioWorld.Requester, ScenarioWorld.Operator })
        {
            string text = Assert.Single(world.Mails(), m => m.To == reader && m.Text.Contains(Reason, StringComparison.Ordinal)).Text;
            Assert.Contains("tell the person by 10 April 2026", text, StringComparison.Ordinal);
            Assert.Contains("Dear Sir or Madam", text, StringComparison.Ordinal);
            Assert.Contains("You will have our answer by 10 June 2026.", text, StringComparison.Ordinal);
            Assert.Contains("right to complain", text, StringComparison.Ordinal);
        }
        Assert.Contains($"extended from 10 April 2026: {Reason}", await PageAsync(world, id), StringComparison.Ordinal);

        // In the second month nobody calls it overdue; after the third everybody does.
        world.Decides = _ => null;
        await PassAsync(world, new DateOnly(2026, 6, 9));
        Assert.DoesNotContain(world.Mails(), m => m.Text.Contains("still waiting for", StringComparison.Ordinal));
        await PassAsync(world, new DateOnly(2026, 6, 20));
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Operator && m.Text.Contains("The month was extended already", StringComparison.Ordinal));
        world.Decides = _ => ("approve", "");
        await world.FinishAsync(id);
        Certificate certificate = await world.CertificateAsync(id);
        Assert.Equal((new DateOnly(2026, 6, 10), extension), (certificate.Due, certificate.Extension));
        Assert.Contains($"extended from 10 April 2026: {Reason}", world.Mails().Last(m => m.To == ScenarioWorld.Requester).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-01-31", "2026-02-28", "2026-04-30")]
    [InlineData("2025-11-30", "2025-12-30", "2026-02-28")]
    [InlineData("2023-11-30", "2023-12-30", "2024-02-29")]
    public void F52_two_further_months_run_from_receipt_and_end_with_the_month(string received, string due, string latest)
    {
        Assert.Equal(Day(due), DueDay.After(Day(received)));
        Assert.Equal(Day(latest), DueDay.Latest(Day(received)));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(" ", null)]
    [InlineData("a case of customer 4711-canary", null)]
    [InlineData(Reason, "2026-06-11")]
    [InlineData(Reason, "2026-04-10")]
    [InlineData(Reason, "2026-01-01")]
    public async Task F52_what_the_law_does_not_allow_is_refused_and_changes_nothing(string reason, string? until)
    {
        await using MemoryWorld world = Open();
        string id = await SubmitAsync(world, "2026-03-10", "customer=4711-canary");
        await RefusedAsync(world, id, reason, until);
    }

    [Fact]
    public async Task F52_within_the_month_once_and_not_after_the_end()
    {
        await using MemoryWorld world = Open();
        string late = await SubmitAsync(world, "2026-02-09");
        await RefusedAsync(world, late, Reason, null);
        string lastDay = await SubmitAsync(world, "2026-02-10");
        Assert.Equal(new DateOnly(2026, 4, 1), (await ExtendAsync(world, lastDay, Reason, "2026-04-01")).Due);
        await RefusedAsync(world, lastDay, Reason, null);
        await RefusedAsync(world, lastDay, "another reason", "2026-04-01");
        string ended = await SubmitAsync(world, "2026-03-10");
        await world.FinishAsync(ended);
        await RefusedAsync(world, ended, Reason, null);
        await RefusedAsync(world, "r-00000000000000000000", Reason, null);
    }

    [Fact]
    public async Task F52_the_command_extends_and_requests_shows_it()
    {
        using var lake = new CliLake(Yaml);
        lake.Put("reviews/a.ndjson", "{\"CustomerId\":1}\n{\"CustomerId\":2}\n");
        string id = (string)(await lake.EraseAsync("customer=2", "--no-wait")).Json["requestId"]!;
        DateOnly received = Day((string)Requests(await lake.RunAsync("requests", "--json"))[0]!["received"]!);
        (int exit, _, string error) = await lake.RunAsync("extend", id);
        Assert.Equal((2, "limpid: say why with --reason TEXT\n"), (exit, error));
        Assert.Equal(2, (await lake.RunAsync("extend", id, "--reason", Reason, "--until", "soon")).Exit);
        Assert.Equal(2, (await lake.RunAsync("extend", "r-1", "--reason", Reason)).Exit);
        Assert.Null(Requests(await lake.RunAsync("requests", "--json"))[0]!["extension"]);

        (exit, JsonObject json) = await lake.JsonAsync("extend", id, "--reason", Reason, "--by", ScenarioWorld.Requester);
        Assert.Equal(0, exit);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse($$"""{"requestId":"{{id}}","due":"{{DueDay.Latest(received):yyyy-MM-dd}}"}"""), json), json.ToString());
        JsonNode shown = Requests(await lake.RunAsync("requests", "--json"))[0]!;
        Assert.Equal(($"{DueDay.Latest(received):yyyy-MM-dd}", Reason), ((string)shown["due"]!, (string)shown["extension"]!["reason"]!));
        Assert.Contains($"extended from {DueDay.After(received):yyyy-MM-dd}", (await lake.RunAsync("requests")).Output, StringComparison.Ordinal);
    }

    private static MemoryWorld Open()
    {
        var world = new MemoryWorld(Yaml);
        world.Put("reviews/a.ndjson", "{\"CustomerId\":1}\n{\"CustomerId\":2}\n");
        return world;
    }

    private static Task<string> SubmitAsync(MemoryWorld world, string received, string subject = "customer=2") =>
        world.SubmitAsync(ScenarioWorld.Asking(subject) with { Received = Day(received) });

    private static Task<ExtendResult> ExtendAsync(MemoryWorld world, string id, string reason = Reason, string? until = null) =>
        new ExtendErasure(world.Ports).HandleAsync(new ExtendInput(id, reason, ScenarioWorld.Requester, until is null ? null : Day(until)), Stop);

    private static async Task RefusedAsync(MemoryWorld world, string id, string reason, string? until)
    {
        string[] before = [.. world.State.All.Select(i => $"{i.Partition} {i.Sort} {i.Version}")];
        int mails = world.Mails().Count;
        ExtendResult result = await ExtendAsync(world, id, reason, until);
        Assert.Null(result.Due);
        Assert.Single(result.Problem!.Split('\n'));
        Assert.DoesNotContain("canary", result.Problem, StringComparison.Ordinal);
        Assert.Equal(before, world.State.All.Select(i => $"{i.Partition} {i.Sort} {i.Version}"));
        Assert.Equal(mails, world.Mails().Count);
    }

    private static async Task PassAsync(MemoryWorld world, DateOnly until)
    {
        while (DateOnly.FromDateTime(world.Clock.GetUtcNow().UtcDateTime) < until)
        {
            world.Clock.Advance(TimeSpan.FromDays(1));
            await world.RunAsync();
        }
    }

    private static async Task<string> PageAsync(MemoryWorld world, string id) => (await new ShowApproval(world.Ports).HandleAsync(
        new PageRequest("GET", $"/approvals/{world.LinkOf(ScenarioWorld.Dpo, id)}", new Dictionary<string, string>(), new Dictionary<string, string>()), Stop)).Body;

    private static JsonArray Requests((int Exit, string Output, string Error) run) => JsonNode.Parse(run.Output)!.AsArray();

    private static string Detail(AuditEntry entry, string name) => entry.Detail.GetProperty(name).GetString()!;

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
