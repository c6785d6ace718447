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
        return (await FinishAsync(request, cancellation))!;
    }

    /// <summary>Does whatever is left to do once the certificate is stored; null where there is none.</summary>
    public async Task<CertifyResult?> FinishAsync(ErasureRequest request, CancellationToken cancellation)
    {
        string key = Certificate.KeyOf(request.Id);
        if (await _files.ReadAsync(key, cancellation) is not { } file)
            return null;
        Certificate issued = CertificateFile.Read(file, out SignedDocument signed);

        // Each of these may have been done by an earlier call that died before the next.
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
        await using Stream lines = ports.Scratch();
        Outcomes outcomes = await Outcomes.ReadAsync(ports, request.Id, input.Plan, lines, cancellation);
        Plan first = outcomes.Plans[0], last = outcomes.Plans[^1];
        if (outcomes.Open > 0)
            throw new ErasureIncompleteException(request.Id, $"{outcomes.Open} items are neither erased nor an exception");
        // Whoever calls, and with whatever: the last look must have found nothing more, and have come after the request and after the
        // last object was read again.
        // The workflow begins a run under this name only then, so that a clock that was set back proves nothing; of any other run only clocks tell.
        DateTimeOffset listedFrom = input.ReconcileRun == $"{request.Id}-{last.Number}" ? listing.ListedFrom + ClockSkew.Most : listing.ListedFrom;
        if (listedFrom < request.SubmittedAt || last.Objects + last.ExternalPlaces > 0 || await _plans.GetAsync(request.Id, last.Number + 1, cancellation) is not null
            || listing.ListedTo != last.ListedTo || listedFrom < outcomes.LastVerified)
            throw new ErasureIncompleteException(request.Id, "the last listing does not show that nothing is left");
        // From here on who comes back is reported.
        await _suppression.AddAsync(request.Subject, request.Id, ports.Time.GetUtcNow(), cancellation);

        (List<SignedDocument> attestations, List<BlockedObject> unattested) = await AttestationsAsync(request, first, outcomes, cancellation);
        BlockedObject[] unread = [.. last.Datasets.SelectMany(d => d.Unreadable).Where(u => !outcomes.IsException(u.Key, u.Version))];
        BlockedObject[] exceptions = [.. outcomes.Exceptions, .. unattested, .. unread];
        long exceptionCount = outcomes.ExceptionCount + unattested.Count + unread.Length + last.Datasets.Sum(d => d.UnreadableObjects - d.Unreadable.Count);
        FirstInOrder<string> resurfaced = await ResurfacedAsync(request, outcomes, cancellation);

        string itemsDigest = outcomes.LinesDigest;
        await _files.CreateAsync(Certificate.ItemsKeyOf(itemsDigest), async (target, token) =>
        {
            lines.Position = 0;
            await lines.CopyToAsync(target, token);
        }, cancellation);

        var plans = new List<CertifiedPlan>();
        foreach (Plan plan in outcomes.Plans)
        {
            plans.Add(new CertifiedPlan(
                plan.Number, plan.Digest, plan.Objects, plan.Rows, await DecisionsAsync(request, plan, cancellation)));
        }
        bool foundNothing = outcomes.Erased == 0 && outcomes.ExceptionCount == 0 && outcomes.Plans.All(p => p.Items == 0);
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
            Extension = request.Extension,
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
            VersionsRemoved = outcomes.VersionsRemoved > 0 ? outcomes.VersionsRemoved : null,
            ItemsDigest = itemsDigest,
            Items = outcomes.Items,
            Exceptions = [.. exceptions.Take(Certificate.MostExceptionsListed)],
            ExceptionCount = exceptionCount,
            Attestations = attestations,
            Resurfaced = resurfaced.ToList(),
            ResurfacedCount = resurfaced.Count,
            Residual = await ResidualCopies.ListAsync(ports, outcomes.Plans, cancellation),
            SecondPass = new SecondPass(outcomes.FirstVerified ?? listing.ListedFrom, outcomes.LastVerified ?? listing.ListedTo ?? now, outcomes.Verified)
            {
                Versions = outcomes.VersionsRead > 0 ? outcomes.VersionsRead : null,
            },
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
        AuditEntry entered = await _audit.EnterLakeAsync("request-closed", requestId, closed, cancellation);
        await new Anchors(ports).KeepAsync(entered, cancellation);
    }

    // Those that count: what else may stand where decisions are kept authorised nothing.
    private async Task<IReadOnlyList<SignedDocument>> DecisionsAsync(ErasureRequest request, Plan plan, CancellationToken cancellation) =>
        await _approvals.DocumentsAsync(request.Id, plan.Number, cancellation)
            .Where(d => SignedDecision.Open(d, ports.Signer.PublicKey.Span) is { } decision && DecisionRules.Counts(decision, plan, request, ports.Lake))
            .ToListAsync(cancellation);

    private async Task<(List<SignedDocument>, List<BlockedObject>)> AttestationsAsync(
        ErasureRequest request, Plan first, Outcomes outcomes, CancellationToken cancellation)
    {
        var attested = new List<SignedDocument>();
        var open = new List<BlockedObject>();
        foreach (PlanItem item in outcomes.External)
        {
            SignedDocument? signed = await _approvals.AttestedAsync(new Question(request.Id, first.Number, ApprovalPurpose.Attestation, item.Dataset), cancellation);
            Decision? decision = signed is null ? null : SignedDecision.Open(signed, ports.Signer.PublicKey.Span);
            bool counts = decision is not null && DecisionRules.CountsAsAttestation(decision, item.Dataset, first, request, ports.Lake);
            if (counts)
                attested.Add(signed!);
            if (item.Blocked is not null || !counts || decision!.Verdict != Verdict.Approve)
            {
                open.Add(new BlockedObject(
                    item.Object.Length > 0 ? item.Object : item.Dataset,
                    item.Blocked ?? (counts ? "it was attested that the person is not gone there" : "nobody has attested that the person is gone there")));
            }
        }
        return (attested, open);
    }

    // What the index names of the person by now and no exception explains came while this was carried out.
    private async Task<FirstInOrder<string>> ResurfacedAsync(ErasureRequest request, Outcomes outcomes, CancellationToken cancellation)
    {
        var found = new FirstInOrder<string>(Certificate.MostExceptionsListed, key => key);
        // A person with two identifiers is found twice in an object that holds both.
        var seen = new HashSet<UInt128>();
        foreach (SubjectKey key in request.Subject.SelectMany(s => s.Keys))
        {
            await foreach (IndexHit hit in ports.Index.FindAsync(key, cancellation))
            {
                if (ports.Lake.Named(hit.Record.Dataset)?.Holds(ports.Names.KeyOf(hit.Record.Object, hit.Record.SealedKey)) != true
                    || hit.Record.Unreadable is not null || outcomes.IsException(hit.Record.Object, hit.Record.Version) || !seen.Add(ItemHistory.MarkOf(hit.Record.Object)))
                    continue;
                found.Add(hit.Record.Object);
                await _suppression.ReportAsync(new Resurfaced(hit.Record.Object, hit.Record.Dataset, key, request.Id, ports.Time.GetUtcNow()), cancellation);
            }
        }
        return found;
    }

    private static string Name(RequestStatus status) => JsonSerializer.SerializeToElement(status, Records.Default.RequestStatus).GetString()!;
}

/// <summary>What was recorded does not bear a certificate: none is issued.</summary>
internal sealed class ErasureIncompleteException(string requestId, string why) : Exception($"{requestId}: {why}");
