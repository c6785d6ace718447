using Limpid.Core.Erasure;
using Limpid.Functions.State;

namespace Limpid.Tests.Scenarios;

/// <summary>Who was erased and comes back.</summary>
public sealed class ResurfacedTests
{
    private const string Key = "reviews/a.ndjson";

    private static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", Reviews);

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private static string Row(int customer, string text = "x") => $"{{\"CustomerId\":{customer},\"Text\":\"{text}\"}}\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F55_who_comes_back_is_reported_and_waits_for_a_human(bool oldTime)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        ErasureRequest request = await world.EraseAsync("customer=2");
        world.Clock.Advance(oldTime ? -TimeSpan.FromDays(30) : TimeSpan.FromDays(1));
        world.Put("reviews/back.ndjson", Row(2, "back"));
        world.Clock.Advance(oldTime ? TimeSpan.FromDays(31) : TimeSpan.Zero);
        await world.CallAsync("follow-lake", "{\"key\":\"reviews/back.ndjson\",\"sequencer\":\"\"}");
        await world.CallAsync("follow-lake", "{\"key\":\"reviews/back.ndjson\",\"sequencer\":\"\"}");
        await world.RunAsync();
        Assert.Equal(Row(2, "back"), world.Text("reviews/back.ndjson"));
        Resurfaced seen = Assert.Single(await new Suppression(world.Ports.State).ReportedAsync(Stop).ToListAsync(Stop));
        Assert.Equal(("reviews/back.ndjson", request.Id), (seen.Object, seen.RequestId));
        Assert.Equal(["reviews/back.ndjson"], await world.FoundAsync("customer=2"));

        // The human's decision is a new request.
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal("", world.Text("reviews/back.ndjson"));
    }

    [Fact]
    public async Task F55_an_old_copy_put_over_an_erased_object_is_reported_too()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        await world.EraseAsync("customer=2");
        world.Clock.Advance(-TimeSpan.FromDays(30));
        world.Put(Key, Row(1) + Row(2));
        world.Clock.Advance(TimeSpan.FromDays(31));
        await world.ReconcileAsync();
        Assert.Equal(Key, Assert.Single(await new Suppression(world.Ports.State).ReportedAsync(Stop).ToListAsync(Stop)).Object);
    }

    [Fact]
    public async Task F55_what_could_not_be_erased_is_no_news()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        world.Objects.Block(Key, "a second hard link leads to it");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, (await world.EraseAsync("customer=2")).Status);
        world.Reread(world.Ports.Lake with { Kinds = new Dictionary<string, Core.Lake.Kind>(world.Ports.Lake.Kinds) { ["customer"] = new() { Normalize = [Core.Lake.Normalization.Trim] } } });
        await world.ReconcileAsync();
        Assert.Empty(await new Suppression(world.Ports.State).ReportedAsync(Stop).ToListAsync(Stop));
    }
}
