using System.Text;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Tests.Adapters;
using Limpid.Tests.Aws;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Scenarios;

/// <summary>What the functions do on AWS now and then alone: what the other scenarios don't come by.</summary>
[Collection(Processes.Name)]
public sealed class AwsRareWays(Dynalite dynalite) : IClassFixture<Dynalite>
{
    private const string Key = "reviews/a.ndjson";

    private static CancellationToken Stop => ScenarioWorld.Stop;

    private static string Reviews(string erase = "drop") =>
        ScenarioWorld.Dataset("reviews", "ndjson", $"subjects: [{{kind: customer, field: CustomerId}}], erase: {erase}");

    private static string Row(int customer, string text = "x") => $"{{\"CustomerId\":{customer},\"Text\":\"{text}\"}}\n";

    [Fact]
    public async Task Events_keep_the_index_of_few_and_of_many_people_and_of_tags()
    {
        await using AwsWorld world = await OpenAsync(
            Reviews(), ScenarioWorld.Dataset("photos", "ndjson", "subjects: [{kind: customer, tag: customer-id}], erase: delete"),
            ScenarioWorld.Dataset("docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete"),
            ScenarioWorld.Dataset("letters", "ndjson", "subjects: [{kind: customer, fileName: '^(?<id>[^-]+)-'}], erase: delete"));
        foreach (int people in new[] { 2, 40, 3, 60, 61 })
        {
            world.Put(Key, string.Concat(Enumerable.Range(0, people).Select(i => Row(i))));
            await FollowAsync(world, Key);
            Assert.Equal([Key], await world.FoundAsync($"customer={people - 1}"));
            Assert.Empty(await world.FoundAsync($"customer={people}"));
        }
        world.Remove(Key);
        await FollowAsync(world, Key);
        Assert.Empty(await world.FoundAsync("customer=1"));

        world.Put("photos/p", "{}\n");
        world.S3.Tag("photos/p", "customer-id", "15");
        await FollowAsync(world, "photos/p");
        world.Put("docs/d", "{}\n");
        world.Put("docs/d.meta.json", "{\"owner\":15}");
        await FollowAsync(world, "docs/d.meta.json");
        world.Put("letters/15-x", "{}\n");
        await FollowAsync(world, "letters/15-x");
        Assert.Equal(3, (await world.FoundAsync("customer=15")).Length);
    }

    [Fact]
    public async Task A_request_that_one_of_two_has_answered_reminds_is_extended_and_ends_well()
    {
        await using AwsWorld world = await OpenAsync(
            Reviews(), $"{{name: orders, location: orders/, format: ndjson, approvers: [{ScenarioWorld.Crm}], subjects: [{{kind: customer, field: CustomerId}}], erase: drop}}");
        world.Put(Key, Row(1) + Row(2));
        world.Put("orders/a.ndjson", Row(1) + Row(2));
        world.Decides = question => question.Person == ScenarioWorld.Crm ? ("approve", "") : null;
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        Assert.NotNull((await world.AsAsync("extend-erasure", ports => new ExtendErasure(ports).HandleAsync(
            new ExtendInput(id, "three systems have to be searched", ScenarioWorld.Requester, null), Stop))).Due);
        await world.AnswerAsync();
        int before = world.Mails().Count;
        for (int day = 0; day < 10; day++)
        {
            world.Clock.Advance(TimeSpan.FromDays(1));
            await world.RunAsync();
        }
        Assert.True(world.Mails().Count > before, "nobody was reminded");
        world.Decides = _ => ("approve", "");
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
    }

    [Fact]
    public async Task A_request_whose_steps_keep_failing_says_so_after_the_plan_and_before_it()
    {
        foreach (string step in new[] { "count-outcomes", "reconcile-lake" })
        {
            await using AwsWorld world = await OpenAsync(Reviews());
            world.Put(Key, Row(1) + Row(2));
            world.FailsBefore = function => function == step;
            Assert.Equal(RequestStatus.Failed, (await world.EraseAsync("customer=2")).Status);
            Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Operator);
        }
    }

    [Fact]
    public async Task A_request_whose_workflow_was_stopped_by_hand_is_ended_by_the_event_of_it()
    {
        await using AwsWorld world = await OpenAsync(Reviews());
        world.Put(Key, Row(1) + Row(2));
        string id = await world.SubmitAsync("customer=2");
        await world.RunAsync();
        await world.Runner.StopAsync("purge", id, "Operator.Stopped", "by hand", Stop);
        await world.RunAsync();
        await world.CallAsync("fail-erasure", ExecutionEventTests.Of(id, "ABORTED", error: "Operator.Stopped"));
        Assert.Equal(RequestStatus.Failed, (await world.RequestAsync(id)).Status);
        Assert.Contains(world.Mails(), m => m.To == ScenarioWorld.Requester);
    }

    [Fact]
    public async Task What_broke_behind_the_certificate_is_finished_by_failing()
    {
        await using AwsWorld world = await AwsWorld.StartAsync(ScenarioWorld.Yaml("grace: 0", Reviews()), dynalite, around: (function, ports) => function == "certify-erasure"
            ? ports with { State = new Unclosed(ports.State) }
            : ports);
        world.Put(Key, Row(1) + Row(2));
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal(Row(1), world.Text(Key));
    }

    [Fact]
    public async Task A_script_decides_for_a_person_who_is_known_to_be_there()
    {
        await using AwsWorld world = await AwsWorld.StartAsync(ScenarioWorld.Yaml("grace: 0\nunattended: true", Reviews()), dynalite);
        world.Put(Key, string.Concat(Enumerable.Range(0, 40).Select(i => Row(i))));
        world.Put("reviews/b.ndjson", Row(2));
        await world.ReconcileAsync();
        SubmitInput input = ScenarioWorld.Asking("customer=2") with { ApproveAs = ScenarioWorld.Dpo };
        string id = await world.SubmitAsync(input);
        Assert.Equal(RequestStatus.Certified, (await world.FinishAsync(id)).Status);
    }

    [Fact]
    public async Task Objects_of_many_people_are_overwritten_before_they_are_listed_and_before_they_are_verified()
    {
        await using AwsWorld world = await OpenAsync(Reviews(), ScenarioWorld.Dataset("photos", "ndjson", "subjects: [{kind: customer, tag: customer-id}], erase: delete"));
        world.Put("photos/p", "{}\n");
        world.S3.Tag("photos/p", "customer-id", "15");
        for (int people = 40; people < 42; people++)
        {
            world.Put(Key, string.Concat(Enumerable.Range(0, people).Select(i => Row(i))));
            await world.ReconcileAsync();
        }
        bool isWritten = false;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "verify-erasure" && !isWritten)
            {
                isWritten = true;
                world.Put(Key, string.Concat(Enumerable.Range(16, 45).Select(i => Row(i))));
                world.Put("photos/p", "{}\n");
                world.S3.Tag("photos/p", "customer-id", "16");
            }
            return Task.CompletedTask;
        };
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=15")).Status);
        Assert.Empty(await world.FoundAsync("customer=15"));
        Assert.Equal(["photos/p", Key], await world.FoundAsync("customer=16"));
    }

    [Fact]
    public async Task F48_tags_and_ACL_that_change_while_a_version_is_written_are_those_of_the_new_one()
    {
        await using AwsWorld world = await AwsWorld.StartAsync(ScenarioWorld.Yaml("grace: 0", Reviews()), dynalite, versioned: true);
        WireServerIsNeeded(world);
        Put(world, 30_000);
        bool isChanged = false;
        world.S3.Server!.Before = (operation, bucket, _) =>
        {
            if (operation != "CompleteMultipartUpload" || bucket != world.S3.LakeName || isChanged)
                return;
            isChanged = true;
            world.S3.Server.Locked(() =>
            {
                WireProperties properties = world.S3.Lake.Top(Key)!.Properties;
                properties.Tags = [("team", "another")];
                properties.Grants = [new WireGrant(WireBucket.OwnerId, "FULL_CONTROL"), new WireGrant("0ther", "WRITE_ACP")];
                return true;
            });
        };
        await world.EraseAsync("customer=-7");
        Assert.True(isChanged);
        Assert.Equal([("team", "another")], Top(world).Properties.Tags);
        Assert.Contains(new WireGrant("0ther", "WRITE_ACP"), Top(world).Properties.Grants);
    }

    [Fact]
    public async Task F48_tags_that_somebody_gave_the_new_version_already_are_not_overwritten_by_those_of_the_old_one()
    {
        await using AwsWorld world = await AwsWorld.StartAsync(ScenarioWorld.Yaml("grace: 0", Reviews()), dynalite, versioned: true);
        WireServerIsNeeded(world);
        Put(world, 10);
        int step = 0;
        world.S3.Server!.Before = (operation, bucket, _) =>
        {
            // The old version's tags change in the last moment, and the new one's as soon as it is there.
            if (bucket != world.S3.LakeName || (step, operation) is not ((0, "PutObject") or (1, "HeadObject")))
                return;
            step++;
            world.S3.Server.Locked(() => world.S3.Lake.Top(Key)!.Properties.Tags = [("team", step == 1 ? "another" : "a rival's")]);
        };
        await world.EraseAsync("customer=-7");
        Assert.Equal(2, step);
        Assert.Equal([("team", "a rival's")], Top(world).Properties.Tags);
    }

    [Fact]
    public async Task F43_a_large_object_that_is_retagged_while_it_is_copied_stays_as_it_is()
    {
        await using AwsWorld world = await OpenAsync(ScenarioWorld.Dataset("photos", "ndjson", "subjects: [{kind: customer, tag: customer-id}], erase: blank"));
        WireServerIsNeeded(world);
        string content = string.Concat(Enumerable.Range(0, 900).Select(i => $"{{\"t\":{i},\"s\":\"{new string('s', 20_000)}\"}}\n"));
        world.Put("photos/p", content);
        world.S3.Tag("photos/p", "customer-id", "15");
        bool isRetagged = false;
        world.S3.Server!.Before = (operation, bucket, _) =>
        {
            if (operation == "UploadPartCopy" && bucket == world.S3.LakeName && !isRetagged && (isRetagged = true))
                world.S3.Server.Locked(() => world.S3.Lake.Top("photos/p")!.Properties.Tags = [("customer-id", "16")]);
        };
        await world.EraseAsync("customer=15");
        Assert.True(isRetagged);
        Assert.Equal(content, world.Text("photos/p"));
        Assert.Equal(["photos/p"], await world.FoundAsync("customer=16"));
    }

    // Whoever indexes an object with an erased person in it looks the person up, in objects of many people too.
    [Fact]
    public async Task F55_who_comes_back_is_told_of_whoever_comes_by_it()
    {
        await using AwsWorld world = await OpenAsync(Reviews());
        world.Put("reviews/many.ndjson", string.Concat(Enumerable.Range(100, 40).Select(i => Row(i))));
        world.Put(Key, Row(1) + Row(2));
        await world.EraseAsync("customer=2");
        world.Clock.Advance(TimeSpan.FromDays(1));
        world.Put("reviews/event.ndjson", Row(2) + Row(3));
        await FollowAsync(world, "reviews/event.ndjson");
        world.Put("reviews/listed.ndjson", Row(2) + Row(3));
        bool isWritten = false;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "verify-erasure" && !isWritten)
                world.Put("reviews/event.ndjson", Row(2) + Row(4));
            isWritten |= function == "verify-erasure";
            return Task.CompletedTask;
        };
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=3")).Status);
        Assert.Contains(world.Mails(), m => m.Text.Contains("reviews/event.ndjson", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("drop", 10)]
    [InlineData("blank", 10)]
    [InlineData("blank", 200_000)]
    public async Task F48_tags_and_ACL_survive_small_and_large_rewrites(string erase, int rows)
    {
        await using AwsWorld world = await OpenAsync(Reviews(erase));
        WireServerIsNeeded(world);
        Put(world, rows);
        WireVersion before = Top(world);
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=-7")).Status);
        WireVersion after = Top(world);
        Assert.NotEqual(before.ETag, after.ETag);
        Assert.Equal(before.Properties.Tags, after.Properties.Tags);
        Assert.Equal(before.Properties.Grants, after.Properties.Grants);
    }

    // 6 MB and a person in the middle: a splice. Of a function that is killed at any request to S3 no part stays in the lake; what it leaves in the
    // staging bucket is the next rewrite's to remove, or that of a lifecycle rule.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task F16_killed_at_any_request_to_S3_a_rewrite_is_completed_by_the_next_try(int part)
    {
        const int Parts = 3, Step = 6, Most = 200;
        int at = part + 1;
        for (; at < Most; at += Parts * Step / 2)
        {
            await using AwsWorld world = await OpenAsync(Reviews("blank"));
            WireServerIsNeeded(world);
            string content = Put(world, 30_000);
            int requests = 0;
            bool dead = false, died = false, erasing = false;
            world.S3.Server!.Before = (_, bucket, _) =>
            {
                // The runner reads and writes evidence, and lives on.
                if (bucket != world.S3.LakeName && bucket != world.S3.StagingName)
                    return;
                if (erasing && !died && ++requests == at)
                    dead = died = true;
                if (dead)
                    throw new WireFault(418, "Dead", "the process is dead");
            };
            world.BeforeFunction = (function, _) =>
            {
                if (dead)
                    world.Clock.Advance(TimeSpan.FromHours(2));
                (dead, erasing) = (false, function == "erase-rows");
                return Task.CompletedTask;
            };
            ErasureRequest request = await world.EraseAsync("customer=-7");
            world.S3.Server.Before = null;
            Assert.Equal(RequestStatus.Certified, request.Status);
            Assert.Equal(content.Replace(Row(-7, Text), "{}".PadRight(Row(-7, Text).Length - 1) + "\n", StringComparison.Ordinal), world.Text(Key));
            Assert.DoesNotContain(world.S3.Server.Locked(() => world.S3.Lake.Uploads.Values.ToList()), upload => upload.Parts.Count > 0);
            if (!died)
                break;
        }
        Assert.InRange(at, 20, Most - 1);
    }

    private const string Text = "of whom nothing is to stay";

    private Task<AwsWorld> OpenAsync(params string[] datasets) => AwsWorld.StartAsync(ScenarioWorld.Yaml("grace: 0", datasets), dynalite);

    private static Task<JsonElement> FollowAsync(AwsWorld world, string key) => world.CallAsync("follow-lake", $$"""{"key":"{{key}}","sequencer":""}""");

    private static void WireServerIsNeeded(AwsWorld world) => Assert.SkipUnless(world.S3.Server is not null, "this looks into the S3 of the tests");

    private static string Put(AwsWorld world, int rows)
    {
        string filling = new('t', 200);
        string content = string.Concat(Enumerable.Range(0, rows).Select(i => i == rows / 2 ? Row(-7, Text) : Row(i, filling)));
        world.S3.Server!.Locked(() => world.S3.Lake.Put(Key, WireContent.Of(Encoding.UTF8.GetBytes(content)), new WireProperties
        {
            Tags = [("team", "reviews")],
            Grants = [new WireGrant(WireBucket.OwnerId, "FULL_CONTROL"), new WireGrant("0ther", "READ")],
        }, null, null));
        return content;
    }

    private static WireVersion Top(AwsWorld world) => world.S3.Server!.Locked(() => world.S3.Lake.Top(Key)!);

    /// <summary>A state in which no request is closed.</summary>
    private sealed class Unclosed(IStateTable inner) : IStateTable
    {
        public Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation) => inner.GetAsync(partition, sort, cancellation);

        public IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, CancellationToken cancellation) => inner.QueryAsync(partition, sortPrefix, cancellation);

        public Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation) =>
            item.Partition == "audit/lake" ? throw new IOException("the state is away") : inner.TryPutAsync(item, cancellation);

        public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation) => inner.TryDeleteAsync(partition, sort, version, cancellation);
    }
}
