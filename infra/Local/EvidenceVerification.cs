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
    private readonly AuditLog? _audit;

    public EvidenceVerification(LakeFolder folder, byte[] publicKey)
    {
        _folder = folder;
        _publicKey = publicKey;
        if (!File.Exists(Path.Combine(folder.State, SqliteStateTable.FileName)))
            return;
        _state = new SqliteStateTable(folder.State);
        _audit = new AuditLog(_state, TimeProvider.System);
    }

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
        if (await ChainProblemAsync(certificate, signed, cancellation) is { } chain)
            problems.Add(chain);
        return new VerifiedFile(
            file, certificate.RequestId, RequestOutput.NameOf(certificate.Outcome), certificate.ObjectsErased, certificate.RowsErased, certificate.ExceptionCount, problems);
    }

    /// <summary>Null where it is whole, or where there is none at hand.</summary>
    public async Task<string?> CheckLakeChainAsync(CancellationToken cancellation)
    {
        if (_audit is null)
            return null;
        List<AuditEntry> entries = await _audit.ReadAsync(AuditLog.LakeChain, cancellation).ToListAsync(cancellation);
        ChainCheck check = AuditChain.Verify(AuditLog.LakeChain, entries, HeadsInCertificates());
        if (!check.IsWhole)
            return $"entry {check.BrokenAt}: {check.Why}";
        AuditEntry? lost = entries.Find(e => e.Event == "request-closed"
            && !File.Exists(Path.Combine(_folder.Evidence, Certificate.KeyOf(e.Detail.GetProperty("request").GetString()!))));
        return lost is null ? await RequestsProblemAsync(entries, cancellation) : $"the certificate of {lost.Detail.GetProperty("request").GetString()} is missing";
    }

    // Of every request that ended, certified or not: its own chain is whole, and reaches as far as the lake's says.
    private async Task<string?> RequestsProblemAsync(IEnumerable<AuditEntry> lake, CancellationToken cancellation)
    {
        foreach (IGrouping<string, ChainHead> heads in lake.Select(AuditLog.HeadIn).OfType<ChainHead>().GroupBy(h => h.Chain))
        {
            List<AuditEntry> entries = await _audit!.ReadAsync(heads.Key, cancellation).ToListAsync(cancellation);
            ChainCheck check = AuditChain.Verify(heads.Key, entries, heads);
            if (!check.IsWhole)
                return $"{heads.Key}: audit entry {check.BrokenAt}: {check.Why}";
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
        if (_audit is null)
            return null;
        string chain = AuditLog.ChainOf(certificate.RequestId);
        List<AuditEntry> entries = await _audit.ReadAsync(chain, cancellation).ToListAsync(cancellation);
        ChainCheck check = AuditChain.Verify(chain, entries, certificate.Audit);
        if (!check.IsWhole)
            return $"audit entry {check.BrokenAt}: {check.Why}";
        string digest = CanonicalJson.Digest(signed.ToUtf8());
        AuditEntry? closed = entries.Find(e => e.Event == "certified");
        if (closed is null || closed.Detail.GetProperty("certificate").GetString() != digest)
            return "the audit chain closes with another certificate";
        await foreach (AuditEntry entry in _audit.ReadAsync(AuditLog.LakeChain, cancellation))
        {
            if (entry.Event == "request-closed" && entry.Detail.GetProperty("request").GetString() == certificate.RequestId)
                return entry.Detail.GetProperty("head").GetString() == closed.Hash ? null : "the lake's audit chain names another end of this request";
        }
        return "the lake's audit chain does not name this request";
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

    private IEnumerable<ChainHead> HeadsInCertificates()
    {
        string folder = Path.Combine(_folder.Evidence, "certificates");
        foreach (string file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [])
        {
            if (HeadIn(file) is { } head)
                yield return head;
        }
    }
}
