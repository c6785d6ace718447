using System.Text;
using Limpid.Core.Lake;
using Limpid.Core.Ports;

namespace Limpid.Tests.Contracts;

/// <summary>What every object store promises, whatever stands behind it.</summary>
public abstract class ObjectStoreContract
{
    protected const string Old = "{\"id\":1}\n{\"id\":2}\n";
    protected const string New = "{}      \n{\"id\":2}\n";
    protected const string Rival = "{\"id\":3,\"by\":\"a rival\"}\n";

    protected abstract IObjectStore Store { get; }

    /// <summary>Whether an overwritten object leaves a version behind.</summary>
    protected virtual bool IsVersioned => false;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Somebody else writes, not by way of the port.</summary>
    protected abstract void RivalWrites(string key, string content);

    /// <summary>Somebody else removes, not by way of the port.</summary>
    protected abstract void RivalRemoves(string key);

    /// <summary>Somebody else tags the current version, not by way of the port; false where the store has no tags.</summary>
    protected virtual bool RivalTags(string key, string tag, string value) => false;

    [Fact]
    public async Task Tags_are_those_of_exactly_that_version()
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo old = (await Store.HeadAsync("a.ndjson", Cancellation))!;
        bool hasTags = RivalTags("a.ndjson", "customer-id", "zoë 7/8");
        Assert.Equal(hasTags ? "customer-id=zoë 7/8" : "", await TagsAsync(old));

        await Store.ReplaceAsync(old, Writing(New), Proving(New), Cancellation);
        Assert.Equal(hasTags ? "customer-id=zoë 7/8" : "", await TagsAsync((await Store.HeadAsync("a.ndjson", Cancellation))!));

        RivalWrites("a.ndjson", Rival);
        Assert.Equal("", await TagsAsync((await Store.HeadAsync("a.ndjson", Cancellation))!));
        if (IsVersioned)
            Assert.Equal(hasTags ? "customer-id=zoë 7/8" : "", await TagsAsync(old));
    }

    private async Task<string> TagsAsync(ObjectInfo info) =>
        string.Join(' ', (await Store.TagsAsync(info, Cancellation))!.Select(tag => $"{tag.Key}={tag.Value}"));

    [Fact]
    public async Task A_look_tells_what_changed_since_it_was_known()
    {
        Assert.Equal(new ObjectLook(false, null), await Store.LookAsync("pointer.json", null, Cancellation));
        Assert.Equal(new ObjectLook(false, null), await Store.LookAsync("pointer.json", "an-etag", Cancellation));
        RivalWrites("pointer.json", Old);
        ObjectInfo old = (await Store.LookAsync("pointer.json", null, Cancellation)).Info!;
        Assert.Equal(await Store.HeadAsync("pointer.json", Cancellation), old);
        Assert.Equal(new ObjectLook(true, null), await Store.LookAsync("pointer.json", old.ETag, Cancellation));
        RivalWrites("pointer.json", Rival);
        ObjectLook moved = await Store.LookAsync("pointer.json", old.ETag, Cancellation);
        Assert.Equal((false, Rival.Length), (moved.IsUnchanged, (int)moved.Info!.Size));
        RivalRemoves("pointer.json");
        Assert.Equal(new ObjectLook(false, null), await Store.LookAsync("pointer.json", moved.Info.ETag, Cancellation));
    }

    [Fact]
    public async Task What_is_created_stands_there_and_reads_back()
    {
        StoreResult result = await Store.CreateAsync("a/b/c.ndjson", Writing(Old), Cancellation);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        Assert.Equal(result.Info, await Store.HeadAsync("a/b/c.ndjson", Cancellation));
        Assert.Equal(Encoding.UTF8.GetByteCount(Old), result.Info!.Size);
        Assert.Equal(Old, await ReadAsync(result.Info));
    }

    [Fact]
    public async Task Creating_never_overwrites()
    {
        RivalWrites("a.ndjson", Rival);

        Assert.Equal(StoreOutcome.Changed, (await Store.CreateAsync("a.ndjson", Writing(New), Cancellation)).Outcome);
        Assert.Equal(Rival, await CurrentAsync("a.ndjson"));
    }

    [Fact]
    public async Task Creating_loses_to_a_rival_who_creates_it_meanwhile()
    {
        StoreResult result = await Store.CreateAsync("a.ndjson", async (stream, cancellation) =>
        {
            await Writing(New)(stream, cancellation);
            RivalWrites("a.ndjson", Rival);
        }, Cancellation);

        Assert.Equal(StoreOutcome.Changed, result.Outcome);
        Assert.Equal(Rival, await CurrentAsync("a.ndjson"));
    }

    [Fact]
    public async Task A_creation_that_fails_leaves_nothing()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            Store.CreateAsync("a.ndjson", (_, _) => throw new InvalidDataException(), Cancellation));

        Assert.Empty(await ListAsync(""));
    }

    [Fact]
    public async Task Nothing_stands_where_nothing_was_put()
    {
        RivalWrites("a/b.ndjson", Old);

        Assert.Null(await Store.HeadAsync("a", Cancellation));
        Assert.Null(await Store.HeadAsync("a/", Cancellation));
        Assert.Null(await Store.HeadAsync("a/b.ndjson/c", Cancellation));
        Assert.Null(await Store.HeadAsync("b", Cancellation));
    }

    [Fact]
    public async Task A_listing_is_in_the_order_of_whole_keys_and_resumes_behind_any()
    {
        string[] keys = ["a-", "a.b", "a/b/c", "a/b-", "a/x", "a0", "aa", "b/\uFFFC", "b/\U0001F600", "b/é", "Z"];
        foreach (string key in keys)
            RivalWrites(key, key);
        string[] inOrder = [.. keys.OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y)))];

        Assert.Equal(inOrder, await ListAsync(""));
        string[] probes = [.. inOrder, "", "a", "a/", "a/b", "a/b/", "a/zzz", "b/", "zzz"];
        foreach (string after in probes)
            Assert.Equal(inOrder.Where(key => KeyOrder.Compare(key, after) > 0), await ListAsync("", after));
        foreach (string prefix in probes)
            foreach (string after in probes)
                Assert.Equal(
                    inOrder.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && KeyOrder.Compare(key, after) > 0),
                    await ListAsync(prefix, after));
    }

    [Fact]
    public async Task A_listing_and_a_head_say_the_same()
    {
        RivalWrites("a/b.ndjson", Old);

        ObjectInfo listed = Assert.Single(await Store.ListAsync("", null, Cancellation).ToListAsync(Cancellation));
        Assert.Equal(listed, await Store.HeadAsync("a/b.ndjson", Cancellation));
        Assert.Null(listed.Blocked);
        Assert.Null(listed.Unreadable);
        Assert.True(listed.IsCurrent);
    }

    [Fact]
    public async Task Reading_changes_no_etag_and_every_write_of_other_content_does()
    {
        var seen = new HashSet<string>();
        for (int i = 0; i < 30; i++)
        {
            RivalWrites("a.ndjson", $"{i:d4}");
            ObjectInfo info = (await Store.HeadAsync("a.ndjson", Cancellation))!;
            Assert.True(seen.Add(info.ETag));
            Assert.Equal($"{i:d4}", await ReadAsync(info));
            Assert.Equal(info, await Store.HeadAsync("a.ndjson", Cancellation));
        }
    }

    [Fact]
    public async Task Reading_begins_at_the_offset()
    {
        RivalWrites("a.ndjson", "0123456789");
        ObjectInfo info = (await Store.HeadAsync("a.ndjson", Cancellation))!;

        Assert.Equal("789", await ReadAsync(info, 7));
        Assert.Equal("", await ReadAsync(info, 10));
    }

    [Fact]
    public async Task F43_Reading_what_is_no_longer_there_throws()
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo stale = (await Store.HeadAsync("a.ndjson", Cancellation))!;
        RivalWrites("a.ndjson", Rival);

        if (IsVersioned)
            Assert.Equal(Old, await ReadAsync(stale));
        else
            await Assert.ThrowsAsync<ObjectChangedException>(() => ReadAsync(stale));
        await Assert.ThrowsAsync<ObjectChangedException>(() => ReadAsync(stale with { Key = "b.ndjson" }));
        await Assert.ThrowsAsync<ObjectChangedException>(() => ReadAsync(stale with { ETag = "another" }));
    }

    [Fact]
    public async Task F43_Reading_never_ends_well_after_a_change()
    {
        Assert.SkipWhen(IsVersioned, "a version never changes");
        RivalWrites("a.ndjson", new string('a', 300_000));
        ObjectInfo info = (await Store.HeadAsync("a.ndjson", Cancellation))!;
        await using Stream stream = await Store.OpenReadAsync(info, 0, Cancellation);
        byte[] buffer = new byte[1000];
        await stream.ReadExactlyAsync(buffer, Cancellation);
        RivalWrites("a.ndjson", new string('b', 300_000));

        await Assert.ThrowsAsync<ObjectChangedException>(() => stream.CopyToAsync(Stream.Null, Cancellation));
    }

    [Fact]
    public async Task A_replacement_is_there_and_is_what_the_answer_says()
    {
        RivalWrites("a/b.ndjson", Old);
        ObjectInfo read = (await Store.HeadAsync("a/b.ndjson", Cancellation))!;

        StoreResult result = await Store.ReplaceAsync(read, Writing(New), Proving(New), Cancellation);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        Assert.NotEqual(read.ETag, result.Info!.ETag);
        Assert.Equal(result.Info, await Store.HeadAsync("a/b.ndjson", Cancellation));
        Assert.Equal(New, await ReadAsync(result.Info));
        Assert.Equal(["a/b.ndjson"], (await ListAsync("")).Distinct());
    }

    [Fact]
    public async Task A_replacement_can_read_what_it_replaces()
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = (await Store.HeadAsync("a.ndjson", Cancellation))!;

        StoreResult result = await Store.ReplaceAsync(read, async (target, cancellation) =>
        {
            await using Stream source = await Store.OpenReadAsync(read, 9, cancellation);
            await source.CopyToAsync(target, cancellation);
        }, Proving(Old[9..]), Cancellation);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        Assert.Equal(Old[9..], await CurrentAsync("a.ndjson"));
    }

    [Fact]
    public async Task An_empty_replacement_leaves_an_empty_object()
    {
        RivalWrites("a.ndjson", Old);

        StoreResult result = await Store.ReplaceAsync(await HeadAsync("a.ndjson"), Writing(""), Proving(""), Cancellation);

        Assert.Equal(0, result.Info!.Size);
        Assert.Equal("", await CurrentAsync("a.ndjson"));
    }

    [Fact]
    public async Task F43_Of_two_replacements_of_the_same_content_one_wins()
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = await HeadAsync("a.ndjson");

        Assert.Equal(StoreOutcome.Done, (await Store.ReplaceAsync(read, Writing(New), Proving(New), Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Changed, (await Store.ReplaceAsync(read, Writing(""), Proving(""), Cancellation)).Outcome);
        Assert.Equal(New, await CurrentAsync("a.ndjson"));
    }

    [Theory]
    [InlineData("before")]
    [InlineData("while it is written")]
    [InlineData("while it is proven")]
    public async Task F43_A_rival_write_wins_at_any_time(string when)
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = await HeadAsync("a.ndjson");

        StoreResult result = await ReplaceAsync(read, when, () => RivalWrites("a.ndjson", Rival));

        Assert.Equal(StoreOutcome.Changed, result.Outcome);
        Assert.Equal(Rival, await CurrentAsync("a.ndjson"));
    }

    [Theory]
    [InlineData("before")]
    [InlineData("while it is written")]
    [InlineData("while it is proven")]
    public async Task F44_What_a_rival_removed_is_never_brought_back(string when)
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = await HeadAsync("a.ndjson");

        StoreResult result = await ReplaceAsync(read, when, () => RivalRemoves("a.ndjson"));

        Assert.True(result.Outcome is StoreOutcome.Gone or StoreOutcome.Changed, $"{result.Outcome}");
        Assert.Null(await Store.HeadAsync("a.ndjson", Cancellation));
    }

    [Fact]
    public async Task F51_What_is_not_proven_changes_nothing()
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = await HeadAsync("a.ndjson");

        StoreResult result = await Store.ReplaceAsync(read, Writing(New), (_, _) => Task.FromResult(false), Cancellation);

        Assert.Equal(StoreOutcome.Unproven, result.Outcome);
        Assert.Equal(read, await Store.HeadAsync("a.ndjson", Cancellation));
        Assert.Equal(Old, await CurrentAsync("a.ndjson"));
    }

    [Fact]
    public async Task F51_A_replacement_that_fails_changes_nothing()
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = await HeadAsync("a.ndjson");

        await Assert.ThrowsAsync<InvalidDataException>(() =>
            Store.ReplaceAsync(read, (_, _) => throw new InvalidDataException(), Proving(New), Cancellation));
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            Store.ReplaceAsync(read, Writing(New), (_, _) => throw new InvalidDataException(), Cancellation));

        Assert.Equal(read, await Store.HeadAsync("a.ndjson", Cancellation));
        Assert.Equal(Old, await CurrentAsync("a.ndjson"));
        Assert.Equal(["a.ndjson"], await ListAsync(""));
    }

    [Fact]
    public async Task F50_Replacing_or_removing_what_is_gone_says_so()
    {
        RivalWrites("a/b.ndjson", Old);
        ObjectInfo read = await HeadAsync("a/b.ndjson");

        Assert.Equal(StoreOutcome.Done, (await Store.DeleteAsync(read, Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Gone, (await Store.DeleteAsync(read, Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Gone, (await Store.ReplaceAsync(read, Writing(New), Proving(New), Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Gone, (await Store.DeleteAsync(read with { Key = "x/y" }, Cancellation)).Outcome);
        Assert.Empty(await ListAsync(""));
    }

    [Fact]
    public async Task F43_What_a_rival_wrote_is_not_removed()
    {
        Assert.SkipWhen(IsVersioned, "there the old version is removed and the rival's stays");
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = await HeadAsync("a.ndjson");
        RivalWrites("a.ndjson", Rival);

        Assert.Equal(StoreOutcome.Changed, (await Store.DeleteAsync(read, Cancellation)).Outcome);
        Assert.Equal(Rival, await CurrentAsync("a.ndjson"));
    }

    [Fact]
    public async Task F46_Neighbours_by_prefix_are_left_alone()
    {
        foreach (string key in (string[])["15", "150", "1", "15.x", "16/15", "16/150"])
            RivalWrites(key, key);

        Assert.Equal(StoreOutcome.Done, (await Store.DeleteAsync(await HeadAsync("15"), Cancellation)).Outcome);
        Assert.Equal(StoreOutcome.Done,
            (await Store.ReplaceAsync(await HeadAsync("16/15"), Writing(New), Proving(New), Cancellation)).Outcome);

        Assert.Null(await Store.HeadAsync("15", Cancellation));
        Assert.Equal(["1", "15.x", "150", "16/15", "16/150"], (await ListAsync("")).Distinct());
        foreach (string key in (string[])["150", "1", "15.x", "16/150"])
            Assert.Equal(key, await CurrentAsync(key));
    }

    [Fact]
    public async Task A_cancelled_call_changes_nothing()
    {
        RivalWrites("a.ndjson", Old);
        ObjectInfo read = await HeadAsync("a.ndjson");
        using var cancelled = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReplaceAsync(read, async (stream, cancellation) =>
        {
            await cancelled.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
        }, Proving(New), cancelled.Token));

        Assert.Equal(read, await Store.HeadAsync("a.ndjson", Cancellation));
        Assert.Equal(["a.ndjson"], await ListAsync(""));
    }

    protected static Func<Stream, CancellationToken, Task> Writing(string content) =>
        async (stream, cancellation) => await stream.WriteAsync(Encoding.UTF8.GetBytes(content), cancellation);

    protected static Func<Stream, CancellationToken, Task<bool>> Proving(string content) =>
        async (stream, cancellation) => content == await new StreamReader(stream).ReadToEndAsync(cancellation);

    protected async Task<ObjectInfo> HeadAsync(string key)
    {
        ObjectInfo? info = await Store.HeadAsync(key, Cancellation);
        Assert.NotNull(info);
        return info;
    }

    protected async Task<string> ReadAsync(ObjectInfo info, long offset = 0)
    {
        await using Stream stream = await Store.OpenReadAsync(info, offset, Cancellation);
        return await new StreamReader(stream).ReadToEndAsync(Cancellation);
    }

    protected async Task<string> CurrentAsync(string key) => await ReadAsync(await HeadAsync(key));

    protected async Task<List<string>> ListAsync(string prefix, string? after = null) =>
        await Store.ListAsync(prefix, after, Cancellation).Select(info => info.Key).ToListAsync(Cancellation);

    private Task<StoreResult> ReplaceAsync(ObjectInfo read, string when, Action rival)
    {
        if (when == "before")
            rival();
        return Store.ReplaceAsync(read, async (stream, cancellation) =>
        {
            await Writing(New)(stream, cancellation);
            if (when == "while it is written")
                rival();
        }, async (stream, cancellation) =>
        {
            if (when == "while it is proven")
                rival();
            return await Proving(New)(stream, cancellation);
        }, Cancellation);
    }
}
