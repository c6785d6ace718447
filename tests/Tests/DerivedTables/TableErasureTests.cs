using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Refresh;
using Limpid.Functions.State;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>What comes to be served has nobody who was erased since the moment that its content is from (row 54).</summary>
public sealed class TableErasureTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The erasure happens whole, from its demand to its certificate, just before a call of the run, or between what a step reads and what it writes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F54_a_person_erased_at_any_moment_of_a_run_is_in_no_version_that_comes_to_be_served(bool versioned)
    {
        string[] calls;
        await using (TableBench clean = TableBench.InMemory(versioned: versioned))
        {
            clean.Put(6);
            await clean.RefreshAsync();
            await clean.SettleAsync();
            calls = [.. clean.Called];
        }
        for (int at = 0; at < calls.Length; at++)
        {
            foreach (bool during in new[] { false, true })
            {
                await using TableBench bench = TableBench.InMemory(versioned: versioned);
                bench.Put(6);
                bool isIt = false;
                int call = 0;
                bench.Before = async _ =>
                {
                    isIt = call++ == at;
                    if (isIt && !during)
                        await EraseAsync(bench, "c1");
                };
                bench.During = async _ =>
                {
                    if (isIt && during)
                        await EraseAsync(bench, "c1");
                };
                await bench.RefreshAsync();
                await bench.SettleAsync();
                string where = $"erased {(during ? "during" : "before")} {calls[at]}, call {at}";
                if (!bench.ErasedCustomers.Contains("c1") || Array.IndexOf(calls, "publish-table") < at)
                    continue;
                Assert.True(bench.Served is [2, 3, 5, 6], $"{where}: {string.Join(',', bench.Served)}");
                // Nor is an old version of an object left with the rows.
                Assert.DoesNotContain(await ContentsAsync(bench), text => text.Contains("\"c1\"", StringComparison.Ordinal));
                Assert.DoesNotContain(await bench.World.FoundAsync("customer=c1"), found => found.StartsWith(bench.Point!.Folder, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task F54_an_erasure_that_is_being_carried_out_is_replayed_before_it_is_certified()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put(6);
        bench.During = what => what == "tidy-up" ? EraseAsync(bench, "c1", until: "verify-erasure") : Task.CompletedTask;
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal([2, 3, 5, 6], bench.Served);
    }

    [Fact]
    public async Task F54_an_erasure_that_waits_for_the_approval_of_a_supplementary_plan_is_replayed_too()
    {
        await using TableBench bench = TableBench.InMemory();
        string orders = bench.Put(6);
        bench.During = what => what == "tidy-up" ? EraseUntilAskedAgainAsync(bench, "c1", orders) : Task.CompletedTask;
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal([2, 3, 5, 6], bench.Served);
    }

    [Fact]
    public async Task F54_a_version_that_was_built_between_plan_and_erasure_goes_into_a_supplementary_plan()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put(6);
        string id = await bench.World.SubmitAsync("customer=c1");
        await bench.World.RunAsync();
        bench.World.Clock.Advance(TimeSpan.FromHours(1));
        // Nobody approved anything yet: the version is built and served with everybody.
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal([1, 2, 3, 4, 5, 6], bench.Served);

        bench.ErasedCustomers.Add("c1");
        Assert.Equal(RequestStatus.Certified, (await bench.World.FinishAsync(id)).Status);

        Assert.Equal([2, 3, 5, 6], bench.Served);
        Assert.Empty(await bench.World.FoundAsync("customer=c1"));
        Certificate certificate = await bench.World.CertificateAsync(id);
        Assert.Empty(certificate.Resurfaced);
        // The orders, then every step's part of the version, then nothing more.
        Assert.Equal([1, 6, 0], certificate.Plans.Select(p => p.Objects));
    }

    [Fact]
    public async Task F54_somebody_erased_between_validation_and_publication_makes_it_be_validated_anew()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put(6);
        await bench.RefreshAsync();
        bench.Before = async what =>
        {
            if (what != "publish-table" || bench.ErasedCustomers.Count > 0)
                return;
            bench.ErasedCustomers.Add("c1");
            // Erased elsewhere: no object of the version is touched, and only the list of those who were erased says so.
            await new Suppression(bench.World.Ports.State).AddAsync([bench.World.Identity("customer=c1")], "r-elsewhere", bench.World.Clock.GetUtcNow(), Stop);
        };
        await bench.SettleAsync();
        Assert.Equal(["validate-table", "publish-table", "validate-table", "publish-table"], bench.Called.Where(c => c is "validate-table" or "publish-table"));
        Assert.Equal([2, 3, 5, 6], bench.Served);
        Assert.Equal(4, bench.Point!.Rows);
    }

    [Fact]
    public async Task F54_a_request_that_nobody_approved_takes_nobody_out_of_a_version()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put(6);
        string id = await bench.World.SubmitAsync("customer=c1");
        await bench.World.RunAsync();
        // As somebody who can write the state, and no more, would have it.
        await new Requests(bench.World.Ports.State).UpdateAsync(id, r => r with { Status = RequestStatus.Erasing, BeganErasing = true }, Stop);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal([1, 2, 3, 4, 5, 6], bench.Served);
    }

    [Fact]
    public async Task F54_a_version_that_is_served_again_has_nobody_who_was_erased_since_it_was_made()
    {
        await using TableBench bench = TableBench.InMemory(versioned: true);
        bench.Put(6);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        bench.Put(3);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        bench.ErasedCustomers.Add("c2");
        // The erasure itself reaches every version that is kept; somebody puts one back as it was.
        (string key, byte[] before) = bench.World.Lake().Where(o => o.Key.StartsWith("revenue/versions/v=1/3-tidy/", StringComparison.Ordinal) && o.Value.Length > 0).Select(o => (o.Key, o.Value)).First(o => o.Value.AsSpan().IndexOf("\"c2\""u8) >= 0);
        await bench.World.EraseAsync("customer=c2");
        Assert.True(bench.World.Content(key).AsSpan().IndexOf("\"c2\""u8) < 0);
        bench.World.Put(key, before);
        await bench.MarkAsync("""{"table":"revenue","restore":1}""");
        await bench.SettleAsync();
        Assert.Equal(1, bench.Point!.Version);
        Assert.Equal([1, 3, 4, 6], bench.Served);
        Assert.Equal(4, bench.Point.Rows);
        Assert.DoesNotContain(await ContentsAsync(bench), text => text.Contains("\"c2\"", StringComparison.Ordinal));
        // The index knows what is served by now.
        Assert.Empty(await bench.World.FoundAsync("customer=c2"));
        Assert.NotEmpty(await bench.World.FoundAsync("customer=c1"));
        List<AuditEntry> audit = await new AuditLog(bench.World.Ports.State, bench.World.Clock).ReadAsync(AuditLog.LakeChain, Stop).ToListAsync(Stop);
        AuditEntry replayed = Assert.Single(audit, e => e.Event == "erasure-replayed");
        Assert.Equal(("revenue", "1"), (replayed.Detail.GetProperty("table").GetString(), replayed.Detail.GetProperty("version").GetString()));
        Assert.DoesNotContain("c2", replayed.Detail.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F54_nothing_is_served_while_the_kill_switch_keeps_an_erasure_from_being_replayed()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put(6);
        bench.During = async what =>
        {
            if (what != "tidy-up")
                return;
            await EraseAsync(bench, "c1");
            bench.World.ThrowKillSwitch(on: true);
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Empty(bench.Served);
        Assert.Contains(
            "ErasingStoppedException (the kill switch is on, and people were erased since: remove `stop`, and the next run erases them anew)",
            JsonDocument.Parse(Assert.Single(bench.Notices).Content.ToString()).RootElement.GetProperty("Message").GetString(), StringComparison.Ordinal);
        bench.World.ThrowKillSwitch(on: false);
        bench.During = _ => Task.CompletedTask;
        await bench.RestAsync();
        await bench.AssertAllIsServedAsync();
    }

    [Fact]
    public async Task F54_what_is_held_or_shared_is_left_as_an_erasure_would_leave_it()
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put(6);
        bench.Job = rows => rows.Select(row => row.Contains("\"order\":4", StringComparison.Ordinal) ? row.Replace("\"c1\"", "[\"c1\",\"c9\"]", StringComparison.Ordinal) : row);
        var holds = new Holds(bench.World.Ports.State);
        bench.During = async what =>
        {
            if (what != "tidy-up" || bench.ErasedCustomers.Count > 0)
                return;
            await EraseAsync(bench, "c1");
            await bench.HoldAsync();
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal([1, 2, 3, 4, 5, 6], bench.Served);
        await holds.ReleaseAsync("h-1", "x@acme.example", bench.World.Clock.GetUtcNow(), Stop);
        bench.Put(1, "c3");
        await bench.RefreshAsync();
        await bench.SettleAsync();
        await bench.MarkAsync("""{"table":"revenue","restore":1}""");
        await bench.SettleAsync();
        // Of a row that names two the dataset says that it blocks.
        Assert.Equal([2, 3, 4, 5, 6], bench.Served);
    }

    /// <summary>Else a row of two that were erased one by one goes, which for each of them is somebody else's too; and one that is a person's alone stays.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F54_of_several_who_were_erased_each_is_erased_as_if_nobody_else_was(bool versioned)
    {
        string yaml = TableBench.Yaml().Replace(
            TableBench.Revenue, TableBench.Revenue.Replace("{kind: customer, field: customer}", "{kind: customer, field: customer}, {kind: email, field: email}", StringComparison.Ordinal), StringComparison.Ordinal);
        await using TableBench bench = TableBench.InMemory(yaml: yaml, versioned: versioned);
        bench.Put(6);
        bench.Job = rows => rows.Select(row => row.Contains("\"order\":3,", StringComparison.Ordinal) ? row.Replace("}", ",\"email\":\"a@acme.example\"}", StringComparison.Ordinal)
            : row.Contains("\"order\":6,", StringComparison.Ordinal) ? row.Replace("\"c0\"", "[\"c1\",\"c2\"]", StringComparison.Ordinal) : row);
        bench.ErasedCustomers.UnionWith(["c0", "c1", "c2"]);
        bench.During = async what =>
        {
            if (what != "tidy-up")
                return;
            foreach (string who in new[] { "customer=c1", "customer=c2", "email=a@acme.example" })
                await new Suppression(bench.World.Ports.State).AddAsync([bench.World.Identity(who)], await bench.World.SubmitAsync(who), bench.World.Clock.GetUtcNow(), Stop);
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        // Order 3 is the e-mail address's, whatever customer it names; order 6 names two, each somebody else to the other.
        Assert.Equal([6], bench.Served);
        string[] contents = await ContentsAsync(bench);
        Assert.DoesNotContain(contents, text => text.Contains("a@acme.example", StringComparison.Ordinal) || text.Contains("\"customer\":\"c", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F54_a_hold_that_is_placed_while_an_erasure_is_replayed_keeps_what_is_left(bool onPerson)
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put(9);
        bench.During = what => what == "tidy-up" && bench.ErasedCustomers.Count == 0 ? EraseAsync(bench, "c1") : Task.CompletedTask;
        AfterFirstObject(bench, () => bench.HoldAsync(onPerson));
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9], bench.Served);
    }

    /// <summary>Publication looks at holds too: were the person taken for erased, the rows that the hold kept would be served for good.</summary>
    [Fact]
    public async Task F54_a_hold_that_is_released_before_the_version_is_published_makes_it_be_validated_anew()
    {
        await using TableBench bench = TableBench.InMemory();
        var holds = new Holds(bench.World.Ports.State);
        bench.Put(6);
        bench.During = what => what == "tidy-up" && bench.ErasedCustomers.Count == 0 ? EraseAsync(bench, "c1") : Task.CompletedTask;
        AfterFirstObject(bench, () => bench.HoldAsync());
        bench.Before = what => what == "publish-table" ? holds.ReleaseAsync("h-1", "x@acme.example", bench.World.Clock.GetUtcNow(), Stop) : Task.CompletedTask;
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal(["validate-table", "publish-table", "validate-table", "publish-table"], bench.Called.Where(c => c is "validate-table" or "publish-table"));
        Assert.Equal([2, 3, 5, 6], bench.Served);
    }

    [Fact]
    public async Task F54_a_table_that_is_built_of_another_is_as_old_as_that_one()
    {
        const string More = """
              - name: report
                dataset: report
                from: [revenue]
                steps: [{name: copy, lambda: tidy-up}]
                validate: {key: [order]}
            """;
        string yaml = TableBench.Yaml(more: More) + "  - {name: report, location: report/versions/, format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}], erase: drop}\n";
        await using TableBench bench = TableBench.InMemory(yaml: yaml);
        bench.Put(6);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        DateTimeOffset made = (await bench.HeadAsync()).Served!.MadeAt;
        bench.World.Clock.Advance(TimeSpan.FromHours(5));
        BeginTableResult begun = await new BeginTable(bench.World.Ports).HandleAsync(new BeginTableInput("r", new RefreshTableInput("report")), Stop);
        TableRun run = (await new TableBook(bench.World.Ports, bench.World.Ports.Lake.TableNamed("report")!).HeadAsync(Stop)).Value.Lock!;
        Assert.Equal(("r", begun.Fence), (run.Run, run.Fence));
        Assert.Equal((made, (await bench.HeadAsync()).Served!.Location), (run.MadeAt, run.Inputs["revenue"]));
        Assert.True(run.BegunAt > run.MadeAt);
    }

    /// <summary>Acts when the kill switch is looked at and the first object of what is to be served is rewritten.</summary>
    private static void AfterFirstObject(TableBench bench, Func<Task> act) => bench.World.Intercept(ports => ports with
    {
        KillSwitch = new Asked(ports.KillSwitch, async () =>
        {
            if (bench.World.Lake().Keys.FirstOrDefault(k => k.Contains("/3-tidy/part-", StringComparison.Ordinal)) is { } first && !bench.World.Text(first)!.Contains("\"c1\"", StringComparison.Ordinal))
                await act();
        }),
    });

    private sealed class Asked(IKillSwitch inner, Func<Task> before) : IKillSwitch
    {
        public async Task<bool> IsOnAsync(CancellationToken cancellation)
        {
            await before();
            return await inner.IsOnAsync(cancellation);
        }
    }

    /// <summary>By a process of its own, which has the same lake and state, while the table's run goes on.</summary>
    /// <param name="until">The function before which that process ends.</param>
    private static async Task EraseAsync(TableBench bench, string customer, string? until = null)
    {
        bench.ErasedCustomers.Add(customer);
        await using MemoryWorld people = PeopleOf(bench);
        if (until is null)
        {
            Assert.Contains((await people.EraseAsync($"customer={customer}")).Status, new[] { RequestStatus.Certified, RequestStatus.CertifiedWithExceptions });
            return;
        }
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        people.BeforeFunction = async (function, _) =>
        {
            if (function != until)
                return;
            await ends.CancelAsync();
            await Task.Delay(Timeout.Infinite, ends.Token);
        };
        string id = await people.SubmitAsync($"customer={customer}");
        while (!ends.IsCancellationRequested)
        {
            try
            {
                await people.Runner.RunUntilIdleAsync(ends.Token);
            }
            catch (OperationCanceledException) when (!Stop.IsCancellationRequested)
            {
                break;
            }
            await people.AnswerAsync();
            people.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(RequestStatus.Erasing, (await people.RequestAsync(id)).Status);
    }

    /// <summary>So that the first plan is carried out and the second, for an order that came again meanwhile, waits for its approver.</summary>
    private static async Task EraseUntilAskedAgainAsync(TableBench bench, string customer, string orders)
    {
        bench.ErasedCustomers.Add(customer);
        await using MemoryWorld people = PeopleOf(bench);
        people.BeforeFunction = (function, _) =>
        {
            if (function == "count-outcomes")
                bench.World.Put(orders, bench.World.Text(orders) + TableBench.Row(1, customer) + "\n");
            return Task.CompletedTask;
        };
        string id = await people.SubmitAsync($"customer={customer}");
        await people.RunAsync();
        await people.AnswerAsync();
        await people.RunAsync();
        ErasureRequest request = await people.RequestAsync(id);
        Assert.Equal((RequestStatus.Waiting, true, 2), (request.Status, request.BeganErasing, request.Plan!.Number));
    }

    private static MemoryWorld PeopleOf(TableBench bench) =>
        new(TableBench.Yaml(), through: own => bench.World.Ports with { Mailer = own.Mailer }, clock: bench.World.Clock);

    /// <summary>Of all versions of the objects that are served.</summary>
    private static async Task<string[]> ContentsAsync(TableBench bench)
    {
        IObjectStore store = bench.World.Ports.Objects;
        var all = new List<string>();
        await foreach (ObjectInfo info in store.ListAsync((await bench.HeadAsync()).Served!.Location, null, Stop))
        {
            if (info.IsDeleteMarker)
                continue;
            using var reader = new StreamReader(await store.OpenReadAsync(info, 0, Stop));
            all.Add(await reader.ReadToEndAsync(Stop));
        }
        return [.. all];
    }
}
