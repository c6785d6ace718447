using Limpid.Functions;
using Limpid.Functions.Refresh;
using Limpid.Local;
using Limpid.Local.Cli;
using Limpid.Local.Folder;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.DerivedTables;

/// <summary>What makes tables stale while <c>limpid up</c> runs, by a clock that is advanced by hand.</summary>
public sealed class TableWatchTests : IAsyncDisposable
{
    private readonly StateFolder _folder = new();
    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 11, 29, 10, 20, 0, TimeSpan.Zero)) { SkipsWaits = false };
    private readonly StringWriter _said = new();
    private LocalLake? _lake;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private TableWatch Watch => new(_lake!, _said, _said);

    [Fact]
    public async Task A_table_with_a_schedule_is_made_at_once_and_then_at_its_times()
    {
        await OpenAsync("when: {schedule: 'cron(0 12 * * ? *)'}");
        Assert.Equal("12:00", Text(await Watch.BeginDueAsync(_lake!.Ports, Stop)));
        await RunAsync();
        Assert.Equal(1, await VersionAsync());
        await Watch.BeginDueAsync(_lake.Ports, Stop);
        _time.Advance(TimeSpan.FromMinutes(39));
        await Watch.BeginDueAsync(_lake.Ports, Stop);
        await RunAsync();
        Assert.Equal(1, await VersionAsync());
        // Noon at Athens is ten o'clock in UTC: it is the lake's clock that counts.
        _time.Advance(TimeSpan.FromHours(24));
        Assert.Equal("12:00", Text(await Watch.BeginDueAsync(_lake.Ports, Stop)));
        await RunAsync();
        Assert.Equal(2, await VersionAsync());
    }

    [Fact]
    public async Task Times_that_were_missed_are_made_up_for_by_one_run()
    {
        await OpenAsync("when: {schedule: rate(1 hour)}");
        await Watch.BeginDueAsync(_lake!.Ports, Stop);
        await RunAsync();
        _time.Advance(TimeSpan.FromHours(7));
        for (int i = 0; i < 3; i++)
        {
            await Watch.BeginDueAsync(_lake.Ports, Stop);
            await RunAsync();
        }
        Assert.Equal(2, await VersionAsync());
        Assert.Equal(2, _said.ToString().Split('\n').Count(l => l == "totals: it is time for a refresh (rate(1 hour))"));
    }

    [Fact]
    public async Task A_run_that_restores_a_version_has_seen_to_the_table_since_it_took_it_and_not_since_that_was_built()
    {
        await OpenAsync("when: {schedule: rate(1 hour)}");
        for (int run = 0; run < 2; run++)
        {
            await Watch.BeginDueAsync(_lake!.Ports, Stop);
            await RunAsync();
            _time.Advance(TimeSpan.FromHours(1));
        }
        await new BeginTable(_lake!.Ports).HandleAsync(new BeginTableInput("r", new RefreshTableInput("totals") { Restore = 1 }), Stop);
        Assert.Equal(_time.GetUtcNow(), (await TableOutput.OfAsync(_lake, _lake.Config.KnownTable("totals"), Stop)).Lock!.BegunAt);
        // Else another run would take its place as soon as it ends.
        await Watch.BeginDueAsync(_lake.Ports, Stop);
        Assert.Equal(2, _said.ToString().Split('\n').Count(l => l.StartsWith("totals: it is time", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_run_that_failed_is_begun_again_at_the_next_time_and_not_before()
    {
        await OpenAsync("when: {schedule: rate(1 hour)}");
        File.WriteAllText(Path.Combine(_lake!.Folder.Root, "sum.sql"), "SELECT");
        await Watch.BeginDueAsync(_lake.Ports, Stop);
        await RunAsync();
        TableHead failed = await HeadAsync();
        Assert.NotNull(failed.Failed);
        await Watch.BeginDueAsync(_lake.Ports, Stop);
        await RunAsync();
        Assert.Equal(failed.Fence, (await HeadAsync()).Fence);
        File.WriteAllText(Path.Combine(_lake.Folder.Root, "sum.sql"), "SELECT * FROM orders");
        _time.Advance(TimeSpan.FromHours(1));
        await Watch.BeginDueAsync(_lake.Ports, Stop);
        await RunAsync();
        Assert.Equal(2, await VersionAsync());
    }

    [Fact]
    public async Task A_run_that_failed_is_begun_again_after_a_quarter_of_an_hour_and_by_no_tick_or_listing_before()
    {
        await OpenAsync("");
        TableWatch watch = Watch;
        await watch.CatchUpAsync(_lake!.Ports, Stop);
        File.WriteAllText(Path.Combine(_lake.Folder.Root, "sum.sql"), "SELECT");
        await new MarkStale(_lake.Ports).HandleAsync(new MarkStaleInput("totals"), Stop);
        await RunAsync();
        TableHead failed = await HeadAsync();
        Assert.NotNull(failed.Failed);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task keeping = watch.KeepTimeAsync(over.Token);
        DateTimeOffset began = _time.GetUtcNow();
        for (int minute = 1; minute < 15; minute++)
        {
            await TickAsync(keeping);
            await watch.CatchUpAsync(_lake.Ports, Stop);
        }
        Assert.Equal(TimeSpan.FromMinutes(14), _time.GetUtcNow() - began);
        await RunAsync();
        Assert.Equal(failed.Fence, (await HeadAsync()).Fence);

        // The next listing may be as far away again: a tick is enough. It has done all it does when the one after it comes.
        File.WriteAllText(Path.Combine(_lake.Folder.Root, "sum.sql"), "SELECT * FROM orders");
        await TickAsync(keeping);
        await TickAsync(keeping);
        await RunAsync();
        Assert.Equal(2, await VersionAsync());
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping);
    }

    [Fact]
    public async Task An_earlier_version_that_is_served_again_stays_until_the_next_time()
    {
        await OpenAsync("when: {schedule: rate(1 hour), arrivals: {files: 1, within: 1m}}");
        for (int i = 0; i < 2; i++)
        {
            await Watch.BeginDueAsync(_lake!.Ports, Stop);
            await RunAsync();
            _time.Advance(TimeSpan.FromHours(1));
        }
        await new MarkStale(_lake!.Ports).HandleAsync(new MarkStaleInput("totals", Restore: 1), Stop);
        await RunAsync();
        Assert.Equal(1, await VersionAsync());
        await Watch.BeginDueAsync(_lake.Ports, Stop);
        await Watch.CatchUpAsync(_lake.Ports, Stop);
        await RunAsync();
        Assert.Equal(1, await VersionAsync());
    }

    [Fact]
    public async Task Arrivals_that_nobody_saw_are_found_by_a_listing()
    {
        await OpenAsync("when: {arrivals: {files: 2, within: 10m}}");
        await Watch.CatchUpAsync(_lake!.Ports, Stop);
        await RunAsync();
        Assert.Equal(0, await VersionAsync());
        _time.Advance(TimeSpan.FromMinutes(10));
        await RunAsync();
        Assert.Equal(1, await VersionAsync());
        await Watch.CatchUpAsync(_lake.Ports, Stop);
        await RunAsync();
        Assert.Equal(1, await VersionAsync());

        _time.Advance(TimeSpan.FromHours(1));
        Put("orders/b.ndjson", "{\"customer\":2}\n");
        Put("orders/c.ndjson", "{\"customer\":3}\n");
        await Watch.CatchUpAsync(_lake.Ports, Stop);
        await RunAsync();
        Assert.Equal(2, await VersionAsync());
    }

    [Fact]
    public async Task A_table_comes_after_another_by_its_event_or_by_a_look()
    {
        await OpenAsync("", "- {name: more, dataset: more, from: [totals], when: {after: [totals]}, steps: [{name: copy, local: {sql: copy.sql} }] }");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task following = Watch.FollowEventsAsync(over.Token);
        await new MarkStale(_lake!.Ports).HandleAsync(new MarkStaleInput("totals"), Stop);
        await RunAsync();
        while (await VersionAsync("more") == 0)
        {
            Assert.False(following.IsCompleted);
            await RunAsync();
        }
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
        Assert.Contains("totals: v=1 is served, 1 row\n", _said.ToString(), StringComparison.Ordinal);

        // Nobody follows the events of this one.
        _time.Advance(TimeSpan.FromMinutes(1));
        await new MarkStale(_lake.Ports).HandleAsync(new MarkStaleInput("totals"), Stop);
        await RunAsync();
        Assert.Equal((2, 1), (await VersionAsync(), await VersionAsync("more")));
        await Watch.CatchUpAsync(_lake.Ports, Stop);
        await RunAsync();
        Assert.Equal(2, await VersionAsync("more"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_lake is not null)
            await _lake.DisposeAsync();
        _folder.Dispose();
    }

    private async Task OpenAsync(string when, string more = "")
    {
        Assert.SkipUnless(FolderStore.IsSupported, "a folder store needs 64-bit Linux");
        string root = Directory.CreateDirectory(Path.Combine(_folder.Path, "lake")).FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "sum.sql"), "SELECT * FROM orders", Stop);
        await File.WriteAllTextAsync(Path.Combine(root, "copy.sql"), "SELECT * FROM totals", Stop);
        await File.WriteAllTextAsync(Path.Combine(root, "lake.yaml"), $$"""
            lake: acme
            timeZone: Europe/Athens
            kinds: {customer: { } }
            datasets:
              - {name: orders, location: orders/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
              - {name: totals, location: totals/versions/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
              - {name: more, location: more/versions/, format: ndjson, subjects: [{kind: customer, field: customer}], approvers: [dpo@acme.example]}
            tables:
              - name: totals
                dataset: totals
                from: [orders]
                {{when}}
                steps: [{name: sum, local: {sql: sum.sql} }]
              {{more}}
            """, Stop);
        _lake = await LocalLake.OpenAsync(root, null, Path.Combine(_folder.Path, "home"), "http://localhost:8080", _time, null, Stop);
        Put("orders/first.ndjson", "{\"customer\":7}\n");
    }

    private void Put(string key, string content)
    {
        string path = Path.Combine(_lake!.Folder.Root, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime.AddMilliseconds(1));
    }

    /// <summary>Moves on to when whoever keeps time wakes up next.</summary>
    private async Task TickAsync(Task keeping)
    {
        while (!_time.AdvanceToNextTimer())
        {
            Assert.False(keeping.IsCompleted);
            await Task.Yield();
        }
    }

    private Task RunAsync() => _lake!.Runner.RunUntilIdleAsync(Stop);

    private async Task<TableHead> HeadAsync(string table = "totals") =>
        (await new TableBook(_lake!.Ports, _lake.Config.KnownTable(table)).HeadAsync(Stop)).Value;

    private async Task<long> VersionAsync(string table = "totals") => (await HeadAsync(table)).Served?.Version ?? 0;

    private static string? Text(DateTimeOffset? time) => time is null ? null : TimeZoneInfo.ConvertTime(time.Value, TimeZoneInfo.FindSystemTimeZoneById("Europe/Athens")).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
