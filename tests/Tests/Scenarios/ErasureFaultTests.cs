using System.Globalization;
using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

/// <summary>Faults of FAULTS.md that whole requests must survive, by their number.</summary>
public sealed class ErasureFaultTests
{
    private const string Key = "reviews/a.ndjson";

    private static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", Reviews);

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private static string Row(int customer, string text = "x") => $"{{\"CustomerId\":{customer},\"Text\":\"{text}\"}}\n";

    [Fact]
    public async Task F22_started_three_times_around_its_end_it_runs_once()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await SubmitErasure.BeginAsync(world.Ports, await world.RequestAsync(id), Stop);
        await world.RunAsync();
        await SubmitErasure.BeginAsync(world.Ports, await world.RequestAsync(id), Stop);
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        await SubmitErasure.BeginAsync(world.Ports, await world.RequestAsync(id), Stop);
        await world.RunAsync();
        Assert.Single(world.Executions.List(world.Ports.Time.GetUtcNow()), e => e.StateMachine == "purge");
        Assert.Equal(Row(1), world.Text(Key));
        Assert.Single(world.Mails(), m => m.To == ScenarioWorld.Requester);
    }

    [Fact]
    public async Task F24_a_plan_of_2500_objects_travels_as_references()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0\nlimits: {rows: 10000, share: 100%}", Reviews));
        for (int i = 0; i < 2500; i++)
            world.Put($"reviews/{i:d5}.ndjson", Row(1) + Row(2));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal((2500, 2500), ((await world.CertificateAsync(request.Id)).ObjectsErased, (await world.CertificateAsync(request.Id)).RowsErased));
        Assert.All(world.Lake().Values, c => Assert.Equal(Row(1), Encoding.UTF8.GetString(c)));
        Assert.All(world.Calls, c => Assert.True(c.In < 65_536 && c.Out < 65_536, $"{c.Function}: {c.In} in, {c.Out} out"));
        foreach (var execution in world.Executions.List(world.Ports.Time.GetUtcNow()))
        {
            foreach (var step in world.Executions.History(execution.StateMachine, execution.Name))
                Assert.True((step.Details?.ToUtf8().Length ?? 0) < 65_536, $"{step.Type}: {step.Details?.ToUtf8().Length}");
        }
        Assert.All(world.State.All, item => Assert.True(item.Json.Length < 65_536, item.Sort));
    }

    [Fact]
    public async Task F46_a_key_is_not_the_beginning_of_another()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml(
            "grace: 0", "{name: a, location: d/15/, format: ndjson, subjects: [{kind: customer, field: CustomerId}], erase: delete, approvers: [dpo@acme.example]}"));
        foreach (string key in new[] { "d/15/1", "d/15/15", "d/15/150", "d/150/15", "d/15", "d/151" })
            world.Put(key, key == "d/15/15" ? Row(2) : Row(3));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(["d/15", "d/15/1", "d/15/150", "d/150/15", "d/151"], world.Lake().Keys);
    }

    [Fact]
    public async Task F50_where_nothing_is_left_it_is_done()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 24h", Reviews));
        world.Put(Key, Row(1) + Row(2));
        world.Put("reviews/b.ndjson", Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        world.Put(Key, Row(1));
        world.Remove("reviews/b.ndjson");
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(0, (await world.CertificateAsync(id)).RowsErased);
        Assert.All(await world.OutcomesAsync(id), o => Assert.Equal(ItemStatus.Gone, o.Status));
        Assert.Equal(Row(1), world.Text(Key));
    }

    [Fact]
    public async Task F51_total_after_is_total_before_less_the_persons_rows_whoever_is_erased_in_whatever_order()
    {
        const int Seed = 51;
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0\nlimits: {rows: 100000, share: 100%}", Reviews));
        var rows = new Dictionary<string, List<int>>();
        for (int file = 0; file < 12; file++)
            rows[$"reviews/{file:d2}.ndjson"] = [.. Enumerable.Range(0, random.Next(0, 60)).Select(_ => random.Next(8))];
        foreach ((string key, List<int> people) in rows)
            world.Put(key, string.Concat(people.Select((p, i) => Row(p, i.ToString(CultureInfo.InvariantCulture)))));
        foreach (int person in Enumerable.Range(0, 8).OrderBy(_ => random.Next()))
        {
            string before = string.Concat(world.Lake().Values.Select(Encoding.UTF8.GetString));
            int total = before.Count(c => c == '\n'), own = before.Split('\n').Count(l => l.Contains($":{person},", StringComparison.Ordinal));
            ErasureRequest request = await world.EraseAsync($"customer={person}");
            string after = string.Concat(world.Lake().Values.Select(Encoding.UTF8.GetString));
            Assert.Equal(total - own, after.Count(c => c == '\n'));
            Assert.Equal(string.Concat(before.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.Contains($":{person},", StringComparison.Ordinal)).Select(l => l + "\n")), after);
            Assert.Equal(own, request.Status == RequestStatus.NothingFound ? 0 : (await world.CertificateAsync(request.Id)).RowsErased);
        }
        Assert.All(world.Lake().Values, Assert.Empty);
    }

    [Theory]
    [InlineData("2026-01-31", "2026-02-28")]
    [InlineData("2026-02-28", "2026-03-28")]
    [InlineData("2025-12-31", "2026-01-31")]
    [InlineData("2024-01-30", "2024-02-29")]
    [InlineData("2025-08-31", "2025-09-30")]
    public async Task F52_due_a_calendar_month_after_receipt_and_overdue_the_day_after(string received, string due)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        var day = DateOnly.ParseExact(received, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        string id = await world.SubmitAsync(ScenarioWorld.Asking("customer=2") with { Received = day });
        ErasureRequest request = await world.RequestAsync(id);
        Assert.Equal(DateOnly.ParseExact(due, "yyyy-MM-dd", CultureInfo.InvariantCulture), request.Due);
        world.Decides = _ => null;
        for (int i = 0; i < 12; i++)
        {
            await world.RunAsync();
            world.Clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromMinutes(1));
        }
        await world.RunAsync();
        // Silence decided nothing; everybody was told that it is late.
        Assert.Equal(RequestStatus.Waiting, (await world.RequestAsync(id)).Status);
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Operator && m.Text.Contains("still waiting for", StringComparison.Ordinal));
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Dpo && m.Text.Contains("For this request it ended on", StringComparison.Ordinal));
        world.Decides = _ => ("approve", "");
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
    }

    [Fact]
    public async Task F52_received_today_is_today_where_the_lake_is()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1));
        // 22:30 UTC on the 31st of January is the 1st of February in Athens.
        world.Clock.Advance(new DateTimeOffset(2027, 1, 31, 22, 30, 0, TimeSpan.Zero) - world.Clock.GetUtcNow());
        ErasureRequest request = await world.RequestAsync(await world.SubmitAsync("customer=2"));
        Assert.Equal((new DateOnly(2027, 2, 1), new DateOnly(2027, 3, 1)), (request.Received, request.Due));
    }

    [Fact]
    public async Task F53_a_holds_reason_that_names_the_person_goes_no_further()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(7310577));
        var hold = new Hold { Id = "h-1", Reason = "suit of customer=7310577", Author = "legal@acme.example", Since = world.Clock.GetUtcNow(), Dataset = "reviews" };
        Assert.True(await new Holds(world.Ports.State).TryPlaceAsync(hold, Stop));

        string id = await world.SubmitAsync("customer=7310577");
        await world.FinishAsync(id);

        BlockedObject exception = Assert.Single((await world.CertificateAsync(id)).Exceptions);
        Assert.StartsWith("on hold h-1: ", exception.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("7310577", exception.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task F27_what_was_erased_before_a_crash_is_not_certified_as_kept_by_a_hold_or_a_kill_switch_that_came_after_it(bool versioned, bool killSwitch)
    {
        using var point = new CrashPoint(0, Crash.AnswerLost) { Named = "lake replace reviews/a" };
        await using var world = new MemoryWorld(Yaml, point.Around, versioned: versioned);
        const string Others = "{\"CustomerId\":1}\n";
        world.Put("reviews/a", Others + "{\"CustomerId\":2}\n{\"CustomerId\":2,\"n\":1}\n");
        world.BeforeFunction = async (function, _) =>
        {
            if (function != "erase-rows" || point.Where is null)
                return;
            if (killSwitch)
                world.ThrowKillSwitch(true);
            else
                await new Holds(world.Ports.State).TryPlaceAsync(new Hold { Id = "h-1", Reason = "litigation", Author = "legal@acme.example", Since = world.Clock.GetUtcNow(), Dataset = "reviews" }, Stop);
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(Others, world.Text("reviews/a"));
        ItemOutcome outcome = (await new Requests(world.Ports.State).ItemAsync(request.Id, 1, 0, Stop))!;
        Assert.Equal((2L, true), (outcome.RowsErased, outcome.ETag.Length > 0));
        // Old versions were not touched yet, and stay.
        Assert.Equal(versioned ? 2 : 1, world.Objects.Versions("reviews/a").Count);
        Assert.Equal(versioned ? (killSwitch ? ItemStatus.Stopped : ItemStatus.Changed) : ItemStatus.Erased, outcome.Status);
        if (killSwitch)
            return;
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.Equal((2L, versioned ? 1L : 0L), (certificate.RowsErased, certificate.ExceptionCount));
    }

    /// <summary>Its key was taken away after a look at it was allowed, say: S3 refuses only when it is read.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_may_not_be_read_is_an_exception_that_keeps_nobody_else_from_being_erased_until_it_may(bool sinceIndexed)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("reviews/a", Row(1) + Row(2));
        world.Put("reviews/closed", Row(2) + Row(3));
        if (sinceIndexed)
            await world.EraseAsync("customer=99");
        world.Objects.OnStep = call => call is { Method: nameof(IObjectStore.OpenReadAsync), Key: "reviews/closed" }
            ? throw new ObjectUnreadableException("S3 refuses to let it be read (AccessDenied)")
            : Task.CompletedTask;
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(Row(1), world.Text("reviews/a"));
        BlockedObject exception = Assert.Single((await world.CertificateAsync(request.Id)).Exceptions);
        Assert.Equal(("reviews/closed", "S3 refuses to let it be read (AccessDenied)"), (exception.Key, exception.Reason));

        world.Objects.OnStep = null;
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal(Row(3), world.Text("reviews/closed"));
    }

    [Fact]
    public async Task Who_cancels_is_not_kept_where_it_is_the_person()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 24h", Reviews));
        world.Put(Key, Row(1) + Row(7310577));
        string id = await world.SubmitAsync("customer=7310577");
        CancelResult refused = await new CancelErasure(world.Ports).HandleAsync(new CancelInput(id, "customer 7310577"), Stop);
        Assert.False(refused.Cancelled);
        Assert.Contains("names the person's identifier", refused.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("7310577", refused.Problem, StringComparison.Ordinal);
        Assert.False((await world.RequestAsync(id)).IsEnded);
        Assert.True((await new CancelErasure(world.Ports).HandleAsync(new CancelInput(id, "desk@acme.example"), Stop)).Cancelled);
    }

    [Fact]
    public async Task Copies_are_listed_where_only_a_later_plan_had_something_to_erase()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0", Reviews, $"{{name: crm, location: db1.crm.contacts, format: external, approvers: ['{ScenarioWorld.Crm}']}}"));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        world.Put(Key, Row(1) + Row(2));
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Certificate certificate = await world.CertificateAsync(id);
        Assert.Equal(1, certificate.ObjectsErased);
        Assert.NotEmpty(certificate.Residual);
    }
}
