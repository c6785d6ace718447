using System.Security.Cryptography;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;
using Limpid.Local.Cli;
using Limpid.Local.Storage;

namespace Limpid.Local;

/// <summary>
/// Holds certificates against the public key, and against the audit chains and item files where they are at hand. A certificate alone,
/// away from the lake, is checked as far as it goes by itself.
/// </summary>
internal sealed class EvidenceVerification : IDisposable
{
    private readonly LakeFolder _folder;
    private readonly byte[] _publicKey;
    private readonly SqliteStateTable? _state;
    private readonly KeptChains? _chains;

    public EvidenceVerification(LakeFolder folder, byte[] publicKey)
    {
        _folder = folder;
        _publicKey = publicKey;
        if (!File.Exists(Path.Combine(folder.State, SqliteStateTable.FileName)))
            return;
        _state = new SqliteStateTable(folder.State);
        _chains = new KeptChains(_state);
    }

    /// <summary>Whether there are audit chains to hold certificates against: away from the lake there are none.</summary>
    public bool HasChains => _chains is not null;

    public async Task<VerifiedFile> CheckAsync(string file, CancellationToken cancellation)
    {
        Certificate certificate;
        SignedDocument signed;
        byte[] bytes = await File.ReadAllBytesAsync(file, cancellation);
        try
        {
            certificate = CertificateFile.Read(bytes, out signed);
        }
        catch (InvalidDataException wrong)
        {
            return new VerifiedFile(file, null, null, 0, 0, 0, [wrong.Message]);
        }
        var problems = new List<string>();
        if (!signed.Verify(_publicKey))
            problems.Add("its signature is not of this key and content");
        if (IsKept(file) && Path.GetFileName(file) != Path.GetFileName(Certificate.KeyOf(certificate.RequestId)))
            problems.Add($"it is the certificate of {certificate.RequestId}, under another request's name");
        problems.AddRange(DecisionProblems(certificate));
        if (ItemsProblem(file, certificate) is { } items)
            problems.Add(items);
        if (IsKept(file))
            problems.AddRange(await new KeptPlans(_folder).ProblemsAsync(certificate, cancellation));
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
            return CertificateFiles().Length > 0 ? "it is missing, with everything else that stands in state.db" : null;
        (IReadOnlyList<AuditEntry> entries, string? broken) = await _chains.ReadAsync(AuditLog.LakeChain, HeadsInCertificates(), cancellation);
        if (broken is not null)
            return broken;
        foreach (AuditEntry entry in entries.Where(e => e.Event == "request-closed"))
        {
            if (!HasCertificate(KeptChains.Text(entry, "request") ?? ""))
                return $"the certificate of {KeptChains.Text(entry, "request")} is missing";
        }
        ILookup<string, ChainHead> heads = entries.Select(AuditLog.HeadIn).OfType<ChainHead>().ToLookup(h => h.Chain);
        await foreach (ErasureRequest request in new Requests(_state!).ListAsync(cancellation))
        {
            if (request.Certificate is not null && !HasCertificate(request.Id))
                return $"the certificate of {request.Id} is missing";
            // Its own chain is whole, and reaches as far as the lake's says.
            if ((await _chains.ReadAsync(AuditLog.ChainOf(request.Id), heads[AuditLog.ChainOf(request.Id)], cancellation)).Broken is { } why)
                return $"{request.Id}: audit {why}";
        }
        return null;
    }

    public void Dispose() => _state?.Dispose();

    private bool IsKept(string file) => Path.GetFullPath(file).StartsWith(_folder.Evidence + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private IEnumerable<string> DecisionProblems(Certificate certificate)
    {
        foreach (CertifiedPlan plan in certificate.Plans)
        {
            foreach (SignedDocument document in plan.Decisions)
            {
                if (SignedDecision.Open(document, _publicKey) is not { } decision)
                    yield return $"a decision on plan {plan.Number} is forged";
                else if (decision.RequestId != certificate.RequestId || decision.PlanDigest != plan.Digest)
                    yield return $"a decision on plan {plan.Number} was about something else";
            }
            if (plan.Objects > 0 && !plan.Decisions.Any(d => SignedDecision.Open(d, _publicKey) is { } answer
                && (answer.Verdict == Verdict.Approve || plan.Number > 1)))
                yield return $"plan {plan.Number} was carried out without an approval";
        }
        foreach (SignedDocument attestation in certificate.Attestations)
        {
            if (SignedDecision.Open(attestation, _publicKey) is not { Purpose: ApprovalPurpose.Attestation } attested || attested.RequestId != certificate.RequestId)
                yield return "an attestation is forged or about something else";
        }
    }

    // The items stand beside the certificate; one that was carried away alone has none.
    private string? ItemsProblem(string file, Certificate certificate)
    {
        string items = Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileName(Certificate.ItemsKeyOf(certificate.ItemsDigest)));
        if (!File.Exists(items))
            return IsKept(file) ? "its list of items is missing" : null;
        using FileStream lines = File.OpenRead(items);
        return Convert.ToHexStringLower(SHA256.HashData(lines)) == certificate.ItemsDigest ? null : "its list of items was changed";
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

    // A file that is no certificate is told of where it is checked itself.
    private ChainHead? HeadIn(string file)
    {
        try
        {
            Certificate certificate = CertificateFile.Read(File.ReadAllBytes(file), out SignedDocument signed);
            return signed.Verify(_publicKey) ? certificate.LakeAudit : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private IEnumerable<ChainHead> HeadsInCertificates() => CertificateFiles().Select(HeadIn).OfType<ChainHead>();

    private bool HasCertificate(string requestId) => File.Exists(Path.Combine(_folder.Evidence, Certificate.KeyOf(requestId)));

    private string[] CertificateFiles()
    {
        string folder = Path.Combine(_folder.Evidence, "certificates");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
    }
}
