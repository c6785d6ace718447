using System.Text.Json.Serialization;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;
using Limpid.Functions.Erasure;
using Limpid.Functions.State;

namespace Limpid.Functions.Notices;

internal sealed record NotifyInput(string RequestId);

/// <param name="Told">How many people were told now; 0 on a replay, and while the request goes on.</param>
internal sealed record Notified(int Told);

/// <summary>
/// <c>notify</c>: tells the requester and the operators what came of a request, success and failure alike, with a text for the person
/// and whom else to tell. Each is told of an outcome once.
/// </summary>
internal sealed class Notify(Ports ports)
{
    private readonly AuditLog _audit = new(ports.State, ports.Time);
    private readonly ClaimedMail _mail = new(ports.State, ports.Mailer, ports.Time);

    public async Task<Notified> HandleAsync(NotifyInput input, CancellationToken cancellation)
    {
        ErasureRequest request = await new Requests(ports.State).GetAsync(input.RequestId, cancellation)
            ?? throw new UnknownRequestException(input.RequestId);
        await new ResurfacedNotice(ports).TellAsync(cancellation);
        if (!request.IsEnded)
            return new(0);

        byte[]? file = request.Certificate is { } key ? await new EvidenceFiles(ports.Evidence).ReadAsync(key, cancellation) : null;
        Certificate? certificate = file is null ? null : CertificateFile.Read(file, out _);
        string chain = AuditLog.ChainOf(request.Id);
        var heads = new List<ChainHead>();
        foreach (string name in new[] { chain, AuditLog.LakeChain })
        {
            if (await _audit.LastAsync(name, cancellation) is { } last)
                heads.Add(AuditChain.HeadOf(name, last));
        }
        var notice = new OutcomeNotice(ports, request, certificate, file, heads);
        int told = 0;
        foreach (string reader in Notice.Readers(request, ports.Lake))
        {
            if (await _mail.SendAsync(request.Id, notice.To(reader), cancellation))
                told++;
        }
        AuditEntry done = await _audit.AppendOnceAsync(
            chain, "outcome-told",
            new Dictionary<string, string>
            {
                ["status"] = OutcomeNotice.Name(request.Status),
                ["to"] = string.Join(", ", Notice.Readers(request, ports.Lake).Select(MailIdentity.Normalize)),
            },
            cancellation);
        // The request's last entry, whatever came of it: certificates to come keep the lake's head, and with it this one.
        AuditEntry entered = await _audit.EnterLakeAsync("request-told", request.Id, done, cancellation);
        await new Anchors(ports).KeepAsync(entered, cancellation);
        return new(told);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NotifyInput))]
[JsonSerializable(typeof(Notified))]
internal sealed partial class NotifyJson : JsonSerializerContext;
