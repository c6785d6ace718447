using Limpid.Core.Erasure;
using Limpid.Functions.State;
using Limpid.Tests.Adapters;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>The functions of derived tables on S3, DynamoDB and Step Functions, each opened with what it needs and nothing else.</summary>
[Collection(Processes.Name)]
public sealed class AwsTables(Dynalite dynalite) : IClassFixture<Dynalite>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_table_is_built_erased_in_restored_and_its_versions_are_removed(bool versioned)
    {
        string yaml = TableBench.Yaml(more: "references: [{name: priorities, location: reference/, key: dish}]", from: "orders, priorities");
        AwsWorld world = await AwsWorld.StartAsync(yaml, dynalite, versioned);
        await using var bench = new TableBench(world, yaml);
        world.Put("reference/priorities/pointer.json", """{"version":1,"object":"v=1.ndjson","rows":1,"sha256":"","publishedAt":"2026-03-10T09:00:00Z"}""");
        bench.Put(6);
        await bench.MarkAsync("""{"table":"revenue","arrivals":1}""");
        await bench.SettleAsync();
        await bench.AssertAllIsServedAsync();

        // Somebody is erased while a step is at it, by another process; and one who is being erased just now.
        byte[] before = world.Lake()["revenue/pointer.json"];
        bench.During = async what =>
        {
            if (what != "tidy-up" || bench.ErasedCustomers.Count > 0)
                return;
            bench.ErasedCustomers.Add("c1");
            await using var people = new MemoryWorld(yaml, through: own => world.Ports with { Mailer = own.Mailer }, clock: world.Clock);
            ErasureRequest request = await people.EraseAsync("customer=c1");
            Assert.Equal(RequestStatus.Certified, request.Status);
            await new Requests(world.Ports.State).UpdateAsync(request.Id, r => r with { Status = RequestStatus.Erasing }, ScenarioWorld.Stop);
        };
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal([2, 3, 5, 6], bench.Served);

        // An old object put back, in a version that is to be served again: what a backup does.
        await bench.RefreshAsync();
        await bench.SettleAsync();
        string first = world.Lake().Keys.First(k => k.StartsWith("revenue/versions/v=2/3-tidy/part", StringComparison.Ordinal));
        world.Put(first, TableBench.Row(1, "c1") + "\n" + world.Text(first));
        // Its event came first: what is erased in it is in the index.
        await world.ReconcileAsync();
        await bench.MarkAsync("""{"table":"revenue","restore":2}""");
        await bench.SettleAsync();
        Assert.Equal((2, 4), (bench.Point!.Version, bench.Point.Rows));
        Assert.Empty(bench.Notices);

        // A run that fails, one that waits for another, and what is left of both.
        // Whoever published the version that is served died before the pointer moved.
        world.Put("revenue/pointer.json", before);
        bench.FailsWith = what => what == "athena:startQueryExecution" ? "States.TaskFailed" : null;
        await bench.RefreshAsync();
        await bench.World.Runner.StartAsync("refresh", "twin", """{"table":"revenue"}""", ScenarioWorld.Stop);
        await bench.SettleAsync();
        Assert.Equal(2, bench.Notices.Count);
        await bench.RestAsync();
        await bench.AssertAllIsServedAsync();
        await bench.AssertNothingIsLeftAsync();
    }
}
