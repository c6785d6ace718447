using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions;
using Limpid.Functions.Erasure;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

/// <summary>A plan over more objects than one call has time to read.</summary>
public sealed class PausedPlanTests
{
    private static readonly TimeSpan ACall = TimeSpan.FromMinutes(5), ASave = TimeSpan.FromMinutes(1);

    private static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}, {kind: email, field: Mail}], erase: drop");

    private static readonly string Yaml = ScenarioWorld.Yaml(
        "grace: 0\nlimits: {rows: 100000, share: 100%}", Reviews,
        ScenarioWorld.Dataset("docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete"),
        $"{{name: crm, location: db1.crm.contacts, format: external, approvers: ['{ScenarioWorld.Crm}']}}");

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private static string Row(int customer, string mail = "x@acme.example") => $"{{\"CustomerId\":{customer},\"Mail\":\"{mail}\"}}\n";

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    public async Task Made_an_object_a_call_it_is_the_plan_that_one_call_makes(int seed, bool versioned)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var world = new MemoryWorld(Yaml, versioned: versioned);
        Fill(world, new Random(seed), 60);
        (string id, Plan whole) = await ReadyAsync(world);
        int calls = await FinishAsync(world, id, () => ACall);
        Assert.InRange(calls, 10, 100);
        await IsAsync(world, whole);
    }

    [Fact]
    public async Task Files_of_items_are_full_wherever_the_calls_end()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        await using var world = new MemoryWorld(Yaml);
        for (int i = 0; i < (2 * Plan.ItemsPerChunk) + 100; i++)
            world.Put($"reviews/{i:d5}", Row(1) + Row(2));
        (string id, Plan whole) = await ReadyAsync(world);
        int calls = await FinishAsync(world, id, () => TimeSpan.FromMilliseconds(random.Next(8_000)));
        Assert.InRange(calls, 10, 100);
        await IsAsync(world, whole);
        Plan plan = await world.PlanAsync(id);
        var plans = new Plans(world.Evidence);
        int[] lengths = await Task.WhenAll(plan.ChunkDigests.Select(async d => (await plans.ChunkAsync(id, d, Stop)).Length));
        Assert.Equal([Plan.ItemsPerChunk, Plan.ItemsPerChunk, 101], lengths);
        Assert.Equal(Enumerable.Range(0, (int)plan.Items), (await plans.ItemsAsync(plan, Stop).ToListAsync(Stop)).Select(i => i.Number));
    }

    [Fact]
    public async Task A_workflow_calls_until_the_plan_stands_and_erases_what_is_in_it()
    {
        const int Objects = 12;
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0", Reviews), parallelTasks: 1);
        for (int i = 0; i < Objects; i++)
            world.Put($"reviews/{i:d2}", Row(1) + Row(2));
        string function = "";
        world.Intercept(ports => ports with { Objects = new SlowStore(ports.Objects, method => Take(method == nameof(IObjectStore.OpenReadAsync) && function == "locate-subject")) });
        int changed = 0;
        world.BeforeFunction = (name, _) =>
        {
            function = name;
            // Somebody adds rows of the person to half of the objects after these were approved: they come into a plan of their own.
            if (name == "erase-rows" && changed < Objects)
            {
                world.Put($"reviews/{changed:d2}", Row(1) + Row(2) + Row(2));
                changed += 2;
            }
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal((RequestStatus.Certified, null), (request.Status, request.Reason));
        Assert.DoesNotContain(world.Lake().Values, content => System.Text.Encoding.UTF8.GetString(content).Contains(":2,", StringComparison.Ordinal));
        Certificate certificate = await world.CertificateAsync(request.Id);
        Assert.True(certificate.Plans.Count > 2, $"{certificate.Plans.Count} plans");
        Assert.Equal(Objects, certificate.Plans[0].Objects);
        Assert.True(certificate.Plans[1].Objects > 1, "the second plan has one object alone");
        int located = world.Calls.Count(c => c.Function == "locate-subject");
        Assert.InRange(located, 5, 30);
        List<AuditEntry> chain = await new AuditLog(world.State, world.Clock).ReadAsync(request.Id, Stop).ToListAsync(Stop);
        Assert.Equal(certificate.Plans.Count, chain.Count(e => e.Event == "planned"));

        void Take(bool isSlow) => world.Clock.Advance(isSlow ? ACall / 2 : TimeSpan.Zero);
    }

    [Fact]
    public async Task F16_a_call_that_dies_has_the_next_one_read_no_more_than_the_last_minute_again()
    {
        await using var world = new MemoryWorld(Yaml);
        for (int i = 0; i < 9; i++)
            world.Put($"reviews/{i}", Row(2));
        (string id, Plan whole) = await ReadyAsync(world);
        int reads = 0;
        Slow(world, () =>
        {
            // As a function is ended in the middle of a large object.
            if (++reads == 4)
                throw new IOException("it was ended here");
            return ASave;
        });
        await Assert.ThrowsAsync<IOException>(() => LocateAsync(world, id));
        while (await LocateAsync(world, id) == "more")
        {
        }
        Assert.InRange(reads, 10, 11);
        await IsAsync(world, whole);
    }

    [Theory]
    [InlineData(Crash.Before)]
    [InlineData(Crash.After)]
    [InlineData(Crash.AnswerLost)]
    public async Task Wherever_a_call_crashes_the_plan_is_the_same(Crash crash)
    {
        int points = 1;
        for (int at = 0; at < points; at++)
        {
            CrashPoint? point = null;
            await using var world = new MemoryWorld(Yaml, parallelTasks: 1);
            Fill(world, new Random(9), 12);
            (string id, Plan whole) = await ReadyAsync(world);
            // The first one finds out how many there are.
            world.Intercept(ports => (point = new CrashPoint(at, crash)).Around(ports));
            Slow(world, () => ACall / 2);
            for (int calls = 0; ; calls++)
            {
                Assert.True(calls < 50, "it does not end");
                try
                {
                    point!.StartAgain();
                    if (await LocateAsync(world, id) == "more")
                        continue;
                    break;
                }
                catch (Exception gone) when (gone is ProcessDiedException or IOException)
                {
                    // The workflow calls it again.
                }
            }
            using (point)
                points = at == 0 ? point.Effects + 1 : points;
            Assert.InRange(points, 10, 100);
            await IsAsync(world, whole);
            Assert.Single(await new AuditLog(world.State, world.Clock).ReadAsync(id, Stop).ToListAsync(Stop), e => e.Event == "planned");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F17_a_twin_at_any_moment_changes_nothing(bool toItsEnd)
    {
        int moments = 1;
        for (int at = 1; at <= moments; at++)
        {
            await using var world = new MemoryWorld(Yaml);
            Fill(world, new Random(11), 12);
            (string id, Plan whole) = await ReadyAsync(world);
            int reads = 0;
            Func<Task>? twin = async () =>
            {
                while (await LocateAsync(world, id) == "more" && toItsEnd)
                {
                }
            };
            // Reads are what every call does between any two of its writes.
            world.Objects.OnStep = async call =>
            {
                if (call.Method != nameof(IObjectStore.OpenReadAsync) || call.Step != InMemory.StoreStep.Before)
                    return;
                if (++reads == at && twin is { } begin)
                {
                    twin = null;
                    await begin();
                }
                world.Clock.Advance(ACall / 2);
            };
            int calls = 0;
            while (await LocateAsync(world, id) == "more")
                Assert.True(++calls < 50, "it does not end");
            moments = at == 1 ? Math.Max(reads, 5) : moments;
            world.Objects.OnStep = null;
            await IsAsync(world, whole);
        }
        Assert.InRange(moments, 5, 50);
    }

    [Fact]
    public async Task Under_another_lake_yaml_it_begins_anew()
    {
        await using var world = new MemoryWorld(Yaml);
        for (int i = 0; i < 6; i++)
            world.Put($"reviews/{i}", Row(2));
        (string id, _) = await ReadyAsync(world);
        Slow(world, () => ACall);
        for (int i = 0; i < 3; i++)
            Assert.Equal("more", await LocateAsync(world, id));
        LakeConfig lake = world.Ports.Lake;
        world.Reread(lake with { Datasets = [lake.Datasets[0] with { Erase = EraseMode.Blank }, .. lake.Datasets.Skip(1)] });
        Plan whole = await WholeAsync(world, id);
        while (await LocateAsync(world, id) == "more")
        {
        }
        await IsAsync(world, whole);
        Assert.All(await new Plans(world.Evidence).ItemsAsync(await world.PlanAsync(id), Stop).Where(i => !i.External).ToListAsync(Stop), i => Assert.Equal(EraseMode.Blank, i.Erase));
    }

    [Fact]
    public async Task F28_a_workflow_of_the_version_before_which_knows_of_no_more_has_its_plan_at_once()
    {
        await using var world = new MemoryWorld(Yaml);
        for (int i = 0; i < 6; i++)
            world.Put($"reviews/{i}", Row(2));
        (string id, Plan whole) = await ReadyAsync(world);
        Slow(world, () => ACall);
        JsonElement answer = await world.CallAsync("locate-subject", $$"""{"requestId":"{{id}}","plan":1,"reconcileRun":"{{id}}-1"}""");
        Assert.Equal("plan", answer.GetProperty("outcome").GetString());
        await IsAsync(world, whole);
    }

    /// <summary>Objects of all sorts, in some of which the person is: by one identifier or two, in old versions, beside a metadata file, locked.</summary>
    private static void Fill(MemoryWorld world, Random random, int writes)
    {
        for (int i = 0; i < writes; i++)
        {
            string name = $"{random.Next(writes / 3):d2}";
            switch (random.Next(8))
            {
                case 0:
                    world.Put($"docs/{name}", "{\"t\":1}\n");
                    world.Put($"docs/{name}.meta.json", $"{{\"owner\":{random.Next(1, 4)}}}");
                    break;
                case 1:
                    world.Put($"docs/{name}.meta.json", $"{{\"owner\":{random.Next(1, 4)}}}");
                    break;
                case 2:
                    world.Remove($"reviews/{name}");
                    break;
                default:
                    string key = $"reviews/{name}";
                    world.Put(key, string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Row(random.Next(1, 4), random.Next(3) == 0 ? "pella@acme.example" : "x@acme.example"))));
                    if (random.Next(6) == 0)
                        world.Objects.Block(key, "locked");
                    break;
            }
        }
    }

    /// <summary>A request behind its first listing, and the plan as one call makes it.</summary>
    private static async Task<(string Id, Plan Whole)> ReadyAsync(MemoryWorld world)
    {
        string id = await world.SubmitAsync("customer=2", "email=pella@acme.example");
        while (!(await world.CallAsync("reconcile-lake", $$"""{"runId":"{{id}}-1"}""")).GetProperty("done").GetBoolean())
        {
        }
        return (id, await WholeAsync(world, id));
    }

    private static async Task<Plan> WholeAsync(MemoryWorld world, string id)
    {
        ReconcileRun listing = (await ReconcileLake.GetAsync(world.State, $"{id}-1", Stop))!;
        var draft = new PlanDraft(world.Ports.Lake, id, (_, items, _) => Task.FromResult(CanonicalJson.Digest(Plans.ToJsonLines(items))));
        return (await new Planner(world.Ports).BuildAsync(await world.RequestAsync(id), 1, listing, EarlierPlans.None, draft, () => Task.FromResult(true), Stop))!;
    }

    /// <param name="aRead">How long each takes.</param>
    private static void Slow(MemoryWorld world, Func<TimeSpan> aRead) => world.Intercept(ports => ports with
    {
        Objects = new SlowStore(ports.Objects, method =>
        {
            if (method == nameof(IObjectStore.OpenReadAsync))
                world.Clock.Advance(aRead());
        }),
    });

    private static async Task<int> FinishAsync(MemoryWorld world, string id, Func<TimeSpan> aRead)
    {
        Slow(world, aRead);
        int calls = 1;
        while (await LocateAsync(world, id) == "more")
            calls++;
        return calls;
    }

    private static async Task<string> LocateAsync(MemoryWorld world, string id) =>
        (await world.CallAsync("locate-subject", $$"""{"requestId":"{{id}}","plan":1,"reconcileRun":"{{id}}-1","mayPause":true}""")).GetProperty("outcome").GetString()!;

    private static async Task IsAsync(MemoryWorld world, Plan whole)
    {
        Plan plan = await world.PlanAsync(whole.RequestId);
        Assert.True(PlanDigest.Holds(plan));
        Assert.Equal(JsonSerializer.Serialize(whole, Records.Default.Plan), JsonSerializer.Serialize(plan, Records.Default.Plan));
        // Nothing is left to go on from.
        Assert.All(world.State.All.Where(i => i.Sort.StartsWith("begun/", StringComparison.Ordinal)), i => Assert.DoesNotContain("step", System.Text.Encoding.UTF8.GetString(i.Json.Span), StringComparison.Ordinal));
    }
}
