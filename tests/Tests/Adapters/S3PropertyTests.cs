using Limpid.Core.Ports;
using Limpid.Functions.Adapters.S3;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Adapters;

/// <summary>What an object is besides its bytes: kept, or refused; and what keeps it from being touched, told with its date.</summary>
public sealed class S3PropertyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static WireProperties Everything => new()
    {
        Headers =
        {
            ["content-type"] = "application/x-ndjson; charset=UTF-8",
            ["content-encoding"] = "gzip, br",
            ["content-disposition"] = "attachment; filename=\"a b.ndjson\";x=\"y\"",
            ["content-language"] = "el, de",
            ["cache-control"] = "max-age=60,public",
            ["expires"] = "Thu, 01 Dec 2033 16:00:00 GMT",
            ["x-amz-website-redirect-location"] = "/elsewhere",
            ["x-amz-meta-source"] = "orders; v=2, \"quoted\"",
            ["x-amz-meta-empty-not"] = "x",
        },
        Tags = [("team", "data & more"), ("a+b", "c=d/é"), ("empty", "")],
        Grants = [new WireGrant(WireBucket.OwnerId, "FULL_CONTROL"), new WireGrant("http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "READ"), new WireGrant("0ther", "READ_ACP")],
        StorageClass = "STANDARD_IA",
        Encryption = "aws:kms",
        KmsKey = "arn:aws:kms:us-east-1:123456789012:key/k",
        BucketKey = true,
    };

    [Theory]
    [InlineData("splice", true)]
    [InlineData("splice", false)]
    [InlineData("replace", true)]
    [InlineData("small", false)]
    [InlineData("small", true)]
    public async Task F48_A_rewritten_object_has_the_properties_that_it_had(string way, bool versioned)
    {
        await using S3World world = await S3World.StartAsync(versioned);
        if (way == "small")
            world.Server.Locked(() => world.Lake.Put(S3World.Key, WireContent.Of("1234567"u8.ToArray()), Everything, null, null));
        else
            world.Put(Everything);
        ObjectInfo read = await world.HeadAsync();

        StoreResult result = way == "small"
            ? await world.Store.ReplaceAsync(read, (target, token) => target.WriteAsync("12345"u8.ToArray(), token).AsTask(), (_, _) => Task.FromResult(true), Cancellation)
            : await world.RewriteAsync(read, way);

        Assert.Equal(StoreOutcome.Done, result.Outcome);
        WireProperties now = world.Server.Locked(() => world.Lake.Top(S3World.Key)!.Properties);
        Assert.Equal(Everything.Headers, now.Headers);
        Assert.Equal(Everything.Tags.Order(), now.Tags.Order());
        Assert.Equal(Everything.Grants.OrderBy(g => g.Permission), now.Grants.OrderBy(g => g.Permission));
        Assert.Equal((Everything.StorageClass, Everything.Encryption, Everything.KmsKey, Everything.BucketKey), (now.StorageClass, now.Encryption, now.KmsKey, now.BucketKey));
    }

    [Fact]
    public async Task F48_What_is_staged_is_encrypted_under_the_same_key()
    {
        await using S3World world = await S3World.StartAsync();
        world.Put(Everything);
        world.Server.Before = (operation, bucket, _) =>
        {
            if (operation != "UploadPartCopy" || bucket != world.Lab.LakeName)
                return;
            Assert.All(world.Server.Locked(() => world.Lab.Staging.Keys.Values.SelectMany(v => v).Where(v => v.Content!.Length > 1_000).ToList()), staged =>
                Assert.Equal((Everything.KmsKey, true), (staged.Properties.KmsKey, staged.Properties.BucketKey)));
        };
        Assert.Equal(StoreOutcome.Done, (await world.RewriteAsync(await world.HeadAsync())).Outcome);
    }

    [Theory]
    [InlineData("splice", true)]
    [InlineData("replace", true)]
    [InlineData("splice", false)]
    public async Task F48_Tags_and_ACL_that_change_at_any_request_stay_changed(string way, bool versioned)
    {
        for (int at = 0, requests = int.MaxValue; at < requests; at++)
        {
            await using S3World world = await S3World.StartAsync(versioned);
            world.Put(Everything);
            ObjectInfo read = await world.HeadAsync();
            int seen = 0;
            bool acted = false;
            world.Server.Before = (operation, bucket, _) =>
            {
                if (Interlocked.Increment(ref seen) != at + 1)
                    return;
                acted = true;
                // Without versions nothing of the old object is left to tell what came after the last look at it.
                if (!versioned && operation == "CompleteMultipartUpload" && bucket == world.Lab.LakeName)
                    return;
                world.Server.Locked(() =>
                {
                    WireProperties properties = world.Lake.Top(S3World.Key)!.Properties;
                    properties.Tags = [("team", "another")];
                    properties.Grants = [new WireGrant(WireBucket.OwnerId, "FULL_CONTROL"), new WireGrant("0ther", "READ")];
                    return 0;
                });
            };
            StoreResult result = await world.RewriteAsync(read, way);
            world.Server.Before = null;
            Assert.Equal(StoreOutcome.Done, result.Outcome);
            WireProperties now = world.Server.Locked(() => world.Lake.Top(S3World.Key)!.Properties);
            bool changed = now.Tags.SequenceEqual([("team", "another")]) && now.Grants.Contains(new WireGrant("0ther", "READ"));
            if (!acted)
                requests = at;
            else if (versioned || now.Tags.Count == 1)
                Assert.True(changed, $"request {at}");
            await world.Lab.AssertNothingIsLeftAsync();
        }
    }

    [Fact]
    public async Task F48_What_cannot_be_kept_is_refused()
    {
        await using S3World world = await S3World.StartAsync();
        world.Put(new WireProperties { Headers = { ["x-amz-meta-name"] = "=?UTF-8?B?w6k=?=" } });
        await AssertRefusedAsync(world, "metadata");
        world.Put();
        world.Server.Locked(() => world.Lake.Top(S3World.Key)!.Owner = "an0ther");
        await AssertRefusedAsync(world, "another account");
    }

    public static TheoryData<string, string, bool, bool> Obstacles => new()
    {
        { "locked", "it is locked until 2031-01-02 (Object Lock, COMPLIANCE)", false, true },
        { "hold", "it is under a legal hold (Object Lock)", false, true },
        { "glacier", "it is archived (GLACIER) and has to be restored first", true, false },
        { "restoring", "it is archived (DEEP_ARCHIVE) and being restored", true, false },
        { "restored", "it is in an archive class (GLACIER), restored until 2026-12-24", false, false },
        { "tiered", "it is archived (DEEP_ARCHIVE_ACCESS) and has to be restored first", true, false },
        { "customer", "it is encrypted with a key that the customer keeps (SSE-C)", true, false },
        { "mfa", "its bucket lets versions be removed with MFA only", false, true },
    };

    [Theory]
    [MemberData(nameof(Obstacles))]
    public async Task F49_What_stands_in_the_way_is_told_by_listing_and_head_and_nothing_is_changed(string which, string why, bool unreadable, bool staysForDelete)
    {
        await using S3World world = await S3World.StartAsync(versioned: true);
        WireProperties properties = which switch
        {
            "locked" => new() { LockMode = "COMPLIANCE", RetainUntil = new DateTimeOffset(2031, 1, 2, 0, 0, 0, TimeSpan.Zero) },
            "hold" => new() { LegalHold = true },
            "glacier" => new() { StorageClass = "GLACIER" },
            "restoring" => new() { StorageClass = "DEEP_ARCHIVE", Restore = "ongoing-request=\"true\"" },
            "restored" => new() { StorageClass = "GLACIER", Restore = "ongoing-request=\"false\", expiry-date=\"Thu, 24 Dec 2026 00:00:00 GMT\"" },
            "tiered" => new() { StorageClass = "INTELLIGENT_TIERING", ArchiveStatus = "DEEP_ARCHIVE_ACCESS" },
            "customer" => new() { CustomerKey = "bWQ1" },
            _ => new(),
        };
        world.Lake.ObjectLock = which is "locked" or "hold";
        world.Lake.MfaDelete = which == "mfa";
        world.Put(properties);

        ObjectInfo info = await world.HeadAsync();
        Assert.Equal(why, info.Blocked);
        Assert.Equal(unreadable ? why : null, info.Unreadable);
        ObjectInfo listed = await world.Store.ListAsync("", null, Cancellation).SingleAsync(Cancellation);
        if (which != "customer")
            Assert.Equal(info, listed);
        await AssertRefusedAsync(world, why);
        if (unreadable)
            await Assert.ThrowsAsync<ObjectUnreadableException>(() => world.Store.OpenReadAsync(info, 0, Cancellation));
        if (!staysForDelete)
            return;
        StoreResult deleted = await world.Store.DeleteAsync(info, Cancellation);
        Assert.Equal((StoreOutcome.Blocked, why), (deleted.Outcome, deleted.Reason));
        Assert.Single(world.Server.Locked(() => world.Lake.Keys[S3World.Key]));
    }

    [Fact]
    public async Task F49_A_lock_that_is_over_blocks_nothing()
    {
        await using S3World world = await S3World.StartAsync(versioned: true);
        world.Lake.ObjectLock = true;
        world.Put(new WireProperties { LockMode = "GOVERNANCE", RetainUntil = new DateTimeOffset(2026, 11, 25, 9, 59, 0, TimeSpan.Zero) });
        ObjectInfo read = await world.HeadAsync();
        Assert.Null(read.Blocked);
        Assert.Equal(StoreOutcome.Done, (await world.RewriteAsync(read)).Outcome);
        Assert.Equal(StoreOutcome.Done, (await world.Store.DeleteAsync(read, Cancellation)).Outcome);
    }

    [Fact]
    public async Task F49_A_refusal_of_S3_is_told_as_one()
    {
        await using S3World world = await S3World.StartAsync(versioned: true);
        world.Put();
        ObjectInfo read = await world.HeadAsync();
        world.Server.Before = (operation, bucket, _) =>
        {
            if (operation is "CompleteMultipartUpload" or "DeleteObject" && bucket == world.Lab.LakeName)
                throw WireFault.Denied("no right to it");
        };
        Assert.Equal("S3 refuses it (AccessDenied)", (await world.RewriteAsync(read)).Reason);
        Assert.Equal(StoreOutcome.Blocked, (await world.Store.DeleteAsync(read, Cancellation)).Outcome);
        world.Server.Before = (operation, _, _) =>
        {
            if (operation is "HeadObject")
                throw WireFault.Denied("");
        };
        Assert.NotNull((await world.Store.HeadAsync(S3World.Key, Cancellation))!.Unreadable);
    }

    [Fact]
    public async Task F54_Replicas_are_named_as_out_of_reach()
    {
        await using S3World world = await S3World.StartAsync(versioned: true);
        world.Lake.ReplicaBuckets = ["arn:aws:s3:::acme-copy", "arn:aws:s3:::acme-far"];
        string[] copies = [.. (await S3ResidualCopies.ListAsync(world.Lab.Client, [world.Lab.StagingName, world.Lab.LakeName], world.Time, Cancellation)).Select(copy => copy.What)];
        Assert.Equal(3, copies.Length);
        Assert.Contains("acme-copy", copies[0], StringComparison.Ordinal);
        Assert.Contains("acme-far", copies[1], StringComparison.Ordinal);
        Assert.DoesNotContain(copies, copy => copy.Contains(world.Lab.StagingName, StringComparison.Ordinal));
    }

    private static async Task AssertRefusedAsync(S3World world, string why)
    {
        ObjectInfo read = await world.HeadAsync();
        foreach (string way in (string[])["splice", "replace"])
        {
            StoreResult result = await world.RewriteAsync(read, way);
            Assert.Equal(StoreOutcome.Blocked, result.Outcome);
            Assert.Contains(why, result.Reason, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(world.Server.Calls, call => call.Bucket == world.Lab.LakeName && call.Operation is "PutObject" or "CompleteMultipartUpload");
    }
}
