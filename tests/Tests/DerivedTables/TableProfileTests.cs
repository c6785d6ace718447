using System.Globalization;
using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Core.Tables;

namespace Limpid.Tests.DerivedTables;

/// <summary>What a version's profile counts, by laws and by hand.</summary>
public sealed class TableProfileTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_sketch_is_exact_up_to_its_size_whatever_comes_again(int seed)
    {
        var random = new Random(Seeded(seed));
        for (int round = 0; round < 20; round++)
        {
            int k = random.Next(2, 300), different = random.Next(0, k + 1);
            var sketch = new DistinctSketch((ulong)random.NextInt64(), k);
            byte[][] values = [.. Enumerable.Range(0, different).Select(i => Encoding.UTF8.GetBytes($"value {i}"))];
            foreach (byte[] value in values)
                sketch.Add(value);
            for (int again = 0; again < 2_000 && different > 0; again++)
                sketch.Add(values[random.Next(different)]);
            Assert.Equal((different, true), (sketch.Count, sketch.IsExact));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Beyond_its_size_a_sketch_is_near_in_whatever_order_and_says_that_it_estimates(int seed)
    {
        var random = new Random(Seeded(seed));
        foreach (int different in new[] { 2_049, 5_000, 60_000 })
        {
            var sketch = new DistinctSketch((ulong)random.NextInt64());
            int[] order = [.. Enumerable.Range(0, different), .. Enumerable.Range(0, different / 2)];
            random.Shuffle(order);
            // Numbers that follow one another, as keys do: no hash of a poor kind spreads them.
            foreach (int value in order)
                sketch.Add(Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
            Assert.False(sketch.IsExact);
            // Five standard errors of 1/sqrt(2048).
            Assert.InRange(sketch.Count, different * 0.89, different * 1.11);
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Same_keys_are_counted_as_a_set_counts_them_though_they_do_not_fit_into_memory(int seed)
    {
        var random = new Random(Seeded(seed));
        for (int round = 0; round < 10; round++)
        {
            using var check = new KeyCheck(Salt, () => new MemoryStream(), capacity: random.Next(2, 50));
            var known = new HashSet<(string, string)>();
            long same = 0;
            int kinds = random.Next(1, 40);
            for (int row = random.Next(0, 400); row > 0; row--)
            {
                // Parts of which one ends where another begins: `a` and `aa` are not `aa` and `a`.
                (string First, string Second) key = (new string('a', random.Next(kinds)), new string('a', random.Next(3)));
                check.Append(Encoding.UTF8.GetBytes(key.First));
                check.Append(Encoding.UTF8.GetBytes(key.Second));
                check.EndRow();
                same += known.Add(key) ? 0 : 1;
            }
            Assert.Equal(same, check.CountSame());
        }
    }

    [Fact]
    public async Task Json_is_counted_by_its_members()
    {
        TableProfile profile = await ProfileAsync(DataFormat.Ndjson, ["id"], """
            {"id":1,"name":"a","tags":[1,2],"at":{"x":1},"ok":true}
            {"id":"2","name":null,"tags":[],"n":1.5}
            {}
            {"name":"\u0061","id":2.0,"id":2}
            {"id":true,"name":""}
            """);
        Assert.Equal(4, profile.Rows);
        Assert.Equal(["id", "name", "tags", "at", "ok", "n"], profile.Columns.Select(c => c.Name));
        Assert.Equal([4, 3, 2, 1, 1, 1], profile.Columns.Select(c => c.Filled));
        Assert.Equal(["text", "number", "boolean"], profile.Column("id")!.Types);
        Assert.Equal(["array"], profile.Column("tags")!.Types);
        Assert.Equal(["object"], profile.Column("at")!.Types);
        // An escaped letter is the letter.
        Assert.Equal(2, profile.Column("name")!.Distinct);
        // "2" and 2.0 are one key, as they are one identifier; true is none.
        Assert.Equal((1, 1), (profile.RowsWithoutKey, profile.RowsWithKeyOfAnother));
    }

    [Fact]
    public async Task Csv_is_counted_by_its_header()
    {
        TableProfile profile = await ProfileAsync(DataFormat.Csv, ["id", "day"], """"
            id,day,"the ""cost""",none
            1,mon,1.5,
            1,tue,"",
            ,mon,2,
            1,mon,x,
            """");
        Assert.Equal(4, profile.Rows);
        Assert.Equal(["id", "day", "the \"cost\"", "none"], profile.Columns.Select(c => c.Name));
        // Quoted and empty is a value; unquoted and empty is none.
        Assert.Equal([3, 4, 4, 0], profile.Columns.Select(c => c.Filled));
        Assert.Equal([1, 2, 4, 0], profile.Columns.Select(c => c.Distinct));
        Assert.Equal(["number"], profile.Column("id")!.Types);
        Assert.Equal(["text", "number"], profile.Column("the \"cost\"")!.Types);
        Assert.Empty(profile.Column("none")!.Types);
        Assert.Equal((1, 1), (profile.RowsWithoutKey, profile.RowsWithKeyOfAnother));
    }

    [Fact]
    public async Task A_thousand_columns_are_a_table_and_one_more_is_none()
    {
        string Row(int columns) => "{" + string.Join(',', Enumerable.Range(0, columns).Select(i => $"\"c{i}\":1")) + "}";
        Assert.Equal(1000, (await ProfileAsync(DataFormat.Ndjson, [], Row(1000))).Columns.Count);
        using var profiler = new TableProfiler(DataFormat.Ndjson, [], Salt, () => new MemoryStream());
        profiler.OnRow(default, Encoding.UTF8.GetBytes(Row(1001)), []);
        Assert.True(profiler.HasTooManyColumns);
    }

    private static async Task<TableProfile> ProfileAsync(DataFormat format, string[] key, string content)
    {
        var dataset = new Dataset { Name = "t", Location = "t/versions/", Format = format, Approvers = [] };
        using var profiler = new TableProfiler(format, key, Salt, () => new MemoryStream());
        ScanReport report = await new ObjectScanner(dataset, new Dictionary<string, Kind>(), SubjectHasher.Closed).ScanAsync(new MemoryStream(Encoding.UTF8.GetBytes(content)), profiler, Stop);
        Assert.Null(report.Unreadable);
        Assert.Equal(0, report.MalformedRows);
        return profiler.ToProfile();
    }

    private static int Seeded(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return seed;
    }
}
