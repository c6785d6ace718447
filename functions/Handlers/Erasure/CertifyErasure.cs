using System.Text.Json;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Core.Index;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions.Approvals;
using Limpid.Functions.Indexing;
using Limpid.Functions.State;

namespace Limpid.Functions.Erasure;

/// <param name="Plan">The last plan: the supplementary one that found nothing more, or the first.</param>
/// <param name="ReconcileRun">The reconciliation before it.</param>
internal sealed record CertifyInput(string RequestId, int Plan, string ReconcileRun);

internal sealed record CertifyResult(string Status, string Certificate);

/// <summary>
/// <c>certify-erasure</c>: puts together what was recorded, closes the request's audit chain, signs, and ends the request. It refuses
/// while any item is open or a row that may be erased is still to be found. On replay the certificate that was stored first stands.
/// </summary>
internal sealed class CertifyErasure(Ports ports)
{
    private readonly Requests _requests = new(ports.State);
    private readonly Plans _plans = new(ports.Evidence);
    private readonly ApprovalState _approvals = new(ports.State, ports.Signer, new PageSeal(ports.PageSecret));
    private readonly AuditLog _audit = new(ports.State, ports.Time);
    private readonly Suppression _suppression = new(ports.State);
    private readonly EvidenceFiles _files = new(ports.Evidence);

    public async Task<CertifyResult> HandleAsync(CertifyInput input, CancellationToken cancellation)
    {
        ErasureRequest request = await _requests.GetAsync(input.RequestId, cancellation)
            ?? throw new UnknownRequestException(input.RequestId);
        string key = Certificate.KeyOf(request.Id);
        if (await _files.ReadAsync(key, cancellation) is null)
        {
            if (request.IsEnded)
                return new CertifyResult(Name(request.Status), request.Certificate ?? "");
            await IssueAsync(request, input, cancellation);
        }
        Certificate issued = CertificateFile.Read((await _files.ReadAsync(key, cancellation))!, out SignedDocument signed);

        // Each of these may have been done by an earlier call that died before the next.
        await _suppression.AddAsync(request.Subject, request.Id, issued.IssuedAt, cancellation);
        await CloseAsync(request.Id, issued, signed, cancellation);
        await _requests.UpdateAsync(request.Id, stored => stored.IsEnded ? null : stored with
        {
            Status = issued.Outcome,
            Certificate = key,
            EndedAt = issued.IssuedAt,
        }, cancellation);
        return new CertifyResult(Name(issued.Outcome), key);
    }

    private async Task IssueAsync(ErasureRequest request, CertifyInput input, CancellationToken cancellation)
    {
        ReconcileRun listing = await ReconcileLake.GetAsync(ports.State, input.ReconcileRun, cancellation)
            ?? throw new InvalidOperationException($"reconciliation {input.ReconcileRun} has not run");
        Outcomes outcomes = await Outcomes.ReadAsync(ports, request.Id, input.Plan, cancellation);
        if (outcomes.Open > 0)
            throw new ErasureIncompleteException(request.Id, outcomes.Open);
        Plan first = outcomes.Plans[0], last = outcomes.Plans[^1];

        (List<SignedDocument> attestations, List<BlockedObject> unattested) = await AttestationsAsync(request, outcomes, cancellation);
        var exceptions = new List<BlockedObject>([.. outcomes.Exceptions, .. unattested]);
        foreach (DatasetPlan dataset in last.Datasets)
            exceptions.AddRange(dataset.Unreadable);
        long exceptionCount = exceptions.Count + last.Datasets.Sum(d => d.UnreadableObjects - d.Unreadable.Count);
        string[] resurfaced = await ResurfacedAsync(request, outcomes, cancellation);

        byte[] items = outcomes.ToJsonLines();
        string itemsDigest = CanonicalJson.Digest(items);
        await _files.CreateAsync(Certificate.ItemsKeyOf(itemsDigest), items, cancellation);

        var plans = new List<CertifiedPlan>();
        foreach (Plan plan in outcomes.Plans)
        {
            plans.Add(new CertifiedPlan(
                plan.Number, plan.Digest, plan.Objects, plan.Rows, await _approvals.DocumentsAsync(request.Id, plan.Number, cancellation).ToListAsync(cancellation)));
        }
        bool foundNothing = outcomes.Erased == 0 && outcomes.Exceptions.Count == 0 && outcomes.Plans.All(p => p.Items == 0);
        DateTimeOffset now = ports.Time.GetUtcNow();
        AuditEntry closing = await _audit.AppendOnceAsync(request.Id, "verified", new Dictionary<string, string>
        {
            ["items"] = itemsDigest,
            ["objects"] = FormattableString.Invariant($"{outcomes.Erased}"),
            ["rows"] = FormattableString.Invariant($"{outcomes.RowsErased}"),
            ["exceptions"] = FormattableString.Invariant($"{exceptionCount}"),
        }, cancellation);
        AuditEntry? lake = await _audit.LastAsync(AuditLog.LakeChain, cancellation);
        var certificate = new Certificate
        {
            RequestId = request.Id,
            Lake = ports.Lake.Name,
            Outcome = exceptionCount > 0 ? RequestStatus.CertifiedWithExceptions : foundNothing ? RequestStatus.NothingFound : RequestStatus.Certified,
            Subject = request.Subject,
            RequestedBy = request.RequestedBy,
            Case = request.Case,
            VerifiedBy = request.VerifiedBy,
            Received = request.Received,
            Due = request.Due,
            SubmittedAt = request.SubmittedAt,
            IssuedAt = now,
            Scope = new CertificateScope
            {
                LakeDigest = ports.LakeDigest,
                AsOf = first.AsOf,
                Located = new Listing(first.ListedFrom, first.ListedTo),
                Verified = new Listing(listing.ListedFrom, listing.ListedTo ?? now),
                Datasets = [.. last.Datasets.Select(d => new CertifiedDataset(d.Name, d.Searched, d.DatasetObjects, d.DatasetRows, d.UnreadableObjects, d.MalformedRows))],
            },
            Plans = plans,
            ObjectsErased = outcomes.Erased,
            RowsErased = outcomes.RowsErased,
            ItemsDigest = itemsDigest,
            Items = outcomes.Items,
            Exceptions = [.. exceptions.Take(Certificate.MostExceptionsListed)],
            ExceptionCount = exceptionCount,
            Attestations = attestations,
            Resurfaced = resurfaced,
            Residual = ResidualCopies.OneMachine(first),
            SecondPass = new SecondPass(listing.ListedFrom, now, outcomes.Verified, 0),
            Audit = AuditChain.HeadOf(AuditLog.ChainOf(request.Id), closing),
            LakeAudit = lake is null ? null : AuditChain.HeadOf(AuditLog.LakeChain, lake),
        };
        JsonElement body = JsonSerializer.SerializeToElement(certificate, CertificateJson.Default.Certificate);
        SignedDocument signed = await SignedDocument.SignAsync(body, ports.Signer, cancellation);
        await _files.CreateAsync(Certificate.KeyOf(request.Id), signed.ToUtf8(), cancellation);
    }

    // The certificate's digest closes the request's chain, and the closed chain's head enters the lake's.
    private async Task CloseAsync(string requestId, Certificate issued, SignedDocument signed, CancellationToken cancellation)
    {
        AuditEntry closed = await _audit.AppendOnceAsync(AuditLog.ChainOf(requestId), "certified", new Dictionary<string, string>
        {
            ["outcome"] = Name(issued.Outcome),
            ["certificate"] = CanonicalJson.Digest(signed.ToUtf8()),
        }, cancellation);
        await _audit.AppendOnceAsync(AuditLog.LakeChain, "request-closed", new Dictionary<string, string>
        {
            ["request"] = requestId,
            ["head"] = closed.Hash,
            ["entries"] = FormattableString.Invariant($"{closed.Sequence}"),
        }, cancellation);
    }

    private async Task<(List<SignedDocument>, List<BlockedObject>)> AttestationsAsync(ErasureRequest request, Outcomes outcomes, CancellationToken cancellation)
    {
        var attested = new List<SignedDocument>();
        var open = new List<BlockedObject>();
        foreach (PlanItem item in outcomes.External)
        {
            SignedDocument? signed = await _approvals.AttestedAsync(new Question(request.Id, 1, ApprovalPurpose.Attestation, item.Dataset), cancellation);
            if (signed is not null)
                attested.Add(signed);
            bool isErased = signed is not null && SignedDecision.Open(signed, ports.Signer.PublicKey.Span) is { Verdict: Verdict.Approve };
            if (!isErased)
                open.Add(new BlockedObject(item.Object.Length > 0 ? item.Object : item.Dataset, signed is null ? "nobody has attested that the person is gone there" : "it was attested that the person is not gone there"));
        }
        return (attested, open);
    }

    private async Task<string[]> ResurfacedAsync(ErasureRequest request, Outcomes outcomes, CancellationToken cancellation)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (SubjectKey key in request.Subject.SelectMany(s => s.Keys))
        {
            await foreach (IndexHit hit in ports.Index.FindAsync(key, cancellation))
            {
                if (!outcomes.Knows(hit.Record) && ports.Lake.Named(hit.Record.Dataset)?.Holds(ports.Names.KeyOf(hit.Record.Object, hit.Record.SealedKey)) == true && found.Count < Certificate.MostExceptionsListed)
                    found.Add(hit.Record.Object);
            }
        }
        return [.. found];
    }

    private static string Name(RequestStatus status) => JsonSerializer.SerializeToElement(status, Records.Default.RequestStatus).GetString()!;
}

/// <summary>Some items have no outcome that a certificate could state: nothing is certified.</summary>
internal sealed class ErasureIncompleteException(string requestId, long open)
    : Exception($"{open} items of {requestId} are neither erased nor an exception");
