using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Local.Storage;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Contracts;

/// <summary>What every subject index promises. Each implementation runs all of it.</summary>
public abstract class SubjectIndexContract
{
    private static readonly SubjectKey Ann = new(1, 0xA);
    private static readonly SubjectKey Bob = new(1, 0xB);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected abstract ISubjectIndex Index { get; }

    /// <summary>People in an object with which this implementation stores it in its second way, if it has one.</summary>
    private protected virtual int Many => 50;

    [Fact]
    public async Task A_record_comes_back_as_it_was_put()
    {
        var record = new ObjectRecord
        {
            Object = "reviews/\u00e9 \U0001F600.ndjson",
            Version = "v1",
            SealedKey = "sealed",
            Dataset = "reviews",
            State = RecordState.Deleted,
            ETag = "\"e\"",
            Size = long.MaxValue,
            Modified = new DateTimeOffset(2026, 11, 22, 5, 47, 1, 234, TimeSpan.FromHours(2)).AddTicks(5_678),
            Sequencer = "00AF",
            Revision = 1,
            Generation = 3,
            Claimed = 4,
            Fingerprint = "f",
            Rows = 5,
            People = 6,
            MalformedRows = 7,
            Unreadable = "no CSV",
            IndexedAt = DateTimeOffset.UnixEpoch,
        };
        Assert.True(await Index.TryPutAsync(record, Cancellation));
        Assert.Equal(record, await Index.GetAsync(record.Object, "v1", Cancellation));
        Assert.Null(await Index.GetAsync(record.Object, "", Cancellation));
        Assert.Null(await Index.GetAsync(record.Object + "x", "v1", Cancellation));

        ObjectRecord plain = new() { Object = "o", Dataset = "d", State = RecordState.Present, Revision = 1 };
        Assert.True(await Index.TryPutAsync(plain, Cancellation));
        Assert.Equal(plain, await Index.GetAsync("o", "", Cancellation));
        ObjectRecord changed = record with { Object = "o", Version = "", Revision = 2 };
        Assert.True(await Index.TryPutAsync(changed, Cancellation));
        Assert.Equal(changed, await Index.GetAsync("o", "", Cancellation));
    }

    [Fact]
    public async Task A_record_moves_only_from_the_revision_before_it()
    {
        Assert.False(await Index.TryPutAsync(Record("o") with { Revision = 2 }, Cancellation));
        Assert.True(await Index.TryPutAsync(Record("o") with { ETag = "a" }, Cancellation));
        Assert.False(await Index.TryPutAsync(Record("o") with { ETag = "b" }, Cancellation));
        Assert.False(await Index.TryPutAsync(Record("o") with { ETag = "c", Revision = 3 }, Cancellation));
        Assert.True(await Index.TryPutAsync(Record("o") with { ETag = "d", Revision = 2 }, Cancellation));
        Assert.Equal("d", (await Index.GetAsync("o", "", Cancellation))!.ETag);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Index.TryPutAsync(Record("p") with { Revision = 0 }, Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Entries_count_from_the_moment_that_the_record_names_their_generation(bool many)
    {
        ObjectRecord claimed = await ClaimAsync(Record("o"));
        await WriteAsync(claimed, 1, many, (Ann, [1]));
        Assert.Empty(await FindAsync(Ann));
        ObjectRecord first = await FinishAsync(claimed, "a");
        Assert.Equal(["o@ gen 1 a: 01"], await FindAsync(Ann));
        Assert.Empty(await FindAsync(Bob));

        claimed = await ClaimAsync(first);
        await WriteAsync(claimed, 2, many, (Bob, [2, 2]));
        Assert.Equal(["o@ gen 1 a: 01"], await FindAsync(Ann));
        Assert.Empty(await FindAsync(Bob));
        await FinishAsync(claimed, "b");
        Assert.Empty(await FindAsync(Ann));
        Assert.Equal(["o@ gen 2 b: 0202"], await FindAsync(Bob));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sweeping_takes_the_generations_below_and_nothing_else(bool many)
    {
        ObjectRecord record = await FinishAsync(await WrittenAsync(Record("o"), 1, many, (Ann, [1])), "a");
        ObjectRecord neighbour = Record("o2");
        await FinishAsync(await WrittenAsync(neighbour, 1, many, (Ann, [9])), "n");
        record = await FinishAsync(await WrittenAsync(record, 2, many, (Ann, [2])), "b");
        ObjectRecord unfinished = await WrittenAsync(record, 3, many, (Ann, [3]));
        await Index.SweepAsync("o", "", 2, Cancellation);
        await Index.SweepAsync("o", "", 2, Cancellation);
        await Index.SweepAsync("unknown", "", 2, Cancellation);
        Assert.Equal(["o2@ gen 1 n: 09", "o@ gen 2 b: 02"], await FindAsync(Ann));

        await FinishAsync(unfinished, "c");
        Assert.Equal(["o2@ gen 1 n: 09", "o@ gen 3 c: 03"], await FindAsync(Ann));
        await Index.SweepAsync("o", "", long.MaxValue, Cancellation);
        Assert.Equal(["o2@ gen 1 n: 09", "o@ gen 3 c: 03"], await FindAsync(Ann));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sweeping_after_a_burial_takes_nothing_that_somebody_claimed_since(bool many)
    {
        ObjectRecord record = await FinishAsync(await WrittenAsync(Record("o"), 1, many, (Ann, [1])), "a");
        ObjectRecord overtaken = await WrittenAsync(record, 2, many, (Ann, [2]));
        ObjectRecord tombstone = overtaken.Bury();
        Assert.True(await Index.TryPutAsync(tombstone, Cancellation));
        ObjectRecord again = await WrittenAsync(tombstone, 3, many, (Ann, [3]));
        await Index.SweepAsync("o", "", long.MaxValue, Cancellation);
        await WriteAsync(overtaken, 2, many, (Ann, [2]));

        await FinishAsync(again, "b");
        Assert.Equal(["o@ gen 3 b: 03"], await FindAsync(Ann));
        await Index.SweepAsync("o", "", long.MaxValue, Cancellation);
        Assert.Equal(["o@ gen 3 b: 03"], await FindAsync(Ann));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Writing_a_generation_again_replaces_it(bool manyFirst, bool manyThen)
    {
        ObjectRecord claimed = await WrittenAsync(Record("o"), 1, manyFirst, (Ann, [1]));
        await WriteAsync(claimed, 1, manyThen, (Bob, [2]));
        await WriteAsync(claimed, 1, manyThen, (Bob, [2]));
        ObjectRecord record = await FinishAsync(claimed, "a");
        Assert.Empty(await FindAsync(Ann));
        Assert.Equal(["o@ gen 1 a: 02"], await FindAsync(Bob));

        await WriteAsync(record, 1, manyThen, (Bob, [2]));
        Assert.Equal(["o@ gen 1 a: 02"], await FindAsync(Bob));
        await Index.WriteEntriesAsync(record, 1, [], Cancellation);
        Assert.Empty(await FindAsync(Bob));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_that_fails_midway_leaves_what_was_there(bool many)
    {
        ObjectRecord record = await FinishAsync(await WrittenAsync(Record("o"), 1, many, (Ann, [1])), "a");
        ObjectRecord claimed = await ClaimAsync(record);
        await Assert.ThrowsAsync<TimeoutException>(() => Index.WriteEntriesAsync(claimed, 2, Failing(), Cancellation));
        await Assert.ThrowsAsync<TimeoutException>(() => Index.WriteEntriesAsync(record, 1, Failing(), Cancellation));
        Assert.Equal(["o@ gen 1 a: 01"], await FindAsync(Ann));

        IEnumerable<IndexEntry> Failing()
        {
            foreach (IndexEntry entry in Crowd(many).Append(new IndexEntry(Ann, new byte[] { 7 })).OrderBy(e => e.Subject))
                yield return entry;
            throw new TimeoutException();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Entries_that_do_not_ascend_are_refused_whole(bool many)
    {
        ObjectRecord claimed = await ClaimAsync(Record("o"));
        IndexEntry[] crowd = [.. Crowd(many)];
        IndexEntry last = new(new SubjectKey(7, 1), new byte[] { 1 });
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Index.WriteEntriesAsync(claimed, 1, [.. crowd, last, last], Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Index.WriteEntriesAsync(claimed, 1, [.. crowd, last, new IndexEntry(Ann, default)], Cancellation));
        await FinishAsync(claimed, "a");
        Assert.Empty(await FindAsync(last.Subject));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Index.WriteEntriesAsync(Record("never stored"), 1, crowd, Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_are_read_before_the_next_entry_is_asked_for(bool many)
    {
        ObjectRecord claimed = await ClaimAsync(Record("o"));
        byte[] shared = new byte[1];
        await Index.WriteEntriesAsync(claimed, 1, Reusing(), Cancellation);
        await FinishAsync(claimed, "a");
        Assert.Equal(["o@ gen 1 a: 0A"], await FindAsync(Ann));
        Assert.Equal(["o@ gen 1 a: 0B"], await FindAsync(Bob));

        IEnumerable<IndexEntry> Reusing()
        {
            foreach (SubjectKey subject in Crowd(many).Select(e => e.Subject).Concat([Ann, Bob]).Order())
            {
                shared[0] = (byte)subject.Hash;
                yield return new IndexEntry(subject, shared);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tombstone_is_never_found_but_listed_and_may_come_back(bool many)
    {
        ObjectRecord record = await FinishAsync(await WrittenAsync(Record("o"), 1, many, (Ann, [1])), "a");
        ObjectRecord deleted = record.Bury();
        Assert.True(await Index.TryPutAsync(deleted, Cancellation));
        Assert.Empty(await FindAsync(Ann));
        Assert.Equal([deleted], await Index.ListAsync("d", null, Cancellation).ToListAsync(Cancellation));
        await Index.SweepAsync("o", "", long.MaxValue, Cancellation);

        await FinishAsync(await WrittenAsync(deleted, 2, many, (Ann, [2])), "b");
        Assert.Equal(["o@ gen 2 b: 02"], await FindAsync(Ann));
    }

    [Fact]
    public async Task Versions_of_one_object_and_secrets_of_one_hash_are_kept_apart()
    {
        ObjectRecord first = await FinishAsync(await WrittenAsync(Record("o") with { Version = "v1" }, 1, false, (Ann, [1])), "a");
        await FinishAsync(await WrittenAsync(Record("o") with { Version = "v2" }, 1, false, (Ann with { Secret = 2 }, [2])), "b");
        Assert.Equal(["o@v1 gen 1 a: 01"], await FindAsync(Ann));
        Assert.Equal(["o@v2 gen 1 b: 02"], await FindAsync(Ann with { Secret = 2 }));
        Assert.True(await Index.TryPutAsync(first.Bury(), Cancellation));
        await Index.SweepAsync("o", "v1", long.MaxValue, Cancellation);
        Assert.Equal(["o@v2 gen 1 b: 02"], await FindAsync(Ann with { Secret = 2 }));
    }

    [Fact]
    public async Task Every_version_of_an_object_has_its_record_and_none_of_a_neighbour()
    {
        ObjectRecord current = Record("o") with { Version = "v2" }, old = Record("o") with { Version = "v/1" }, plain = Record("o");
        foreach (ObjectRecord record in new[] { current, old, plain, Record("o/") with { Version = "v2" }, Record("p") })
            Assert.True(await Index.TryPutAsync(record, Cancellation));
        ObjectRecord gone = old.Bury();
        Assert.True(await Index.TryPutAsync(gone, Cancellation));
        Assert.Equal([plain, gone, current], (await Index.VersionsAsync("o", Cancellation).ToListAsync(Cancellation)).OrderBy(r => r.Version, StringComparer.Ordinal));
        Assert.Empty(await Index.VersionsAsync("unknown", Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task An_entry_without_rows_is_an_entry()
    {
        await FinishAsync(await WrittenAsync(Record("few"), 1, false, (Ann, [])), "a");
        await FinishAsync(await WrittenAsync(Record("many"), 1, true, (Ann, [])), "b");
        Assert.Equal(["few@ gen 1 a: ", "many@ gen 1 b: "], await FindAsync(Ann));
    }

    [Fact]
    public async Task A_person_in_very_many_objects_is_found_in_each_once_and_a_dataset_lists_its_own()
    {
        for (int i = 0; i < 1_300; i++)
            await FinishAsync(await WrittenAsync(Record($"o{i:0000}", i % 2 == 0 ? "even" : "odd"), 1, many: i % 100 == 0, (Ann, [(byte)i])), "a");
        var expected = Enumerable.Range(0, 1_300).Select(i => $"o{i:0000}@ gen 1 a: {(byte)i:X2}");
        Assert.Equal(expected, await FindAsync(Ann));
        List<string> even = await Index.ListAsync("even", null, Cancellation).Select(r => r.Object).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(0, 650).Select(i => $"o{i * 2:0000}"), even.Order(StringComparer.Ordinal));
        Assert.Empty(await Index.ListAsync("eve", null, Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task A_listing_resumes_behind_any_of_its_records_whatever_became_of_that()
    {
        for (int i = 0; i < 60; i++)
            Assert.True(await Index.TryPutAsync(Record($"o{i % 50:00}", i % 7 == 0 ? "e" : "d") with { Version = i < 50 ? "" : "v/1" }, Cancellation));
        List<ObjectRecord> all = await Index.ListAsync("d", null, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(51, all.Count);
        for (int at = 0; at < all.Count; at++)
        {
            // Every other one is gone, or in another dataset.
            ObjectRecord record = all[at];
            if (at % 4 == 1)
                Assert.True(await Index.TryPutAsync(record.Bury(), Cancellation));
            else if (at % 4 == 3)
                Assert.True(await Index.TryPutAsync(record with { Dataset = "e", Revision = 2 }, Cancellation));
            List<ObjectRecord> rest = await Index.ListAsync("d", new RecordPlace(record.Object, record.Version), Cancellation).ToListAsync(Cancellation);
            Assert.Equal(all.Skip(at + 1), rest);
        }
    }

    [Fact]
    public async Task Of_an_object_that_is_indexed_anew_while_it_is_looked_for_either_the_old_or_the_new_rows_come()
    {
        // So many that an implementation which pages has to; each changes its way of storing while the reader is between two of them.
        const int objects = 1_100;
        ObjectRecord[] records = new ObjectRecord[objects];
        for (int i = 0; i < objects; i++)
            records[i] = await FinishAsync(await WrittenAsync(Record($"o{i:0000}"), 1, many: i % 50 == 0, (Ann, [1])), "a");
        var seen = new List<string>();
        await foreach (IndexHit hit in Index.FindAsync(Ann, Cancellation))
        {
            seen.Add(hit.Record.Object);
            Assert.Equal(hit.Record.Generation, hit.Rows.Span[0]);
            foreach (int i in (int[])[(seen.Count * 7) % objects, (seen.Count + 5) % objects])
            {
                if (records[i].Generation > 1 || i % 10 != 0)
                    continue;
                records[i] = await FinishAsync(await WrittenAsync(records[i], 2, many: i % 50 != 0, (Ann, [2])), "b");
                await Index.SweepAsync(records[i].Object, "", 2, Cancellation);
            }
        }
        Assert.Equal(records.Select(r => r.Object), seen.Order(StringComparer.Ordinal));
        Assert.Contains(records, r => r.Generation == 2);
    }

    [Fact]
    public async Task A_writer_that_wakes_up_after_its_generation_was_overtaken_leaves_nothing()
    {
        foreach (bool many in (bool[])[false, true])
        {
            string name = many ? "many" : "few";
            ObjectRecord late = await ClaimAsync(Record(name));
            ObjectRecord current = await FinishAsync(await WrittenAsync(late, 2, many, (Bob, [2])), "b");
            await Index.SweepAsync(name, "", 2, Cancellation);
            await WriteAsync(late, 1, many, (Ann, [1]));
            Assert.False(await Index.TryPutAsync(late with { Generation = 1, Revision = late.Revision + 1 }, Cancellation));
            Assert.Empty(await FindAsync(Ann));
            Assert.Equal(2, (await Index.GetAsync(name, "", Cancellation))!.Generation);
            Assert.Equal(2, current.Generation);
        }
        Assert.Equal(["few@ gen 2 b: 02", "many@ gen 2 b: 02"], await FindAsync(Bob));
    }

    [Fact]
    public async Task Concurrent_indexers_of_many_objects_do_not_disturb_each_other()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
                await FinishAsync(await WrittenAsync(Record($"w{worker}-{i:00}"), 1, many: i % 5 == 0, (Ann, [(byte)worker])), "a");
        }, Cancellation)));
        Assert.Equal(160, (await FindAsync(Ann)).Count);
    }

    private protected static ObjectRecord Record(string name, string dataset = "d") =>
        new() { Object = name, Dataset = dataset, State = RecordState.Present, Revision = 1 };

    private protected async Task<ObjectRecord> ClaimAsync(ObjectRecord record)
    {
        bool stored = await Index.GetAsync(record.Object, record.Version, Cancellation) is not null;
        ObjectRecord claimed = record with { Claimed = record.Claimed + 1, Revision = stored ? record.Revision + 1 : 1 };
        Assert.True(await Index.TryPutAsync(claimed, Cancellation));
        return claimed;
    }

    private protected async Task<ObjectRecord> FinishAsync(ObjectRecord claimed, string etag)
    {
        ObjectRecord finished = claimed with { State = RecordState.Present, Generation = claimed.Claimed, ETag = etag, Revision = claimed.Revision + 1 };
        Assert.True(await Index.TryPutAsync(finished, Cancellation));
        return finished;
    }

    private protected async Task<ObjectRecord> WrittenAsync(ObjectRecord record, long generation, bool many, params (SubjectKey Subject, byte[] Rows)[] entries)
    {
        ObjectRecord claimed = await ClaimAsync(record);
        Assert.Equal(generation, claimed.Claimed);
        await WriteAsync(claimed, generation, many, entries);
        return claimed;
    }

    private protected Task WriteAsync(ObjectRecord record, long generation, bool many, params (SubjectKey Subject, byte[] Rows)[] entries) =>
        Index.WriteEntriesAsync(
            record, generation, [.. entries.Select(e => new IndexEntry(e.Subject, e.Rows)).Concat(Crowd(many)).OrderBy(e => e.Subject)], Cancellation);

    private protected async Task<List<string>> FindAsync(SubjectKey subject)
    {
        var found = new List<string>();
        await foreach (IndexHit hit in Index.FindAsync(subject, Cancellation))
        {
            Assert.Equal(subject, hit.Subject);
            found.Add($"{hit.Record.Object}@{hit.Record.Version} gen {hit.Record.Generation} {hit.Record.ETag}: {Convert.ToHexString(hit.Rows.Span)}");
        }
        return [.. found.Order(StringComparer.Ordinal)];
    }

    // Other people, whom no test looks for.
    private IEnumerable<IndexEntry> Crowd(bool many) =>
        Enumerable.Range(0, many ? Many : 0).Select(i => new IndexEntry(new SubjectKey(5, (UInt128)i), new byte[] { 0xEE }));
}

public sealed class MemoryIndexTests : SubjectIndexContract
{
    private protected override ISubjectIndex Index { get; } = new MemoryIndex();
}

public sealed class SqliteIndexTests : SubjectIndexContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteIndex _index;

    public SqliteIndexTests() => Index = _index = new SqliteIndex(_folder.Path, packAbove: 20);

    private protected override ISubjectIndex Index { get; }

    private int Files => Directory.GetFiles(Path.Combine(_folder.Path, SqliteIndex.PackedName)).Length;

    [Fact]
    public async Task Packed_files_go_with_their_generation_and_the_failed_ones_at_once()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        ObjectRecord record = await FinishAsync(await WrittenAsync(Record("o"), 1, many: true), "a");
        Assert.Equal(1, Files);
        record = await FinishAsync(await WrittenAsync(record, 2, many: true), "b");
        await WriteAsync(record, 2, many: true);
        Assert.Equal(2, Files);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => _index.WriteEntriesAsync(
            record, 2, Enumerable.Range(0, 100).Select(i => new IndexEntry(new SubjectKey(1, (UInt128)(i % 60)), default)), cancellation));
        Assert.Equal(2, Files);
        await _index.SweepAsync("o", "", 2, cancellation);
        Assert.Equal(1, Files);
        await WriteAsync(record, 2, many: false);
        Assert.Equal(0, Files);
    }

    [Fact]
    public async Task A_packed_file_of_a_generation_that_was_swept_while_it_was_written_does_not_stay()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        ObjectRecord late = await ClaimAsync(Record("o"));
        await _index.WriteEntriesAsync(late, 1, Overtaken(), cancellation);
        Assert.Equal(0, Files);

        IEnumerable<IndexEntry> Overtaken()
        {
            for (int i = 0; i < 1_000; i++)
            {
                if (i == 500)
                {
                    Assert.True(_index.TryPutAsync(late.Bury(), cancellation).GetAwaiter().GetResult());
                    _index.SweepAsync("o", "", long.MaxValue, cancellation).GetAwaiter().GetResult();
                }
                yield return new IndexEntry(new SubjectKey(1, (UInt128)i), default);
            }
        }
    }

    [Fact]
    public async Task F16_a_process_killed_in_the_middle_of_a_packed_file_leaves_the_old_answer_and_is_cleared_away_by_the_next_one()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        SubjectKey person = new(5, 3);
        ObjectRecord claimed = await ClaimAsync(await FinishAsync(await WrittenAsync(Record("o"), 1, many: true), "a"));
        TemporaryFolder? copy = null;
        await _index.WriteEntriesAsync(claimed, 2, CopiedMidway(), cancellation);
        using (copy)
        {
            using var reopened = new SqliteIndex(copy!.Path, packAbove: 20);
            string[] Files() => Directory.GetFiles(Path.Combine(copy.Path, SqliteIndex.PackedName));
            Assert.Equal(2, Files().Length);
            Assert.Equal(1, (await reopened.FindAsync(person, cancellation).SingleAsync(cancellation)).Record.Generation);

            ObjectRecord again = claimed with { Claimed = 3, Revision = claimed.Revision + 1 };
            Assert.True(await reopened.TryPutAsync(again, cancellation));
            await reopened.WriteEntriesAsync(again, 3, Crowded(), cancellation);
            Assert.True(await reopened.TryPutAsync(again with { Generation = 3, Revision = again.Revision + 1 }, cancellation));
            await reopened.SweepAsync("o", "", 3, cancellation);
            Assert.Single(Files());
            Assert.Equal(3, (await reopened.FindAsync(person, cancellation).SingleAsync(cancellation)).Record.Generation);
        }

        static IEnumerable<IndexEntry> Crowded() => Enumerable.Range(0, 20_000).Select(i => new IndexEntry(new SubjectKey(5, (UInt128)i), new byte[20]));

        IEnumerable<IndexEntry> CopiedMidway()
        {
            foreach (IndexEntry entry in Crowded())
            {
                if (entry.Subject.Hash == 15_000)
                    copy = TemporaryFolder.CopyOf(_folder.Path);
                yield return entry;
            }
        }
    }

    [Fact]
    public async Task Opening_removes_packed_files_that_no_row_names_and_no_others()
    {
        await FinishAsync(await WrittenAsync(Record("o"), 1, many: true), "a");
        string live = Directory.GetFiles(Path.Combine(_folder.Path, SqliteIndex.PackedName)).Single();
        string dead = Path.Combine(Path.GetDirectoryName(live)!, PackedFolder.NewName(1, 1));
        File.Copy(live, dead);
        using var other = new SqliteIndex(_folder.Path, packAbove: 20);
        Assert.True(File.Exists(live));
        Assert.False(File.Exists(dead));
    }

    [Fact]
    public async Task A_packed_file_that_was_lost_or_damaged_is_an_error_and_not_an_empty_answer()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await FinishAsync(await WrittenAsync(Record("o"), 1, many: true), "a");
        string file = Directory.GetFiles(Path.Combine(_folder.Path, SqliteIndex.PackedName)).Single();
        byte[] bytes = await File.ReadAllBytesAsync(file, cancellation);
        bytes[10] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, cancellation);
        await Assert.ThrowsAsync<InvalidDataException>(() => FindAsync(new SubjectKey(5, 3)));
        File.Delete(file);
        await Assert.ThrowsAsync<InvalidDataException>(() => FindAsync(new SubjectKey(5, 3)));
    }

    [Fact]
    public async Task Two_processes_share_one_index()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var other = new SqliteIndex(_folder.Path, packAbove: 20);
        await Task.WhenAll(new[] { _index, other }.SelectMany((index, process) => Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 25; i++)
            {
                ObjectRecord record = Record($"{process}-{worker}-{i}") with { Claimed = 1 };
                Assert.True(await index.TryPutAsync(record, cancellation));
                await index.WriteEntriesAsync(record, 1, Enumerable.Range(0, i).Select(p => new IndexEntry(new SubjectKey(1, (UInt128)p), default)), cancellation);
                Assert.True(await index.TryPutAsync(record with { Revision = 2, Generation = 1 }, cancellation));
            }
        }, cancellation))));
        Assert.Equal(24 * 8, (await FindAsync(new SubjectKey(1, 0))).Count);
        Assert.Equal(8, (await FindAsync(new SubjectKey(1, 23))).Count);
    }

    [Fact]
    public void Looking_a_person_up_sorts_nothing()
    {
        using var database = new SqliteDatabase(Path.Combine(_folder.Path, SqliteIndex.FileName), IndexSchema.Migrations, Durability.Process, "");
        string plan = database.Read(session =>
        {
            var steps = new List<string>();
            using var rows = session.Query("EXPLAIN QUERY PLAN " + SqliteIndex.FindPage, Array.Empty<byte>(), 0L, 10L);
            while (rows.Read())
                steps.Add(rows.GetString(3));
            return string.Join('\n', steps);
        });
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _index.Dispose();
        _folder.Dispose();
    }
}
