using System.Security.Cryptography;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

/// <summary>Whoever can reach the workflow service or the table, but has no approver's yes, erases nothing.</summary>
public sealed class ForgeryScenarios
{
    private const string Key = "reviews/a.ndjson";
    private const string Content = "{\"CustomerId\":1}\n{\"CustomerId\":2}\n";

    private static readonly string Yaml = ScenarioWorld.Yaml(
        "grace: 0\nunattended: false", ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop"));

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Theory]
    [InlineData("{\"verdict\":\"approve\"}")]
    [InlineData("{\"verdict\":\"approve\",\"decisions\":[{\"verdict\":\"approve\"}]}")]
    [InlineData("{}")]
    public async Task A_forged_callback_erases_nothing(string output)
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await WaitingAsync(world);
        Approval asked = (await State(world).AskedAsync(new Question(id, 1, ApprovalPurpose.Erasure), Stop))!;
        Assert.Equal(CallbackOutcome.Delivered, await world.Runner.SendTaskSuccessAsync(asked.TaskToken!, output, Stop));
        world.Decides = _ => null;
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.Failed, request.Status);
        Assert.Equal(Content, world.Text(Key));
        Assert.Empty(await world.OutcomesAsync(id));
    }

    [Theory]
    [InlineData("erase-rows", "NotAuthorizedException")]
    [InlineData("begin-erasure", "UndecidedException")]
    [InlineData("settle-approval", "UndecidedException")]
    public async Task A_step_that_is_called_by_hand_erases_nothing(string function, string error)
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await WaitingAsync(world);
        string payload = $$"""{"requestId":"{{id}}","plan":1,"item":0}""";
        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => world.CallAsync(function, payload));
        Assert.Equal(error, thrown.GetType().Name);
        Assert.Equal(Content, world.Text(Key));
        await world.CallAsync("certify-erasure", $$"""{"requestId":"{{id}}","plan":1,"reconcileRun":"{{id}}-1"}""").ContinueWith(t => Assert.True(t.IsFaulted), TaskScheduler.Default);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ItemStatus.Failed)]
    [InlineData(ItemStatus.Interrupted)]
    [InlineData(ItemStatus.Stopped)]
    [InlineData(ItemStatus.Erased)]
    [InlineData(ItemStatus.Gone)]
    public async Task While_an_item_is_open_or_was_not_read_again_there_is_no_certificate(ItemStatus? status)
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await WaitingAsync(world);
        world.BeforeFunction = async (function, _) =>
        {
            if (function != "certify-erasure")
                return;
            string partition = Requests.Partition(id), sort = "item/0001/000000000";
            StateItem item = (await world.State.GetAsync(partition, sort, Stop))!.Value;
            ItemOutcome outcome = (await world.OutcomesAsync(id)).Single();
            if (status is null)
                await world.State.TryDeleteAsync(partition, sort, item.Version, Stop);
            else
                await new Requests(world.State).PutItemAsync(id, outcome with { Status = status.Value, VerifiedAt = null }, Stop);
        };
        Assert.Equal(RequestStatus.Failed, (await world.FinishAsync(id)).Status);
        Assert.Null(await new EvidenceFiles(world.Evidence).ReadAsync(Certificate.KeyOf(id), Stop));
    }

    [Fact]
    public async Task A_listing_from_before_the_request_certifies_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, "{\"CustomerId\":1}\n");
        await world.CallAsync("reconcile-lake", """{"runId":"early"}""");
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Put(Key, Content);
        string id = await world.SubmitAsync("customer=2");
        await world.CallAsync("locate-subject", $$"""{"requestId":"{{id}}","plan":1,"reconcileRun":"early"}""");
        await Assert.ThrowsAsync<ErasureIncompleteException>(() => world.CallAsync("certify-erasure", $$"""{"requestId":"{{id}}","plan":1,"reconcileRun":"early"}"""));
        Assert.Null(await new EvidenceFiles(world.Evidence).ReadAsync(Certificate.KeyOf(id), Stop));
    }

    [Fact]
    public async Task A_listing_that_somebody_began_before_the_objects_were_read_again_certifies_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await WaitingAsync(world);
        int verified = 0;
        world.BeforeFunction = async (function, _) =>
        {
            if (function != "verify-erasure" || verified++ > 0)
                return;
            await world.CallAsync("reconcile-lake", $$"""{"runId":"{{id}}-2"}""");
            world.Clock.Advance(TimeSpan.FromHours(1));
        };
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(1, verified);
        Assert.Equal(RequestStatus.Failed, request.Status);
        Assert.Contains(nameof(ErasureIncompleteException), request.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hand_started_purge_of_a_request_that_nobody_submitted_erases_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Content);
        await world.Runner.StartAsync("purge", "by-hand", "{\"requestId\":\"r-00000000000000000000\"}", Stop);
        await RunOutAsync(world, "purge", "by-hand");
        Assert.Equal("FAILED", (await world.Runner.DescribeAsync("purge", "by-hand", Stop))!.Status);
        Assert.Equal(Content, world.Text(Key));
    }

    [Fact]
    public async Task A_hand_started_purge_of_a_waiting_request_erases_nothing_without_a_decision()
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await WaitingAsync(world);
        await world.Runner.StartAsync("purge", "by-hand", $$"""{"requestId":"{{id}}"}""", Stop);
        await world.RunAsync();
        Assert.Equal(Content, world.Text(Key));
        Assert.Equal(RequestStatus.Waiting, (await world.RequestAsync(id)).Status);

        // With the yes the newest goes on at once, the other when it asks again; the rows go once.
        await RunOutAsync(world, "purge", "by-hand");
        world.Clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
        Assert.Equal("{\"CustomerId\":1}\n", world.Text(Key));
        Assert.Equal(1, (await world.CertificateAsync(id)).RowsErased);
    }

    [Fact]
    public async Task A_hand_started_approval_erases_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await WaitingAsync(world);
        await world.Runner.StartAsync("approval", "by-hand", $$"""{"requestId":"{{id}}","plan":1,"purpose":"erasure"}""", Stop);
        await world.RunAsync();
        Approval asked = (await State(world).AskedAsync(new Question(id, 1, ApprovalPurpose.Erasure), Stop))!;
        await world.Runner.SendTaskSuccessAsync(asked.TaskToken!, "{\"verdict\":\"approve\"}", Stop);
        await world.RunAsync();
        Assert.Equal(Content, world.Text(Key));
        Assert.Equal(RequestStatus.Waiting, (await world.RequestAsync(id)).Status);
    }

    [Fact]
    public async Task The_decision_of_another_request_counts_for_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("reviews/b.ndjson", "{\"CustomerId\":9}\n");
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=9")).Status);
        ErasureRequest done = await new Requests(world.Ports.State).ListAsync(Stop).FirstAsync(Stop);
        SignedDocument yes = await State(world).DocumentsAsync(done.Id, 1, Stop).FirstAsync(Stop);

        string id = await WaitingAsync(world);
        await PlantAsync(world, id, 1, yes);
        await EraseByHandAsync(world, id);
        Assert.Equal(Content, world.Text(Key));
    }

    [Fact]
    public async Task The_decision_on_an_older_plan_counts_for_nothing()
    {
        await using var world = new MemoryWorld(Yaml.Replace("grace: 0", "grace: 24h", StringComparison.Ordinal));
        string id = await WaitingAsync(world);
        await world.AnswerAsync();
        await world.RunAsync();
        world.Put(Key, Content + "{\"CustomerId\":2,\"new\":1}\n");
        world.Decides = _ => null;
        world.Clock.Advance(TimeSpan.FromHours(24));
        await world.RunAsync();
        Assert.Equal(2, (await world.RequestAsync(id)).Plan!.Number);

        SignedDocument old = await State(world).DocumentsAsync(id, 1, Stop).FirstAsync(Stop);
        await PlantAsync(world, id, 2, old);
        await world.Ports.State.UpdateAsync(Requests.Partition(id), "request", r => r! with { Status = RequestStatus.Erasing }, Functions.Records.Default.ErasureRequest, Stop);
        await Assert.ThrowsAsync<NotAuthorizedException>(() => world.CallAsync("erase-rows", $$"""{"requestId":"{{id}}","plan":2,"item":0}"""));
        Assert.Contains("\"new\":1", world.Text(Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decision_that_another_key_signed_counts_for_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        string id = await WaitingAsync(world);
        Plan plan = await world.PlanAsync(id);
        using var foreign = new ForeignKey();
        SignedDocument forged = await SignedDecision.SignAsync(
            new Decision
            {
                RequestId = id,
                Plan = 1,
                PlanDigest = plan.Digest,
                Approver = ScenarioWorld.Dpo,
                Datasets = ["reviews"],
                Verdict = Verdict.Approve,
                At = world.Clock.GetUtcNow(),
                Proven = "code mailed to the approver",
            },
            foreign, Stop);
        await PlantAsync(world, id, 1, forged);
        await EraseByHandAsync(world, id);
        Assert.Equal(Content, world.Text(Key));
    }

    [Fact]
    public async Task A_plan_that_was_changed_after_the_yes_is_not_carried_out()
    {
        await using var world = new MemoryWorld(Yaml.Replace("grace: 0", "grace: 24h", StringComparison.Ordinal));
        world.Put("reviews/other.ndjson", "{\"CustomerId\":3}\n");
        string id = await WaitingAsync(world);
        await world.AnswerAsync();
        await world.RunAsync();
        foreach (string key in new[] { Plan.HeaderKey(id, 1), Plan.ChunkKey(id, (await world.PlanAsync(id)).ChunkDigests[0]) })
        {
            byte[] original = world.Evidence.Read(key)!;
            string changed = System.Text.Encoding.UTF8.GetString(original).Replace("reviews/a.ndjson", "reviews/other.ndjson", StringComparison.Ordinal)
                .Replace("\"subject\":[{\"kind\":\"customer\",\"keys\":[\"1", "\"subject\":[{\"kind\":\"customer\",\"keys\":[\"2", StringComparison.Ordinal);
            if (changed == System.Text.Encoding.UTF8.GetString(original))
                changed = changed.Replace("\"rows\":1", "\"rows\":2", StringComparison.Ordinal).Replace("\"number\":1", "\"number\":7", StringComparison.Ordinal);
            Assert.NotEqual(original, System.Text.Encoding.UTF8.GetBytes(changed));
            world.Evidence.Put(key, System.Text.Encoding.UTF8.GetBytes(changed));
            await world.Ports.State.UpdateAsync(Requests.Partition(id), "request", r => r! with { Status = RequestStatus.Erasing }, Functions.Records.Default.ErasureRequest, Stop);
            await Assert.ThrowsAnyAsync<Exception>(() => world.CallAsync("erase-rows", $$"""{"requestId":"{{id}}","plan":1,"item":0}"""));
            world.Evidence.Put(key, original);
        }
        Assert.Equal(Content, world.Text(Key));
        Assert.Equal("{\"CustomerId\":3}\n", world.Text("reviews/other.ndjson"));
    }

    private static async Task<string> WaitingAsync(MemoryWorld world)
    {
        world.Put(Key, Content);
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        Assert.Equal(RequestStatus.Waiting, (await world.RequestAsync(id)).Status);
        return id;
    }

    // Past every step that only looks at the request's state: what is left is erase-rows' own look at the decisions.
    private static async Task EraseByHandAsync(MemoryWorld world, string id)
    {
        await world.Ports.State.UpdateAsync(
            Requests.Partition(id), "request", r => r! with { Status = RequestStatus.Erasing, BeganErasing = true }, Functions.Records.Default.ErasureRequest, Stop);
        await Assert.ThrowsAsync<NotAuthorizedException>(() => world.CallAsync("erase-rows", $$"""{"requestId":"{{id}}","plan":1,"item":0}"""));
    }

    private static async Task PlantAsync(MemoryWorld world, string id, int plan, SignedDocument document)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(document, ApprovalRecords.Default.SignedDocument);
        Assert.True(await world.State.TryPutAsync(new StateItem(Requests.Partition(id), $"decision/{plan:D4}/planted", 1, json), Stop));
    }

    private static async Task RunOutAsync(MemoryWorld world, string machine, string name)
    {
        for (int i = 0; i < 200 && (await world.Runner.DescribeAsync(machine, name, Stop))!.Status == "RUNNING"; i++)
        {
            await world.RunAsync();
            await world.AnswerAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(5));
        }
    }

    private static ApprovalState State(MemoryWorld world) => new(world.Ports.State, world.Ports.Signer, new PageSeal(world.Ports.PageSecret));

    private sealed class ForeignKey : ISigner, IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public ReadOnlyMemory<byte> PublicKey => _key.ExportSubjectPublicKeyInfo();

        public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) => Task.FromResult(_key.SignData(data.Span, HashAlgorithmName.SHA256));

        public void Dispose() => _key.Dispose();
    }
}
