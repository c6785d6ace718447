using System.Globalization;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Approvals;

/// <summary>Questions, invitations, links, codes and signed decisions in the state table. Every write is conditional.</summary>
internal sealed class ApprovalState(IStateTable table, ISigner signer, PageSeal seal)
{
    public async Task<Approval?> AskedAsync(Question question, CancellationToken cancellation) =>
        (await table.GetAsync(Requests.Partition(question.RequestId), AskedSort(question), Records.Default.Approval, cancellation))?.Value;

    /// <summary>By compare-and-swap, see <see cref="TypedItem.UpdateAsync"/>.</summary>
    public Task<Approval?> UpdateAskedAsync(Question question, Func<Approval?, Approval?> change, CancellationToken cancellation) =>
        table.UpdateAsync(Requests.Partition(question.RequestId), AskedSort(question), change, Records.Default.Approval, cancellation);

    /// <summary>The first invitation of a person to a question stands; returns the one that does.</summary>
    public async Task<Invitation> InviteAsync(Question question, Invitation invitation, CancellationToken cancellation)
    {
        Invitation standing = (await table.UpdateAsync(
            Requests.Partition(question.RequestId), $"invitation/{question.Sort}/{seal.PersonReference(invitation.Approver)}",
            stored => stored is null ? invitation : null, ApprovalRecords.Default.Invitation, cancellation))!;
        await table.UpdateAsync(
            LinkPartition(LinkOf(standing)), "link", stored => stored is null ? new LinkTarget(question, standing.Approver) : null,
            ApprovalRecords.Default.LinkTarget, cancellation);
        return standing;
    }

    public IAsyncEnumerable<Invitation> InvitationsAsync(Question question, CancellationToken cancellation) =>
        table.QueryAsync(
            Requests.Partition(question.RequestId), $"invitation/{question.Sort}/", ApprovalRecords.Default.Invitation, cancellation);

    public string LinkOf(Invitation invitation) => seal.LinkId(Convert.FromHexString(invitation.Nonce));

    /// <summary>Null for a link that Limpid never made.</summary>
    public async Task<LinkTarget?> FollowAsync(string linkId, CancellationToken cancellation) =>
        (await table.GetAsync(LinkPartition(linkId), "link", ApprovalRecords.Default.LinkTarget, cancellation))?.Value;

    public async Task<MailedCode?> CodeAsync(Question question, string approver, CancellationToken cancellation) =>
        (await table.GetAsync(Requests.Partition(question.RequestId), CodeSort(question, approver), ApprovalRecords.Default.MailedCode, cancellation))?.Value;

    /// <summary>By compare-and-swap, see <see cref="TypedItem.UpdateAsync"/>.</summary>
    public Task<MailedCode?> UpdateCodeAsync(
        Question question, string approver, Func<MailedCode?, MailedCode?> change, CancellationToken cancellation) =>
        table.UpdateAsync(
            Requests.Partition(question.RequestId), CodeSort(question, approver), change, ApprovalRecords.Default.MailedCode, cancellation);

    /// <summary>Counts one use within the last hour; false, and nothing counted, where <paramref name="most"/> were made already.</summary>
    public async Task<bool> TryUseAsync(string what, string approver, int most, DateTimeOffset now, CancellationToken cancellation)
    {
        bool allowed = false;
        await table.UpdateAsync(
            $"approver/{seal.PersonReference(approver)}", what,
            stored =>
            {
                DateTimeOffset[] recent = [.. (stored?.At ?? []).Where(at => at > now.AddHours(-1))];
                allowed = recent.Length < most;
                return allowed ? new RecentUses([.. recent, now]) : null;
            },
            ApprovalRecords.Default.RecentUses, cancellation);
        return allowed;
    }

    /// <summary>The decisions on a plan whose signatures hold.</summary>
    public async Task<IReadOnlyList<Decision>> DecisionsAsync(string requestId, int plan, CancellationToken cancellation)
    {
        var decisions = new List<Decision>();
        await foreach (SignedDocument document in DocumentsAsync(requestId, plan, cancellation))
        {
            if (SignedDecision.Open(document, signer.PublicKey.Span) is { Purpose: ApprovalPurpose.Erasure } decision)
                decisions.Add(decision);
        }
        return decisions;
    }

    /// <summary>Everything that stands where the decisions on a plan are kept, forged or not: for <see cref="Authorization"/>.</summary>
    public IAsyncEnumerable<SignedDocument> DocumentsAsync(string requestId, int plan, CancellationToken cancellation) =>
        table.QueryAsync(Requests.Partition(requestId), DecisionPrefix(plan), ApprovalRecords.Default.SignedDocument, cancellation);

    /// <summary>What was attested of an external dataset, or null; its signature holds.</summary>
    public async Task<Decision?> AttestationAsync(Question question, CancellationToken cancellation) =>
        await DocumentAsync(question, "", cancellation) is { } document
            && SignedDecision.Open(document, signer.PublicKey.Span) is { Purpose: ApprovalPurpose.Attestation } decision
            && decision.Datasets.Contains(question.Dataset!, StringComparer.Ordinal)
                ? decision
                : null;

    /// <summary>The attestation of an external dataset as it is kept, forged or not; null where there is none.</summary>
    public Task<SignedDocument?> AttestedAsync(Question question, CancellationToken cancellation) => DocumentAsync(question, "", cancellation);

    /// <summary>
    /// One decision a person and plan, one attestation a dataset and plan: the first stands, signed; returns the one that does.
    /// </summary>
    /// <exception cref="InvalidDataException">What stands there was not signed by Limpid.</exception>
    public async Task<Decision> DecideAsync(Question question, Decision decision, CancellationToken cancellation)
    {
        SignedDocument signed = await SignedDecision.SignAsync(decision, signer, cancellation);
        SignedDocument standing = (await table.UpdateAsync(
            Requests.Partition(question.RequestId), DecisionSort(question, decision.Approver),
            stored => stored is null ? signed : null, ApprovalRecords.Default.SignedDocument, cancellation))!;
        return SignedDecision.Open(standing, signer.PublicKey.Span)
            ?? throw new InvalidDataException($"a decision of {question.RequestId} was not signed by this lake's key");
    }

    private async Task<SignedDocument?> DocumentAsync(Question question, string approver, CancellationToken cancellation) =>
        (await table.GetAsync(
            Requests.Partition(question.RequestId), DecisionSort(question, approver), ApprovalRecords.Default.SignedDocument, cancellation))?.Value;

    private static string AskedSort(Question question) => $"approval/{question.Sort}";

    private string CodeSort(Question question, string approver) => $"code/{question.Sort}/{seal.PersonReference(approver)}";

    private static string DecisionPrefix(int plan) => string.Create(CultureInfo.InvariantCulture, $"decision/{plan:D4}/");

    private string DecisionSort(Question question, string approver) => question.Purpose == ApprovalPurpose.Erasure
        ? DecisionPrefix(question.Plan) + seal.PersonReference(approver)
        : string.Create(CultureInfo.InvariantCulture, $"attestation/{question.Plan:D4}/{question.Dataset}");

    private string LinkPartition(string linkId) => $"link/{seal.LinkHash(linkId)}";
}
