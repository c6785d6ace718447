using System.Text.Json.Serialization;

namespace Limpid.Core.Erasure;

[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
public enum Verdict
{
    [JsonStringEnumMemberName("approve")] Approve,
    [JsonStringEnumMemberName("reject")] Reject,
}

/// <summary>
/// One approver's recorded decision on one plan, stored once and signed (a <c>SignedDocument</c> with this as its body).
/// What lets <c>erase-rows</c> write is this record, checked by itself, and nothing that a workflow says.
/// </summary>
public sealed record Decision
{
    public required string RequestId { get; init; }
    public required int Plan { get; init; }

    /// <summary>The digest of the plan that was decided on.</summary>
    public required string PlanDigest { get; init; }

    /// <summary>Normalised mail address, see <see cref="MailIdentity"/>.</summary>
    public required string Approver { get; init; }

    /// <summary>The datasets of the plan that this approver may speak for.</summary>
    public required IReadOnlyList<string> Datasets { get; init; }

    /// <summary>What was asked: an attestation signed for one purpose never counts as an approval.</summary>
    public ApprovalPurpose Purpose { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>Why, for a rejection; optional for an approval; the evidence, for an attestation.</summary>
    public string? Ground { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>What was proven of the approver: <c>code mailed to the approver</c>, or <c>unattended, identity not proven</c>.</summary>
    public required string Proven { get; init; }
}

/// <summary>What came of a plan, stored once: the first of approve-complete and reject wins.</summary>
public sealed record PlanOutcome(int Plan, string PlanDigest, Verdict Verdict, string? Ground, DateTimeOffset At);

/// <summary>Compares people by mail address: the two-person rule and the list of approvers use the same form.</summary>
public static class MailIdentity
{
    /// <summary>
    /// Trimmed, lower case (invariant), without a display name, and without a sub-address (<c>+tag</c>) in the local part,
    /// so that one person can't be two by an alias of the same mailbox.
    /// </summary>
    public static string Normalize(string mail)
    {
        string text = mail.Trim();
        int open = text.LastIndexOf('<');
        if (open >= 0 && text.EndsWith('>'))
            text = text[(open + 1)..^1].Trim();
        text = text.ToLowerInvariant();
        int at = text.LastIndexOf('@');
        if (at <= 0)
            return text;
        string local = text[..at];
        int plus = local.IndexOf('+', StringComparison.Ordinal);
        return (plus > 0 ? local[..plus] : local) + text[at..].TrimEnd('.');
    }

    public static bool AreSame(string left, string right) => Normalize(left) == Normalize(right);
}
