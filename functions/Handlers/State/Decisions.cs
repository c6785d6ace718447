using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;

namespace Limpid.Functions.State;

/// <summary>Approvers' signed decisions and attestations. Each is written once.</summary>
internal sealed class Decisions(IStateTable table)
{
    /// <summary>The decision of one approver on one plan that stands: the first one. A second one is not stored.</summary>
    public async Task<SignedDocument> RecordAsync(Decision decision, SignedDocument signed, CancellationToken cancellation) =>
        (await table.UpdateAsync(
            Requests.Partition(decision.RequestId), Sort(decision.Plan, decision.Approver), stored => stored is null ? signed : null,
            EvidenceJson.Default.SignedDocument, cancellation))!;

    public async Task<IReadOnlyList<SignedDocument>> ReadAsync(string requestId, int plan, CancellationToken cancellation) =>
        await table.QueryAsync(Requests.Partition(requestId), $"decision/{plan:D4}/", EvidenceJson.Default.SignedDocument, cancellation)
            .ToListAsync(cancellation);

    /// <summary>The attestation for an external dataset that stands: the first one.</summary>
    public async Task<SignedDocument> AttestAsync(Decision decision, string dataset, SignedDocument signed, CancellationToken cancellation) =>
        (await table.UpdateAsync(
            Requests.Partition(decision.RequestId), AttestationSort(decision.Plan, dataset), stored => stored is null ? signed : null,
            EvidenceJson.Default.SignedDocument, cancellation))!;

    public async Task<SignedDocument?> AttestationAsync(string requestId, int plan, string dataset, CancellationToken cancellation) =>
        (await table.GetAsync(Requests.Partition(requestId), AttestationSort(plan, dataset), EvidenceJson.Default.SignedDocument, cancellation))?.Value;

    private static string Sort(int plan, string approver) =>
        $"decision/{plan:D4}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(approver)))[..16]}";

    private static string AttestationSort(int plan, string dataset) => $"attestation/{plan:D4}/{dataset}";
}
