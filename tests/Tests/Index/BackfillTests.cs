using System.Text.Json;
using Limpid.Core.Ports;
using Limpid.Functions.Indexing;
using Limpid.Tests.InMemory;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Index;

/// <summary>Backfills that the clock begins while the one before still lists.</summary>
public sealed class BackfillTests
{
    private const int Objects = 5;

    private static readonly string Yaml = ScenarioWorld.Yaml("", ScenarioWorld.Dataset("d", "ndjson", "subjects: [{kind: customer, field: id}], erase: drop"));

    [Fact]
    public async Task A_backfill_beside_one_that_still_runs_ends_at_once_and_the_next_one_runs()
    {
        await using MemoryWorld world = Slow();
        Assert.False(await CallAsync(world, "one"));
        Assert.True(await CallAsync(world, "two"));
        Assert.Null(await RunAsync(world, "two"));
        while (!await CallAsync(world, "one"))
            Assert.True(await CallAsync(world, "two"));
        Assert.Equal(Objects, (await RunAsync(world, "one"))!.Objects);
        while (!await CallAsync(world, "three"))
        {
        }
        Assert.Equal(Objects, (await RunAsync(world, "three"))!.Objects);
    }

    [Fact]
    public async Task A_backfill_that_nobody_calls_any_more_is_taken_over_and_ends_when_it_is_called_after_all()
    {
        await using MemoryWorld world = Slow();
        Assert.False(await CallAsync(world, "one"));
        world.Clock.Advance(TimeSpan.FromHours(2));
        Assert.False(await CallAsync(world, "two"));
        Assert.True(await CallAsync(world, "one"));
        Assert.Null((await RunAsync(world, "one"))!.ListedTo);
        while (!await CallAsync(world, "two"))
        {
        }
        Assert.Equal(Objects, (await RunAsync(world, "two"))!.Objects);
    }

    [Fact]
    public async Task A_listing_that_a_request_waits_for_runs_beside_a_backfill()
    {
        await using MemoryWorld world = Slow();
        Assert.False(await CallAsync(world, "one"));
        Assert.Equal(Objects, (await world.ReconcileAsync()).Objects);
    }

    [Fact]
    public async Task Of_two_executions_at_once_one_lists()
    {
        await using MemoryWorld world = Slow();
        await world.Runner.StartAsync("backfill", "one", "{}", ScenarioWorld.Stop);
        await world.Runner.StartAsync("backfill", "two", "{}", ScenarioWorld.Stop);
        await world.RunAsync();
        foreach (string name in new[] { "one", "two" })
            Assert.Equal("SUCCEEDED", (await world.Runner.DescribeAsync("backfill", name, ScenarioWorld.Stop))!.Status);
        Assert.Equal(Objects, Assert.Single([await RunAsync(world, "backfill-one"), await RunAsync(world, "backfill-two")], run => run is not null)!.Objects);
    }

    /// <summary>A lake of which each call reads one object.</summary>
    private static MemoryWorld Slow()
    {
        var world = new MemoryWorld(Yaml);
        for (int i = 0; i < Objects; i++)
            world.Put($"d/{i}", $"{{\"id\":{i}}}\n");
        world.Objects.OnStep = call =>
        {
            if (call.Method == nameof(IObjectStore.HeadAsync) && call.Step == StoreStep.Before)
                world.Clock.Advance(TimeSpan.FromMinutes(13));
            return Task.CompletedTask;
        };
        return world;
    }

    private static async Task<bool> CallAsync(MemoryWorld world, string run)
    {
        JsonElement result = await world.CallAsync("reconcile-lake", $$"""{"runId":"{{run}}","alone":true}""");
        return result.GetProperty("done").GetBoolean();
    }

    private static Task<ReconcileRun?> RunAsync(MemoryWorld world, string run) => ReconcileLake.GetAsync(world.Ports.State, run, ScenarioWorld.Stop);
}
