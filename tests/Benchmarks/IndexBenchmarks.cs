using System.Diagnostics;
using System.Globalization;
using Limpid.Core.Index;
using Limpid.Core.Subjects;
using Limpid.Local.Storage;

namespace Limpid.Benchmarks;

/// <summary>What the index costs by itself: rows are made up, and no lake is read.</summary>
internal static class IndexBenchmarks
{
    private const int PeopleAnObject = 10_000;

    /// <summary>Runs all of it in a temporary folder.</summary>
    /// <param name="most">The number of index rows to look people up in, a power of ten from 10^4 to 10^7.</param>
    /// <param name="packed">The number of people in the packed file.</param>
    public static async Task RunAsync(TextWriter output, int most = 10_000_000, int packed = 1_400_000)
    {
        string folder = Directory.CreateTempSubdirectory("limpid-bench-").FullName;
        Write(output, $"### The index by itself");
        Write(output, $"");
        Write(output, $"```");
        try
        {
            await WriteRowsAsync(output, Path.Combine(folder, "rows"));
            await WritePackedAsync(output, Path.Combine(folder, "packed"), packed);
            await LookUpAsync(output, Path.Combine(folder, "find"), most);
        }
        finally
        {
            Write(output, $"```");
            Write(output, $"");
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WriteRowsAsync(TextWriter output, string folder)
    {
        // A gigabyte of 763-byte lines of 10,000 people is 137 rows of each; about 3 bytes a row.
        using var index = new SqliteIndex(folder);
        IndexEntry[] entries = People(PeopleAnObject, rowBytes: 137 * 3);
        var times = new List<double>();
        for (int i = 0; i < 5; i++)
            times.Add(await TimeAsync(() => IndexAsync(index, $"o{i}", entries)));
        Write(output, $"write 10,000 people of 137 rows (SQLite)      {times.Min(),9:F0} ms best of 5, {times.Max():F0} ms worst");
    }

    private static async Task WritePackedAsync(TextWriter output, string folder, int people)
    {
        using var index = new SqliteIndex(folder);
        SubjectKey[] subjects = [.. People(people, 0).Select(e => e.Subject)];
        new Random(2).Shuffle(subjects);
        byte[] rows = [1, 2, 3, 4];
        GC.Collect();
        long before = Environment.WorkingSet;
        double sorted = 0;
        double all = await TimeAsync(async () =>
        {
            long start = Stopwatch.GetTimestamp();
            using var sorter = new EntrySorter(Scratch.In(folder), (_, _) => { });
            foreach (SubjectKey subject in subjects)
                sorter.Add(subject, rows);
            sorted = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await IndexAsync(index, "o", sorter.Sorted());
        });
        long after = Environment.WorkingSet;
        Write(output, $"sort and pack {people,10:N0} people, synced      {all,9:F0} ms, of which adding {sorted:F0} ms: {people / all * 1000 / 1e6:F2} million a second, {(after - before) >> 20} MiB more resident");
        Write(output, $"look up one of {people,10:N0} (one packed file) {await MedianLookUpAsync(index, subjects),9:F0} us median");
        for (int i = 1; i < 100; i++)
            await IndexAsync(index, $"o{i}", People(SqliteIndex.DefaultPackAbove + 1, 4, seed: i));
        Write(output, $"look up one in 100 packed files               {await MedianLookUpAsync(index, subjects),9:F0} us median");
    }

    private static async Task LookUpAsync(TextWriter output, string folder, int most)
    {
        using var index = new SqliteIndex(folder);
        // Objects hold people in ascending ranges, so that filling is one walk through the tree; the tree is the same as otherwise.
        IndexEntry[] all = People(most, rowBytes: 4);
        double? first = null;
        int filled = 0;
        for (int rows = 10_000; rows <= most; rows *= 10)
        {
            double fill = await TimeAsync(async () =>
            {
                for (; filled < rows; filled += PeopleAnObject)
                    await IndexAsync(index, $"o{filled}", new ArraySegment<IndexEntry>(all, filled, PeopleAnObject));
            });
            double median = await MedianLookUpAsync(index, [.. all.Take(rows).Select(e => e.Subject)]);
            first ??= median;
            Write(output, $"look up in {rows,10:N0} index rows              {median,9:F0} us median, {median / first:F2} x the first (filled in {fill / 1000:F1} s)");
        }
        double scattered = await TimeAsync(() => IndexAsync(index, "scattered", People(PeopleAnObject, rowBytes: 137 * 3, seed: 99)));
        Write(output, $"write 10,000 people of 137 rows into all that {scattered,9:F0} ms");
    }

    private static async Task<double> MedianLookUpAsync(SqliteIndex index, SubjectKey[] subjects)
    {
        var random = new Random(5);
        var times = new List<double>();
        for (int i = 0; i < 2_500; i++)
        {
            SubjectKey subject = subjects[random.Next(subjects.Length)];
            times.Add(1000 * await TimeAsync(async () =>
            {
                int hits = 0;
                await foreach (IndexHit hit in index.FindAsync(subject, CancellationToken.None))
                    hits++;
                if (hits == 0)
                    throw new InvalidDataException("somebody who is in the index was not found");
            }));
        }
        // The first ones warm up code and caches.
        times.RemoveRange(0, 500);
        times.Sort();
        return times[times.Count / 2];
    }

    private static async Task IndexAsync(SqliteIndex index, string name, IEnumerable<IndexEntry> entries)
    {
        var record = new ObjectRecord { Object = name, Dataset = "d", State = RecordState.Present, Revision = 1, Claimed = 1 };
        await index.TryPutAsync(record, CancellationToken.None);
        await index.WriteEntriesAsync(record, 1, entries, CancellationToken.None);
        await index.TryPutAsync(record with { Revision = 2, Generation = 1 }, CancellationToken.None);
        await index.SweepAsync(name, "", 1, CancellationToken.None);
    }

    private static IndexEntry[] People(int count, int rowBytes, int seed = 1)
    {
        var random = new Random(seed);
        byte[] rows = new byte[rowBytes];
        random.NextBytes(rows);
        var people = new IndexEntry[count];
        for (int i = 0; i < count; i++)
            people[i] = new IndexEntry(new SubjectKey(1, new UInt128((ulong)random.NextInt64() << 1, (ulong)i)), rows);
        people.AsSpan().Sort((a, b) => a.Subject.CompareTo(b.Subject));
        return people;
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static void Write(TextWriter output, FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
