using System.Text.Json.Serialization;
using Limpid.Core.Erasure;
using Limpid.Core.Evidence;

namespace Limpid.Functions.Approvals;

/// <summary>One person's place in one question. The link is not stored: it is made of <see cref="Nonce"/> and the page secret.</summary>
/// <param name="Approver">Normalised, see <see cref="MailIdentity"/>.</param>
/// <param name="Mail">The address as lake.yaml has it.</param>
/// <param name="Nonce">128 random bits, hexadecimal.</param>
internal sealed record Invitation(string Approver, string Mail, string Nonce, DateTimeOffset InvitedAt);

/// <summary>What an opaque link stands for; stored under the link's hash.</summary>
internal sealed record LinkTarget(Question Question, string Approver);

/// <summary>The newest code that was mailed to one approver for one question.</summary>
/// <param name="Number">Counts the codes; part of the mail's id.</param>
/// <param name="Hash">Keyed; the code itself is in the mail alone.</param>
/// <param name="Tries">How often a code was entered, right or wrong, since this one was made.</param>
/// <param name="Sent">When codes were sent within the last hour, this one among them.</param>
internal sealed record MailedCode(int Number, string Hash, DateTimeOffset ExpiresAt, int Tries, IReadOnlyList<DateTimeOffset> Sent)
{
    public const int MostTries = 5;
    public const int MostAnHour = 5;
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public bool IsLive(DateTimeOffset now) => now < ExpiresAt && Tries < MostTries;
}

/// <summary>When something limited was used within the last hour.</summary>
internal sealed record RecentUses(IReadOnlyList<DateTimeOffset> At);

/// <summary>JSON forms of what only the approval keeps in the state table.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Invitation))]
[JsonSerializable(typeof(LinkTarget))]
[JsonSerializable(typeof(MailedCode))]
[JsonSerializable(typeof(RecentUses))]
[JsonSerializable(typeof(SignedDocument))]
internal sealed partial class ApprovalRecords : JsonSerializerContext;
