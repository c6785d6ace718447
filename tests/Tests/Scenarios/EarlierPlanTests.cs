using System.Text;
using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;
using Limpid.Functions;

namespace Limpid.Tests.Scenarios;

/// <summary>A plan that waited for its approval while a new version was deployed.</summary>
public sealed class EarlierPlanTests
{
    // By the subject secret of the worlds in memory, over the rows below.
    private const string RowsDigest = "1f3532f74682e1adf04d35adcabfb7bd91aa359dc70fdcbd04f6700a9e45636e", OthersDigest = "3bdd2acd61af9df1f0796fa088268b0d81d50a05bb39d20f40cba7ac8b88da87";
    private const string TextDigest = "fa487bcfdac392b53e38e123f92e754ddc6db51719cb1e02caee5359ec186056", NoRowsDigest = "4f7beb453da6ac9f356e8080ef7c64db923cc430589c6c9ac968653719a74374";

    [Fact]
    public async Task F28_A_plan_of_the_version_before_is_carried_out()
    {
        await using var world = new MemoryWorld(ScenarioWorld.Yaml(
            "grace: 0",
            ScenarioWorld.Dataset("reviews", "ndjson", "subjects: [{kind: customer, field: CustomerId}], erase: drop"),
            ScenarioWorld.Dataset("docs", "ndjson", "subjects: [{kind: customer, sidecar: '{key}.meta.json', field: owner}], erase: delete")), parallelTasks: 1, versioned: true);
        world.Put("reviews/15", "{\"CustomerId\":2,\"Text\":\"x\"}\n{\"CustomerId\":4,\"Text\":\"x\"}\n");
        world.Put("reviews/15", "{\"CustomerId\":2,\"Text\":\"x\"}\n{\"CustomerId\":1,\"Text\":\"x\"}\n");
        world.Put("docs/a", "{\"t\":1}\n");
        world.Put("docs/a.meta.json", "{\"owner\":2,\"v\":1}");
        world.Put("docs/a.meta.json", "{\"owner\":2}");
        string id = await world.SubmitAsync("customer=2");
        Store(world, id, await ItemsAsync(world));
        // The object's own item comes after the old version of its metadata file, which was an item of its own.
        bool isObject = false, hasFailed = false;
        world.BeforeFunction = (function, payload) =>
        {
            isObject = function == "erase-rows" && payload.Contains("\"item\":1", StringComparison.Ordinal);
            return Task.CompletedTask;
        };
        world.FailsBefore = _ => isObject && !hasFailed && (hasFailed = true);

        ErasureRequest request = await world.FinishAsync(id);

        Assert.True(hasFailed);
        Assert.Equal((RequestStatus.Certified, null), (request.Status, request.Reason));
        Assert.Equal(["reviews/15"], world.Objects.Keys());
        Assert.Equal(["{\"CustomerId\":1,\"Text\":\"x\"}\n"], await VersionedWorlds.ContentsAsync(world, "reviews/15"));
        List<ItemOutcome> outcomes = await world.OutcomesAsync(id);
        Assert.Equal(
            [(ItemStatus.Erased, null), (ItemStatus.Changed, "the second pass found the person in an old version of its metadata file"), (ItemStatus.Changed, "it goes with the object that it speaks of")],
            outcomes.Select(o => (o.Status, o.Reason)));
        Certificate certificate = await world.CertificateAsync(id);
        Assert.Equal((3, 3), (certificate.Plans.Count, certificate.RowsErased));
    }

    private static async Task<string> ItemsAsync(MemoryWorld world)
    {
        List<ObjectInfo> reviews = await VersionedWorlds.VersionsAsync(world, "reviews/15"), docs = await VersionedWorlds.VersionsAsync(world, "docs/a"),
            sidecars = await VersionedWorlds.VersionsAsync(world, "docs/a.meta.json");
        return $$"""
            {"number":0,"dataset":"reviews","object":"reviews/15","version":"{{reviews[0].Version}}","eTag":"{{reviews[0].ETag}}","erase":"drop","old":[{"version":"{{reviews[1].Version}}","eTag":"{{reviews[1].ETag}}","size":56,"rows":1,"rowBytes":27,"rowsDigest":"{{RowsDigest}}","othersRows":1,"othersDigest":"{{OthersDigest}}"}],"isOldOnly":false,"othersRows":1,"external":false,"wholeObject":false,"hasSidecar":false,"rows":1,"rowsDigest":"{{RowsDigest}}","sharedRows":0,"keepsShared":false,"rowBytes":27,"size":56}
            {"number":1,"dataset":"docs","object":"docs/a","version":"{{docs[0].Version}}","eTag":"{{docs[0].ETag}}","erase":"delete","isOldOnly":false,"othersRows":0,"external":false,"wholeObject":true,"hasSidecar":true,"rows":1,"rowsDigest":"{{TextDigest}}","sharedRows":0,"keepsShared":false,"rowBytes":7,"size":8}
            {"number":2,"dataset":"docs","object":"docs/a.meta.json","version":"","eTag":"","erase":"delete","old":[{"version":"{{sidecars[1].Version}}","eTag":"{{sidecars[1].ETag}}","size":17,"rows":0,"rowBytes":0,"rowsDigest":"{{NoRowsDigest}}","othersRows":0,"othersDigest":""}],"isOldOnly":true,"othersRows":0,"external":false,"wholeObject":false,"hasSidecar":false,"rows":0,"rowsDigest":"","sharedRows":0,"keepsShared":false,"rowBytes":0,"size":0}

            """;
    }

    private static void Store(MemoryWorld world, string id, string items)
    {
        byte[] chunk = Encoding.UTF8.GetBytes(items);
        string digest = CanonicalJson.Digest(chunk);
        world.Evidence.Put(Plan.ChunkKey(id, digest), chunk);
        world.Evidence.Put(Plan.MapKey(3), "{\"item\":0}\n{\"item\":1}\n{\"item\":2}\n"u8);
        string header = $$"""
            {"requestId":"{{id}}","number":1,"subject":[{"kind":"customer","keys":["{{world.Identity("customer=2").Keys[0]}}"]}],"lakeDigest":"{{world.Ports.LakeDigest}}","asOf":"2026-03-10T09:00:00+00:00","listedFrom":"2026-03-10T09:00:00+00:00","listedTo":"2026-03-10T09:00:00+00:00","datasets":[{"name":"reviews","erase":"drop","format":"ndjson","approvers":["{{ScenarioWorld.Dpo}}"],"searched":["field CustomerId"],"externalPlaces":0,"objects":1,"rows":2,"rowBytes":54,"objectBytes":112,"sharedRows":0,"oldVersions":1,"othersRowsInHistory":1,"blockedObjects":0,"blocked":[],"datasetObjects":2,"datasetRows":4,"unreadableObjects":0,"unreadable":[],"malformedRows":0},{"name":"docs","erase":"delete","format":"ndjson","approvers":["{{ScenarioWorld.Dpo}}"],"searched":["field owner of the metadata file"],"externalPlaces":0,"objects":2,"rows":1,"rowBytes":7,"objectBytes":25,"sharedRows":0,"oldVersions":1,"othersRowsInHistory":0,"blockedObjects":0,"blocked":[],"datasetObjects":2,"datasetRows":1,"unreadableObjects":0,"unreadable":[],"malformedRows":0}],"chunkDigests":["{{digest}}"],"items":3,"digest":"DIGEST"}
            """;
        Plan plan = JsonSerializer.Deserialize(header, Records.Default.Plan)!;
        string bound = PlanDigest.Of(id, 1, plan.Subject, plan.LakeDigest, plan.Datasets, plan.BeyondLimits, plan.ChunkDigests);
        world.Evidence.Put(Plan.HeaderKey(id, 1), Encoding.UTF8.GetBytes(header.Replace("DIGEST", bound, StringComparison.Ordinal)));
    }
}
