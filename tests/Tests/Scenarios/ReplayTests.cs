using System.Text;
using Limpid.Core.Erasure;
using Limpid.Functions.Erasure;

namespace Limpid.Tests.Scenarios;

/// <summary>What is done again a long time after.</summary>
public sealed class ReplayTests
{
    private const string Key = "reviews/a.ndjson";

    private static readonly string Reviews = ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop");

    private static readonly string Yaml = ScenarioWorld.Yaml("grace: 0", Reviews);

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private static string Row(int customer, string text = "x") => $"{{\"CustomerId\":{customer},\"Text\":\"{text}\"}}\n";

    [Fact]
    public async Task F18_every_step_replayed_after_40_days_changes_nothing()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put(Key, Row(1) + Row(2));
        var calls = new List<(string Function, string Payload)>();
        world.BeforeFunction = (function, payload) =>
        {
            lock (calls)
                calls.Add((function, payload));
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.True(calls.Select(c => c.Function).Distinct().Count() >= 8, string.Join(' ', calls.Select(c => c.Function)));
        world.Clock.Advance(TimeSpan.FromDays(40));
        // The person came back meanwhile: a replay must not take this as approved.
        world.Put("reviews/later.ndjson", Row(2, "later"));
        Dictionary<string, string> lake = world.Snapshot();
        string state = State(world);
        int mails = world.Mails().Count;
        foreach ((string function, string payload) in calls)
        {
            try
            {
                await world.CallAsync(function, payload);
            }
            catch (Exception refused) when (refused is NotAuthorizedException)
            {
                // What is over is not carried out again.
            }
        }
        string link = world.LinkOf(ScenarioWorld.Dpo, request.Id);
        await world.PostAsync(link, "decision", new() { ["verdict"] = "approve", ["code"] = world.CodeOf(ScenarioWorld.Dpo) });
        Assert.Equal(lake, world.Snapshot());
        Assert.Equal(mails, world.Mails().Count);
        Assert.Equal(Without(state, "reconcile/"), Without(State(world), "reconcile/"));
        Assert.Equal(request, await world.RequestAsync(request.Id), Same);
    }

    private static readonly IEqualityComparer<ErasureRequest> Same =
        EqualityComparer<ErasureRequest>.Create((a, b) => (a!.Status, a.EndedAt, a.Certificate, a.Reason) == (b!.Status, b.EndedAt, b.Certificate, b.Reason), r => r.Id.GetHashCode(StringComparison.Ordinal));

    private static string State(MemoryWorld world) =>
        string.Join('\n', world.State.All.Select(i => $"{i.Partition} {i.Sort} {Encoding.UTF8.GetString(i.Json.Span)}").Order(StringComparer.Ordinal));

    private static string Without(string state, string partition) =>
        string.Join('\n', state.Split('\n').Where(l => !l.StartsWith(partition, StringComparison.Ordinal) && !l.StartsWith("resurfaced", StringComparison.Ordinal)));
}
