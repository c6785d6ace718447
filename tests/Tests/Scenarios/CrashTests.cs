using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;
using Limpid.Functions.State;
using Limpid.Local;

namespace Limpid.Tests.Scenarios;

/// <summary>
/// One request from submission to certificate, with a crash at every side effect of it: before, after, and after with the answer lost.
/// Whatever went wrong, it ends as the clean run does.
/// </summary>
public sealed class CrashTests
{
    private const int Seed = 20260310;
    private const int Parts = 3;
    private const int CasesAPart = 150;

    private static readonly string Yaml = ScenarioWorld.Yaml(
        "grace: 1h",
        ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop"),
        ScenarioWorld.Dataset("docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete"));

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Theory]
    [InlineData(Crash.Before, false)]
    [InlineData(Crash.After, false)]
    [InlineData(Crash.AnswerLost, false)]
    [InlineData(Crash.Before, true)]
    [InlineData(Crash.After, true)]
    [InlineData(Crash.AnswerLost, true)]
    public async Task Wherever_it_crashes_it_ends_as_the_clean_run_does(Crash crash, bool versioned)
    {
        int effects;
        Ending clean;
        using (var nowhere = new CrashPoint(0, crash))
        {
            clean = await RunAsync(nowhere, versioned);
            effects = nowhere.Effects;
        }
        Assert.Equal(RequestStatus.Certified, clean.Status);
        Assert.InRange(effects, 50, 1000);
        var random = new Random(Seed + (int)crash);
        int[] points = [.. Enumerable.Range(1, effects).OrderBy(_ => random.Next()).Take(CasesAPart)];
        TestContext.Current.TestOutputHelper?.WriteLine($"{points.Length} of {effects} side effects, seed {Seed + (int)crash}, {Parts} ways");
        var wrong = new List<string>();
        foreach (int at in points)
        {
            using var point = new CrashPoint(at, crash);
            Ending ending = await RunAsync(point, versioned);
            if (ending != clean)
                wrong.Add($"{crash} {at} ({point.Where}): {ending}");
        }
        Assert.True(wrong.Count == 0, $"clean: {clean}\n{string.Join('\n', wrong.Take(20))}");
    }

    private static async Task<Ending> RunAsync(CrashPoint point, bool versioned)
    {
        await using var world = new CrashingWorld(point, versioned);
        if (versioned)
        {
            world.Put("reviews/a", "{\"CustomerId\":2}\n{\"CustomerId\":4}\n");
            world.Put("reviews/c", "{\"CustomerId\":2}\n{\"CustomerId\":5}\n");
            world.Put("reviews/c", "{\"CustomerId\":5}\n");
            world.Put("reviews/d", "{\"CustomerId\":2}\n");
            world.Remove("reviews/d");
            world.Put("docs/x", "{\"t\":0}\n");
            world.Put("docs/x.meta.json", "{\"owner\":\"2\"}");
        }
        world.Put("reviews/a", "{\"CustomerId\":1}\n{\"CustomerId\":2}\n");
        world.Put("reviews/b", "{\"CustomerId\":2}\n{\"CustomerId\":3}\n");
        world.Put("docs/x", "{\"t\":1}\n");
        world.Put("docs/x.meta.json", "{\"owner\":2}");
        world.IsDead = () => point.IsDead;
        string? id = null;
        for (int step = 0; step < 300; step++)
        {
            point.StartAgain();
            try
            {
                List<ErasureRequest> requests = await new Requests(world.Ports.State).ListAsync(Stop).ToListAsync(Stop);
                id = requests.Count == 0 ? await world.SubmitAsync("customer=2") : Assert.Single(requests).Id;
                await OpenRequests.SeeToAsync(world.Ports, await world.RequestAsync(id), Stop);
                using (var ends = CancellationTokenSource.CreateLinkedTokenSource(Stop, point.Death))
                    await world.Runner.RunUntilIdleAsync(ends.Token);
                if (point.IsDead)
                    continue;
                if (await world.Runner.DescribeAsync("purge", id, Stop) is { Status: not "RUNNING" })
                    return await EndingAsync(world, id);
                if (await world.AnswerAsync() == 0)
                    world.Clock.Advance(TimeSpan.FromMinutes(step < 30 ? 10 : 600));
            }
            catch (Exception gone) when (gone is ProcessDiedException or IOException)
            {
                // Whoever was at it does it again.
            }
        }
        throw new InvalidOperationException($"it does not end, crash at {point.Where}: {(id is null ? null : await world.RequestAsync(id))}");
    }

    private static async Task<Ending> EndingAsync(CrashingWorld world, string id)
    {
        ErasureRequest request = await world.RequestAsync(id);
        Certificate? certificate = request.Certificate is null ? null : await world.CertificateAsync(id);
        var audit = new AuditLog(world.Ports.State, world.Clock);
        List<AuditEntry> chain = await audit.ReadAsync(id, Stop).ToListAsync(Stop);
        List<AuditEntry> lake = await audit.ReadAsync(AuditLog.LakeChain, Stop).ToListAsync(Stop);
        bool whole = AuditChain.Verify(id, chain, certificate is null ? [] : [certificate.Audit]).IsWhole && AuditChain.Verify(AuditLog.LakeChain, lake).IsWhole;
        int decisions = await new ApprovalState(world.Ports.State, world.Ports.Signer, new PageSeal(world.Ports.PageSecret)).DocumentsAsync(id, 1, Stop).CountAsync(Stop);
        return new Ending(
            request.Status,
            string.Join('|', world.Objects.Keys().Select(key => $"{key}={string.Join('/', world.Objects.Versions(key).Select(v => v.Content is null ? "marker" : Encoding.UTF8.GetString(v.Content)))}")),
            string.Join(',', await world.FoundAsync("customer=2")) + string.Join(',', world.Index.Stored.Where(e => world.Identity("customer=2").Keys.Contains(e.Subject)).Select(e => e.Object)),
            certificate?.ObjectsErased ?? -1, certificate?.RowsErased ?? -1, certificate?.ExceptionCount ?? -1, certificate?.VersionsRemoved ?? 0, certificate?.Plans.Count ?? 0,
            whole, decisions,
            string.Join(',', new[] { "received", "certified" }.Select(e => chain.Count(c => c.Event == e))),
            lake.Count(e => e.Event == "request-closed"),
            string.Join(',', world.Letters.All.Select(m => m.Id).Distinct().Count(m => m.Contains(".outcome.", StringComparison.Ordinal))));
    }

    /// <param name="Left">Of the person in the index.</param>
    private sealed record Ending(
        RequestStatus Status, string Lake, string Left, long Objects, long Rows, long Exceptions, long Versions, int Plans, bool ChainsAreWhole, int Decisions, string Events, int Closed, string Told);

    /// <summary>One task at a time, so that the same crash comes at the same effect.</summary>
    private sealed class CrashingWorld(CrashPoint point, bool versioned) : MemoryWorld(CrashTests.Yaml, point.Around, parallelTasks: 1, versioned: versioned)
    {
        private readonly CrashPoint _point = point;

        protected override IWorkflows Over(IWorkflows workflows) => new Late(this, workflows);

        // Asked for while the base is being made, when the point is not at hand yet.
        private sealed class Late(CrashingWorld world, IWorkflows inner) : IWorkflows
        {
            private IWorkflows Inner => world._point.Around(inner);

            public Task<StartOutcome> StartAsync(string stateMachine, string name, string input, CancellationToken cancellation) => Inner.StartAsync(stateMachine, name, input, cancellation);

            public Task<ExecutionInfo?> DescribeAsync(string stateMachine, string name, CancellationToken cancellation) => Inner.DescribeAsync(stateMachine, name, cancellation);

            public Task StopAsync(string stateMachine, string name, string error, string cause, CancellationToken cancellation) => Inner.StopAsync(stateMachine, name, error, cause, cancellation);

            public Task<CallbackOutcome> SendTaskSuccessAsync(string token, string output, CancellationToken cancellation) => Inner.SendTaskSuccessAsync(token, output, cancellation);

            public Task<CallbackOutcome> SendTaskFailureAsync(string token, string error, string cause, CancellationToken cancellation) => Inner.SendTaskFailureAsync(token, error, cause, cancellation);
        }
    }
}
