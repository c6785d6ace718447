using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Infra.Lake;

namespace Limpid.Tests.Lake;

public class LakeYamlTests
{
    [Fact]
    public void Everything_that_can_be_said_is_read()
    {
        LakeConfig lake = Config(ExampleLake.Yaml);

        Assert.Equal("acme", lake.Name);
        Assert.Equal("Europe/Athens", lake.TimeZone);
        Assert.Empty(lake.Kinds["customer"].Normalize);
        Assert.Equal([Normalization.Trim, Normalization.Lower, Normalization.Nfc], lake.Kinds["email"].Normalize);
        Requester requester = Assert.Single(lake.Requesters);
        Assert.Equal(("privacy-desk@acme.example", "arn:aws:iam::123456789012:role/PrivacyDesk"), (requester.Mail, requester.Principal));
        Assert.Equal(TimeSpan.FromDays(1), lake.Grace);
        Assert.Equal(new Limits { Rows = 10_000, Share = 0.1 }, lake.Limits);
        Assert.False(lake.Unattended);
        Assert.Equal("6y", lake.Evidence.Keep);
        Assert.Equal("https://limpid.acme.example", lake.Pages);
        Assert.Equal("limpid@acme.example", lake.Mail.From);
        Assert.Equal(["ops@acme.example"], lake.Mail.Operators);
        Assert.Equal(new SmtpServer { Host = "smtp.acme.example", Port = 2525, StartTls = false, User = "limpid" }, lake.Mail.Smtp);
        Assert.Equal(["reviews", "orders", "letters", "scans", "crm", "meals-raw", "meals-copied", "refused", "revenue", "costs"], lake.Datasets.Select(d => d.Name));
        Assert.Equal(
            ["s3://acme-lake/reviews/", "orders/", "letters/in/", "s3://acme-scans/", "db1.table1.column1", "s3://acme-lake/meals/", "s3://acme-lake/meals-by-hour/", "s3://acme-lake/refused/", "s3://acme-lake/revenue/versions/", "s3://acme-lake/costs/versions/"],
            lake.Datasets.Select(d => d.Location));
        Assert.Equal(
            [DataFormat.Ndjson, DataFormat.Csv, DataFormat.Csv, DataFormat.Parquet, DataFormat.External, DataFormat.Ndjson, DataFormat.Ndjson, DataFormat.Ndjson, DataFormat.Ndjson, DataFormat.Csv],
            lake.Datasets.Select(d => d.Format));
        Assert.Equal(
            [EraseMode.Blank, EraseMode.Mask, EraseMode.Delete, EraseMode.Drop, EraseMode.Drop, EraseMode.Drop, EraseMode.Drop, EraseMode.Drop, EraseMode.Drop, EraseMode.Drop],
            lake.Datasets.Select(d => d.Erase));
        Assert.Equal(
            [SharedMode.Block, SharedMode.Mask, SharedMode.Block, SharedMode.Block, SharedMode.Block, SharedMode.Block, SharedMode.Block, SharedMode.Block, SharedMode.Block, SharedMode.Block],
            lake.Datasets.Select(d => d.Shared));
        Assert.Equal(new Retention { Until = new DateOnly(2031, 12, 31), Basis = "tax law" }, lake.Datasets[0].Retain);
        Assert.Equal(
            [new SubjectRule { Kind = "customer", Field = "CustomerId" }, new SubjectRule { Kind = "email", Field = "contact.mail" }],
            lake.Datasets[0].Subjects);
        Assert.Equal("^(?<id>[^-]+)-", lake.Datasets[2].Subjects[0].FileName);
        Assert.Equal("customer-id", lake.Datasets[3].Subjects[0].Tag);
        Assert.Equal(new SubjectRule { Kind = "customer", Sidecar = "{key}.meta.json", Field = "owner" }, lake.Datasets[3].Subjects[1]);
        Assert.Equal(["Customer Id", "Address"], lake.Datasets[1].Fields);
        Assert.Equal(["dpo@acme.example", "owner@acme.example"], lake.Datasets[1].Approvers);
        DataStream stream = Assert.Single(lake.Streams!);
        Assert.Equal(TimeSpan.FromDays(7), stream.Retention);
        Assert.Equal(("acme-reviews", "reviews", RecordForm.Json, "at", TimeSpan.FromHours(1), "refused"), (stream.Name, stream.Dataset, stream.Records, stream.TimeField, stream.Late, stream.Quarantine));
        Assert.Equal(["country"], stream.Partition);
        Enrichment enrichment = Assert.Single(stream.Enrich);
        Assert.Equal(("priorities", "dish", MissingKey.Default, "0"), (enrichment.Reference, enrichment.Key, enrichment.Missing, enrichment.Default!["priority"].GetRawText()));
        Assert.Equal(["priority"], enrichment.Fields);
        Assert.Equal(new Reference { Name = "priorities", Location = "s3://acme-lake/reference/", Key = "dish" }, lake.References![0]);
        HourlyCopy meals = Assert.Single(lake.Hours!);
        Assert.Equal(("meals", "acme", "limpid", "meals", 16, "2026-11-01-00", TimeSpan.FromMinutes(15), false),
            (meals.Name, meals.Database, meals.WorkGroup, meals.View, meals.Buckets, meals.Since, meals.Settle, meals.Gzip));
        Assert.Equal((new HourlyTable("meals-raw", "meals_raw"), new HourlyTable("meals-copied", "meals_copied")), (meals.Raw, meals.Copy));
        Assert.Equal([new Column("customer", "string"), new Column("cost", "decimal(10,2)")], meals.Columns);
        Assert.Equal(["customer"], meals.BucketBy);
    }

    [Fact]
    public void A_table_says_what_it_is_built_of_when_by_which_steps_and_what_it_has_to_be()
    {
        LakeConfig lake = Config(ExampleLake.Yaml);
        DerivedTable table = lake.Tables![0], other = lake.Tables[1];
        Assert.Equal(("revenue", "revenue", TimeSpan.FromHours(2), TimeSpan.FromDays(60)), (table.Name, table.Dataset, table.Lease, table.Keep));
        Assert.Equal(["meals-raw", "priorities"], table.From);
        Assert.Equal(("rate(1 hour)", new ArrivalBatch(50, TimeSpan.FromMinutes(5))), (table.When!.Schedule, table.When.Arrivals));
        Assert.Equal(["costs"], table.When.After);
        Assert.Equal(["join", "sum", "tidy"], table.Steps.Select(step => step.Name));
        Assert.Equal("join-meals", table.Steps[0].Glue!.Job);
        Assert.Equal(new Dictionary<string, string> { ["--write-shuffle-files-to-s3"] = "true", ["--number-of-workers"] = "10", ["--to"] = "${output}" }, table.Steps[0].Glue!.Arguments);
        Assert.Equal(["python3", "join.py"], table.Steps[0].Local!.Command!);
        Assert.Equal(new AthenaStep { Query = "sql/sum.sql", Database = "acme", WorkGroup = "limpid" }, table.Steps[1].Athena);
        Assert.Equal("sql/sum.sql", table.Steps[1].Local!.Sql);
        Assert.Equal("tidy-up", table.Steps[2].Lambda);
        Assert.Equal(new Bounds { AtLeast = 0.8, AtMost = 1.5, Min = 1, Max = 1_000_000 }, table.Validate.Rows);
        Assert.Equal((ColumnChange.Same, 0.05), (table.Validate.Columns, table.Validate.Drift));
        Assert.Equal(["order"], table.Validate.Key);
        Assert.Equal([new ColumnRule("cost") { Complete = 0.95, Distinct = new Bounds { AtLeast = 0.5 } }, new ColumnRule("dish") { Distinct = new Bounds { Min = 2 } }], table.Validate.Each);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromDays(30), (TableTriggers?)null), (other.Lease, other.Keep, other.When));
        Assert.Equal((ColumnChange.MayGrow, null, null), (other.Validate.Columns, other.Validate.Rows, other.Validate.Drift));
        Assert.Equal("s3://acme-lake/revenue/pointer.json", lake.PointerKey(table));
    }

    [Theory]
    [InlineData("SELECT '${input}', '${inputs.priorities}' INTO '${output}' -- ${table} ${version} $1 {x}", null)]
    [InlineData("SELECT '${inputs.orders}'", "lake.yaml(174,18): ${inputs.orders} stands for nothing: there are ${input}, ${output}, ${table}, ${version} and ${inputs.meals-raw}, ${inputs.priorities}")]
    [InlineData(null, "lake.yaml(174,18): `query`: there is no file sql/sum.sql | lake.yaml(178,16): `sql`: there is no file sql/sum.sql")]
    public void A_query_is_read_from_its_file_and_what_stands_for_something_in_it_does(string? sql, string? problem)
    {
        LakeYamlResult result = LakeYaml.Read(ExampleLake.Yaml, LakeYaml.FileName, name => name == "sql/sum.sql" ? sql : "{}");
        Assert.Equal(problem ?? "", string.Join(" | ", result.Problems.Select(result.Describe)));
        if (problem is null)
            Assert.Equal(sql, result.Config!.Tables![0].Steps[1].Athena!.Sql);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        LakeConfig lake = Config("""
            lake: small
            kinds: {customer: {}}
            datasets: [{name: a, location: a/, format: csv, subjects: [{kind: customer, field: id}], approvers: [dpo@acme.example]}]
            """);
        Assert.Equal("UTC", lake.TimeZone);
        Assert.Equal(TimeSpan.FromHours(24), lake.Grace);
        Assert.Equal(new Limits { Rows = 10_000, Share = 0.1 }, lake.Limits);
        Assert.Equal(EraseMode.Drop, lake.Datasets[0].Erase);
        Assert.Equal(SharedMode.Block, lake.Datasets[0].Shared);
        Assert.Null(lake.Mail.Smtp);
        Assert.Null(lake.Pages);
        Assert.Empty(lake.Requesters);
        Assert.Null(lake.References);
        Assert.Null(lake.Hours);
        Assert.Null(lake.Tables);
        Assert.DoesNotContain("references", JsonSerializer.Serialize(lake, LakeJson.Default.LakeConfig), StringComparison.Ordinal);
    }

    [Fact]
    public void The_JSON_form_carries_all_of_it()
    {
        LakeConfig lake = Config(ExampleLake.Yaml);
        string json = JsonSerializer.Serialize(lake, LakeJson.Default.LakeConfig);
        LakeConfig read = JsonSerializer.Deserialize(json, LakeJson.Default.LakeConfig)!;
        Assert.Equal(json, JsonSerializer.Serialize(read, LakeJson.Default.LakeConfig));
        Assert.Equal(LakeConfigDigest.Of(lake), LakeConfigDigest.Of(read));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("'0'", 0)]
    [InlineData("0s", 0)]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("24h", 86_400)]
    [InlineData("7d", 604_800)]
    public void Durations_are_read(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Config(ExampleLake.Yaml.Replace("grace: 24h", $"grace: {text}", StringComparison.Ordinal)).Grace);

    [Theory]
    [InlineData("10%", 0.1)]
    [InlineData("0.1", 0.1)]
    [InlineData("'2.5 %'", 0.025)]
    [InlineData("100%", 1)]
    [InlineData("1", 1)]
    [InlineData("0", 0)]
    [InlineData("1e-3", 0.001)]
    public void Shares_are_read(string text, double share) =>
        Assert.Equal(share, Config(ExampleLake.Yaml.Replace("share: 10%", $"share: {text}", StringComparison.Ordinal)).Limits.Share);

    [Theory]
    [InlineData("a", "ab")]
    [InlineData("a/b", "a/bc")]
    [InlineData("s3://one-bucket/a", "s3://two-bucket/a")]
    [InlineData("s3://one-bucket/a", "a")]
    public void Locations_that_only_begin_alike_are_not_nested(string one, string other) =>
        Assert.Empty(LakeYaml.Read(TwoDatasets(one, other)).Problems);

    [Theory]
    [InlineData("UTC")]
    [InlineData("Europe/Athens")]
    [InlineData("America/Argentina/Buenos_Aires")]
    public void IANA_time_zones_are_known_without_ICU(string zone) =>
        Assert.Equal(zone, Config(ExampleLake.Yaml.Replace("Europe/Athens", zone, StringComparison.Ordinal)).TimeZone);

    [Fact]
    public void Aliases_say_again_what_their_anchor_said()
    {
        LakeConfig lake = Config("""
            lake: small
            kinds: {customer: {}}
            datasets:
              - {name: a, location: a/, format: csv, subjects: &who [{kind: customer, field: id}], approvers: &dpo [dpo@acme.example]}
              - {name: b, location: b/, format: csv, subjects: *who, approvers: *dpo}
            """);
        Assert.Equal(lake.Datasets[0].Subjects, lake.Datasets[1].Subjects);
        Assert.Equal(["dpo@acme.example"], lake.Datasets[1].Approvers);
    }

    [Fact]
    public void A_byte_order_mark_and_Windows_line_ends_change_nothing() =>
        Assert.Equal(
            LakeConfigDigest.Of(Config(ExampleLake.Yaml)),
            LakeConfigDigest.Of(Config('\uFEFF' + ExampleLake.Yaml.Replace("\n", "\r\n", StringComparison.Ordinal))));

    [Fact]
    public void What_one_machine_can_not_do_is_told_with_its_place()
    {
        LakeYamlResult result = LakeYaml.Read(ExampleLake.Yaml);
        Assert.Empty(result.Problems);
        Assert.Equal(
            [
                "lake.yaml(28,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(60,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(64,14): object tags are S3's; on one machine use a sidecar file",
                "lake.yaml(74,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(81,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(88,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(93,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(100,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(108,15): on one machine a location is a folder below the lake's own; a bucket needs --aws-endpoint",
                "lake.yaml(122,5): the hours are copied by Athena, which is not on one machine",
                "lake.yaml(179,9): on one machine there is no lambda; say under `local` what is done instead",
                "lake.yaml(197,13): on one machine there is no lambda; say under `local` what is done instead",
            ],
            result.OutOfReachLocally.Select(result.Describe));
        Assert.Equal(
            ["lake.yaml(42,15): on S3 a location is s3://bucket/prefix/", "lake.yaml(52,15): on S3 a location is s3://bucket/prefix/", "lake.yaml(111,15): on S3 a location is s3://bucket/prefix/"],
            result.OutOfReachOnS3.Select(result.Describe));
    }

    [Fact]
    public void The_digest_counts_what_is_said_and_not_how()
    {
        string digest = LakeConfigDigest.Of(Config(ExampleLake.Yaml));
        string reworded = "# a comment\n" + ExampleLake.Yaml
            .Replace("share: 10%", "share: 0.10   # of the rows", StringComparison.Ordinal)
            .Replace("grace: 24h", "grace: 1d", StringComparison.Ordinal)
            .Replace("  customer: {}\n", "", StringComparison.Ordinal)
            .Replace("requesters:", "  customer: {}\nrequesters:", StringComparison.Ordinal);
        Assert.Equal(digest, LakeConfigDigest.Of(Config(reworded)));
        Assert.NotEqual(digest, LakeConfigDigest.Of(Config(ExampleLake.Yaml.Replace("erase: delete", "erase: drop", StringComparison.Ordinal))));
        Assert.NotEqual(digest, LakeConfigDigest.Of(Config(ExampleLake.Yaml.Replace("10000", "10001", StringComparison.Ordinal))));
    }

    internal static string TwoDatasets(string one, string other) => $$"""
        lake: small
        kinds: {customer: {} }
        datasets:
          - {name: one, location: '{{one}}', format: csv, subjects: [{kind: customer, field: id}], approvers: [dpo@acme.example]}
          - {name: other, location: '{{other}}', format: csv, subjects: [{kind: customer, field: id}], approvers: [dpo@acme.example]}
        """;

    private static LakeConfig Config(string yaml)
    {
        LakeYamlResult result = LakeYaml.Read(yaml);
        Assert.Empty(result.Problems.Select(result.Describe));
        return result.Config!;
    }

    [Fact]
    public void A_reference_says_where_it_is_kept_when_it_is_published_and_whom_that_is_told()
    {
        const string Short = "lake: a\nkinds: {c: {}}\ndatasets: [{name: d, location: d, format: ndjson, subjects: [{kind: c, field: id}], approvers: [x@a.example]}]\nreferences:\n";
        Reference whole = Assert.Single(LakeYaml.Read(Short + "  - {name: p, location: r, key: k, source: {table: people}, after: {changes: 7, within: 2m}, changeFiles: [glue, glue], changeRecords: orders, keep: 90d}\n").Config!.References!);
        Assert.Equal(("people", null, new ChangeBatch(7, TimeSpan.FromMinutes(2)), "orders"), (whole.Source!.Table, whole.Source.Location, whole.After, whole.ChangeRecords));
        Assert.Equal(["glue"], whole.ChangeFiles!);
        Assert.Equal(TimeSpan.FromDays(90), whole.Keep);
        const string Stream = "arn:aws:dynamodb:eu-west-1:123456789012:table/people/stream/2026-11-01T10:00:00.000";
        Assert.Equal(Stream, Assert.Single(LakeYaml.Read(Short + $"  - {{name: p, location: r, key: k, source: {{table: people, stream: '{Stream}'}}}}\n").Config!.References!).Source!.Stream);
        Reference least = Assert.Single(LakeYaml.Read(Short + "  - {name: p, location: r, key: k, source: {location: in}}\n").Config!.References!);
        Assert.Equal(("in/", new ChangeBatch(100, TimeSpan.FromSeconds(30)), (IReadOnlyList<string>?)null), (least.Source!.Location, least.After, least.ChangeFiles));
        Assert.Equal(TimeSpan.FromDays(30), least.Keep);
        Assert.Equal(TimeSpan.Zero, Assert.Single(LakeYaml.Read(Short + "  - {name: p, location: r, key: k, source: {location: in}, after: {within: 0}}\n").Config!.References!).After!.Within);
    }
}
