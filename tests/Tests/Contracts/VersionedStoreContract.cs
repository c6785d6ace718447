using Limpid.Core.Ports;

namespace Limpid.Tests.Contracts;

/// <summary>What an object store promises besides where it keeps old versions.</summary>
public abstract class VersionedStoreContract : ObjectStoreContract
{
    protected override bool IsVersioned => true;

    /// <summary>Versioning is suspended, or enabled again, not by way of the port.</summary>
    protected abstract void Suspend(bool suspended);

    [Fact]
    public async Task F45_The_versions_of_a_key_are_told_newest_first_and_of_no_other_key()
    {
        foreach (string content in (string[])["one", "two"])
            RivalWrites("15", content);
        RivalWrites("150", "a neighbour");
        RivalRemoves("15");
        RivalWrites("15", "three");

        List<ObjectInfo> versions = await VersionsAsync("15");
        Assert.Equal([false, true, false, false], versions.Select(v => v.IsDeleteMarker));
        Assert.Equal([true, false, false, false], versions.Select(v => v.IsCurrent));
        Assert.Equal(["three", "two", "one"], await ContentsAsync("15"));
        Assert.Empty(await VersionsAsync("1"));
        Assert.Empty(await VersionsAsync("15/"));
    }

    [Fact]
    public async Task A_version_is_asked_for_itself_until_it_is_gone()
    {
        RivalWrites("a", "one");
        RivalWrites("a", "two");
        RivalRemoves("a");
        List<ObjectInfo> versions = await VersionsAsync("a");

        Assert.Null(await Store.HeadVersionAsync(versions[0], Cancellation));
        foreach (ObjectInfo version in versions[1..])
            Assert.Equal(version, await Store.HeadVersionAsync(version, Cancellation));
        await Store.DeleteAsync(versions[2], Cancellation);
        Assert.Null(await Store.HeadVersionAsync(versions[2], Cancellation));
        Assert.NotNull(await Store.HeadVersionAsync(versions[1], Cancellation));
    }

    [Fact]
    public async Task F44_What_is_removed_stays_below_a_marker_and_nothing_older_takes_its_place()
    {
        RivalWrites("a", Old);
        RivalWrites("a", New);
        ObjectInfo current = await HeadAsync("a");

        Assert.Equal(StoreOutcome.Done, (await Store.RemoveAsync(current, Still, Cancellation)).Outcome);
        Assert.Null(await Store.HeadAsync("a", Cancellation));
        Assert.Equal([New, Old], await ContentsAsync("a"));
        Assert.Equal(StoreOutcome.Gone, (await Store.RemoveAsync(current, Still, Cancellation)).Outcome);

        Assert.Equal(StoreOutcome.Done, (await Store.DeleteAsync(current, Cancellation)).Outcome);
        Assert.Null(await Store.HeadAsync("a", Cancellation));
        Assert.Equal([Old], await ContentsAsync("a"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task F43_What_is_another_persons_before_it_is_removed_or_right_after_that_stays_in_sight(int look)
    {
        RivalWrites("a", Old);
        ObjectInfo current = await HeadAsync("a");
        int looks = 0;

        StoreResult result = await Store.RemoveAsync(current, _ => Task.FromResult(++looks < look), Cancellation);

        Assert.Equal((StoreOutcome.Changed, look), (result.Outcome, looks));
        Assert.Equal([current], await VersionsAsync("a"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task F43_The_same_bytes_that_a_rival_puts_there_while_they_are_removed_stay_in_sight(int look)
    {
        RivalWrites("a", Old);
        ObjectInfo current = await HeadAsync("a");
        int looks = 0;

        StoreResult result = await Store.RemoveAsync(current, _ =>
        {
            if (++looks == look)
                RivalWrites("a", Old);
            return Task.FromResult(true);
        }, Cancellation);

        // What comes on top of the marker is in sight by itself.
        Assert.Equal(look == 1 ? StoreOutcome.Changed : StoreOutcome.Done, result.Outcome);
        Assert.NotEqual(current.Version, (await HeadAsync("a")).Version);
        Assert.Equal(look == 1 ? [false, false] : new[] { false, true, false }, (await VersionsAsync("a")).Select(v => v.IsDeleteMarker));
    }

    [Fact]
    public async Task F43_What_a_rival_wrote_is_not_removed_from_sight()
    {
        RivalWrites("a", Old);
        ObjectInfo read = await HeadAsync("a");
        RivalWrites("a", Rival);

        Assert.Equal(StoreOutcome.Changed, (await Store.RemoveAsync(read, Still, Cancellation)).Outcome);
        Assert.Equal(Rival, await CurrentAsync("a"));
    }

    [Fact]
    public async Task A_replacement_leaves_the_version_that_it_replaced()
    {
        RivalWrites("a", Old);
        ObjectInfo old = await HeadAsync("a");

        StoreResult result = await Store.ReplaceAsync(old, Writing(New), Proving(New), Cancellation);

        Assert.NotEqual(old.Version, result.Info!.Version);
        Assert.Equal([result.Info, old with { IsCurrent = false }], await VersionsAsync("a"));
    }

    [Fact]
    public async Task Where_versioning_is_suspended_a_replacement_takes_the_place_of_the_version_without_an_id()
    {
        RivalWrites("a", "with an id");
        Suspend(true);
        RivalWrites("a", Old);
        ObjectInfo current = await HeadAsync("a");
        Assert.Equal("", current.Version);

        Assert.Equal(StoreOutcome.Done, (await Store.ReplaceAsync(current, Writing(New), Proving(New), Cancellation)).Outcome);
        Assert.Equal([New, "with an id"], await ContentsAsync("a"));

        Assert.Equal(StoreOutcome.Done, (await Store.RemoveAsync(await HeadAsync("a"), Still, Cancellation)).Outcome);
        Assert.Equal(["with an id"], await ContentsAsync("a"));
        Assert.Null(await Store.HeadAsync("a", Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F45_Where_versioning_is_suspended_no_write_loses_an_old_version_without_an_id(bool replaced)
    {
        Suspend(true);
        RivalWrites("a", "without an id");
        Suspend(false);
        RivalWrites("a", Old);
        Suspend(true);
        ObjectInfo current = await HeadAsync("a");

        StoreResult result = replaced
            ? await Store.ReplaceAsync(current, Writing(New), Proving(New), Cancellation)
            : await Store.RemoveAsync(current, Still, Cancellation);

        Assert.Equal(StoreOutcome.Blocked, result.Outcome);
        Assert.Contains("suspended", result.Reason, StringComparison.Ordinal);
        Assert.Equal([Old, "without an id"], await ContentsAsync("a"));
    }

    [Fact]
    public async Task F43_Where_versioning_is_suspended_the_version_without_an_id_is_not_removed_by_its_id()
    {
        Suspend(true);
        RivalWrites("a", "1");

        Assert.Equal(StoreOutcome.Blocked, (await Store.DeleteAsync(await HeadAsync("a"), Cancellation)).Outcome);
        Suspend(false);
        Assert.Equal(StoreOutcome.Done, (await Store.DeleteAsync(await HeadAsync("a"), Cancellation)).Outcome);
        Assert.Empty(await VersionsAsync("a"));
    }

    private static Task<bool> Still(CancellationToken cancellation) => Task.FromResult(true);

    private async Task<List<ObjectInfo>> VersionsAsync(string key) => await Store.VersionsAsync(key, Cancellation).ToListAsync(Cancellation);

    // Newest first, delete markers left out.
    private async Task<List<string>> ContentsAsync(string key)
    {
        var contents = new List<string>();
        foreach (ObjectInfo version in await VersionsAsync(key))
        {
            if (!version.IsDeleteMarker)
                contents.Add(await ReadAsync(version));
        }
        return contents;
    }
}
