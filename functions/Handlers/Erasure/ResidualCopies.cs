using Limpid.Core.Erasure;

namespace Limpid.Functions.Erasure;

/// <summary>Copies that Limpid does not reach: a certificate lists them rather than keeping silent.</summary>
internal static class ResidualCopies
{
    /// <summary>Of a lake in a folder: what lies outside of it is not Limpid's to know.</summary>
    public static IReadOnlyList<ResidualCopy> OneMachine(Plan plan) => plan.Objects == 0
        ? []
        :
        [
            new ResidualCopy("backups, snapshots and replicas of the disk that the lake is on, made before the erasure"),
            new ResidualCopy("blocks of the disk that the old content stood in, until they are written again"),
            new ResidualCopy("copies that readers of the lake made before the erasure"),
        ];
}
