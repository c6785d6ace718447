using System.Text;
using Limpid.Core.Erasure;
using Limpid.Functions.Adapters;
using Limpid.Tests.Scenarios;
using Limpid.Tests.WireS3;

namespace Limpid.Tests.Adapters;

/// <summary>What erasing is said to use of AWS is what it uses on the wire, object by object.</summary>
[Collection(Processes.Name)]
public sealed class ErasurePriceTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    private static readonly string[] Written = ["PutObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "ListObjectVersions", "ListMultipartUploads"];

    [Theory]
    [InlineData("drop", 60_000, 1)]
    [InlineData("drop", 3_000, 1)]
    [InlineData("blank", 60_000, 1)]
    [InlineData("drop", 60_000, 1.3)]
    public async Task What_is_done_to_erase_from_an_object_is_what_its_price_says(string erase, int rows, double expansion)
    {
        (Use one, int size) = await EraseAsync(erase, rows, expansion > 1, objects: 1);
        (Use three, _) = await EraseAsync(erase, rows, expansion > 1, objects: 3);
        Use each = new((three.BytesRead - one.BytesRead) / 2, (three.S3Writes - one.S3Writes) / 2, (three.S3Reads - one.S3Reads) / 2, (three.Writes - one.Writes) / 2, (three.Reads - one.Reads) / 2);
        CloudUse said = (new LakePrice(3, size, size / rows, expansion).Erasing + new LakePrice(1, size, size / rows, expansion).Erasing * -1) * 0.5;
        TestContext.Current.TestOutputHelper!.WriteLine($"{each} of {size} bytes; {said}");

        Assert.InRange(each.BytesRead / size, (expansion > 1 ? 4 : 4.9), (size < 5 << 20 ? LakePrice.ReadsOfSmall : LakePrice.ReadsOfErasing) + (erase == "blank" ? (6 << 20) / (double)size : 0));
        Assert.InRange(said.S3Writes, each.S3Writes, each.S3Writes * 2);
        Assert.InRange(said.S3Reads, each.S3Reads, each.S3Reads * 2);
        Assert.InRange(said.WriteUnits, each.Writes, each.Writes * 3);
        Assert.InRange(said.ReadUnits, each.Reads, each.Reads * 2);
        // Of a whole request, whatever it is of.
        CloudUse rest = new LakePrice(0, size).Erasing;
        Assert.InRange(rest.WriteUnits, one.Writes - each.Writes, 3 * one.Writes);
        Assert.InRange(rest.ReadUnits, one.Reads - each.Reads, 3 * one.Reads);
    }

    private async Task<(Use, int Size)> EraseAsync(string erase, int rows, bool gzip, int objects)
    {
        await using AwsWorld world = await AwsWorld.StartAsync(
            ScenarioWorld.Yaml("grace: 0", ScenarioWorld.Dataset("reviews", "ndjson", $"subjects: [{{kind: customer, field: CustomerId}}], erase: {erase}")), dynalite);
        Assert.SkipUnless(world.S3.Server is not null, "requests are counted at the S3 of the tests");
        var random = new Random(1);
        byte[] filling = new byte[100];
        var content = new StringBuilder();
        for (int i = 0; i < rows; i++)
        {
            random.NextBytes(filling);
            content.Append("{\"CustomerId\":").Append(i == rows / 2 ? -7 : i).Append(",\"Text\":\"").Append(Convert.ToHexString(filling)).Append("\"}\n");
        }
        byte[] bytes = Encoding.UTF8.GetBytes(content.ToString());
        bytes = gzip ? Formats.Scans.Gzip(bytes) : bytes;
        for (int i = 0; i < objects; i++)
            world.Put($"reviews/{i}.ndjson", bytes);
        await world.ReconcileAsync();
        world.S3.Server.ForgetCalls();
        world.DynamoCalls.Clear();
        Assert.Equal(RequestStatus.Certified, (await world.EraseAsync("customer=-7")).Status);

        IReadOnlyList<WireCall> calls = world.S3.Server.Calls;
        int written = calls.Count(c => Written.Contains(c.Operation));
        int tableReads = world.DynamoCalls.Count(c => c is "GetItem" or "Query" or "BatchGetItem");
        return (new Use(
            calls.Where(c => c.Bucket == world.S3.LakeName || c.Bucket == world.S3.StagingName).Sum(c => (double)c.Sent),
            written, calls.Count(c => c.Operation != "DeleteObject") - written,
            world.DynamoCalls.Count - tableReads, tableReads), bytes.Length);
    }

    /// <param name="BytesRead">Of the lake's objects, and of what was staged for them.</param>
    private sealed record Use(double BytesRead, double S3Writes, double S3Reads, double Writes, double Reads);
}
