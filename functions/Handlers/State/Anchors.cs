using System.Text.Json;
using Limpid.Core.Evidence;

namespace Limpid.Functions.State;

/// <summary>
/// Signed heads of the lake's chain, in a store that lets nobody change or remove them: held against them a chain shows that its end
/// was cut off or written anew. Does nothing where there is no such store.
/// </summary>
internal sealed class Anchors(Ports ports)
{
    public static string KeyOf(ChainHead head) => FormattableString.Invariant($"{head.Chain}/{head.Sequence:D12}.json");

    /// <summary>Keeps how far the lake's chain has come. The first head of a length stands, so that one of a chain written anew can't take its place.</summary>
    /// <param name="entry">Of the lake's chain.</param>
    public async Task KeepAsync(AuditEntry entry, CancellationToken cancellation)
    {
        if (ports.Anchors is not { } store)
            return;
        ChainHead head = AuditChain.HeadOf(AuditLog.LakeChain, entry);
        if (await store.HeadAsync(KeyOf(head), cancellation) is not null)
            return;
        JsonElement body = JsonSerializer.SerializeToElement(head, EvidenceJson.Default.ChainHead);
        SignedDocument signed = await SignedDocument.SignAsync(body, ports.Signer, cancellation);
        await new EvidenceFiles(store).CreateAsync(KeyOf(head), signed.ToUtf8(), cancellation);
    }

    /// <summary>The head in a kept file; null where it is none, or not of this key.</summary>
    /// <param name="publicKey">SubjectPublicKeyInfo, DER.</param>
    public static ChainHead? Read(ReadOnlySpan<byte> file, ReadOnlySpan<byte> publicKey)
    {
        try
        {
            return SignedDocument.TryParse(file, out SignedDocument? signed) && signed!.Verify(publicKey)
                ? signed.Body.Deserialize(EvidenceJson.Default.ChainHead)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
