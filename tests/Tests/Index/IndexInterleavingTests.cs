using System.Runtime.CompilerServices;
using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Local.Storage;
using Limpid.Tests.Contracts;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Index;

/// <summary>
/// The claim protocol under every order of things: several indexers, some of which die half-way, over objects that are written and
/// deleted all the time. The model is the history of contents; the index may lag behind it but never mix or invent.
/// </summary>
public class IndexInterleavingTests
{
    private const int Objects = 3;
    private const int People = 12;
    private const int PackAbove = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task F17_in_memory_every_interleaving_ends_in_the_last_content(int seed)
    {
        for (int round = 0; round < 40; round++)
            await RunAsync(new MemoryIndex(), seed * 1_000 + round, steps: 150);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task F17_in_SQLite_every_interleaving_ends_in_the_last_content(int seed)
    {
        for (int round = 0; round < 6; round++)
        {
            using var folder = new TemporaryFolder();
            using var index = new SqliteIndex(folder.Path, PackAbove);
            await RunAsync(index, seed * 1_000 + round, steps: 120);
        }
    }

    [Fact]
    public async Task F16_a_copy_of_the_files_at_any_moment_opens_and_holds_nothing_but_contents()
    {
        const int seed = 77;
        using var folder = new TemporaryFolder();
        using var index = new SqliteIndex(folder.Path, PackAbove);
        int copies = 0;
        await RunAsync(index, seed, steps: 60, async model =>
        {
            using TemporaryFolder copy = TemporaryFolder.CopyOf(folder.Path);
            using var reopened = new SqliteIndex(copy.Path, PackAbove);
            await model.CheckAsync(reopened);
            copies++;
        });
        Assert.True(copies > 60);
    }

    [Fact]
    public async Task F16_a_copy_whose_log_was_cut_anywhere_opens_and_holds_an_earlier_state()
    {
        const int seed = 78;
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        // Nothing packed: what a power cut takes back of the log must not need a file, which is another test's matter.
        using var index = new SqliteIndex(folder.Path, packAbove: 1_000);
        Model model = await RunAsync(index, seed, steps: 150);
        for (int i = 0; i < 60; i++)
        {
            using TemporaryFolder copy = TemporaryFolder.CopyOf(folder.Path);
            using (FileStream log = new(Path.Combine(copy.Path, SqliteIndex.FileName + "-wal"), FileMode.Open))
                log.SetLength(random.NextInt64(log.Length));
            using var reopened = new SqliteIndex(copy.Path, packAbove: 1_000);
            await model.CheckAsync(reopened);
        }
    }

    private static async Task<Model> RunAsync(ISubjectIndex index, int seed, int steps, Func<Model, Task>? afterEach = null)
    {
        var random = new Random(seed);
        var model = new Model(seed);
        var running = new List<IAsyncEnumerator<string>>();
        for (int step = 0; step < steps || running.Count > 0; step++)
        {
            if (step < steps && (running.Count == 0 || random.Next(6) == 0))
            {
                string name = $"o{random.Next(Objects)}";
                model.Change(name, random);
                // The event may come twice, and whoever takes it may die.
                for (int delivery = random.Next(1, 3); delivery > 0; delivery--)
                    running.Add(IndexAsync(index, model, name).GetAsyncEnumerator(Cancellation));
            }
            int turn = random.Next(running.Count);
            bool dies = step < steps && random.Next(25) == 0;
            if (dies || !await running[turn].MoveNextAsync())
            {
                await running[turn].DisposeAsync();
                running.RemoveAt(turn);
            }
            await model.CheckAsync(index);
            if (afterEach is not null)
                await afterEach(model);
        }
        // Reconciliation makes up for those that died with nobody after them.
        for (int i = 0; i < Objects; i++)
        {
            await foreach (string _ in IndexAsync(index, model, $"o{i}"))
            {
            }
        }
        await model.CheckAsync(index, isFinal: true);
        return model;
    }

    // The protocol as the port describes it, standing still between any two calls.
    private static async IAsyncEnumerable<string> IndexAsync(ISubjectIndex index, Model model, string name, [EnumeratorCancellation] CancellationToken _ = default)
    {
        for (; ; )
        {
            // The record first: otherwise an older content could be indexed over a newer one.
            ObjectRecord? record = await index.GetAsync(name, "", Cancellation);
            yield return "read the record";
            Content? content = model.Current(name);
            yield return "read the object";
            if (content is null)
            {
                if (record is null or { State: RecordState.Deleted } || await index.TryPutAsync(record.Bury(), Cancellation))
                {
                    yield return "buried";
                    await index.SweepAsync(name, "", long.MaxValue, Cancellation);
                    if (model.Current(name) is null)
                        yield break;
                }
                continue;
            }
            if (record is { State: RecordState.Present } && record.ETag == content.ETag)
            {
                await index.SweepAsync(name, "", record.Generation, Cancellation);
                yield break;
            }

            ObjectRecord seen = record ?? new ObjectRecord { Object = name, Dataset = "d", State = RecordState.Deleted };
            ObjectRecord claimed = seen with { Claimed = seen.Claimed + 1, Revision = seen.Revision + 1 };
            if (!await index.TryPutAsync(claimed, Cancellation))
                continue;
            yield return "claimed";
            await index.WriteEntriesAsync(claimed, claimed.Claimed, content.Entries, Cancellation);
            yield return "written";
            ObjectRecord finished = claimed with
            {
                State = RecordState.Present,
                ETag = content.ETag,
                Generation = claimed.Claimed,
                Revision = claimed.Revision + 1,
            };
            if (!await index.TryPutAsync(finished, Cancellation))
                continue;
            yield return "finished";
            await index.SweepAsync(name, "", finished.Generation, Cancellation);
            yield return "swept";
        }
    }

    private sealed record Content(string ETag, IReadOnlyList<IndexEntry> Entries);

    private sealed class Model(int seed)
    {
        private readonly Dictionary<string, Content> _byETag = [];
        private readonly Dictionary<string, Content?> _current = [];

        public Content? Current(string name) => _current.GetValueOrDefault(name);

        public void Change(string name, Random random)
        {
            if (random.Next(4) == 0)
            {
                _current[name] = null;
                return;
            }
            string etag = $"{name}#{_byETag.Count}";
            byte[] rows = BitConverter.GetBytes(_byETag.Count);
            var people = Enumerable.Range(0, People).Where(_ => random.Next(2) == 0);
            var content = new Content(etag, [.. people.Select(p => new IndexEntry(Person(p), rows))]);
            _byETag.Add(etag, content);
            _current[name] = content;
        }

        public async Task CheckAsync(ISubjectIndex index, bool isFinal = false)
        {
            var expected = new List<string>();
            for (int i = 0; i < Objects; i++)
            {
                ObjectRecord? record = await index.GetAsync($"o{i}", "", Cancellation);
                Content? current = Current($"o{i}");
                if (isFinal)
                    Assert.True((record?.State == RecordState.Present ? record.ETag : null) == current?.ETag, $"seed {seed}: o{i} is not its last content");
                if (record is { State: RecordState.Present })
                    expected.AddRange(_byETag[record.ETag].Entries.Select(e => Text(record, e.Subject, e.Rows)));
            }
            var found = new List<string>();
            for (int p = 0; p < People; p++)
            {
                await foreach (IndexHit hit in index.FindAsync(Person(p), Cancellation))
                    found.Add(Text(hit.Record, hit.Subject, hit.Rows));
            }
            expected.Sort(StringComparer.Ordinal);
            found.Sort(StringComparer.Ordinal);
            Assert.True(expected.SequenceEqual(found), $"seed {seed}: expected [{string.Join(", ", expected)}], found [{string.Join(", ", found)}]");
        }

        private static SubjectKey Person(int number) => new(1, (UInt128)number);

        private static string Text(ObjectRecord record, SubjectKey subject, ReadOnlyMemory<byte> rows) =>
            $"{record.ETag} {subject} {Convert.ToHexString(rows.Span)}";
    }
}
