using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Tests.Aws;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>A person whom an object's tag names: tags change without the object, and no write is conditional on them.</summary>
public sealed class TagTests
{
    private const string Key = "s3://lake/d/photo";

    private static readonly Dictionary<string, string> Fifteen = new() { ["customer-id"] = "15", ["other"] = "16" };
    private static readonly Dictionary<string, string> Sixteen = new() { ["customer-id"] = "16" };

    [Theory]
    [MemberData(nameof(Enveloped.Ways), MemberType = typeof(Enveloped))]
    public async Task A_tagging_event_moves_the_object_to_whom_its_tag_names_now(string way)
    {
        await using MemoryWorld world = Open("drop");
        world.Put(Key, "{}\n");
        await SendAsync(world, way, "Object Created");
        Assert.Empty(await world.FoundAsync("customer=15"));

        world.Objects.Tag(Key, Fifteen);
        await SendAsync(world, way, "Object Tags Added");
        Assert.Equal([Key], await world.FoundAsync("customer=15"));
        Assert.Empty(await world.FoundAsync("customer=16"));

        world.Objects.Tag(Key, Sixteen);
        await SendAsync(world, way, "Object Tags Added");
        Assert.Empty(await world.FoundAsync("customer=15"));
        Assert.Equal([Key], await world.FoundAsync("customer=16"));

        world.Objects.Tag(Key, new Dictionary<string, string> { ["customer-id"] = "" });
        await SendAsync(world, way, "Object Tags Deleted");
        Assert.Empty(await world.FoundAsync("customer=16"));
    }

    [Fact]
    public async Task F04_A_tag_whose_event_was_lost_is_found_by_the_listing()
    {
        await using MemoryWorld world = Open("delete");
        world.Put(Key, "{}\n");
        await SendAsync(world, Enveloped.Bus, "Object Created");
        world.Objects.Tag(Key, Fifteen);
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=15")).Status);
        Assert.Empty(world.Lake());
    }

    [Fact]
    public async Task An_object_whose_tag_meanwhile_names_somebody_else_stays()
    {
        await using MemoryWorld world = Open("delete");
        world.Put(Key, "{}\n");
        world.Objects.Tag(Key, Fifteen);
        bool planned = false;
        world.Objects.OnStep = call =>
        {
            if (planned || call is not { Method: nameof(IObjectStore.OpenReadAsync), Step: StoreStep.After })
                return Task.CompletedTask;
            // Not the indexer's reading but the planner's.
            planned = world.Objects.Calls(nameof(IObjectStore.OpenReadAsync)) > 1;
            if (planned)
                world.Objects.Tag(Key, Sixteen);
            return Task.CompletedTask;
        };
        await world.EraseAsync("customer=15");
        Assert.True(planned);
        Assert.Equal([Key], world.Lake().Keys);
    }

    [Theory]
    [InlineData("delete", nameof(IObjectStore.RemoveAsync))]
    [InlineData("drop", nameof(IObjectStore.ReplaceAsync))]
    public async Task F43_An_object_that_is_retagged_while_it_is_erased_stays_as_it_is(string erase, string method)
    {
        await using MemoryWorld world = Open(erase, versioned: true);
        world.Put(Key, "{\"a\":1}\n");
        world.Objects.Tag(Key, Fifteen);
        bool isRetagged = false;
        world.Objects.OnStep = call =>
        {
            // The last moment before the marker; before the rewrite is proven.
            if (call.Method == method && call.Step == (erase == "delete" ? StoreStep.Proven : StoreStep.Written) && !isRetagged && (isRetagged = true))
                world.Objects.Tag(Key, Sixteen);
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=15");
        Assert.True(isRetagged);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Equal("{\"a\":1}\n", world.Text(Key));
        Assert.Single(world.Objects.Versions(Key));
        Assert.Equal([Key], await world.FoundAsync("customer=16"));
    }

    [Fact]
    public async Task A_tag_that_stays_is_an_exception_where_only_rows_are_dropped()
    {
        await using MemoryWorld world = Open("drop");
        world.Put(Key, "{\"a\":1}\n");
        world.Objects.Tag(Key, Fifteen);
        ErasureRequest request = await world.EraseAsync("customer=15");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Contains("its name or tag still names the person", (await world.CertificateAsync(request.Id)).Exceptions[0].Reason, StringComparison.Ordinal);
        Assert.Equal("", world.Text(Key));
    }

    [Fact]
    public async Task Tags_that_are_refused_are_an_exception()
    {
        await using MemoryWorld world = Open("delete");
        world.Put(Key, "{}\n");
        world.Objects.Tag(Key, null);
        ErasureRequest request = await world.EraseAsync("customer=15");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Contains("tags can't be read", (await world.CertificateAsync(request.Id)).Exceptions[0].Reason, StringComparison.Ordinal);
        Assert.Equal([Key], world.Lake().Keys);
    }

    private static MemoryWorld Open(string erase, bool versioned = false) => new(ScenarioWorld.Yaml(
        "grace: 0", $"{{name: d, location: 's3://lake/d/', format: ndjson, approvers: [dpo@acme.example], subjects: [{{kind: customer, tag: customer-id}}], erase: {erase}}}"), versioned: versioned);

    private static async Task SendAsync(MemoryWorld world, string way, string type) =>
        await Functions.FunctionTable.Named("follow-lake").Build(world.Ports)(Encoding.UTF8.GetBytes(Enveloped.Event(way, "lake", "d/photo", null, type: type)), ScenarioWorld.Stop);
}
