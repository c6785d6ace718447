using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Scenarios;

/// <summary>A metadata file goes with the object that it speaks of, and never without.</summary>
public sealed class SidecarTests
{
    [Fact]
    public async Task Sidecars_go_even_where_the_process_died_between_the_object_and_its_sidecar()
    {
        await using var world = new MemoryWorld(Docs("delete"));
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        bool died = false;
        world.Objects.OnStep = call => call is { Method: nameof(IObjectStore.DeleteAsync), Step: StoreStep.After, Key: "docs/a" } && !died && (died = true)
            ? throw new IOException("the answer was lost")
            : Task.CompletedTask;
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.True(died);
        Assert.Equal(RequestStatus.Certified, request.Status);
        Assert.Empty(world.Lake());
    }

    [Fact]
    public async Task A_sidecar_that_meanwhile_names_somebody_else_stays()
    {
        await using var world = new MemoryWorld(Docs("drop"));
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        world.Objects.OnStep = call =>
        {
            if (call is { Method: nameof(IObjectStore.ReplaceAsync), Step: StoreStep.After })
                world.Put("docs/a.meta.json", "{\"owner\":3}");
            return Task.CompletedTask;
        };
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal("{\"owner\":3}", world.Text("docs/a.meta.json"));
    }

    [Theory]
    [InlineData("delete", "block", false)]
    [InlineData("delete", "erase", false)]
    [InlineData("drop", "block", false)]
    [InlineData("drop", "erase", true)]
    public async Task A_sidecar_that_names_two_people_gives_neither_the_right_to_the_others_object(string erase, string shared, bool goes)
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml(
            "grace: 0", ScenarioWorld.Dataset("docs", "ndjson", $"subjects: [{{kind: customer, sidecar: '{{key}}.meta.json', field: owner}}], erase: {erase}, shared: {shared}")));
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":[2,3]}");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(goes ? RequestStatus.Certified : RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal(goes ? "" : "{\"t\":1}\n", world.Text("docs/a"));
        Assert.Equal(goes ? null : "{\"owner\":[2,3]}", world.Text("docs/a.meta.json"));
    }

    [Theory]
    [InlineData("delete", false)]
    [InlineData("delete", true)]
    [InlineData("drop", false)]
    public async Task A_sidecar_whose_object_is_not_there_is_an_exception_of_nobody_but_whom_it_names(string erase, bool versioned)
    {
        await using var world = new MemoryWorld(Docs(erase), versioned: versioned);
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":3}");
        // As one finds it while another request is between an object and its metadata file.
        world.Put("docs/b.meta.json", "{\"owner\":2}");

        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=3")).Status);

        ErasureRequest named = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, named.Status);
        BlockedObject exception = Assert.Single((await world.CertificateAsync(named.Id)).Exceptions);
        Assert.Equal(("docs/b.meta.json", "it is a metadata file whose object is not there"), (exception.Key, exception.Reason));
        Assert.Equal("{\"owner\":2}", world.Text("docs/b.meta.json"));
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("[")]
    public async Task A_sidecar_whose_object_is_not_there_and_that_cannot_be_read_is_an_exception_of_everybody(string content)
    {
        await using var world = new MemoryWorld(Docs("delete"));
        world.Put("docs/b.meta.json", content);
        ErasureRequest request = await world.EraseAsync("customer=3");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal("docs/b.meta.json", Assert.Single((await world.CertificateAsync(request.Id)).Exceptions).Key);
    }

    [Fact]
    public async Task A_sidecar_that_came_before_its_object_goes_with_it()
    {
        await using var world = new MemoryWorld(Docs("delete"));
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        await world.ReconcileAsync();
        world.Put("docs/a", "{\"t\":1}\n");
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.Empty(world.Lake());
        Assert.Empty(await world.FoundAsync("customer=2"));
    }

    [Fact]
    public async Task A_sidecar_that_was_indexed_while_its_object_came_and_went_is_found()
    {
        await using var world = new MemoryWorld(Docs("delete"));
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        int heads = 0;
        world.Objects.OnStep = call =>
        {
            // Not there for the first look, and there for the ones after it.
            if (call is { Method: nameof(IObjectStore.HeadAsync), Step: StoreStep.Before, Key: "docs/a.meta.json" } && heads++ == 0)
                world.Put("docs/a", "{\"t\":1}\n");
            return Task.CompletedTask;
        };
        await world.ReconcileAsync();
        Assert.True(heads > 0);
        world.Objects.OnStep = null;
        world.Remove("docs/a");
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal("docs/a.meta.json", Assert.Single((await world.CertificateAsync(request.Id)).Exceptions).Key);
    }

    [Theory]
    [InlineData("meta.json", "json")]
    [InlineData("json", "meta.json")]
    public async Task A_sidecar_whose_object_is_not_there_names_people_by_every_rule_that_its_name_fits(string first, string second)
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset(
            "docs", "ndjson", $"subjects: [{{kind: customer, sidecar: '{{key}}.{first}', field: one}}, {{kind: customer, sidecar: '{{key}}.{second}', field: two}}], erase: delete")));
        world.Put("docs/a.meta.json", "{\"one\":2,\"two\":3}");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, (await world.EraseAsync("customer=2")).Status);
        Assert.Equal(RequestStatus.CertifiedWithExceptions, (await world.EraseAsync("customer=3")).Status);
    }

    [Fact]
    public async Task A_sidecar_whose_object_goes_behind_the_listing_is_an_exception()
    {
        await using var world = new MemoryWorld(Docs("delete"));
        foreach (string name in new[] { "a", "z" })
        {
            world.Put($"docs/{name}", "{\"t\":1}\n");
            world.Put($"docs/{name}.meta.json", name == "a" ? "{\"owner\":2}" : "{\"owner\":3}");
        }
        bool came = false;
        world.Objects.OnStep = call =>
        {
            if (call is { Step: StoreStep.Before, Key: "docs/z", Method: nameof(IObjectStore.HeadAsync) } && !came && (came = true))
                world.Remove("docs/a");
            return Task.CompletedTask;
        };
        ErasureRequest request = await world.EraseAsync("customer=2");
        Assert.Equal(RequestStatus.CertifiedWithExceptions, request.Status);
        Assert.Equal("docs/a.meta.json", Assert.Single((await world.CertificateAsync(request.Id)).Exceptions).Key);
    }

    [Fact]
    public async Task A_sidecar_whose_object_is_not_there_and_that_somebody_removes_meanwhile_is_no_exception()
    {
        await using var world = new MemoryWorld(Docs("delete"));
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        world.Put("docs/b.meta.json", "{\"owner\":2}");
        bool came = false;
        world.BeforeFunction = (function, _) =>
        {
            if (function == "verify-erasure" && !came && (came = true))
                world.Remove("docs/b.meta.json");
            return Task.CompletedTask;
        };
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=2")).Status);
        Assert.True(came);
        Assert.Empty(world.Lake());
    }

    private static string Docs(string erase) => ScenarioWorld.Yaml(
        "grace: 0", ScenarioWorld.Dataset("docs", "ndjson", $"subjects: [{{kind: customer, sidecar: '{{key}}.meta.json', field: owner}}], erase: {erase}"));
}
