using Amazon.DynamoDBv2;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.Adapters.S3;
using Limpid.Tests.Contracts;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Adapters;

[Collection(Processes.Name)]
public sealed class DynamoIndexTests(Dynalite dynalite) : SubjectIndexContract, IClassFixture<Dynalite>, IAsyncLifetime
{
    private S3Lab _s3 = null!;
    private AmazonDynamoDBClient? _client;
    private string _name = "";
    private DynamoIndex _index = null!;

    private protected override ISubjectIndex Index => _index;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = dynalite.Client();
        _s3 = await S3Lab.StartAsync(TimeProvider.System);
        _name = await Dynalite.TableAsync(_client);
        _index = IndexOn(_client);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is null)
            return;
        await _client.DeleteTableAsync(_name);
        _client.Dispose();
        await _s3.DisposeAsync();
    }

    private DynamoIndex IndexOn(IAmazonDynamoDB client) =>
        new(client, _name, new PackedFiles(_s3.Client, new S3Place(_s3.LakeName, "index/")), new ScenarioTime(DateTimeOffset.UnixEpoch), packAbove: 20);

    private async Task<int> FilesAsync() => (await _s3.Client.ListVersionsAsync(_s3.LakeName, Cancellation)).Versions?.Count ?? 0;

    private async Task<List<string>> KeysAsync() =>
        [.. (await _client!.ScanAsync(_name, [DynamoTable.Pk, DynamoTable.Sk], Cancellation)).Items.Select(i => i[DynamoTable.Pk].S + " " + i[DynamoTable.Sk].S).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task F57_What_a_batch_leaves_over_is_sent_again_until_nothing_is()
    {
        var random = new Random(57);
        using var faults = new DynamoFaults { TakenOfBatch = count => random.Next(count + 1) };
        using AmazonDynamoDBClient client = dynalite.Client(faults);
        DynamoIndex index = IndexOn(client);
        ObjectRecord[] records = [.. Enumerable.Range(0, 6).Select(i => Record($"o{i}") with { Claimed = 1 })];
        foreach (ObjectRecord record in records)
        {
            Assert.True(await index.TryPutAsync(record, Cancellation));
            await index.WriteEntriesAsync(record, 1, Enumerable.Range(1, 20).Select(i => new IndexEntry(new SubjectKey(1, (UInt128)i), default)), Cancellation);
            Assert.True(await index.TryPutAsync(record with { Revision = 2, Generation = 1 }, Cancellation));
        }
        for (int i = 1; i <= 20; i++)
            Assert.Equal(6, await index.FindAsync(new SubjectKey(1, (UInt128)i), Cancellation).CountAsync(Cancellation));
        Assert.Equal(6, await index.ListAsync("d", null, Cancellation).CountAsync(Cancellation));
        Assert.Contains(faults.Calls, call => call is { Operation: "BatchWriteItem", Items: < 20 });
        Assert.Contains(faults.Calls, call => call.Operation == "BatchGetItem");
        Assert.All(faults.Calls.Where(call => call.Operation.StartsWith("Batch", StringComparison.Ordinal)), call => Assert.InRange(call.Items, 1, call.Operation == "BatchWriteItem" ? 25 : 100));
    }

    [Theory]
    [InlineData("UpdateItem")]
    [InlineData("PutItem")]
    [InlineData("BatchWriteItem")]
    public async Task F16_An_answer_that_is_lost_changes_nothing(string operation)
    {
        using var faults = new DynamoFaults();
        using AmazonDynamoDBClient client = dynalite.Client(faults);
        DynamoIndex index = IndexOn(client);
        var person = new SubjectKey(1, 1);
        ObjectRecord record = Record("o") with { Claimed = 2 };
        faults.LoseAnswerOf = operation;
        Assert.True(await index.TryPutAsync(record, Cancellation));
        faults.LoseAnswerOf = operation;
        await index.WriteEntriesAsync(record, 1, [new IndexEntry(person, new byte[] { 1 })], Cancellation);
        faults.LoseAnswerOf = operation;
        Assert.True(await index.TryPutAsync(record with { Revision = 2, Generation = 1 }, Cancellation));
        faults.LoseAnswerOf = null;
        Assert.Equal(1, (await index.FindAsync(person, Cancellation).SingleAsync(Cancellation)).Rows.Span[0]);
        Assert.True(faults.Lost > 0);
    }

    [Fact]
    public async Task Packed_files_go_with_their_generation_and_the_failed_ones_at_once()
    {
        ObjectRecord record = await FinishAsync(await WrittenAsync(Record("o"), 1, many: true), "a");
        Assert.Equal(1, await FilesAsync());
        record = await FinishAsync(await WrittenAsync(record, 2, many: true), "b");
        await WriteAsync(record, 2, many: true);
        Assert.Equal(2, await FilesAsync());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => _index.WriteEntriesAsync(
            record, 2, Enumerable.Range(0, 100).Select(i => new IndexEntry(new SubjectKey(1, (UInt128)(i % 60)), default)), Cancellation));
        Assert.Equal(2, await FilesAsync());
        await _index.SweepAsync("o", "", 2, Cancellation);
        Assert.Equal(1, await FilesAsync());
        await WriteAsync(record, 2, many: false);
        Assert.Equal(0, await FilesAsync());
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1_000)]
    public async Task F53_Of_a_buried_object_nothing_stays_but_its_tombstone_and_that_its_dataset_had_it(int people)
    {
        ObjectRecord claimed = await ClaimAsync(Record("o"));
        await _index.WriteEntriesAsync(claimed, 1, Enumerable.Range(0, people).Select(i => new IndexEntry(new SubjectKey(1, (UInt128)i), new byte[] { 1 })), Cancellation);
        ObjectRecord record = await FinishAsync(claimed, "a");
        Assert.Equal(people > 20 ? 1 : 0, await FilesAsync());
        Assert.True(await _index.TryPutAsync(record.Bury(), Cancellation));
        await _index.SweepAsync("o", "", long.MaxValue, Cancellation);

        Assert.Equal(["d/d", "o/o"], (await KeysAsync()).Select(key => key[..3]));
        Assert.Equal(0, await FilesAsync());
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1_000)]
    public async Task F16_What_was_overtaken_while_it_was_written_does_not_stay(int people)
    {
        ObjectRecord late = await ClaimAsync(Record("o"));
        await _index.WriteEntriesAsync(late, 1, Overtaken(), Cancellation);
        Assert.Equal(0, await FilesAsync());
        Assert.DoesNotContain(await KeysAsync(), key => key.StartsWith("s/", StringComparison.Ordinal) || key.Contains(" a/", StringComparison.Ordinal));

        IEnumerable<IndexEntry> Overtaken()
        {
            for (int i = 0; i < people; i++)
            {
                if (i == people - 1)
                {
                    Assert.True(_index.TryPutAsync(late.Bury(), Cancellation).GetAwaiter().GetResult());
                    _index.SweepAsync("o", "", long.MaxValue, Cancellation).GetAwaiter().GetResult();
                }
                yield return new IndexEntry(new SubjectKey(1, (UInt128)i), default);
            }
        }
    }

    [Fact]
    public async Task A_packed_file_that_was_lost_or_damaged_is_an_error_and_not_an_empty_answer()
    {
        await FinishAsync(await WrittenAsync(Record("o"), 1, many: true), "a");
        string key = (await _s3.Client.ListVersionsAsync(_s3.LakeName, Cancellation)).Versions.Single().Key;
        await _s3.Client.DeleteObjectAsync(_s3.LakeName, key, Cancellation);
        await Assert.ThrowsAsync<InvalidDataException>(() => FindAsync(new SubjectKey(5, 3)));
        _s3.Put(key, "something else");
        await Assert.ThrowsAsync<InvalidDataException>(() => FindAsync(new SubjectKey(5, 3)));
    }

    [Fact]
    public async Task F59_A_person_with_more_rows_in_an_object_than_an_item_holds_is_found()
    {
        byte[] rows = new byte[900_000];
        new Random(59).NextBytes(rows);
        ObjectRecord claimed = await ClaimAsync(Record("o"));
        await _index.WriteEntriesAsync(claimed, 1, [new IndexEntry(new SubjectKey(1, 1), rows)], Cancellation);
        await FinishAsync(claimed, "a");
        Assert.Equal(rows, (await _index.FindAsync(new SubjectKey(1, 1), Cancellation).SingleAsync(Cancellation)).Rows.ToArray());
    }

    [Fact]
    public async Task F59_One_persons_entries_are_spread_over_all_partitions()
    {
        for (int i = 0; i < 200; i++)
            await FinishAsync(await WrittenAsync(Record($"o{i}"), 1, many: false, (new SubjectKey(1, 7), [1])), "a");
        var shards = (await KeysAsync()).Where(key => key.StartsWith("s/", StringComparison.Ordinal)).GroupBy(key => key.Split(' ')[0]).ToList();
        Assert.Equal(IndexKeys.Shards, shards.Count);
        Assert.All(shards, shard => Assert.InRange(shard.Count(), 1, 40));
    }
}
