using Limpid.Core.Lake;
using Limpid.Functions.Partitions;
using Limpid.Infra.Lake;

namespace Limpid.Tests.Partitions;

/// <summary>The statements as Athena gets them, letter for letter.</summary>
public sealed class QueriesTests
{
    private static readonly LakeConfig Lake = LakeYaml.Read(HoursWorld.Yaml).Config!;
    private static readonly HourlyCopy Orders = Lake.Hours![0];
    private static readonly Queries Sent = new(Lake, Orders);
    private static readonly Hour Fourteen = Hour.Parse("2026-11-25-14");

    [Fact]
    public void The_table_of_copies_is_bucketed_and_partitioned_by_the_hour() => Assert.Equal("""
        CREATE EXTERNAL TABLE IF NOT EXISTS acme.orders_copied (
          id bigint,
          customer string
        )
        PARTITIONED BY (dt string)
        CLUSTERED BY (customer) INTO 8 BUCKETS
        ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
        LOCATION 's3://acme-lake/copied/'
        """, Sent.CreateCopies());

    [Fact]
    public void Hours_are_registered_many_at_a_time() => Assert.Equal("""
        ALTER TABLE acme.orders_raw ADD IF NOT EXISTS
        PARTITION (dt = '2026-11-25-14') LOCATION 's3://acme-lake/raw/dt=2026-11-25-14/'
        PARTITION (dt = '2026-11-25-15') LOCATION 's3://acme-lake/raw/dt=2026-11-25-15/'
        """, Sent.RegisterHours([Fourteen, Fourteen.Next]));

    [Fact]
    public void An_hour_is_copied_into_a_location_of_the_attempts_own() => Assert.Equal("""
        CREATE TABLE acme.orders_copied_h2026112514_a1
        WITH (
          format = 'JSON',
          write_compression = 'GZIP',
          external_location = 's3://acme-lake/copied/dt=2026-11-25-14/a1/',
          bucketed_by = ARRAY['customer'],
          bucket_count = 8
        )
        AS
        SELECT id, customer
        FROM acme.orders_raw
        WHERE dt = '2026-11-25-14'
          AND (id IS NOT NULL OR customer IS NOT NULL)
        """, Sent.CopyHour(Fourteen, "a1"));

    [Fact]
    public void The_partition_is_made_and_then_switched()
    {
        Assert.Equal("""
            ALTER TABLE acme.orders_copied ADD IF NOT EXISTS
            PARTITION (dt = '2026-11-25-14') LOCATION 's3://acme-lake/copied/dt=2026-11-25-14/a1/'
            """, Sent.AddCopy(Fourteen, "a1"));
        Assert.Equal("""
            ALTER TABLE acme.orders_copied PARTITION (dt = '2026-11-25-14')
            SET LOCATION 's3://acme-lake/copied/dt=2026-11-25-14/a1/'
            """, Sent.SwitchCopy(Fourteen, "a1"));
        Assert.Equal("DROP TABLE IF EXISTS acme.orders_copied_h2026112514_a1", Sent.DropTemporary(Fourteen, "a1"));
    }

    [Fact]
    public void The_view_takes_each_hour_from_one_table() => Assert.Equal("""
        CREATE OR REPLACE VIEW acme.orders AS
        SELECT id, customer, dt
        FROM acme.orders_raw
        WHERE dt >= '2026-11-25-14'
          AND (id IS NOT NULL OR customer IS NOT NULL)
        UNION ALL
        SELECT id, customer, dt
        FROM acme.orders_copied
        WHERE dt >= '2026-11-01-00'
          AND dt < '2026-11-25-14'
          AND (id IS NOT NULL OR customer IS NOT NULL)
        """, Sent.ShowHours(Fourteen));

    [Theory]
    [InlineData("orders; DROP TABLE x")]
    [InlineData("orders\"")]
    [InlineData("orders`")]
    [InlineData("Orders")]
    [InlineData("1orders")]
    [InlineData("orders\n")]
    [InlineData("")]
    public void A_name_that_is_not_plain_goes_into_no_statement(string name)
    {
        Assert.Throws<ArgumentException>(() => new Queries(Lake, Orders with { View = name }).ShowHours(Fourteen));
        Assert.Throws<ArgumentException>(() => new Queries(Lake, Orders with { Database = name }).AddCopy(Fourteen, "a1"));
        Assert.Throws<ArgumentException>(() => new Queries(Lake, Orders with { BucketBy = [name] }).CopyHour(Fourteen, "a1"));
        Assert.Throws<ArgumentException>(() => new Queries(Lake, Orders with { Columns = [new Column(name, "string")] }).CopyHour(Fourteen, "a1"));
        Assert.Throws<ArgumentException>(() => new Queries(Lake, Orders with { Columns = [new Column("a", name + ")")] }).CreateCopies());
    }

    [Fact]
    public void A_quote_in_a_location_ends_no_text()
    {
        LakeConfig quoted = Lake with { Datasets = [Lake.Datasets[0], Lake.Datasets[1] with { Location = "s3://acme-lake/it's/{view}/" }] };
        Assert.EndsWith("SET LOCATION 's3://acme-lake/it''s/{view}/dt=2026-11-25-14/a1/'", new Queries(quoted, Orders).SwitchCopy(Fourteen, "a1"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_hour_is_one_of_UTC_also_where_clocks_are_put_back()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Athens");
        DateTimeOffset night = new(2026, 10, 24, 22, 30, 0, TimeSpan.Zero);
        DateTimeOffset[] moments = [.. Enumerable.Range(0, 6).Select(h => TimeZoneInfo.ConvertTime(night.AddHours(h), zone))];
        Assert.Equal(5, moments.Select(m => m.Hour).Distinct().Count());
        Assert.Equal(
            ["2026-10-24-22", "2026-10-24-23", "2026-10-25-00", "2026-10-25-01", "2026-10-25-02", "2026-10-25-03"],
            moments.Select(m => Hour.Of(m).ToString()));
    }

    [Theory]
    [InlineData("2026-11-25-14", true)]
    [InlineData("2026-11-25-24", false)]
    [InlineData("2026-02-30-00", false)]
    [InlineData("2026-11-25", false)]
    [InlineData("2026-11-25-14'", false)]
    public void An_hour_is_written_in_one_way(string text, bool isHour)
    {
        Assert.Equal(isHour, Hour.TryParse(text, out Hour hour));
        if (isHour)
            Assert.Equal((text, "2026-11-25-15", true), (hour.ToString(), hour.Next.ToString(), hour < hour.Next));
    }
}
