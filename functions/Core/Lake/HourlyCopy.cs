namespace Limpid.Core.Lake;

/// <summary>
/// Raw rows that arrive under <c>dt=2026-11-25-14/</c>, by the hour of UTC, and the bucketed copy of every hour that is over, both tables of
/// Athena; a view shows each hour from exactly one of them. The copy names the same people, so it is a dataset of its own.
/// </summary>
public sealed record HourlyCopy
{
    public required string Name { get; init; }

    /// <summary>In the Glue Data Catalog; both tables and the view stand in it.</summary>
    public required string Database { get; init; }

    /// <summary>Athena's work group. It must not enforce where results go: then it refuses a copy with a place of its own.</summary>
    public string WorkGroup { get; init; } = "primary";

    /// <summary>Its table is there already, partitioned by <c>dt string</c> alone.</summary>
    public required HourlyTable Raw { get; init; }

    /// <summary>Its table is made where it is missing.</summary>
    public required HourlyTable Copy { get; init; }

    public required string View { get; init; }

    /// <summary>What is copied and shown, with the types that both tables give them, in this order; without <c>dt</c>.</summary>
    public required IReadOnlyList<Column> Columns { get; init; }

    /// <summary>The columns by whose values rows are put into <see cref="Buckets"/> files.</summary>
    public required IReadOnlyList<string> BucketBy { get; init; }

    public int Buckets { get; init; } = 8;

    /// <summary>The first hour, as <c>2026-11-01-00</c>; earlier ones are in no table and not in the view.</summary>
    public required string Since { get; init; }

    /// <summary>How long after its end an hour is copied. What arrives later still is noticed and copied as well.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether the copy's files are gzipped.</summary>
    public bool Gzip { get; init; } = true;
}

/// <param name="Dataset">Where its objects are.</param>
public sealed record HourlyTable(string Dataset, string Table);

/// <param name="Type">As in CREATE EXTERNAL TABLE: <c>bigint</c>, <c>decimal(10,2)</c>, <c>array&lt;string&gt;</c>.</param>
public sealed record Column(string Name, string Type);

public static class HourlyCopies
{
    public static Hour First(this HourlyCopy hours) => Hour.Parse(hours.Since);

    /// <summary>The prefix of the raw objects of an hour.</summary>
    public static string RawOf(this LakeConfig lake, HourlyCopy hours, Hour hour) => $"{lake.Named(hours.Raw.Dataset)!.Location}dt={hour}/";

    /// <summary>The prefix of one attempt to copy an hour: its own, so that what another one left there is never taken for a part of it.</summary>
    public static string CopyOf(this LakeConfig lake, HourlyCopy hours, Hour hour, string attempt) =>
        $"{lake.Named(hours.Copy.Dataset)!.Location}dt={hour}/{attempt}/";
}
