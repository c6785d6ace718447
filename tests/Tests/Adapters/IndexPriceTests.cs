using System.Globalization;
using Limpid.Core.Index;
using Limpid.Core.Subjects;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.Adapters.S3;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Adapters;

/// <summary>The price that is told is that of what is done.</summary>
[Collection(Processes.Name)]
public sealed class IndexPriceTests(Dynalite dynalite) : IClassFixture<Dynalite>
{
    // Rows of 763 bytes, every one of another person: by the size of objects, the dollars that a gigabyte costs at most.
    [Theory]
    [InlineData(1_000_000, 0.02)]
    [InlineData(16_000_000, 0.002)]
    [InlineData(128_000_000, 0.0002)]
    [InlineData(1_000_000_000, 0.0001)]
    public void Indexing_a_gigabyte_has_a_ceiling_whoever_is_in_it(long objectBytes, double dollars)
    {
        IndexPrice price = IndexPrice.OfGigabyte(objectBytes, 763);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"objects of {objectBytes}: {price} ${price.Dollars:0.000000}"));
        Assert.InRange(price.Dollars, dollars / 5, dollars);
    }

    [Fact]
    public void Objects_that_are_too_small_to_be_packed_cost_a_write_a_person()
    {
        IndexPrice largest = IndexPrice.OfGigabyte(DynamoIndex.DefaultPackAbove * 763, 763);
        Assert.InRange(largest.Dollars, 0.8, 0.9);
        Assert.InRange(largest.WriteUnits * 763 / 1e9, 1, 1.05);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{largest} ${largest.Dollars:0.0000}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(1_024)]
    [InlineData(1_025)]
    [InlineData(100_000)]
    public async Task What_is_done_for_an_object_is_what_its_price_says(int people)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var counted = new DynamoFaults();
        using var client = dynalite.Client(counted);
        await using S3Lab s3 = await S3Lab.StartAsync(TimeProvider.System);
        var time = new ScenarioTime(DateTimeOffset.UnixEpoch);
        string table = await Dynalite.TableAsync(client);
        var index = new DynamoIndex(client, table, new PackedFiles(s3.Client, new S3Place(s3.LakeName)), time);
        counted.Calls.Clear();

        string name = new('k', 100);
        var claim = new ObjectRecord { Object = name, Dataset = "d", State = RecordState.Present, Revision = 1, Claimed = 1, Fingerprint = new string('f', 64), ETag = new string('e', 34) };
        Assert.Null(await index.GetAsync(name, "", cancellation));
        Assert.True(await index.TryPutAsync(claim, cancellation));
        await index.WriteEntriesAsync(claim, 1, Enumerable.Range(0, people).Select(i => new IndexEntry(new SubjectKey(1, (UInt128)i), new byte[8])), cancellation);
        Assert.True(await index.TryPutAsync(claim with { Generation = 1, Revision = 2 }, cancellation));
        await index.SweepAsync(name, "", 1, cancellation);

        IndexPrice price = IndexPrice.OfObject(people);
        int writes = counted.Calls.Where(c => c.Operation is "PutItem" or "UpdateItem" or "BatchWriteItem").Sum(c => c.Items);
        // The record and the note of an object with many people are of more than one KB, the rest is of one.
        double more = 2 * (Math.Ceiling(1_100 / 1024.0) - 1) + (people <= DynamoIndex.DefaultPackAbove ? Math.Ceiling((260 + 18 * people) / 1024.0) - 1 : 0);
        Assert.Equal(price.WriteUnits, writes + more);
        Assert.InRange(counted.Calls.Where(c => c.Operation is "GetItem" or "Query").Sum(c => c.Items), 1, price.ReadUnits);
        if (s3.Server is { } server)
            Assert.Equal(price.Uploads, server.Calls.Count(c => c.Operation is "PutObject" or "CreateMultipartUpload" or "UploadPart" or "CompleteMultipartUpload"));
        await client.DeleteTableAsync(table, cancellation);
    }
}
