using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions.Refresh;
using Limpid.Functions.State;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>How long versions of derived tables are kept, how one is served again, and what removes them.</summary>
public sealed class TableRetentionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_earlier_version_is_served_again_until_a_new_one_is_and_one_that_is_gone_is_not()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        bench.Put(2);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        bench.World.Clock.Advance(TimeSpan.FromHours(5));
        await bench.MarkAsync("""{"table":"revenue","restore":1}""");
        await bench.SettleAsync();
        Assert.Equal((1, 3), (bench.Point!.Version, bench.Served.Length));
        // Of the run that serves it again, not since it was built.
        Assert.InRange(JsonDocument.Parse(bench.Events[^1].Content.ToString()).RootElement.GetProperty("detail").GetProperty("seconds").GetInt64(), 0, 60);
        // Once more, and one that never was.
        await bench.MarkAsync("""{"table":"revenue","restore":1}""");
        await bench.SettleAsync();
        Assert.Empty(bench.Notices);
        await bench.MarkAsync("""{"table":"revenue","restore":17}""");
        await bench.SettleAsync();
        Assert.Contains("VersionGoneException (revenue has no version 17 that could be served again)", Assert.Single(bench.Notices).Content.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, bench.Point.Version);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        await bench.AssertAllIsServedAsync();
        Assert.Equal(4, bench.Point.Version);
    }

    [Fact]
    public async Task A_version_is_kept_for_its_time_and_then_it_is_gone_from_the_lake_the_index_and_the_state()
    {
        await using TableBench bench = TableBench.InMemory(versioned: true);
        bench.Put();
        for (int run = 1; run <= 2; run++)
        {
            await bench.RefreshAsync();
            await bench.SettleAsync();
        }
        bench.World.Clock.Advance(TimeSpan.FromDays(29));
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal<long[]>([1, 2, 3], await bench.Book.VersionsAsync(Stop).Select(v => v.Version).ToArrayAsync(Stop));
        Assert.Contains(await bench.World.FoundAsync("customer=c1"), o => o.Contains("v=1/", StringComparison.Ordinal));
        bench.World.Clock.Advance(TimeSpan.FromDays(2));
        await bench.RefreshAsync();
        await bench.SettleAsync();
        Assert.Equal<long[]>([2, 3, 4], await bench.Book.VersionsAsync(Stop).Select(v => v.Version).ToArrayAsync(Stop));
        Assert.Null(await bench.Book.ProfileAsync(1, Stop));
        Assert.DoesNotContain(await bench.World.FoundAsync("customer=c1"), o => o.Contains("v=1/", StringComparison.Ordinal));
        Assert.Empty(await bench.World.Ports.Objects.ListAsync("revenue/versions/v=1/", null, Stop).ToArrayAsync(Stop));
        await bench.MarkAsync("""{"table":"revenue","restore":1}""");
        await bench.SettleAsync();
        Assert.Contains("VersionGoneException", Assert.Single(bench.Notices).Content.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_a_hold_is_on_no_version_is_removed_however_old(bool onPerson)
    {
        await using TableBench bench = TableBench.InMemory();
        bench.Put();
        var holds = new Holds(bench.World.Ports.State);
        await bench.HoldAsync(onPerson);
        for (int run = 1; run <= 3; run++)
        {
            await bench.RefreshAsync();
            await bench.SettleAsync();
            bench.World.Clock.Advance(TimeSpan.FromDays(40));
        }
        Assert.Equal<long[]>([1, 2, 3], await bench.Book.VersionsAsync(Stop).Select(v => v.Version).ToArrayAsync(Stop));
        await holds.ReleaseAsync("h-1", "legal@acme.example", bench.World.Clock.GetUtcNow(), Stop);
        await bench.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_version_whose_input_was_removed_while_it_was_built_is_not_served()
    {
        await using TableBench bench = TableBench.InMemory();
        string yaml = TableBench.Yaml(more: "  - {name: report, dataset: report, from: [revenue], steps: [{name: tidy, lambda: tidy-up}]}")
            .Replace(TableBench.Revenue, TableBench.Revenue + "\n  - {name: report, location: report/versions/, format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: customer}], erase: drop}", StringComparison.Ordinal);
        bench.World.Reread(TableBench.Read(yaml));
        bench.Put();
        await bench.RefreshAsync();
        await bench.SettleAsync();
        DerivedTable report = bench.World.Ports.Lake.TableNamed("report")!;
        BeginTableResult begun = await new BeginTable(bench.World.Ports).HandleAsync(new BeginTableInput("r", new RefreshTableInput("report")), Stop);
        var book = new TableBook(bench.World.Ports, report);
        await book.ChangeAsync("r", begun.Fence, own => own with { Step = report.Steps.Count }, Stop);
        await bench.Book.ChangeVersionAsync(1, stored => stored! with { Removing = true }, Stop);
        InvalidTableException refused = await Assert.ThrowsAsync<InvalidTableException>(() => new ValidateTable(bench.World.Ports).HandleAsync(new TableRunInput("report", "r", begun.Fence), Stop));
        Assert.Contains("its input revenue was removed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_is_being_restored_is_not_removed_and_one_that_is_being_removed_is_not_restored()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        await bench.RefreshAsync();
        await bench.SettleAsync();
        bench.World.Clock.Advance(TimeSpan.FromDays(31));
        BeginTableResult begun = await bench.BeginAsync("restoring", new RefreshTableInput("revenue") { Restore = 1 });
        Assert.Equal("begun", begun.Outcome);
        var retention = new TableRetention(bench.World.Ports, bench.Derived);
        await retention.RemoveAsync(Stop);
        Assert.Null((await bench.Book.VersionAsync(1, Stop))!.Value.Value.EndedAt);
        EndRefreshResult ended = await new EndRefresh(bench.World.Ports).HandleAsync(new EndRefreshInput("revenue", "restoring", "Killed"), Stop);
        Assert.Equal(0, ended.Seconds);
        // From now on it is kept for its time again.
        bench.World.Clock.Advance(TimeSpan.FromDays(31));
        await bench.Book.ChangeVersionAsync(1, v => v! with { Removing = true }, Stop);
        await Assert.ThrowsAsync<VersionGoneException>(() => bench.BeginAsync("late", new RefreshTableInput("revenue") { Restore = 1 }));
        Assert.Equal("revenue has no version 1 that could be served again", (await bench.HeadAsync()).Failed!.Why);
        await retention.RemoveAsync(Stop);
        Assert.Null(await bench.Book.VersionAsync(1, Stop));
    }

    [Fact]
    public async Task A_version_that_goes_after_a_run_took_the_lock_to_restore_it_is_said_to_be_gone()
    {
        await using TableBench bench = await TableBench.OnceServedAsync();
        await bench.RefreshAsync();
        await bench.SettleAsync();
        await bench.BeginAsync("restoring", new RefreshTableInput("revenue") { Restore = 1 });
        await bench.Book.ChangeVersionAsync(1, v => v! with { Removing = true }, Stop);
        await Assert.ThrowsAsync<VersionGoneException>(() => bench.BeginAsync("restoring", new RefreshTableInput("revenue") { Restore = 1 }));
        EndRefreshResult ended = await new EndRefresh(bench.World.Ports).HandleAsync(new EndRefreshInput("revenue", "restoring", nameof(VersionGoneException)), Stop);
        Assert.Equal("revenue has no version 1 that could be served again", ended.Why);
    }

    [Fact]
    public async Task An_object_that_can_not_be_removed_is_tried_again_by_the_next_run()
    {
        var world = new MemoryWorld(TableBench.Yaml(), parallelTasks: 1);
        await using var bench = new TableBench(world, TableBench.Yaml());
        bench.Put();
        await bench.RefreshAsync();
        await bench.SettleAsync();
        string old = world.Lake().Keys.First(k => k.StartsWith("revenue/versions/v=1/", StringComparison.Ordinal));
        world.Objects.Block(old, "a lock");
        for (int run = 0; run < 3; run++)
        {
            world.Clock.Advance(TimeSpan.FromDays(31));
            await bench.RefreshAsync();
            await bench.SettleAsync();
        }
        Assert.True((await bench.Book.VersionAsync(1, Stop))!.Value.Value.Removing);
        Assert.NotNull(world.Content(old));
        world.Objects.Block(old, null);
        await bench.AssertNothingIsLeftAsync();
    }
}
