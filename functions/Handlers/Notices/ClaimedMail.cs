using System.Text.Json.Serialization;
using Limpid.Core.Ports;
using Limpid.Functions.State;

namespace Limpid.Functions.Notices;

/// <param name="SentAt">Null between the claim and the mailer's word that it took the mail.</param>
internal sealed record MailClaim(DateTimeOffset ClaimedAt, DateTimeOffset? SentAt);

/// <summary>
/// Sends a mail once. It is claimed under its id before it leaves and marked after: what was marked is never sent again, and what was
/// lost in between is sent again under the same Message-ID, since a mail that never comes is worse than one that comes twice.
/// </summary>
internal sealed class ClaimedMail(IStateTable table, IMailer mailer, TimeProvider time)
{
    /// <summary>False where it was sent before.</summary>
    public async Task<bool> SendAsync(string requestId, Mail mail, CancellationToken cancellation)
    {
        string partition = Requests.Partition(requestId), sort = $"mail/{mail.Id}";
        MailClaim claim = (await table.UpdateAsync(
            partition, sort, stored => stored is null ? new MailClaim(time.GetUtcNow(), null) : null,
            MailClaims.Default.MailClaim, cancellation))!;
        if (claim.SentAt is not null)
            return false;
        await mailer.SendAsync(mail, cancellation);
        await table.UpdateAsync(
            partition, sort, stored => stored is null || stored.SentAt is not null ? null : stored with { SentAt = time.GetUtcNow() },
            MailClaims.Default.MailClaim, cancellation);
        return true;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MailClaim))]
internal sealed partial class MailClaims : JsonSerializerContext;
