using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Formats;

/// <summary>Laws over hostile content: what is scanned is what a naive reader reads, and erasing leaves every other byte.</summary>
public class FormatProperties
{
    private const int Rounds = 500;

    [Theory]
    [InlineData(1, "id")]
    [InlineData(2, "a.id")]
    public async Task NDJSON_is_read_as_a_naive_reader_reads_it(int seed, string field)
    {
        for (int round = 0; round < Rounds; round++)
        {
            Random random = Begin(seed, round);
            byte[] content = Encoding.UTF8.GetBytes(new HostileContent(random).Ndjson());
            List<NaiveReader.Row> naive = NaiveReader.Ndjson(content, field.Split('.'));
            await AgreeAsync(Scans.Ndjson(field), content, naive, random);
        }
    }

    [Fact]
    public async Task CSV_is_read_as_a_naive_reader_reads_it()
    {
        for (int round = 0; round < Rounds; round++)
        {
            Random random = Begin(3, round);
            byte[] content = Encoding.UTF8.GetBytes(new HostileContent(random).Csv(out _));
            await AgreeAsync(Scans.Csv("id"), content, NaiveReader.Csv(content), random);
        }
    }

    [Theory]
    [InlineData(4, DataFormat.Ndjson, RowAction.Blank)]
    [InlineData(5, DataFormat.Ndjson, RowAction.Drop)]
    [InlineData(6, DataFormat.Csv, RowAction.Drop)]
    public async Task F51_Erasing_one_person_leaves_every_other_byte(int seed, DataFormat format, RowAction action)
    {
        int erased = 0;
        for (int round = 0; round < Rounds; round++)
        {
            Random random = Begin(seed, round);
            bool csv = format == DataFormat.Csv;
            byte[] content = Encoding.UTF8.GetBytes(csv ? new HostileContent(random).Csv(out _) : new HostileContent(random).Ndjson());
            Dataset dataset = csv ? Scans.Csv("id") : Scans.Ndjson("id");
            List<NaiveReader.Row> rows = csv ? NaiveReader.Csv(content) : NaiveReader.Ndjson(content, ["id"]);
            if ((await Scans.ScanAsync(dataset, content)).Report.Unreadable is not null)
                continue;
            string person = $"{random.Next(6)}";
            bool packed = random.Next(3) == 0;

            byte[] result = await Scans.EraseAsync(dataset, packed ? Scans.Gzip(content) : content, action, Scans.Subject("customer", person));

            List<byte> expected = [];
            int copied = 0;
            foreach (NaiveReader.Row row in rows.Where(row => row.Ids?.Contains(person) == true))
            {
                erased++;
                expected.AddRange(content[copied..row.Offset]);
                if (action == RowAction.Blank)
                    expected.AddRange(Encoding.UTF8.GetBytes("{}".PadRight(row.Length)));
                copied = action == RowAction.Drop ? row.End : row.Offset + row.Length;
            }
            expected.AddRange(content[copied..]);
            byte[] plain = packed ? Scans.Gunzip(result) : result;
            Assert.True(expected.SequenceEqual(plain), $"seed {seed}, round {round}");

            ScannedObject again = await Scans.ScanAsync(dataset, result);
            Assert.Empty(again.RowsOf("customer", person));
            Assert.Equal(rows.Count(row => row.Ids is not null && !row.Ids.Contains(person)), again.Report.Rows);
        }
        Assert.True(erased > Rounds, "the content did not put the law to the test");
    }

    [Theory]
    [InlineData(7, DataFormat.Ndjson)]
    [InlineData(8, DataFormat.Csv)]
    public async Task Masking_takes_the_person_out_of_every_row_and_moves_none(int seed, DataFormat format)
    {
        for (int round = 0; round < Rounds; round++)
        {
            Random random = Begin(seed, round);
            bool csv = format == DataFormat.Csv;
            int columns = 0;
            byte[] content = Encoding.UTF8.GetBytes(csv ? new HostileContent(random).Csv(out columns) : new HostileContent(random).Ndjson());
            Dataset dataset = (csv ? Scans.Csv("id") : Scans.Ndjson("id")) with { Erase = EraseMode.Mask, Fields = ["id"] };
            ScannedObject before = await Scans.ScanAsync(dataset, content);
            if (before.Report.Unreadable is not null)
                continue;
            string person = $"{random.Next(6)}";

            byte[] result = await Scans.EraseAsync(dataset, content, RowAction.Mask, Scans.Subject("customer", person));

            ScannedObject after = await Scans.ScanAsync(dataset, result);
            Assert.Empty(after.RowsOf("customer", person));
            Assert.Equal(before.Report.MalformedRows, after.Report.MalformedRows);
            Assert.Equal(before.Report.Rows, after.Report.Rows);
            // A single column is left as a quoted empty field, which is an identifier, though nobody's.
            SubjectKey[] gone = [Scans.Key("customer", person), .. columns == 1 ? [Scans.Key("customer", "")] : Array.Empty<SubjectKey>()];
            foreach ((ScannedRow was, ScannedRow now) in before.Rows.Zip(after.Rows))
                Assert.Equal(was.Keys.Except(gone), columns == 1 ? now.Keys.Except(gone) : now.Keys);
        }
    }

    [Theory]
    [InlineData(10, "id")]
    [InlineData(11, "a.id")]
    public void The_fast_way_agrees_with_the_general_reader_or_says_nothing(int seed, string field)
    {
        var fields = new SubjectFields(Scans.Ndjson(field).Subjects, Scans.Kinds, Scans.Hasher);
        var people = new PeopleInRow();
        var fast = new PlainJsonRow(fields, FieldTree.Of(fields.Names), people);
        var general = new RowScan(Scans.Ndjson(field), Scans.Kinds, Scans.Hasher);
        int proven = 0;
        int malformed = 0;
        for (int round = 0; round < Rounds * 4; round++)
        {
            Random random = Begin(seed, round);
            foreach (string line in new HostileContent(random).Ndjson().Split('\n'))
            {
                byte[] row = Encoding.UTF8.GetBytes(line);
                if (row.Length > 0 && random.Next(4) == 0)
                    row[random.Next(row.Length)] = (byte)random.Next(256);
                JsonRowShape shape = general.ReadDoubtfulJson(row);
                malformed += shape == JsonRowShape.Broken ? 1 : 0;
                people.Clear();
                if (!fast.TryRead(row))
                    continue;
                proven++;
                Assert.True(shape == JsonRowShape.Object && Keys(people.People).SequenceEqual(Keys(general.People)), Convert.ToBase64String(row));
            }
        }
        Assert.True(proven > Rounds * 4 && malformed > Rounds * 4, "the rows did not put the law to the test");
    }

    [Fact]
    public async Task No_bytes_at_all_crash_a_scan()
    {
        for (int round = 0; round < Rounds; round++)
        {
            Random random = Begin(9, round);
            byte[] content = new byte[random.Next(0, 600)];
            random.NextBytes(content);
            byte[] alphabet = "{}[]\":,\\\n\r 0.e-ntd\0\x1f\u008b\ufeff"u8.ToArray();
            if (round % 2 == 0)
            {
                for (int i = 0; i < content.Length; i++)
                    content[i] = alphabet[random.Next(alphabet.Length)];
            }
            foreach (byte[] start in new byte[][] { [], [.. "id,x\n"u8], [.. "{\"id\":1}\n"u8] })
            {
                foreach (Dataset dataset in new[] { Scans.Ndjson("id"), Scans.Csv("id"), Scans.Ndjson(), Scans.Csv() })
                {
                    byte[] whole = [.. start, .. content];
                    ScannedObject scanned = await Scans.ScanAsync(dataset, whole);
                    Assert.Equal(scanned.Rows.Count, scanned.Report.Rows);
                    Assert.All(scanned.Rows, row => Assert.InRange(row.Row.Offset + row.Row.Length, 0, whole.Length));
                }
            }
        }
    }

    private static SubjectKey[] Keys(ReadOnlySpan<RowPerson> people) => [.. people.ToArray().Select(person => person.Keys[0])];

    private static Random Begin(int seed, int round)
    {
        if (round == 0)
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed * 1_000_000 + round);
    }

    private static async Task AgreeAsync(Dataset dataset, byte[] content, List<NaiveReader.Row> naive, Random random)
    {
        ScannedObject scanned = await Scans.ScanAsync(dataset, content, random.Next(4) == 0 ? random.Next(1, 50) : int.MaxValue);
        string where = $"in {Convert.ToBase64String(content)}";
        if (scanned.Report.Unreadable is not null)
        {
            Assert.True(naive.TrueForAll(row => row.Ids is null) || scanned.Report.Unreadable.Contains("several lines", StringComparison.Ordinal), where);
            return;
        }
        RowRef[] malformed = [.. from row in naive where row.Ids is null select new RowRef(row.Line, row.Offset, row.Length)];
        Assert.Equal(malformed, scanned.Report.Malformed.Select(row => row.Row));
        NaiveReader.Row[] good = [.. naive.Where(row => row.Ids is not null)];
        Assert.Equal(good.Select(row => new RowRef(row.Line, row.Offset, row.Length)), scanned.Rows.Select(row => row.Row));
        foreach ((NaiveReader.Row expected, ScannedRow row) in good.Zip(scanned.Rows))
        {
            Assert.True(
                expected.Ids!.Select(id => Scans.Key("customer", id)).ToHashSet().SetEquals(row.Keys) && row.Keys.Length == expected.Ids!.Count,
                $"row {row.Row} {where}");
        }
    }
}
