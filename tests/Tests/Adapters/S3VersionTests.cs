using Amazon.S3;
using Limpid.Core.Lake;
using Limpid.Core.Ports;
using Limpid.Functions.Adapters.S3;

namespace Limpid.Tests.Adapters;

/// <summary>Versions, delete markers and the version without an id; listings beyond a page; names of every kind. On any endpoint.</summary>
public sealed class S3VersionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task F45_All_versions_are_listed_and_removed_by_their_ids_oldest_first()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System, versioned: true);
        S3Store store = lab.Store();
        foreach (string content in (string[])["one", "two", "three"])
            lab.Put("15", content);
        lab.Put("150", "a neighbour");
        lab.Remove("15");
        lab.Put("15", "four");

        List<ObjectInfo> versions = await store.ListAsync("15", null, Cancellation).Where(info => info.Key == "15").ToListAsync(Cancellation);
        Assert.Equal(["four", "marker", "three", "two", "one"], await ContentsAsync(store, versions));
        Assert.Equal([true, false, false, false, false], versions.Select(info => info.IsCurrent));
        foreach (ObjectInfo version in versions.AsEnumerable().Reverse())
        {
            Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(version, Cancellation)).Outcome);
            Assert.Equal(StoreOutcome.Gone, (await store.DeleteAsync(version, Cancellation)).Outcome);
            Assert.Equal(version.IsCurrent, await store.HeadAsync("15", Cancellation) is null);
        }
        Assert.Equal("150", (await store.ListAsync("", null, Cancellation).SingleAsync(Cancellation)).Key);
    }

    [Fact]
    public async Task F50_Below_a_delete_marker_the_versions_are_still_there_to_be_read_and_removed()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System, versioned: true);
        S3Store store = lab.Store();
        lab.Put("a", "old");
        ObjectInfo old = (await store.HeadAsync("a", Cancellation))!;
        lab.Remove("a");
        Assert.Null(await store.HeadAsync("a", Cancellation));
        List<ObjectInfo> versions = await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(["marker", "old"], await ContentsAsync(store, versions));
        Assert.Equal(StoreOutcome.Gone, (await store.ReplaceAsync(old, (_, _) => Task.CompletedTask, (_, _) => Task.FromResult(true), Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(versions[1], Cancellation)).Outcome);
        Assert.True((await store.ListAsync("", null, Cancellation).SingleAsync(Cancellation)).IsDeleteMarker);
        Assert.Equal(StoreOutcome.Done, (await store.CreateAsync("a", (target, token) => target.WriteAsync("new"u8.ToArray(), token).AsTask(), Cancellation)).Outcome);
    }

    [Fact]
    public async Task F45_The_version_without_an_id_is_read_and_removed_as_such_once_versions_are_kept()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        S3Store store = lab.Store();
        lab.Put("a", "before");
        ObjectInfo before = (await store.HeadAsync("a", Cancellation))!;
        Assert.Equal("", before.Version);
        await lab.VersionAsync(VersionStatus.Enabled);
        Assert.Equal(before, await store.HeadAsync("a", Cancellation));
        lab.Put("a", "after");
        List<ObjectInfo> versions = await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(["after", "before"], await ContentsAsync(store, versions));
        Assert.Equal(before with { IsCurrent = false }, versions[1]);
        Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(versions[1], Cancellation)).Outcome);
        Assert.Equal(["after"], await ContentsAsync(store, await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation)));
    }

    [Fact]
    public async Task F43_Where_versioning_is_suspended_the_version_without_an_id_is_not_removed()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System, versioned: true);
        S3Store store = lab.Store();
        await lab.VersionAsync(VersionStatus.Suspended);
        lab.Put("a", "1");
        StoreResult result = await store.DeleteAsync((await store.HeadAsync("a", Cancellation))!, Cancellation);
        Assert.Equal(StoreOutcome.Blocked, result.Outcome);
        Assert.Contains("suspended", result.Reason, StringComparison.Ordinal);
        Assert.NotNull(await store.HeadAsync("a", Cancellation));
    }

    [Fact]
    public async Task F43_Without_versions_the_same_bytes_put_again_are_not_removed_once_their_time_tells()
    {
        var time = new Scenarios.ScenarioTime(Scenarios.ScenarioWorld.Start);
        await using S3Lab lab = await S3Lab.StartAsync(time);
        Assert.SkipUnless(S3Lab.IsWire, "another endpoint has a clock of its own");
        S3Store store = lab.Store();
        lab.Put("a", "1");
        ObjectInfo read = (await store.HeadAsync("a", Cancellation))!;
        time.Advance(TimeSpan.FromSeconds(1));
        lab.Put("a", "1");
        Assert.Equal(StoreOutcome.Changed, (await store.RemoveAsync(read, _ => Task.FromResult(true), Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Done, (await store.RemoveAsync((await store.HeadAsync("a", Cancellation))!, _ => Task.FromResult(true), Cancellation)).Outcome);
        Assert.Null(await store.HeadAsync("a", Cancellation));
    }

    [Fact]
    public async Task A_listing_of_more_than_a_page_misses_nothing_and_resumes_behind_any_key()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System, versioned: true);
        S3Store store = lab.Store();
        string[] keys = [.. Enumerable.Range(0, 620).Select(i => $"k/{i:d4}")];
        await Parallel.ForEachAsync(keys.Concat(keys), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancellation }, (key, _) =>
        {
            lab.Put(key, "x");
            return ValueTask.CompletedTask;
        });
        List<ObjectInfo> all = await store.ListAsync("k/", null, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(keys.SelectMany(key => new[] { key, key }), all.Select(info => info.Key));
        Assert.Equal(keys.SelectMany(_ => new[] { true, false }), all.Select(info => info.IsCurrent));
        Assert.Equal(keys[500..].SelectMany(key => new[] { key, key }), await store.ListAsync("k/", "k/0499", Cancellation).Select(info => info.Key).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task F05_Names_are_taken_as_they_are()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        S3Store store = lab.Store();
        string[] names =
        [
            "a b", "a+b", "%2B%20", "é", "a%41", "a//b", "a/../b", "a/./b", "..", "a?versionId=1", "a#b", "a&b=c", "\U0001F600", "a\u0001\u000bb", "<&\">", "a\\b", "x/",
        ];
        foreach (string name in names)
            Assert.Equal(StoreOutcome.Done, (await store.CreateAsync(name, (target, token) => target.WriteAsync("1\n2"u8.ToArray(), token).AsTask(), Cancellation)).Outcome);
        Assert.Equal(names.Order(KeyOrder.Instance), await store.ListAsync("", null, Cancellation).Select(info => info.Key).ToListAsync(Cancellation));
        foreach (string name in names)
        {
            ObjectInfo info = (await store.HeadAsync(name, Cancellation))!;
            StoreResult result = await store.ReplaceAsync(info, (target, token) => target.WriteAsync("3"u8.ToArray(), token).AsTask(), (_, _) => Task.FromResult(true), Cancellation);
            Assert.Equal(["3"], await ContentsAsync(store, [result.Info!]));
            Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(result.Info!, Cancellation)).Outcome);
        }
        Assert.Empty(await store.ListAsync("", null, Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task F05_A_name_that_no_request_can_be_made_for_is_listed_and_left_alone()
    {
        Assert.SkipUnless(S3Lab.IsWire, "no request can be made for it");
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        S3Store store = lab.Store();
        lab.Put("a", "another's");
        lab.Server!.Locked(() => lab.Lake.Put("/a", WireS3.WireContent.Of("1"u8.ToArray()), new WireS3.WireProperties(), null, null));
        ObjectInfo info = await store.ListAsync("/", null, Cancellation).SingleAsync(Cancellation);
        Assert.Equal(info, await store.HeadAsync("/a", Cancellation));
        Assert.NotNull(info.Unreadable);
        await Assert.ThrowsAsync<ObjectUnreadableException>(() => ReadAsync(store, info));
        Assert.Equal(StoreOutcome.Blocked, (await store.DeleteAsync(info, Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Blocked, (await store.ReplaceAsync(info, (_, _) => Task.CompletedTask, (_, _) => Task.FromResult(true), Cancellation)).Outcome);
        await Assert.ThrowsAsync<ArgumentException>(() => store.CreateAsync("/b", (_, _) => Task.CompletedTask, Cancellation));
        Assert.Equal(2, lab.Server.Locked(() => lab.Lake.Keys.Count));
    }

    [Fact]
    public async Task A_large_object_is_created_in_parts_and_never_over_another()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        S3Store store = lab.Store();
        byte[] block = new byte[7 << 20];
        new Random(3).NextBytes(block);
        async Task WriteAsync(Stream target, CancellationToken token)
        {
            for (int i = 0; i < 5; i++)
                await target.WriteAsync(block, token);
        }
        StoreResult result = await store.CreateAsync("a", WriteAsync, Cancellation);
        Assert.Equal((StoreOutcome.Done, 35L << 20), (result.Outcome, result.Info!.Size));
        await using (Stream stream = await store.OpenReadAsync(result.Info, 28 << 20, Cancellation))
        {
            using var read = new MemoryStream();
            await stream.CopyToAsync(read, Cancellation);
            Assert.Equal(block, read.ToArray());
        }
        Assert.Equal(StoreOutcome.Changed, (await store.CreateAsync("a", WriteAsync, Cancellation)).Outcome);
        await Assert.ThrowsAsync<InvalidDataException>(() => store.CreateAsync("b", async (target, token) =>
        {
            await WriteAsync(target, token);
            throw new InvalidDataException();
        }, Cancellation));
        Assert.Null(await store.HeadAsync("b", Cancellation));
        await lab.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_connection_that_breaks_is_taken_up_where_it_broke()
    {
        Assert.SkipUnless(S3Lab.IsWire, "another endpoint breaks no connections on demand");
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        S3Store store = lab.Store();
        string content = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i:d7}\n"));
        lab.Put("a", content);
        ObjectInfo info = (await store.HeadAsync("a", Cancellation))!;
        lab.Server!.BreakAfter = _ => 300_000;
        Assert.Equal(content, await ReadAsync(store, info));
        lab.Server.BreakAfter = _ => 0;
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(store, info));
    }

    [Fact]
    public async Task A_lake_of_several_buckets_is_one_store_with_whole_keys()
    {
        await using S3Lab lab = await S3Lab.StartAsync(TimeProvider.System);
        var lake = new S3Lake(lab.Client, [lab.LakeName, lab.StagingName], new S3Place(lab.StagingName, "staging/"), TimeProvider.System);
        string one = $"s3://{lab.LakeName}/orders/a", two = $"s3://{lab.StagingName}/orders/a";
        foreach (string key in (string[])[one, two])
            Assert.Equal(key, (await lake.CreateAsync(key, (target, token) => target.WriteAsync("1"u8.ToArray(), token).AsTask(), Cancellation)).Info!.Key);
        Assert.Equal(new[] { one, two }.Order(KeyOrder.Instance), await lake.ListAsync("", null, Cancellation).Select(i => i.Key).ToListAsync(Cancellation));
        Assert.Equal(new[] { one, two }.Order(KeyOrder.Instance).Skip(1), await lake.ListAsync("s3://", new[] { one, two }.Min(KeyOrder.Instance), Cancellation).Select(i => i.Key).ToListAsync(Cancellation));
        Assert.Equal([one], await lake.ListAsync($"s3://{lab.LakeName}/ord", null, Cancellation).Select(i => i.Key).ToListAsync(Cancellation));
        Assert.Empty(await lake.ListAsync("orders/", null, Cancellation).ToListAsync(Cancellation));
        ObjectInfo info = (await lake.HeadAsync(one, Cancellation))!;
        Assert.Equal(StoreOutcome.Done, (await lake.ReplaceAsync(info, (target, token) => target.WriteAsync("2"u8.ToArray(), token).AsTask(), (_, _) => Task.FromResult(true), Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Gone, (await lake.DeleteAsync(info with { Key = "s3://nobodys/orders/a" }, Cancellation)).Outcome);
        Assert.Null(await lake.HeadAsync("orders/a", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => lake.CreateAsync("s3://nobodys/a", (_, _) => Task.CompletedTask, Cancellation));
    }

    private static async Task<List<string>> ContentsAsync(IObjectStore store, IEnumerable<ObjectInfo> versions)
    {
        var contents = new List<string>();
        foreach (ObjectInfo version in versions)
            contents.Add(version.IsDeleteMarker ? "marker" : await ReadAsync(store, version));
        return contents;
    }

    private static async Task<string> ReadAsync(IObjectStore store, ObjectInfo version)
    {
        await using Stream stream = await store.OpenReadAsync(version, 0, Cancellation);
        return await new StreamReader(stream).ReadToEndAsync(Cancellation);
    }
}
