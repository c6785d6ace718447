using Limpid.Core.Lake;
using Limpid.Functions.Partitions;
using Limpid.Functions.Refresh;

namespace Limpid.Infra;

/// <summary>What a workflow's queries reach, as lake.yaml says. Names of tables may end with a star.</summary>
internal sealed record AthenaUse(string WorkGroup, string Database)
{
    /// <summary>Tables that are read.</summary>
    public IReadOnlyList<string> Queried { get; init; } = [];

    /// <summary>Tables that are read and given partitions, and are somebody else's.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Tables and views that are made and changed.</summary>
    public required IReadOnlyList<string> Made { get; init; }

    /// <summary>Tables that come and go with each query.</summary>
    public required IReadOnlyList<string> Temporary { get; init; }

    /// <summary>Locations, <c>s3://bucket/prefix/</c>, whose objects are read.</summary>
    public required IReadOnlyList<string> Reads { get; init; }

    /// <summary>Locations below which objects are written.</summary>
    public required IReadOnlyList<string> Writes { get; init; }

    /// <param name="workflow">The name of its file.</param>
    public static IReadOnlyList<AthenaUse> Of(LakeConfig lake, string workflow) => workflow switch
    {
        HourBook.StateMachine => [.. (lake.Hours ?? []).Select(hours => OfHours(lake, hours))],
        RefreshRuns.StateMachine =>
        [
            .. from table in lake.Tables ?? []
               from query in table.Steps.Select(step => step.Athena).OfType<AthenaStep>()
               select OfStep(lake, table, query),
        ],
        _ => [],
    };

    // Which tables a query names, its text alone says, and so does whether it makes one: `UNLOAD` makes none.
    private static AthenaUse OfStep(LakeConfig lake, DerivedTable table, AthenaStep step)
    {
        bool makes = !step.Sql.TrimStart().StartsWith("UNLOAD", StringComparison.OrdinalIgnoreCase);
        string versions = lake.VersionsOf(table).Location;
        return new AthenaUse(step.WorkGroup, step.Database)
        {
            Queried = ["*"],
            Sources = [],
            Made = makes ? ["*"] : [],
            Temporary = [],
            Reads =
            [
                .. table.From.Select(from => lake.TableNamed(from) is { } other ? lake.VersionsOf(other).Location
                    : lake.ReferenceNamed(from) is { } reference ? reference.Folder() : lake.Named(from)!.Location),
            ],
            Writes = [versions],
        };
    }

    private static AthenaUse OfHours(LakeConfig lake, HourlyCopy hours) => new(hours.WorkGroup, hours.Database)
    {
        Sources = [hours.Raw.Table],
        Made = [hours.Copy.Table, hours.View],
        // Queries.Of: each attempt has a table of its own, the copies' with the hour behind it.
        Temporary = [$"{hours.Copy.Table}_h*"],
        Reads = [lake.Named(hours.Raw.Dataset)!.Location],
        Writes = [lake.Named(hours.Copy.Dataset)!.Location],
    };
}
