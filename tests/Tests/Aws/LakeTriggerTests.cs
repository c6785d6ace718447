using System.Text;
using System.Text.Json;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Functions;
using Limpid.Functions.Triggers;
using Limpid.Tests.InMemory;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Aws;

/// <summary>Faults 1 to 10 and 12 as events bring them: whatever comes in whatever envelope, the index is what the lake shows.</summary>
public sealed class LakeTriggerTests
{
    private const string Bucket = "lake";

    private static readonly string Yaml = ScenarioWorld.Yaml(
        "grace: 0", "{name: d, location: 's3://lake/d/', format: ndjson, approvers: [dpo@acme.example], subjects: [{kind: customer, field: id}], erase: drop}");

    public static TheoryData<string> Ways => Enveloped.Ways;

    public static TheoryData<string, string> WaysAndKeys
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string way in new[] { Enveloped.Bus, Enveloped.Notification, Enveloped.Queue, Enveloped.QueuedBus })
            {
                foreach (string name in new[] { "a b", "a+b", "%2B%20", "é", "e\u0301", "日本/x y+z%41&=?#.ndjson", "quote'\"\\" })
                    all.Add(way, name);
            }
            return all;
        }
    }

    private static CancellationToken Stop => ScenarioWorld.Stop;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task F01_F02_F03_F10_duplicates_orders_and_missing_sequencers_end_in_one_index(string way)
    {
        const int Seed = 12;
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        await using var world = new MemoryWorld(Yaml);
        string latest = "";
        for (int round = 0; round < 20; round++)
        {
            world.Put("s3://lake/d/a", $"{{\"id\":{round}}}\n");
            (string? Sequencer, string Type)[] events = [("00AE", "Object Created"), ("00B", "Object Created"), (null, "Object Tags Added"), ("00AF", "Object Deleted"), (null, "Object ACL Updated"), ("00AE", "Object Created")];
            random.Shuffle(events);
            foreach ((string? sequencer, string type) in events)
                await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", sequencer, type: type));
            ObjectRecord record = (await world.Ports.Index.GetAsync("s3://lake/d/a", "", Stop))!;
            Assert.Equal(record.Sequencer, Sequencer.Latest(latest, record.Sequencer));
            latest = record.Sequencer;
            Assert.Equal(["s3://lake/d/a"], await world.FoundAsync($"customer={round}"));
            if (round > 0)
                Assert.Empty(await world.FoundAsync($"customer={round - 1}"));
        }
        Assert.Equal("00B", latest);
    }

    [Fact]
    public async Task F04_what_no_event_told_of_is_found_by_a_listing()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("s3://lake/d/told", "{\"id\":1}\n");
        world.Put("s3://lake/d/lost", "{\"id\":1}\n");
        await SendAsync(world.Ports, Enveloped.Event(Enveloped.Bus, Bucket, "d/told", "01"));
        Assert.Equal(["s3://lake/d/told"], await world.FoundAsync("customer=1"));
        await world.ReconcileAsync();
        Assert.Equal(["s3://lake/d/lost", "s3://lake/d/told"], await world.FoundAsync("customer=1"));
    }

    [Theory]
    [MemberData(nameof(WaysAndKeys))]
    public async Task F05_a_key_is_decoded_exactly_once_if_its_envelope_encodes_it(string way, string name)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("s3://lake/d/" + name, "{\"id\":1}\n");
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/" + name, "01"));
        Assert.Equal(["s3://lake/d/" + name], await world.FoundAsync("customer=1"));
    }

    [Fact]
    public async Task F06_a_test_event_is_dropped_and_only_what_is_foreign_comes_again()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("s3://lake/d/a", "{\"id\":1}\n");
        string[] foreign = ["", "Message Body", "[]", "null", "{}", """{"Records":[]}""", """{"Records":[{"eventSource":"aws:dynamodb"}]}""", """{"Records":[{"eventSource":"aws:s3"}]}""", """{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}""", """{"detail-type":"Object Created","source":"aws.s3"}"""];
        JsonElement answer = await SendAsync(world.Ports, Enveloped.Batch(
            [("test", Enveloped.TestEvent), .. foreign.Select((body, i) => ($"foreign-{i}", body)), ("good", Enveloped.OfS3(Bucket, "d/a"))]));
        Assert.Equal(foreign.Select((_, i) => $"foreign-{i}"), Failed(answer));
        Assert.Equal(["s3://lake/d/a"], await world.FoundAsync("customer=1"));
    }

    [Fact]
    public async Task F06_a_test_event_that_S3_sends_to_the_function_itself_is_dropped()
    {
        await using var world = new MemoryWorld(Yaml);
        Assert.Equal("""{"outcomes":[]}""", (await SendAsync(world.Ports, Enveloped.TestEvent)).GetRawText());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task F07_own_writes_are_recognised_and_nothing_is_written_because_of_them(string way)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("s3://lake/d/a", "{\"id\":1}\n{\"id\":2}\n");
        Assert.Equal(Core.Erasure.RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        string record = (await world.Ports.Index.GetAsync("s3://lake/d/a", "", Stop))!.ToString();
        int replaced = world.Objects.Calls("ReplaceAsync");
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a"));
        Assert.Equal(record, (await world.Ports.Index.GetAsync("s3://lake/d/a", "", Stop))!.ToString());
        Assert.Equal(replaced, world.Objects.Calls("ReplaceAsync"));
    }

    [Theory]
    [InlineData(Enveloped.Bus)]
    [InlineData(Enveloped.Queue)]
    public async Task F08_what_a_lifecycle_rule_deletes_leaves_the_index(string way)
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("s3://lake/d/a", "{\"id\":1}\n");
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", "01"));
        world.Remove("s3://lake/d/a");
        // S3 says LifecycleExpiration:Delete, EventBridge has the reason in the event; neither matters, the store is asked.
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", "02", type: "Object Deleted").Replace("ObjectCreated:Put", "LifecycleExpiration:Delete", StringComparison.Ordinal).Replace("\"PutObject\"", "\"Lifecycle Expiration\"", StringComparison.Ordinal));
        Assert.Empty(await world.FoundAsync("customer=1"));
        Assert.Equal(RecordState.Deleted, (await world.Ports.Index.GetAsync("s3://lake/d/a", "", Stop))!.State);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task F09_a_marker_keeps_the_versions_below_it_and_a_permanent_delete_removes_one(string way)
    {
        await using var world = new MemoryWorld(Yaml);
        var store = new MemoryStore(world.Clock, versioned: true);
        world.Intercept(ports => ports with { Objects = store });
        string first = store.Put("s3://lake/d/a", "{\"id\":1}\n"u8);
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", "01", first));
        string second = store.Put("s3://lake/d/a", "{\"id\":2}\n"u8);
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", "02", second));
        store.Remove("s3://lake/d/a");
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", "03", "v-marker", "Object Deleted"));
        Assert.Equal(["s3://lake/d/a"], await world.FoundAsync("customer=1"));
        Assert.Equal(["s3://lake/d/a"], await world.FoundAsync("customer=2"));

        foreach ((string version, string gone) in new[] { (first, "customer=1"), (second, "customer=2") })
        {
            ObjectInfo info = await store.ListAsync("s3://lake/d/a", null, Stop).FirstAsync(i => i.Version == version, Stop);
            Assert.Equal(StoreOutcome.Done, (await store.DeleteAsync(info, Stop)).Outcome);
            await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", "04", version, "Object Deleted"));
            Assert.Empty(await world.FoundAsync(gone));
        }
        // Late and once more, the creations bring nothing back.
        await SendAsync(world.Ports, Enveloped.Event(way, Bucket, "d/a", "01", first));
        Assert.Empty(await world.FoundAsync("customer=1"));
    }

    [Fact]
    public async Task F09_the_version_without_an_id_stays_below_a_marker()
    {
        await using var world = new MemoryWorld(Yaml);
        world.Put("s3://lake/d/a", "{\"id\":1}\n");
        await SendAsync(world.Ports, Enveloped.Event(Enveloped.Bus, Bucket, "d/a", "01"));
        world.Intercept(ports => ports with { Objects = new BelowAMarker(ports.Objects) });
        await SendAsync(world.Ports, Enveloped.Event(Enveloped.Bus, Bucket, "d/a", "02", "v-marker", "Object Deleted"));
        Assert.Equal(["s3://lake/d/a"], await world.FoundAsync("customer=1"));
        world.Remove("s3://lake/d/a");
        await SendAsync(world.Ports, Enveloped.Event(Enveloped.Bus, Bucket, "d/a", "03", "null", "Object Deleted"));
        Assert.Empty(await world.FoundAsync("customer=1"));
    }

    [Fact]
    public async Task F12_exactly_the_messages_that_failed_come_again()
    {
        const int Seed = 3;
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        for (int round = 0; round < 100; round++)
        {
            await using var world = new MemoryWorld(Yaml);
            var bad = new HashSet<string>();
            world.Objects.OnStep = call => bad.Contains(call.Key) ? throw new IOException("S3 is away") : Task.CompletedTask;
            var messages = new List<(string Id, string Body)>();
            var failing = new List<string>();
            for (int i = random.Next(11); i > 0; i--)
            {
                string id = $"message-{i}", key = $"d/{i}";
                world.Objects.Put($"s3://lake/{key}", Encoding.UTF8.GetBytes($"{{\"id\":{i}}}\n"));
                int kind = random.Next(4);
                if (kind == 0)
                    bad.Add($"s3://lake/{key}");
                if (kind <= 1)
                    failing.Add(id);
                messages.Add((id, kind == 1 ? "no event" : Enveloped.OfS3(Bucket, key)));
            }
            if (messages.Count == 0)
                continue;
            Assert.Equal(failing, Failed(await SendAsync(world.Ports, Enveloped.Batch([.. messages]))));
            foreach ((string id, _) in messages)
            {
                string person = id["message-".Length..];
                Assert.Equal(failing.Contains(id) ? [] : [$"s3://lake/d/{person}"], await world.FoundAsync($"customer={person}"));
            }
        }
    }

    [Fact]
    public async Task F12_a_message_without_an_id_brings_the_whole_batch_again()
    {
        await using var world = new MemoryWorld(Yaml);
        string batch = Enveloped.Batch(("m", Enveloped.OfS3(Bucket, "d/a"))).Replace("\"messageId\":\"m\",", "", StringComparison.Ordinal);
        await Assert.ThrowsAsync<BadEventException>(() => SendAsync(world.Ports, batch));
    }

    [Fact]
    public async Task F12_what_the_deadline_leaves_over_comes_again()
    {
        await using var world = new MemoryWorld(Yaml);
        using var deadline = new CancellationTokenSource();
        world.Objects.Put("s3://lake/d/1", "{\"id\":1}\n"u8);
        world.Objects.Put("s3://lake/d/2", "{\"id\":2}\n"u8);
        world.Objects.OnStep = call =>
        {
            if (call.Key == "s3://lake/d/2")
                deadline.Cancel();
            deadline.Token.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        };
        JsonElement answer = await SendAsync(
            world.Ports, Enveloped.Batch(("m1", Enveloped.OfS3(Bucket, "d/1")), ("m2", Enveloped.OfS3(Bucket, "d/2")), ("m3", Enveloped.OfS3(Bucket, "d/3"))), deadline.Token);
        Assert.Equal(["m2", "m3"], Failed(answer));
    }

    [Fact]
    public async Task What_failed_is_logged_by_its_kind_and_names_no_object()
    {
        await using var world = new MemoryWorld(Yaml);
        var lines = new List<string>();
        world.Objects.OnStep = call => throw new IOException($"{call.Key} could not be read");
        await SendAsync(world.Ports with { Log = lines.Add }, Enveloped.Batch(("m1", Enveloped.OfS3(Bucket, "d/somebody"))));
        Assert.Equal(["message m1 comes again: IOException"], lines);
    }

    private static async Task<JsonElement> SendAsync(Ports ports, string payload, CancellationToken? cancellation = null)
    {
        ReadOnlyMemory<byte> answer = await new LakeTrigger(ports).HandleAsync(Encoding.UTF8.GetBytes(payload), cancellation ?? Stop);
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.Clone();
    }

    private static string[] Failed(JsonElement answer) =>
        [.. answer.GetProperty("batchItemFailures").EnumerateArray().Select(f => f.GetProperty("itemIdentifier").GetString()!)];

    /// <summary>A bucket whose versions began after its objects: a marker stands on all of them.</summary>
    private sealed class BelowAMarker(IObjectStore inner) : IObjectStore
    {
        public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation) => Task.FromResult<ObjectInfo?>(null);

        public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation) => inner.ListAsync(prefix, after, cancellation);

        public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation) => inner.OpenReadAsync(read, offset, cancellation);

        public Task<StoreResult> ReplaceAsync(
            ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
            inner.ReplaceAsync(read, write, prove, cancellation);

        public Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation) => inner.DeleteAsync(read, cancellation);

        public Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) =>
            inner.CreateAsync(key, write, cancellation);
    }
}
