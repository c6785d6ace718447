using Limpid.Core.Ports;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Adapters;

/// <summary>Large rewrites take many requests. A rival, a kill, or a lost answer may come at each of them.</summary>
public sealed class S3RivalTests
{
    private const string Rival = "{\"by\":\"a rival\"}\n";

    [Theory]
    [InlineData("splice", false)]
    [InlineData("splice", true)]
    [InlineData("replace", false)]
    [InlineData("replace", true)]
    [InlineData("small", false)]
    [InlineData("small", true)]
    public async Task F43_A_rival_write_at_any_request_is_not_lost(string way, bool versioned)
    {
        for (int at = 0, requests = int.MaxValue; at < requests; at++)
        {
            await using S3World world = await S3World.StartAsync(versioned, way);
            world.Put();
            ObjectInfo read = await world.HeadAsync();
            requests = await InterruptedAsync(world, read, way, at, () => world.Server.Locked(() => world.Lake.Put(S3World.Key, WireContent.Of(Bytes(Rival)), new WireProperties(), null, null)),
                result => Assert.True(result.Outcome is StoreOutcome.Changed || (result.Outcome is StoreOutcome.Done && IsPlaced(world)), $"request {at}: {result.Outcome}"));
            Assert.Equal(Rival, world.CurrentText());
            await world.Lab.AssertNothingIsLeftAsync();
        }
    }

    [Theory]
    [InlineData("splice", false)]
    [InlineData("splice", true)]
    [InlineData("replace", false)]
    [InlineData("small", false)]
    [InlineData("small", true)]
    public async Task F44_What_is_removed_at_any_request_is_not_brought_back(string way, bool versioned)
    {
        for (int at = 0, requests = int.MaxValue; at < requests; at++)
        {
            await using S3World world = await S3World.StartAsync(versioned, way);
            world.Put();
            ObjectInfo read = await world.HeadAsync();
            requests = await InterruptedAsync(world, read, way, at, () => world.Server.Locked(() => world.Lake.Delete(S3World.Key, null, null)),
                result => Assert.True(result.Outcome is StoreOutcome.Gone or StoreOutcome.Changed || (result.Outcome is StoreOutcome.Done && IsPlaced(world)), $"request {at}: {result.Outcome}"));
            Assert.Null(world.Current());
            await world.Lab.AssertNothingIsLeftAsync();
        }
    }

    [Theory]
    [InlineData("splice")]
    [InlineData("replace")]
    [InlineData("small")]
    public async Task F47_Whatever_a_killed_rewrite_leaves_the_next_one_clears_away(string way)
    {
        for (int at = 0, requests = int.MaxValue; at < requests; at++)
        {
            await using S3World world = await S3World.StartAsync(way: way);
            world.Put();
            ObjectInfo read = await world.HeadAsync();
            int seen = 0;
            // Dead from here on: what would be cleared up in the end isn't either.
            world.Server.Before = (_, _, _) => { if (Interlocked.Increment(ref seen) > at) throw WireFault.Bad("Killed", "the function is gone"); };
            bool done = false;
            try
            {
                done = (await world.RewriteAsync(read, way)).Outcome == StoreOutcome.Done;
            }
            catch (Exception e) when (e is Amazon.S3.AmazonS3Exception or IOException)
            {
            }
            world.Server.Before = null;
            requests = done ? at : int.MaxValue;
            byte[] current = world.Current()!;
            Assert.True(current.AsSpan().SequenceEqual(world.Edited) || current.AsSpan().SequenceEqual(world.Content.ToArray()), $"request {at}");

            world.Time.Advance(TimeSpan.FromHours(2));
            Assert.Equal(StoreOutcome.Done, (await world.RewriteAsync(await world.HeadAsync(), way)).Outcome);
            Assert.Equal(world.Edited, world.Current());
            AssertNoParts(world);
            Assert.Empty(world.Server.Locked(() => world.Lab.Staging.Keys.Keys.ToList()));
        }
    }

    [Theory]
    [InlineData("splice")]
    [InlineData("replace")]
    [InlineData("small")]
    public async Task F16_An_answer_lost_at_any_request_changes_nothing(string way)
    {
        for (int at = 0, requests = int.MaxValue; at < requests; at++)
        {
            await using S3World world = await S3World.StartAsync(versioned: true, way);
            world.Put();
            ObjectInfo read = await world.HeadAsync();
            int seen = 0;
            string lost = "";
            world.Server.LoseAnswer = (operation, _, _) =>
            {
                if (Interlocked.Increment(ref seen) != at + 1)
                    return false;
                lost = operation;
                return true;
            };
            StoreResult result = await world.RewriteAsync(read, way);
            requests = seen > at ? int.MaxValue : at;
            Assert.True(result.Outcome == StoreOutcome.Done, $"request {at}, {lost}: {result.Outcome}");
            Assert.Equal(world.Edited, world.Current());
            Assert.Equal(2, world.Server.Locked(() => world.Lake.Keys[S3World.Key].Count));
            world.Server.LoseAnswer = null;
            AssertNoParts(world);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F43_A_conflict_is_told_as_a_change(bool large)
    {
        await using S3World world = await S3World.StartAsync();
        if (large)
            world.Put();
        else
            world.Lab.Put(S3World.Key, "little");
        ObjectInfo read = await world.HeadAsync();
        world.Server.Before = (operation, bucket, _) =>
        {
            if (operation is "CompleteMultipartUpload" or "PutObject" && bucket == world.Lab.LakeName)
                throw WireFault.Conflict;
        };
        StoreResult result = await world.Store.ReplaceAsync(
            read, (target, token) => target.WriteAsync(large ? world.Edited : "more"u8.ToArray(), token).AsTask(), (_, _) => Task.FromResult(true), TestContext.Current.CancellationToken);
        Assert.Equal(StoreOutcome.Changed, result.Outcome);
    }

    /// <summary>Of the other request it is not known whether anything came of it: who is told that something stands there would pass over its records.</summary>
    [Theory]
    [InlineData(1, false, "done")]
    [InlineData(int.MaxValue, false, "thrown")]
    [InlineData(int.MaxValue, true, "Changed")]
    public async Task F43_A_conflict_while_creating_is_tried_again_and_is_no_object_that_stands(int conflicts, bool stands, string outcome)
    {
        await using S3World world = await S3World.StartAsync();
        int left = conflicts;
        if (stands)
            world.Lab.Put("other", "theirs");
        world.Server.Before = (operation, bucket, _) =>
        {
            if (operation is "CompleteMultipartUpload" or "PutObject" && bucket == world.Lab.LakeName && left-- > 0)
                throw WireFault.Conflict;
        };
        Task<StoreResult> creating = world.Store.CreateAsync("other", (target, token) => target.WriteAsync("x"u8.ToArray(), token).AsTask(), TestContext.Current.CancellationToken);
        if (outcome == "thrown")
            await Assert.ThrowsAsync<IOException>(() => creating);
        else
            Assert.Equal(outcome, (await creating).Outcome.ToString(), ignoreCase: true);
    }

    [Fact]
    public async Task What_S3_says_of_a_refusal_names_the_object_and_goes_no_further()
    {
        await using S3World world = await S3World.StartAsync();
        world.Lab.Put(S3World.Key, "little");
        ObjectInfo read = await world.HeadAsync();
        world.Server.Before = (operation, _, _) =>
        {
            if (operation is "PutObject" or "GetObject" or "DeleteObject")
                throw new WireFault(403, "AccessDenied", $"User: limpid is not authorized to perform: s3:{operation} on resource: {S3World.Key}");
        };
        CancellationToken stop = TestContext.Current.CancellationToken;
        StoreResult replaced = await world.Store.ReplaceAsync(read, (target, token) => target.WriteAsync("more"u8.ToArray(), token).AsTask(), (_, _) => Task.FromResult(true), stop);
        Assert.Equal((StoreOutcome.Blocked, "S3 refuses it (AccessDenied)"), (replaced.Outcome, replaced.Reason));
        ObjectUnreadableException refused = await Assert.ThrowsAsync<ObjectUnreadableException>(() => world.Store.OpenReadAsync(read, 0, stop));
        Assert.DoesNotContain(S3World.Key, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task F43_The_rewritten_version_of_many_is_the_current_one_or_none()
    {
        await using S3World world = await S3World.StartAsync(versioned: true);
        world.Put();
        ObjectInfo first = await world.HeadAsync();
        // The same bytes again: the ETag is the same, the version is not.
        world.Put();
        Assert.Equal(first.ETag, (await world.HeadAsync()).ETag);
        Assert.Equal(StoreOutcome.Changed, (await world.RewriteAsync(first)).Outcome);
    }

    /// <summary>The proof may rest on the tags, and S3 makes no write conditional on them.</summary>
    /// <param name="what">The metadata changes by a copy onto itself, which has the same ETag.</param>
    [Theory]
    [InlineData("tags", false)]
    [InlineData("tags", true)]
    [InlineData("metadata", false)]
    public async Task F43_An_object_whose_tags_or_metadata_change_after_the_proof_of_a_small_rewrite_stays_as_it_is(string what, bool versioned)
    {
        await using S3World world = await S3World.StartAsync(versioned, "small");
        world.Put(new WireProperties { Headers = { ["x-amz-meta-of"] = "15" }, Tags = [("customer-id", "15")] });
        ObjectInfo read = await world.HeadAsync();
        string expected = what == "tags" ? "16 15" : "15 16";
        StoreResult result = await world.Store.ReplaceAsync(read, (target, token) => target.WriteAsync(world.Edited, token).AsTask(), (_, _) =>
        {
            if (what == "tags")
                world.Lab.Tag(S3World.Key, "customer-id", "16");
            else
                world.Put(new WireProperties { Headers = { ["x-amz-meta-of"] = "16" }, Tags = [("customer-id", "15")] });
            return Task.FromResult(true);
        }, TestContext.Current.CancellationToken);

        Assert.Equal(StoreOutcome.Changed, result.Outcome);
        Assert.Equal(world.Content.ToArray(), world.Current());
        Assert.Equal(expected, TagAndMetadata());
        // Begun anew it takes along what it finds.
        Assert.Equal(StoreOutcome.Done, (await world.RewriteAsync(read, "small")).Outcome);
        Assert.Equal(world.Edited, world.Current());
        Assert.Equal(expected, TagAndMetadata());

        string TagAndMetadata()
        {
            WireProperties now = world.Server.Locked(() => world.Lake.Top(S3World.Key)!.Properties);
            return $"{Assert.Single(now.Tags).Value} {now.Headers["x-amz-meta-of"]}";
        }
    }

    private static bool IsPlaced(S3World world) =>
        world.Server.Calls.Any(call => call.Operation is "CompleteMultipartUpload" or "PutObject" && call.Bucket == world.Lab.LakeName);

    // An upload whose id was lost, or not written down yet, is left to the bucket's lifecycle rule. It has no parts.
    private static void AssertNoParts(S3World world) =>
        Assert.All(world.Server.Locked(() => world.Lake.Uploads.Values.Concat(world.Lab.Staging.Uploads.Values).ToList()), upload => Assert.Empty(upload.Parts));

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>Rewrites, and lets the rival act before the request of that number; how many requests there were at all, if the rival acted.</summary>
    private static async Task<int> InterruptedAsync(S3World world, ObjectInfo read, string way, int at, Action rival, Action<StoreResult> check)
    {
        int seen = 0;
        bool acted = false;
        world.Server.Before = (_, _, _) =>
        {
            if (Interlocked.Increment(ref seen) != at + 1)
                return;
            acted = true;
            rival();
        };
        try
        {
            StoreResult result = await world.RewriteAsync(read, way);
            if (acted)
                check(result);
        }
        catch (ObjectChangedException)
        {
            // What was read meanwhile is no longer there: the caller looks again.
        }
        world.Server.Before = null;
        if (acted)
            return int.MaxValue;
        rival();
        return at;
    }
}
