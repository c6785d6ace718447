using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Partitions;
using Limpid.Functions.State;

namespace Limpid.Tests.Partitions;

/// <summary>Single faults and rules of the hours, each in a small world.</summary>
public sealed class HoursFaultTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static int CopiesOf(HoursWorld world) => world.Queries.Count(q => q.StartsWith("CREATE TABLE", StringComparison.Ordinal));

    [Fact]
    public async Task An_hour_is_served_from_raw_until_it_is_over_and_settled_and_from_its_copy_afterwards()
    {
        using var world = new HoursWorld();
        Hour first = world.Now;
        world.Put(first);
        await world.RunAsync();
        Assert.Empty(world.Athena.Tables[HoursWorld.Copies].Partitions);
        world.AssertEachRowOnce();
        world.Clock.Advance(TimeSpan.FromMinutes(35));
        await world.RunAsync();
        Assert.Empty(world.Athena.Tables[HoursWorld.Copies].Partitions);
        world.Clock.Advance(TimeSpan.FromMinutes(55));
        await world.RunAsync("by-hand");
        Assert.Equal(first.ToString(), Assert.Single(world.Athena.Tables[HoursWorld.Copies].Partitions).Key);
        world.AssertEachRowOnce();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public async Task F17_of_two_runs_at_once_one_copies_and_the_other_leaves_it_alone()
    {
        using var world = new HoursWorld();
        for (int hour = 0; hour < 3; hour++)
        {
            world.Put(world.Now);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }
        IReadOnlyList<ExecutionInfo> ended = await world.RunAsync("twin", "triplet");
        Assert.Equal(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"], ended.Select(e => e.Status));
        Assert.Equal(3, CopiesOf(world));
        world.AssertEachRowOnce();
    }

    [Fact]
    public async Task F17_whichever_of_two_interleaved_calls_settles_an_hour_the_other_is_refused()
    {
        using var world = new HoursWorld();
        Hour hour = world.Now;
        world.Put(hour);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await new LoadPartition(world.Ports).HandleAsync(new LoadPartitionInput("orders", "one", (hour + 3).ToString()), Stop);
        // The turn is lost between two steps of the first: nobody knows an execution `one`, and its lease ends.
        BucketPartitionResult mine = await new BucketPartition(world.Ports).HandleAsync(new BucketPartitionInput("orders", "one"), Stop);
        world.Clock.Advance(TimeSpan.FromHours(7));
        BucketPartitionResult theirs = await new BucketPartition(world.Ports).HandleAsync(new BucketPartitionInput("orders", "two"), Stop);
        Assert.Equal(("copy", "copy", hour.ToString(), hour.ToString()), (mine.Work, theirs.Work, mine.Hour, theirs.Hour));
        Assert.NotEqual(mine.Attempt, theirs.Attempt);
        await Assert.ThrowsAsync<HourTakenOverException>(() => new SettlePartition(world.Ports).HandleAsync(new AttemptInput("orders", "one", mine.Hour, mine.Attempt), Stop));
        await new SettlePartition(world.Ports).HandleAsync(new AttemptInput("orders", "two", theirs.Hour, theirs.Attempt), Stop);
        Assert.Equal("busy", (await new BucketPartition(world.Ports).HandleAsync(new BucketPartitionInput("orders", "one"), Stop)).Work);
    }

    [Fact]
    public async Task F18_a_run_repeated_after_forty_days_changes_nothing_and_neither_does_a_replayed_step()
    {
        using var world = new HoursWorld();
        Hour hour = world.Now;
        world.Put(hour);
        await world.RestAsync();
        string attempt = world.Athena.LocationOf(HoursWorld.Copies, hour.ToString())!.Split('/')[^2];
        world.Clock.Advance(TimeSpan.FromDays(40));
        await world.RunAsync();
        await world.RunAsync("more", "and-more");
        var records = world.State.All.Where(i => i.Sort != "turn").Select(i => (i.Sort, i.Version)).ToHashSet();
        int queries = world.Queries.Count;
        await world.RunAsync("replay");
        await new SettlePartition(world.Ports).HandleAsync(new AttemptInput("orders", "replay", hour.ToString(), attempt), Stop);
        await new RecordPartition(world.Ports).HandleAsync(
            new AttemptAtInput("orders", "replay", hour.ToString(), attempt, world.Athena.LocationOf(HoursWorld.Copies, hour.ToString())!), Stop);
        Assert.Equal("kept", (await new ClearPartition(world.Ports).HandleAsync(new AttemptAtInput("orders", "replay", hour.ToString(), attempt, ""), Stop)).Outcome);
        Assert.StartsWith("CREATE EXTERNAL TABLE IF NOT EXISTS", Assert.Single(world.Queries.Skip(queries)), StringComparison.Ordinal);
        // How far back was looked moves on; nothing else does.
        Assert.Equal(["progress"], world.State.All.Where(i => i.Sort != "turn" && !records.Contains((i.Sort, i.Version))).Select(i => i.Sort));
        world.AssertEachRowOnce();
    }

    [Fact]
    public async Task F22_an_hour_begins_one_execution_however_often_it_is_begun()
    {
        using var world = new HoursWorld();
        var begin = new BeginHour(world.Ports);
        Assert.Equal(["orders-2026-11-01-00"], (await begin.HandleAsync(new BeginHourInput(), Stop)).Begun);
        Assert.Equal(["orders-2026-11-01-00"], (await begin.HandleAsync(new BeginHourInput("orders"), Stop)).Begun);
        await world.Runner.RunUntilIdleAsync(Stop);
        int calls = world.Calls;
        Assert.Empty((await begin.HandleAsync(new BeginHourInput(), Stop)).Begun);
        await world.Runner.RunUntilIdleAsync(Stop);
        Assert.Equal(calls, world.Calls);
        UnknownHoursException unknown = await Assert.ThrowsAsync<UnknownHoursException>(() => begin.HandleAsync(new BeginHourInput("letters"), Stop));
        Assert.Equal("lake.yaml has no hours 'letters'; it has orders", unknown.Message);
    }

    [Fact]
    public async Task Missed_hours_are_made_up_for_oldest_first_and_a_bounded_number_a_run()
    {
        using var world = new HoursWorld();
        Hour first = world.Now;
        for (int hour = 0; hour < 130; hour++)
        {
            if (hour is < 40 or > 110)
                world.Put(world.Now, rows: 1);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }
        await world.RunAsync();
        Assert.Equal(Enumerable.Range(0, 24).Select(h => (first + h).ToString()), world.Athena.Tables[HoursWorld.Copies].Partitions.Keys.Order());
        world.AssertEachRowOnce();
        for (int run = 0; run < 3; run++)
            await world.RunAsync($"run-{run}");
        Assert.Equal(59, world.Athena.Tables[HoursWorld.Copies].Partitions.Count);
        world.AssertEachRowOnce();
    }

    [Fact]
    public async Task Late_data_of_an_old_hour_is_noticed_and_the_hour_copied_anew()
    {
        using var world = new HoursWorld();
        Hour first = world.Now;
        world.Put(first);
        for (int day = 0; day < 20; day++)
        {
            world.Clock.Advance(TimeSpan.FromDays(1));
            await world.RunAsync();
        }
        string before = world.Athena.LocationOf(HoursWorld.Copies, first.ToString())!;
        world.Put(first, rows: 1);
        world.Put(first + 250, rows: 2);
        await world.RestAsync(days: 5);
        Assert.NotEqual(before, world.Athena.LocationOf(HoursWorld.Copies, first.ToString()));
        world.AssertEachRowOnce();
        world.AssertNothingIsLeft();
        Assert.Equal(3, CopiesOf(world));
    }

    [Fact]
    public async Task Raw_data_that_expired_is_no_change_and_late_data_after_it_is_told_and_not_copied()
    {
        using var world = new HoursWorld();
        Hour first = world.Now;
        string early = world.Put(first);
        await world.RestAsync();
        world.Store.Remove(early);
        await world.RestAsync();
        world.AssertEachRowOnce();
        Assert.Empty(world.Notices);
        world.Put(first, rows: 1);
        await world.RestAsync();
        Assert.Equal(1, CopiesOf(world));
        Assert.Equal(world.Rows.SkipLast(1), world.Athena.Show(HoursWorld.View));
        Assert.StartsWith("Limpid found 1 hours of orders that got late data", Assert.Single(world.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raw_data_that_goes_while_it_is_copied_makes_the_copy_of_no_use()
    {
        using var world = new HoursWorld();
        Hour first = world.Now;
        string early = world.Put(first);
        world.Clock.Advance(TimeSpan.FromHours(1));
        world.GoesWrong = _ =>
        {
            if (world.Queries.Any(q => q.StartsWith("CREATE TABLE", StringComparison.Ordinal)))
                world.Store.Remove(early);
            return null;
        };
        Assert.Equal("FAILED", Assert.Single(await world.RunAsync()).Status);
        Assert.Empty(world.Athena.Tables[HoursWorld.Copies].Partitions);
        await world.RestAsync();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_copy_that_fails_is_told_and_leaves_the_hour_in_raw_until_one_succeeds()
    {
        using var world = new HoursWorld();
        world.Put(world.Now);
        world.Clock.Advance(TimeSpan.FromHours(1));
        world.Put(world.Now);
        world.GoesWrong = _ =>
        {
            world.Athena.DiesHalfWay = true;
            return null;
        };
        for (int run = 0; run < 3; run++)
        {
            ExecutionInfo ended = Assert.Single(await world.RunAsync());
            Assert.Equal(("FAILED", "Limpid.HourNotCopied"), (ended.Status, ended.Error));
            world.AssertEachRowOnce();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(3, world.Notices.Count);
        Assert.Equal(3, CopiesOf(world));
        await world.RestAsync();
        world.AssertEachRowOnce();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_person_blanked_in_raw_is_gone_from_the_copy_and_from_the_copy_before_it()
    {
        using var world = new HoursWorld(versioned: true);
        Hour first = world.Now;
        string key = world.Put(first);
        await world.RestAsync(days: 1);
        Assert.Contains(2, world.Athena.Show(HoursWorld.View));
        byte[] content = world.Store.Read(key)!;
        string erased = Encoding.UTF8.GetString(content).Replace("""{"id":2,"customer":"c2"}""", "{}                      ", StringComparison.Ordinal);
        Assert.Equal(content.Length, erased.Length);
        world.MayGoBack = true;
        world.Store.Put(key, Encoding.UTF8.GetBytes(erased));
        await world.RestAsync();
        Assert.Equal([1, 3], world.Athena.Show(HoursWorld.View));
        Assert.DoesNotContain(
            world.Store.ListAsync("s3://acme-lake/copied/", null, Stop).ToBlockingEnumerable(Stop).Select(o => Encoding.UTF8.GetString(world.Store.Read(o.Key)!)),
            copied => copied.Contains("\"id\":2", StringComparison.Ordinal));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("copied", null)]
    [InlineData(null, null)]
    [InlineData("raw", "retain: {until: 2026-11-20, basis: tax law}, ")]
    public async Task The_copy_before_the_one_that_is_served_stays_for_as_long_as_something_holds_it(string? held, string? retained)
    {
        const string Place = "location: s3://acme-lake/copied/, ";
        using var world = new HoursWorld(versioned: true, yaml: HoursWorld.Yaml.Replace(Place, Place + retained, StringComparison.Ordinal));
        var holds = new Holds(world.State);
        Hour first = world.Now;
        string key = world.Put(first);
        await world.RestAsync(days: 1);
        string before = world.Athena.LocationOf(HoursWorld.Copies, first.ToString())!;
        SubjectIdentity? person = held is null ? new SubjectIdentity("customer", world.Ports.Hasher.KeysOf("customer", Identifier.FromText(world.Ports.Lake.Kinds["customer"], "c2"))) : null;
        await holds.TryPlaceAsync(new Hold { Id = "h-1", Dataset = held, Subject = person, Reason = "tax audit", Author = "legal@acme.example", Since = world.Clock.GetUtcNow() }, Stop);
        world.MayGoBack = true;
        world.Store.Put(key, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(world.Store.Read(key)!).Replace("""{"id":2,"customer":"c2"}""", "{}                      ", StringComparison.Ordinal)));
        await world.RestAsync(days: 3);
        Assert.Equal([1, 3], world.Athena.Show(HoursWorld.View));
        Assert.Contains("\"id\":2", string.Concat(Copies(before)), StringComparison.Ordinal);

        await holds.ReleaseAsync("h-1", "legal@acme.example", world.Clock.GetUtcNow(), Stop);
        if (retained is not null)
            world.Clock.Advance(TimeSpan.FromDays(30));
        await world.RestAsync(days: 3);
        Assert.Empty(Copies(before));
        world.AssertNothingIsLeft();

        string[] Copies(string location) =>
            [.. world.Store.ListAsync(location, null, Stop).ToBlockingEnumerable(Stop).Where(o => o.IsCurrent && !o.IsDeleteMarker).Select(o => Encoding.UTF8.GetString(world.Store.Read(o.Key)!))];
    }

    [Fact]
    public async Task A_copy_that_can_not_be_removed_is_tried_again_until_it_can()
    {
        using var world = new HoursWorld();
        Hour first = world.Now;
        world.Put(first);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.RunAsync();
        string old = world.Store.ListAsync("s3://acme-lake/copied/", null, Stop).ToBlockingEnumerable(Stop).First().Key;
        world.Store.Block(old, "a lock");
        world.Put(first, rows: 1);
        await world.RestAsync();
        Assert.NotNull(world.Store.Read(old));
        world.Store.Block(old, null);
        await world.RestAsync();
        world.AssertNothingIsLeft();
        world.AssertEachRowOnce();
    }
}
