using System.Text;
using Limpid.Core.Erasure;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

/// <summary>What stops a request, or keeps rows from it: limits, holds, retention, the kill switch, cancelling.</summary>
public abstract partial class ErasureScenarios
{
    [Theory]
    [InlineData("2000 rows of one person", 2000, 0)]
    [InlineData("a tenth of a dataset", 150, 1200)]
    public async Task A_subject_that_is_suddenly_everybodys_stops_until_it_is_asked_for_explicitly(string _, int own, int others)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0\nlimits: {rows: 1000, share: 10%}", Plain);
        string rest = string.Concat(Enumerable.Range(0, others).Select(i => Row(10 + i)));
        world.Put(Reviews, string.Concat(Enumerable.Repeat(Row(2), own)) + rest);
        Dictionary<string, string> before = world.Snapshot();
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Stopped, request.Status);
        Assert.Contains("limit", request.Reason, StringComparison.Ordinal);
        Assert.Equal(before, world.Snapshot());

        request = await world.EraseAsync(ScenarioWorld.Asking("customer=2") with { BeyondLimits = true });
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(rest, world.Text(Reviews));
    }

    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("N/A")]
    public async Task A_placeholder_stops(string placeholder)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        string row = $"{{\"CustomerId\":\"{placeholder}\"}}\n";
        world.Put(Reviews, row + Row(1));
        ErasureRequest request = await world.EraseAsync($"customer={placeholder}");
        Assert.Equal(RequestStatus.Stopped, request.Status);
        Assert.Equal(row + Row(1), world.Text(Reviews));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_hold_stops_it_when_planning_and_again_before_each_object(bool beforePlanning, bool bySubject)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain, ScenarioWorld.Dataset("orders", "csv", "subjects: [{kind: customer, field: id}], erase: drop"));
        world.Put(Reviews, Row(1) + Row(2));
        world.Put("orders/a.csv", "id,n\n2,x\n3,y\n");
        var hold = new Hold
        {
            Id = "h-1",
            Reason = "pending litigation",
            Author = "legal@acme.example",
            Since = world.Clock.GetUtcNow(),
            Dataset = "reviews",
            Subject = bySubject ? world.Identity("customer=2") : null,
        };
        if (beforePlanning)
            Assert.True(await new Holds(world.Ports.State).TryPlaceAsync(hold, Stop));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.AnswerAsync();
        await world.RunAsync();
        Assert.Equal(RequestStatus.Approved, (await world.RequestAsync(id)).Status);
        if (!beforePlanning)
            Assert.True(await new Holds(world.Ports.State).TryPlaceAsync(hold, Stop));

        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(Row(1) + Row(2), world.Text(Reviews));
        Assert.Equal("id,n\n3,y\n", world.Text("orders/a.csv"));
        BlockedObject exception = Assert.Single((await world.CertificateAsync(id)).Exceptions);
        Assert.Equal((Reviews, "on hold h-1: pending litigation"), (exception.Key, exception.Reason));

        await new Holds(world.Ports.State).ReleaseAsync("h-1", "legal@acme.example", world.Clock.GetUtcNow(), Stop);
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal(Row(1), world.Text(Reviews));
    }

    [Fact]
    public async Task Retention_keeps_a_dataset_until_its_day_in_the_lakes_time_zone()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0",
            ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop, retain: {until: 2026-03-20, basis: 'tax law'}"));
        world.Put(Reviews, Row(1) + Row(2));
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal("kept until 2026-03-20: tax law", (await world.CertificateAsync(request.Id)).Exceptions[0].Reason);
        Assert.Equal(Row(1) + Row(2), world.Text(Reviews));

        // 21:59 UTC is 23:59 in Athens, where the day begins two hours earlier.
        world.Clock.Advance(new DateTimeOffset(2026, 3, 19, 21, 59, 0, TimeSpan.Zero) - world.Clock.GetUtcNow());
        Assert.Equal(RequestStatus.CertifiedWithExceptions, (await world.EraseAsync("customer=2")).Status);
        world.Clock.Advance(new DateTimeOffset(2026, 3, 19, 22, 0, 0, TimeSpan.Zero) - world.Clock.GetUtcNow());
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal(Row(1), world.Text(Reviews));
    }

    [Fact]
    public async Task The_kill_switch_stops_before_the_next_object_and_a_fresh_request_takes_up_what_is_left()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        for (int i = 0; i < 20; i++)
            world.Put($"reviews/{i:d2}.ndjson", Row(1) + Row(2));
        int begun = 0;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "erase-rows" && Interlocked.Increment(ref begun) == 6)
                world.ThrowKillSwitch(true);
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Stopped, request.Status);
        Assert.Equal("the kill switch is on", request.Reason);
        int left = world.Lake().Values.Count(c => Encoding.UTF8.GetString(c).Contains(":2,", StringComparison.Ordinal));
        Assert.InRange(left, 12, 19);
        Assert.Null(request.Certificate);

        world.BeforeFunction = null;
        Assert.Equal(RequestStatus.Stopped, (await world.EraseAsync("customer=2")).Status);
        world.ThrowKillSwitch(false);
        request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal(left, (await world.CertificateAsync(request.Id)).ObjectsErased);
        Assert.All(world.Lake().Values, c => Assert.Equal(Row(1), Encoding.UTF8.GetString(c)));
    }

    /// <summary>Up to the first function that may write, and not after it.</summary>
    [Theory]
    [InlineData("reconcile-lake", true)]
    [InlineData("locate-subject", true)]
    [InlineData("request-approval", true)]
    [InlineData("settle-approval", true)]
    [InlineData("begin-erasure", true)]
    [InlineData("erase-rows", false)]
    [InlineData("count-outcomes", false)]
    [InlineData("verify-erasure", false)]
    [InlineData("certify-erasure", false)]
    public async Task Cancelling_works_until_erasing_begins(string step, bool works)
    {
        await using ScenarioWorld world = await OpenAsync("grace: 24h", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        CancelResult? cancelled = null;
        world.BeforeFunction = async (function, _) =>
        {
            if (function == step && cancelled is null)
                cancelled = await world.CancelAsync(id);
        };
        ErasureRequest request = await world.FinishAsync(id);
        Assert.Equal(works, cancelled!.Cancelled);
        Assert.Equal(works ? RequestStatus.Cancelled : RequestStatus.Certified, request.Status);
        Assert.Equal(works ? Row(1) + Row(2) : Row(1), world.Text(Reviews));
        Assert.Equal(works, (await world.CancelAsync(id)).Cancelled);
        Assert.Equal("ABORTED", works ? (await world.Runner.DescribeAsync("purge", id, Stop))!.Status : "ABORTED");
    }

    [Fact]
    public async Task A_cancelled_request_can_not_be_approved_any_more()
    {
        await using ScenarioWorld world = await OpenAsync("grace: 0", Plain);
        world.Put(Reviews, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        string link = world.LinkOf(ScenarioWorld.Dpo, id);
        await world.PostAsync(link, "code", await world.FormAsync(link));
        Dictionary<string, string> form = await world.FormAsync(link);
        (form["verdict"], form["ground"], form["code"]) = ("approve", "", world.CodeOf(ScenarioWorld.Dpo));
        Assert.True((await world.CancelAsync(id)).Cancelled);
        await world.PostAsync(link, "decision", form);
        world.Decides = _ => null;
        Assert.Equal(RequestStatus.Cancelled, (await world.FinishAsync(id)).Status);
        Assert.Equal(Row(1) + Row(2), world.Text(Reviews));
    }
}
