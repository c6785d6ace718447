using Limpid.Core.Erasure;
using Limpid.Core.Ports;
using Limpid.Functions.Approvals;

namespace Limpid.Functions.State;

/// <summary>Holds, by dataset or subject. A released one stays, for the auditor.</summary>
internal sealed class Holds(IStateTable table)
{
    private const string Partition = "holds";

    /// <summary>False where the id is taken.</summary>
    public Task<bool> TryPlaceAsync(Hold hold, CancellationToken cancellation) =>
        table.TryPutAsync(Partition, hold.Id, hold, 0, Records.Default.Hold, cancellation);

    /// <summary>The hold as it stands then, or null where there is none of this id. Releasing twice keeps the first release.</summary>
    public Task<Hold?> ReleaseAsync(string id, string by, DateTimeOffset at, CancellationToken cancellation) =>
        table.UpdateAsync(
            Partition, id, hold => hold is null or { ReleasedAt: not null } ? null : hold with { ReleasedAt = at, ReleasedBy = by },
            Records.Default.Hold, cancellation);

    public IAsyncEnumerable<Hold> ListAsync(CancellationToken cancellation) =>
        table.QueryAsync(Partition, "", Records.Default.Hold, cancellation);

    /// <summary>Those that are not released, as a request's plan, page, mails and certificate may show them: a reason that names its person is left out.</summary>
    public async Task<IReadOnlyList<Hold>> ActiveAsync(ErasureRequest request, PersonCheck check, CancellationToken cancellation) =>
        await ListAsync(cancellation).Where(h => h.ReleasedAt is null)
            .Select(h => check.IsNamedIn(request, h.Reason) ? h with { Reason = "its reason names the person, and is not repeated here" } : h)
            .ToListAsync(cancellation);
}
