using System.Text;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Erasure;
using Limpid.Tests.Adapters;
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
    public async Task Who_comes_back_is_told_of_with_the_next_request()
    {
        await using AwsWorld world = await OpenAsync(Reviews());
        world.Put(Key, Row(1) + Row(2));
        await world.EraseAsync("customer=2");
        world.Clock.Advance(TimeSpan.FromDays(1));
        world.Put("reviews/back.ndjson", Row(2) + Row(3));
        await FollowAsync(world, "reviews/back.ndjson");
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=3")).Status);
        Assert.Contains(world.Mails(), m => m.Text.Contains("reviews/back.ndjson", StringComparison.Ordinal));
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
