using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Functions;
using Limpid.Functions.Adapters;
using Limpid.Tests.Scenarios;

namespace Limpid.Tests.Adapters;

/// <summary>What a plan is said to cost is what the README's table says of a whole lake, and nothing where there is no AWS.</summary>
public sealed class ErasureEstimateTests
{
    [Theory]
    [InlineData(0, 100.0)]
    [InlineData(0, 0.001)]
    [InlineData(40, 750.0)]
    public void A_plan_over_a_whole_lake_costs_what_the_lakes_price_says(int old, double gigabytes)
    {
        double expected = new LakePrice(100 + old, gigabytes * 1e9 / (100 + old)).Erasing.Dollars;
        Assert.Equal(expected, ErasureEstimate.DollarsOf(PlanOf((100, (long)(gigabytes * 1e9), old)), Lake("s3://b/a/", "s3://b/b/"))!.Value, expected / 1e6);
    }

    [Fact]
    public void Datasets_add_up_and_the_request_is_counted_once()
    {
        LakeConfig lake = Lake("s3://b/a/", "s3://b/b/");
        double one = ErasureEstimate.DollarsOf(PlanOf((10, 1_000_000_000, 0)), lake)!.Value;
        double two = ErasureEstimate.DollarsOf(PlanOf((10, 1_000_000_000, 0), (10, 1_000_000_000, 0)), lake)!.Value;
        Assert.Equal(2 * one - LakePrice.ARequest.Dollars, two, 1e-9);
    }

    [Fact]
    public void Nothing_is_said_of_a_folder_or_of_a_plan_without_objects()
    {
        Assert.Null(ErasureEstimate.DollarsOf(PlanOf((10, 1_000, 0)), Lake("a/", "b/")));
        Assert.Null(ErasureEstimate.DollarsOf(PlanOf((0, 0, 0)), Lake("s3://b/a/", "s3://b/b/")));
    }

    [Theory]
    [InlineData(0.0004, "less than $0.01")]
    [InlineData(0.21, "$0.21")]
    [InlineData(3.0749, "$3.07")]
    [InlineData(1240.4, "$1,240")]
    public void Dollars_are_written_as_people_read_them(double dollars, string written) => Assert.Equal(written, Words.Dollars(dollars));

    private static LakeConfig Lake(params string[] locations) => new()
    {
        Name = "acme",
        Kinds = new Dictionary<string, Kind>(),
        Datasets = [.. locations.Select((location, i) => new Dataset { Name = $"d{i}", Location = location, Format = DataFormat.Ndjson, Approvers = [ScenarioWorld.Dpo] })],
    };

    private static Plan PlanOf(params (long Objects, long Bytes, int Old)[] datasets) => new()
    {
        RequestId = "r-1",
        Number = 1,
        Subject = [],
        LakeDigest = "",
        AsOf = default,
        ListedFrom = default,
        ListedTo = default,
        Datasets =
        [
            .. datasets.Select((d, i) => new DatasetPlan
            {
                Name = $"d{i}",
                Erase = EraseMode.Drop,
                Format = DataFormat.Ndjson,
                Approvers = [],
                Objects = d.Objects,
                ObjectBytes = d.Bytes,
                OldVersions = d.Old > 0 ? d.Old : null,
            }),
        ],
        ChunkDigests = [],
        Digest = "",
    };
}
