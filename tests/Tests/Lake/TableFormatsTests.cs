using Limpid.Core.Lake;

namespace Limpid.Tests.Lake;

public class TableFormatsTests
{
    [Theory]
    [InlineData("sales/_delta_log/00000000000000000000.json", "Delta Lake", "sales/")]
    [InlineData("_delta_log/_last_checkpoint", "Delta Lake", "")]
    [InlineData("db/events/metadata/00001-abc.metadata.json", "Apache Iceberg", "db/events/")]
    [InlineData("db/events/metadata/v3.gz.metadata.json", "Apache Iceberg", "db/events/")]
    [InlineData("db/events/metadata/v3.metadata.json.gz", "Apache Iceberg", "db/events/")]
    [InlineData("trips/.hoodie/hoodie.properties", "Apache Hudi", "trips/")]
    [InlineData("trips/.hoodie/metadata/files/.hoodie_partition_metadata", "Apache Hudi", "trips/")]
    [InlineData("outer/_delta_log/x/_delta_log/0.json", "Delta Lake", "outer/")]
    public void A_table_shows_by_the_names_it_leaves(string key, string format, string root) =>
        Assert.Equal(new TableRoot(format, root), TableFormats.RevealedBy(key));

    [Theory]
    [InlineData("sales/_delta_log")]
    [InlineData("sales/my_delta_log/0.json")]
    [InlineData("sales/_delta_logs/0.json")]
    [InlineData("db/metadata/readme.json")]
    [InlineData("db/metadata/sub/1.metadata.json")]
    [InlineData("db/1.metadata.json")]
    [InlineData("trips/.hoodies/x")]
    [InlineData("")]
    public void Names_that_only_look_alike_reveal_none(string key) => Assert.Null(TableFormats.RevealedBy(key));

    [Fact]
    public void A_listing_reveals_its_outermost_tables_and_what_they_hold()
    {
        IReadOnlyList<TableRoot> tables = TableFormats.Find(
        [
            "a/part-0.parquet", "a/_delta_log/0.json", "a/_delta_log/1.json", "a/inner/.hoodie/hoodie.properties",
            "a-b/plain.ndjson", "b/metadata/1.metadata.json", "c/plain.ndjson",
        ]);

        Assert.Equal([new TableRoot("Delta Lake", "a/"), new TableRoot("Apache Iceberg", "b/")], tables);
        Assert.True(tables[0].Holds("a/part-0.parquet"));
        Assert.True(tables[0].Holds("a/inner/x"));
        Assert.False(tables[0].Holds("a-b/plain.ndjson"));
    }

    [Fact]
    public void Keys_are_ordered_by_their_UTF8_bytes()
    {
        string[] inOrder = ["", "a", "a-", "a/", "a/b", "a0", "aé", "a\uFFFC", "a\uFFFCb", "a\U0001F600", "a\U0001F600b", "b"];
        for (int i = 0; i < inOrder.Length; i++)
            for (int j = 0; j < inOrder.Length; j++)
                Assert.Equal(Math.Sign(i - j), Math.Sign(KeyOrder.Instance.Compare(inOrder[i], inOrder[j])));
    }
}
