namespace Limpid.Tests.DerivedTables;

/// <summary>Derived tables by their whole workflow.</summary>
public sealed class TableRefreshTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_table_is_built_served_and_built_anew(bool inFolder)
    {
        await using TableBench bench = inFolder ? await TableBench.InFolderAsync() : TableBench.InMemory();
        bench.Put();
        // Whoever hears of it finds it.
        bench.Before = async what => Assert.True(what != "events:putEvents" || bench.Point!.Version == (await bench.HeadAsync()).Served!.Version);
        string name = Assert.Single(await bench.RefreshAsync());
        await bench.SettleAsync();
        Assert.Equal("SUCCEEDED", bench.Executions.Single(e => e.Name == name).Status);
        await bench.AssertAllIsServedAsync();
        Assert.Equal((1, 3), (bench.Point!.Version, bench.Point.Rows));
        Assert.Equal(["begin-table", "next-step", "glue:startJobRun", "next-step", "athena:startQueryExecution", "next-step", "tidy-up", "next-step", "validate-table", "publish-table", "events:putEvents", "end-refresh"], bench.Called);
        // Nobody listed the lake, and no event came: the function itself has indexed what it let be served.
        Assert.Contains(await bench.World.FoundAsync("customer=c1"), found => found.StartsWith("revenue/versions/v=1/3-tidy/", StringComparison.Ordinal));
        Assert.Contains("\"status\":\"refreshed\"", Assert.Single(bench.Events).Content.ToString(), StringComparison.Ordinal);
        bench.Put(2);
        await bench.RefreshAsync();
        await bench.SettleAsync();
        await bench.AssertAllIsServedAsync();
        Assert.Equal((2, 5), (bench.Point!.Version, bench.Point.Rows));
        Assert.Empty(bench.Notices);
        await bench.AssertNothingIsLeftAsync();
    }
}
