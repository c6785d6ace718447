using System.Security.Cryptography;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;
using Limpid.Local.Cli;

namespace Limpid.Local;

/// <summary>
/// Holds certificates against the public key, and against the audit chains and item files where they are at hand. A certificate alone,
/// away from the lake, is checked as far as it goes by itself.
/// </summary>
internal sealed class EvidenceVerification(KeptEvidence kept, byte[] publicKey)
{
    private readonly KeptChains? _chains = kept.State is null ? null : new KeptChains(kept.State);

    /// <summary>Whether there are audit chains to hold certificates against: away from the lake there are none.</summary>
    public bool HasChains => _chains is not null;

    /// <summary>One that is kept.</summary>
    public async Task<VerifiedFile> CheckKeptAsync(string key, CancellationToken cancellation)
    {
        byte[] bytes = await kept.ReadAsync(key, cancellation) ?? throw new IOException($"{kept.PlaceOf(key)} is gone");
        return await CheckAsync(kept.PlaceOf(key), bytes, key, async items => await kept.OpenAsync(items, cancellation), cancellation);
    }

    /// <summary>One that somebody has as a file. Its list of items stands beside it, or was not carried along.</summary>
    public async Task<VerifiedFile> CheckFileAsync(string file, CancellationToken cancellation) => await CheckAsync(
        file, await File.ReadAllBytesAsync(file, cancellation), null, items =>
        {
            string beside = Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileName(items));
            return Task.FromResult<Stream?>(File.Exists(beside) ? File.OpenRead(beside) : null);
        }, cancellation);

    /// <param name="key">As what it is kept; null for a file.</param>
    private async Task<VerifiedFile> CheckAsync(
        string file, byte[] bytes, string? key, Func<string, Task<Stream?>> openItems, CancellationToken cancellation)
    {
        Certificate certificate;
        SignedDocument signed;
        try
        {
            certificate = CertificateFile.Read(bytes, out signed);
        }
        catch (InvalidDataException wrong)
        {
            return new VerifiedFile(file, null, null, 0, 0, 0, [wrong.Message]);
        }
        var problems = new List<string>();
        if (!signed.Verify(publicKey))
            problems.Add("its signature is not of this key and content");
        if (key is not null && key != Certificate.KeyOf(certificate.RequestId))
            problems.Add($"it is the certificate of {certificate.RequestId}, under another request's name");
        problems.AddRange(DecisionProblems(certificate));
        if (await ItemsProblemAsync(certificate, isKept: key is not null, openItems, cancellation) is { } items)
            problems.Add(items);
        if (key is not null)
            problems.AddRange(await new KeptPlans(kept.Files!).ProblemsAsync(certificate, cancellation));
        if (await ChainProblemAsync(certificate, signed, cancellation) is { } chain)
            problems.Add(chain);
        return new VerifiedFile(
            file, certificate.RequestId, RequestOutput.NameOf(certificate.Outcome), certificate.ObjectsErased, certificate.RowsErased, certificate.ExceptionCount, problems);
    }

    /// <summary>
    /// What is wrong with the lake's chain, and with those of all requests, certified or not; null where nothing is, or where there is
    /// neither chain nor certificate.
    /// </summary>
    public async Task<string?> CheckLakeChainAsync(CancellationToken cancellation)
    {
        if (_chains is null)
            return (await kept.CertificatesAsync(cancellation)).Count > 0 ? "it is missing, with everything else that stands in state.db" : null;
        (IReadOnlyList<AuditEntry> entries, string? broken) = await _chains.ReadAsync(AuditLog.LakeChain, await HeadsInCertificatesAsync(cancellation), cancellation);
        if (broken is not null)
            return broken;
        foreach (AuditEntry entry in entries.Where(e => e.Event == "request-closed"))
        {
            if (!await kept.HasCertificateAsync(KeptChains.Text(entry, "request") ?? "", cancellation))
                return $"the certificate of {KeptChains.Text(entry, "request")} is missing";
        }
        ILookup<string, ChainHead> heads = entries.Select(AuditLog.HeadIn).OfType<ChainHead>().ToLookup(h => h.Chain);
        await foreach (ErasureRequest request in new Requests(kept.State!).ListAsync(cancellation))
        {
            if (request.Certificate is not null && !await kept.HasCertificateAsync(request.Id, cancellation))
                return $"the certificate of {request.Id} is missing";
            // Its own chain is whole, and reaches as far as the lake's says.
            if ((await _chains.ReadAsync(AuditLog.ChainOf(request.Id), heads[AuditLog.ChainOf(request.Id)], cancellation)).Broken is { } why)
                return $"{request.Id}: audit {why}";
        }
        return null;
    }

    private IEnumerable<string> DecisionProblems(Certificate certificate)
    {
        foreach (CertifiedPlan plan in certificate.Plans)
        {
            foreach (SignedDocument document in plan.Decisions)
            {
                if (SignedDecision.Open(document, publicKey) is not { } decision)
                    yield return $"a decision on plan {plan.Number} is forged";
                else if (decision.RequestId != certificate.RequestId || decision.PlanDigest != plan.Digest)
                    yield return $"a decision on plan {plan.Number} was about something else";
            }
            if (plan.Objects > 0 && !plan.Decisions.Any(d => SignedDecision.Open(d, publicKey) is { } answer
                && (answer.Verdict == Verdict.Approve || plan.Number > 1)))
                yield return $"plan {plan.Number} was carried out without an approval";
        }
        foreach (SignedDocument attestation in certificate.Attestations)
        {
            if (SignedDecision.Open(attestation, publicKey) is not { Purpose: ApprovalPurpose.Attestation } attested || attested.RequestId != certificate.RequestId)
                yield return "an attestation is forged or about something else";
        }
    }

    private static async Task<string?> ItemsProblemAsync(
        Certificate certificate, bool isKept, Func<string, Task<Stream?>> open, CancellationToken cancellation)
    {
        await using Stream? lines = await open(Certificate.ItemsKeyOf(certificate.ItemsDigest));
        return lines is null ? isKept ? "its list of items is missing" : null
            : Convert.ToHexStringLower(await SHA256.HashDataAsync(lines, cancellation)) == certificate.ItemsDigest ? null
            : "its list of items was changed";
    }

    private async Task<string?> ChainProblemAsync(Certificate certificate, SignedDocument signed, CancellationToken cancellation)
    {
        if (_chains is null)
            return null;
        (IReadOnlyList<AuditEntry> entries, string? broken) =
            await _chains.ReadAsync(AuditLog.ChainOf(certificate.RequestId), [certificate.Audit], cancellation);
        if (broken is not null)
            return $"audit {broken}";
        AuditEntry? closed = entries.FirstOrDefault(e => e.Event == "certified");
        if (closed is null || KeptChains.Text(closed, "certificate") != CanonicalJson.Digest(signed.ToUtf8()))
            return "the audit chain closes with another certificate";
        // Of a chain that is broken itself the lake's own check tells.
        AuditEntry? named = (await _chains.ReadAsync(AuditLog.LakeChain, [], cancellation)).Entries
            .FirstOrDefault(e => e.Event == "request-closed" && KeptChains.Text(e, "request") == certificate.RequestId);
        return named is null ? "the lake's audit chain does not name this request"
            : KeptChains.Text(named, "head") == closed.Hash ? null
            : "the lake's audit chain names another end of this request";
    }

    private async Task<List<ChainHead>> HeadsInCertificatesAsync(CancellationToken cancellation)
    {
        var heads = new List<ChainHead>();
        foreach (string key in await kept.CertificatesAsync(cancellation))
        {
            if (await kept.ReadAsync(key, cancellation) is { } bytes && HeadIn(bytes) is { } head)
                heads.Add(head);
        }
        return heads;
    }

    // A file that is no certificate is told of where it is checked itself.
    private ChainHead? HeadIn(byte[] file)
    {
        try
        {
            Certificate certificate = CertificateFile.Read(file, out SignedDocument signed);
            return signed.Verify(publicKey) ? certificate.LakeAudit : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
