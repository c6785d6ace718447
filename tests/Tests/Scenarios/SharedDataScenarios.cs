using System.Text;
using Limpid.Core.Erasure;

namespace Limpid.Tests.Scenarios;

/// <summary>Real people of real files, erased one by one; what remains is held against <see cref="Oracle"/>.</summary>
public sealed class SharedDataScenarios
{
    private sealed record Source(string Key, string Format, string Field, string[] File, string[] Masked, bool Packed = false);

    private static readonly Source[] Chinook =
    [
        new("customers/all.ndjson", "ndjson", "CustomerId", ["people", "chinook", "chinook_customers.ndjson"], ["CustomerId", "FirstName", "LastName", "Email", "Company"]),
        new("invoices/all.ndjson", "ndjson", "CustomerId", ["people", "chinook", "chinook_invoices.ndjson"], ["CustomerId", "BillingAddress", "BillingCity"]),
        new("packedcustomers/all.ndjson.gz", "ndjson", "CustomerId", ["people", "chinook", "chinook_customers.ndjson"], ["CustomerId", "Phone"], Packed: true),
        new("packedinvoices/all.ndjson.gz", "ndjson", "CustomerId", ["people", "chinook", "chinook_invoices.ndjson"], ["CustomerId", "BillingAddress"], Packed: true),
    ];

    private static readonly Source[] Jaffle =
    [
        new("customers/raw.csv", "csv", "id", ["people", "jaffle", "raw_customers.csv"], ["id", "first_name", "last_name"]),
        new("orders/raw.csv", "csv", "user_id", ["people", "jaffle", "raw_orders.csv"], ["user_id"]),
        new("packedorders/raw.csv.gz", "csv", "user_id", ["people", "jaffle", "raw_orders.csv"], ["user_id"], Packed: true),
    ];

    private static readonly Source[] Synthea =
    [
        new("patients/all.csv", "csv", "Id", ["people", "synthea", "patients.csv"], ["Id", "SSN", "FIRST", "LAST", "ADDRESS"]),
        new("encounters/all.csv", "csv", "PATIENT", ["people", "synthea", "encounters.csv"], ["PATIENT", "REASONDESCRIPTION"]),
        new("conditions/all.csv", "csv", "PATIENT", ["people", "synthea", "conditions.csv"], ["PATIENT", "DESCRIPTION"]),
    ];

    private static readonly Source[] Kylo =
    [
        new("first/userdata.csv", "csv", "id", ["people", "kylo", "userdata1.csv"], ["id", "first_name", "last_name", "email", "ip_address"]),
        new("second/userdata.csv", "csv", "id", ["people", "kylo", "userdata2.csv"], ["id", "email", "cc"]),
    ];

    [Theory]
    [InlineData("blank", 2)]
    [InlineData("drop", 1)]
    [InlineData("mask", 2)]
    public Task Chinook_people_go_and_every_other_byte_stays(string mode, int every) => AllAsync(new MemoryWorld(Yaml(Chinook, mode)), Chinook, mode, every);

    [Theory]
    [InlineData("drop", 1)]
    [InlineData("mask", 3)]
    public Task Jaffle_people_go_and_every_other_byte_stays(string mode, int every) => AllAsync(new MemoryWorld(Yaml(Jaffle, mode)), Jaffle, mode, every);

    [Theory]
    [InlineData("drop", 1)]
    [InlineData("mask", 1)]
    public Task Synthea_people_go_and_every_other_byte_stays(string mode, int every) => AllAsync(new MemoryWorld(Yaml(Synthea, mode)), Synthea, mode, every);

    [Theory]
    [InlineData("drop", 5)]
    [InlineData("mask", 20)]
    public Task Kylo_people_go_and_every_other_byte_stays(string mode, int every) => AllAsync(new MemoryWorld(Yaml(Kylo, mode)), Kylo, mode, every);

    [Theory]
    [InlineData("chinook", "blank", 12)]
    [InlineData("chinook", "mask", 20)]
    [InlineData("jaffle", "drop", 20)]
    [InlineData("synthea", "mask", 9)]
    [InlineData("kylo", "drop", 200)]
    public async Task In_a_real_folder_people_go_and_every_other_byte_stays(string set, string mode, int every)
    {
        Source[] sources = set switch
        {
            "chinook" => Chinook,
            "jaffle" => Jaffle,
            "synthea" => Synthea,
            _ => Kylo,
        };
        await AllAsync(await FolderWorld.OpenAsync(Yaml(sources, mode)), sources, mode, every);
    }

    private static string Yaml(Source[] sources, string mode) => ScenarioWorld.Yaml(
        $"unattended: true\ngrace: 0\nlimits: {{rows: 100000, share: 90%}}",
        [
            .. sources.Select(s => ScenarioWorld.Dataset(
                s.Key[..s.Key.IndexOf('/', StringComparison.Ordinal)], s.Format,
                $"subjects: [{{kind: customer, field: {s.Field}}}], erase: {mode}" + (mode == "mask" ? $", fields: [{string.Join(", ", s.Masked)}]" : ""))),
        ]);

    private static async Task AllAsync(ScenarioWorld opened, Source[] sources, string mode, int every)
    {
        await using ScenarioWorld world = opened;
        var expected = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (Source source in sources)
        {
            byte[] plain = await File.ReadAllBytesAsync(SharedData.Path(source.File), ScenarioWorld.Stop);
            expected[source.Key] = plain;
            world.Put(source.Key, source.Packed ? Oracle.Gzip(plain) : plain);
        }
        string[] people = [.. sources.SelectMany(s => Oracle.People(expected[s.Key], s.Format, s.Field)).Distinct()];
        Assert.True(people.Length >= 20, $"only {people.Length} people");
        string[] sample = [.. people.Where((_, i) => i % every == 0)];
        for (int i = 0; i < sample.Length; i++)
        {
            long rows = 0, objects = 0;
            foreach (Source source in sources)
            {
                byte[] before = expected[source.Key];
                byte[] after = Oracle.After(before, source.Format, source.Field, sample[i], mode, source.Masked);
                if (before.AsSpan().SequenceEqual(after))
                    continue;
                objects++;
                rows += mode == "drop" ? Rows(before, source.Format) - Rows(after, source.Format) : 0;
                expected[source.Key] = after;
            }

            ErasureRequest request = await world.EraseAsync(Asking(sample[i]));
            Assert.Equal(RequestStatus.Certified, request.Status);
            Certificate certificate = await world.CertificateAsync(request.Id);
            Assert.Equal(objects, certificate.ObjectsErased);
            if (mode == "drop")
                Assert.Equal(rows, certificate.RowsErased);
            AssertEqual(expected, world.Lake(), sources);
            Assert.Empty(await world.FoundAsync($"customer={sample[i]}"));

            if (i % 4 != 0)
                continue;
            Dictionary<string, string> once = world.Snapshot();
            request = await world.EraseAsync(Asking(sample[i]));
            Assert.Equal(RequestStatus.NothingFound, request.Status);
            Assert.Equal(once, world.Snapshot());
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{sample.Length} of {people.Length} people erased one by one");
    }

    private static Functions.Erasure.SubmitInput Asking(string id) => ScenarioWorld.Asking($"customer={id}") with { ApproveAs = ScenarioWorld.Dpo };

    private static int Rows(byte[] content, string format) => format == "ndjson" ? content.Count(c => c == '\n') : Encoding.UTF8.GetString(content).Trim().Split('\n').Length;

    private static void AssertEqual(SortedDictionary<string, byte[]> expected, SortedDictionary<string, byte[]> actual, Source[] sources)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (Source source in sources)
        {
            byte[] content = source.Packed ? Oracle.Gunzip(actual[source.Key]) : actual[source.Key];
            Assert.True(expected[source.Key].AsSpan().SequenceEqual(content), $"{source.Key} is not what must remain");
        }
    }
}
