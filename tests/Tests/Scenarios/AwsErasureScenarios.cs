using System.Text;
using Limpid.Core.Erasure;
using Limpid.Tests.Adapters;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Scenarios;

[Collection(Processes.Name)]
public sealed class AwsErasureScenarios(Dynalite dynalite) : ErasureScenarios, IClassFixture<Dynalite>
{
    private protected override async Task<ScenarioWorld> OpenAsync(string yaml) => await AwsWorld.StartAsync(yaml, dynalite);

    [Theory]
    [InlineData("blank", true)]
    [InlineData("drop", true)]
    [InlineData("drop", false)]
    public async Task F51_A_person_goes_from_a_large_object_without_its_passing_through_the_function(string erase, bool spliced)
    {
        // What is gzipped has other offsets, and passes through.
        await using AwsWorld world = await AwsWorld.StartAsync(
            ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("reviews", "ndjson", $"subjects: [{{kind: customer, field: CustomerId}}], erase: {erase}")), dynalite);
        string[] rows = [.. Enumerable.Range(0, 60_000).Select(i => $"{{\"CustomerId\":{(i == 31_000 ? -7 : i)},\"Text\":\"{new string((char)('a' + i % 26), 200)}\"}}\n")];
        byte[] content = Encoding.UTF8.GetBytes(string.Concat(rows));
        world.Put("reviews/a.ndjson", spliced ? content : Formats.Scans.Gzip(content));

        ErasureRequest request = await world.EraseAsync("customer=-7");

        Assert.Equal(RequestStatus.Certified, request.Status);
        rows[31_000] = erase == "blank" ? "{}" + new string(' ', rows[31_000].Length - 3) + "\n" : "";
        byte[] left = world.Content("reviews/a.ndjson")!;
        Assert.Equal(string.Concat(rows), Encoding.UTF8.GetString(spliced ? left : Unzipped(left)));
        IReadOnlyList<WireCall> calls = world.S3.Server?.Calls ?? [];
        Assert.Equal(spliced && calls.Count > 0, calls.Any(call => call is { Operation: "UploadPartCopy", Key: "reviews/a.ndjson" }));
        Assert.InRange(calls.Where(call => call.Operation == "UploadPart").Sum(call => call.Received), 0, 6 << 20);
    }

    private static byte[] Unzipped(byte[] packed)
    {
        using var content = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(new MemoryStream(packed), System.IO.Compression.CompressionMode.Decompress))
            gzip.CopyTo(content);
        return content.ToArray();
    }
}

/// <summary>The same on a bucket that keeps versions.</summary>
[Collection(Processes.Name)]
public sealed class VersionedAwsErasureScenarios(Dynalite dynalite) : ErasureScenarios, IClassFixture<Dynalite>
{
    private protected override async Task<ScenarioWorld> OpenAsync(string yaml) => await AwsWorld.StartAsync(yaml, dynalite, versioned: true);

    private protected override bool KeepsVersions => true;
}
