using Limpid.Core.Lake;
using Limpid.Functions.Partitions;
using Limpid.Functions.Refresh;

namespace Limpid.Functions;

/// <summary>What an input names, as lake.yaml has it. What it does not have is an error that says what there is.</summary>
internal static class KnownInLake
{
    /// <exception cref="UnknownTableException">There is none of this name.</exception>
    public static DerivedTable KnownTable(this LakeConfig lake, string name) =>
        lake.TableNamed(name) ?? throw new UnknownTableException(name, Names(lake.Tables?.Select(t => t.Name)));

    /// <exception cref="UnknownHoursException">There are none of this name.</exception>
    public static HourlyCopy KnownHours(this LakeConfig lake, string name) =>
        lake.Hours?.FirstOrDefault(h => h.Name == name) ?? throw new UnknownHoursException(name, Names(lake.Hours?.Select(h => h.Name)));

    /// <exception cref="UnknownReferenceException">There is none of this name, or it has no source: somebody else publishes it.</exception>
    public static Reference KnownReference(this LakeConfig lake, string name) => lake.ReferenceNamed(name) is { Source: not null } known
        ? known
        : throw new UnknownReferenceException(name, Names(lake.References?.Where(r => r.Source is not null).Select(r => r.Name)));

    private static string Names(IEnumerable<string>? names) => string.Join(", ", names ?? []) is { Length: > 0 } all ? all : "none";
}
