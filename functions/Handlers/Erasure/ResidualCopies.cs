using Limpid.Core.Erasure;

namespace Limpid.Functions.Erasure;

/// <summary>Copies that Limpid does not reach: a certificate lists them rather than keeping silent.</summary>
internal static class ResidualCopies
{
    /// <summary>Of a lake in a folder: what lies outside of it is not Limpid's to know.</summary>
    private static readonly IReadOnlyList<ResidualCopy> OneMachine =
    [
        new ResidualCopy("backups, snapshots and replicas of the disk that the lake is on, made before the erasure"),
        new ResidualCopy("blocks of the disk that the old content stood in, until they are written again"),
        new ResidualCopy("copies that readers of the lake made before the erasure"),
    ];

    /// <summary>None where no plan had anything to erase: what went nowhere left no copy behind.</summary>
    public static async Task<IReadOnlyList<ResidualCopy>> ListAsync(Ports ports, IReadOnlyList<Plan> plans, CancellationToken cancellation) =>
        plans.All(plan => plan.Objects == 0) ? []
        : ports.CopiesOutOfReach is { } list ? await list(cancellation)
        : OneMachine;
}
